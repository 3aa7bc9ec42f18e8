import random

from sterling.curate.tails import BANDS, Survival, band_survival, worst_group


def survival(rates: dict[str, float], n: int = 1000) -> dict[str, Survival]:
    return {band: Survival(n, round(n * rate)) for band, rate in rates.items()}


def test_a_filter_that_eats_the_rare_is_seen() -> None:
    *bands, ratio = band_survival("quality", survival({"common": 0.9, "usual": 0.9, "unusual": 0.9, "rare": 0.45}))
    assert [one.value for one in bands] == [0.9, 0.9, 0.9, 0.45]
    assert [one.name.rpartition(".")[2] for one in bands] == list(BANDS)
    assert ratio.name == "tails.quality.rare"
    assert ratio.value == 0.5
    assert ratio.interval is not None
    assert ratio.interval.high < 0.55


def test_random_drops_are_within_chance() -> None:
    """A filter that drops at random excludes 1 in about one case of twenty."""
    chance = random.Random(3)
    outside = 0
    for _ in range(300):
        bands = {band: Survival(200, sum(chance.random() < 0.7 for _ in range(200))) for band in BANDS}
        *_, ratio = band_survival("random", bands)
        assert ratio.interval is not None
        outside += not ratio.interval.low <= 1 <= ratio.interval.high
    assert 4 <= outside <= 28


def test_the_worst_group_pays_for_having_been_chosen() -> None:
    groups = {str(n): Survival(100, 80) for n in range(9)} | {"lost": Survival(100, 60), "tiny": Survival(3, 0)}
    [worst] = worst_group("quality", "cluster", groups)
    [alone] = worst_group("quality", "cluster", {"lost": groups["lost"], "rest": Survival(900, 720)})
    assert worst.inputs["group"] == alone.inputs["group"] == "lost"
    assert worst.interval is not None
    assert alone.interval is not None
    assert worst.interval.high > alone.interval.high


def test_nothing_to_compare_is_said() -> None:
    *_, ratio = band_survival("quality", {"common": Survival(10, 0), "rare": Survival(0, 0)})
    assert ratio.value is None
    assert "nothing to compare" in ratio.method
    assert list(worst_group("quality", "tag", {})) == []
    assert list(worst_group("quality", "tag", {"all": Survival(50, 20)})) == []


def test_chance_has_a_width_also_where_nobody_is_dropped() -> None:
    *_, ratio = band_survival("quality", {"common": Survival(100, 100), "rare": Survival(5, 5)})
    assert ratio.value == 1
    assert ratio.interval is not None
    assert ratio.interval.low < 0.95


def test_a_band_that_is_gone_has_an_interval() -> None:
    *_, ratio = band_survival("quality", {"common": Survival(500, 450), "rare": Survival(100, 0)})
    assert ratio.value == 0
    assert ratio.interval is not None
    assert ratio.interval.low == 0
    assert 0 < ratio.interval.high < 0.2
