import random

import pytest

from sterling.curate.impact.chance import Vanished
from sterling.curate.impact.tails import BANDS, GROUPS, Survival, Weighed, tail_impact
from sterling.stats import Evidence


def weighed(rates: dict[str, float], n: int = 1000, **more: object) -> Weighed:
    """So many records in each quarter, and no other groups than are said."""
    bands = {band: Survival(n, round(n * rate)) for band, rate in rates.items()}
    whole = Survival(n * len(bands), sum(part.after for part in bands.values()))
    return Weighed(**{"whole": whole, "bands": bands, "groups": {}, "clusters": {}, "tags": {}, **more})  # type: ignore[arg-type] # by name


def found(of: Weighed) -> dict[str, Evidence]:
    return {one.name.removeprefix("tails.quality."): one for one in tail_impact("quality", of)}


EVEN = dict.fromkeys(BANDS, 0.8)


def test_a_filter_that_eats_the_rare_is_seen() -> None:
    said = found(weighed({"common": 0.9, "usual": 0.9, "unusual": 0.9, "rare": 0.45}))
    assert [said[f"survival.{band}"].value for band in BANDS] == [0.9, 0.9, 0.9, 0.45]
    assert said["kept.all"].value == 0.7875
    rare = said["rare"]
    assert rare.value == 0.5
    assert rare.interval is not None
    assert rare.interval.high < 0.55
    assert rare.inputs["p"] < 1e-12
    low, high = rare.inputs["random"]
    assert low < 1 < high
    assert (low, high) == (pytest.approx(0.963, abs=0.002), pytest.approx(1.037, abs=0.002))


def dropped_at_random(chance: random.Random, n: int = 400) -> Weighed:
    """Records in eight overlapping groups, of which a third goes by lot."""
    records = [
        (BANDS[k % 4], chance.random() < 0.3, chance.random() < 0.1, f"c{k % 7}", f"t{chance.randrange(5)}")
        for k in range(n)
    ]
    left = set(chance.sample(range(n), round(n * 0.66)))

    def survival(column: int, value: object) -> Survival:
        mine = [k for k, record in enumerate(records) if record[column] == value]
        return Survival(len(mine), len(left.intersection(mine)))

    return Weighed(
        Survival(n, len(left)),
        {band: survival(0, band) for band in BANDS},
        {"hapax": survival(1, True), "rare_tags": survival(2, True)},
        {f"c{k}": survival(3, f"c{k}") for k in range(7)},
        {f"t{k}": survival(4, f"t{k}") for k in range(5)},
    )


def test_random_drops_alarm_in_one_filter_of_twenty_at_most() -> None:
    """Whatever is looked at: three groups, seven clusters and five tags of each filter."""
    chance = random.Random(3)
    alarms = 0
    for _ in range(80):
        said = tail_impact("quality", dropped_at_random(chance))
        alarms += any(e.interval.high < 1 for e in said if e.interval and "looks" in e.inputs)
    assert alarms <= 4


@pytest.mark.parametrize("base", [0.05, 0.3])
def test_a_fifth_of_the_rare_quarter_is_found_at_five_thousand(base: float) -> None:
    """Twenty points more of the rare than of the others, among so many looks as a real run has."""
    chance = random.Random(5)
    clusters = {f"c{k}": Survival(250, round(250 * (1 - base - 0.05))) for k in range(20)}
    for _ in range(15):
        after = {band: sum(chance.random() >= base + 0.2 * (band == "rare") for _ in range(1250)) for band in BANDS}
        of = weighed(EVEN, clusters=clusters)._replace(
            whole=Survival(5000, sum(after.values())), bands={band: Survival(1250, n) for band, n in after.items()}
        )
        rare = found(of)["rare"]
        assert rare.interval is not None
        assert rare.interval.high < 0.9


def test_the_worst_group_pays_for_having_been_chosen() -> None:
    groups = {str(n): Survival(100, 80) for n in range(38)} | {"lost": Survival(197, 118), "tiny": Survival(3, 2)}
    many = found(weighed(EVEN, clusters=groups))["worst_cluster"]
    alone = found(weighed(EVEN, clusters={"lost": groups["lost"], "rest": Survival(3803, 3082)}))["worst_cluster"]
    assert many.inputs["group"] == alone.inputs["group"] == "lost"
    assert (many.inputs["looks"], alone.inputs["looks"]) == (40, 3)
    assert many.interval is not None
    assert alone.interval is not None
    assert many.interval.high > alone.interval.high


def test_nothing_to_compare_is_said() -> None:
    said = found(weighed({"common": 0}, n=10, tags={"all": Survival(10, 0)}, groups={"hapax": Survival(10, 0)}))
    assert said["rare"].value is said["hapax"].value is None
    assert "nothing to compare" in said["rare"].method
    assert "worst_tag" not in said


def test_chance_has_a_width_also_where_all_or_none_are_dropped() -> None:
    all_stay = found(weighed(dict.fromkeys(BANDS, 1.0), n=5))["rare"]
    assert all_stay.value == 1
    assert all_stay.interval is not None
    assert all_stay.interval.low < 0.95
    none_stay = found(weighed({**dict.fromkeys(BANDS, 0.9), "rare": 0.0}, n=100))["rare"]
    assert none_stay.value == 0
    assert none_stay.interval is not None
    assert none_stay.interval.low == 0
    assert 0 < none_stay.interval.high < 0.2


def test_vanished_types_are_held_against_random_drops() -> None:
    types = [Vanished("hapax_types", 1000, 300, 200.0, 10.0), Vanished("rare_types", 500, 21, 20.0, 0.0)]
    said = found(weighed(EVEN, types=types))
    assert said["hapax_types"].value == 700 / 800
    assert said["hapax_types"].interval is not None
    assert said["hapax_types"].interval.high < 0.92
    assert said["hapax_types"].inputs["lost"] == 300
    assert said["rare_types"].interval is not None
    assert said["rare_types"].interval.high > 1
    assert "hapax_types" not in found(weighed(EVEN, types=[Vanished("hapax_types", 3, 3, 0.6, 1.0)]))


def test_the_records_of_the_anchor_have_names_of_their_own() -> None:
    said = list(tail_impact("quality", weighed(EVEN, groups={GROUPS[0]: Survival(100, 50)}), "anchor"))
    assert {one.name.rpartition(".")[0] for one in said} == {
        "tails.quality.anchor", "tails.quality.anchor.kept", "tails.quality.anchor.survival",
    }  # fmt: skip
    assert all(one.inputs["among"] == "anchor" for one in said)
