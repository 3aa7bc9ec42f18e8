from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sterling.curate import Quota
from sterling.records import Maker, Record, batch_of, verdict_table
from sterling.registry import Ruling

Exchange = Callable[..., tuple[list[tuple[str, Ruling]], list[tuple[str, str]]]]


def record(row: int, text: str = "x", source: str = "s", tags: tuple[str, ...] = ()) -> Record:
    return Record.synthetic({"text": text}, source=source, row=str(row), maker=Maker("m"), tags=tags)


def test_the_best_ranked_stay_and_the_digest_decides_among_equals(exchange: Exchange) -> None:
    records = [record(n) for n in range(6)]
    rank = {one.id: int(n > 2) for n, one in enumerate(records)}
    said, _ = exchange(Quota(most=4), records, rank)
    last = sorted(one.id for one in records[3:])[1:]
    assert {one: ruling.evidence["place"] for one, ruling in said} == {last[0]: 5, last[1]: 6}
    assert said[0][1] == Ruling(
        "drop", "over_quota", None, {"by": "all", "group": "all", "size": 6, "most": 4, "place": 5}
    )


def test_protected_records_count_and_are_reported(exchange: Exchange) -> None:
    human, other = [record(n) for n in range(3)], [record(n) for n in range(3, 5)]
    rank = {**{one.id: 0 for one in human}, **{one.id: 1 for one in other}}
    said = dict(exchange(Quota(most=2), [*other, *human], rank, {one.id for one in human})[0])
    assert set(said) == {max(one.id for one in human), *(one.id for one in other)}


@pytest.mark.parametrize(
    ("by", "group"),
    [
        ("tag:topic", "birds + cats"),
        ("source", "diary"),
        ("language", "en"),
        ("length", "16-31 words"),
    ],
)
def test_groups(exchange: Exchange, by: str, group: str) -> None:
    text = "The cat and the bird were in the garden when it began to rain on all of us."
    tags = ("topic:cats", "topic:birds", "topical:no")
    members = [record(n, text, "diary", tags) for n in range(3)]
    others = [record(9, "x = 3", "s", ("topic:cats",)), record(8, "7", "t")]
    said, _ = exchange(Quota(by=by, most={group: 1}), [*members, *others])
    assert {ruling.evidence["group"] for _, ruling in said} == {group}
    assert len(said) == 2
    assert exchange(Quota(by=by, most={"another": 1}), [*members, *others])[0] == []


def test_what_has_no_group_stays(exchange: Exchange) -> None:
    assert exchange(Quota(by="tag:topic", most=0), [record(1), record(2)])[0] == []
    assert exchange(Quota(by="language", most=0), [record(1, "x = 3")])[0] == []


@given(
    groups=st.lists(st.sampled_from("abc"), max_size=30),
    most=st.integers(0, 4),
    shard=st.integers(1, 9),
    partitions=st.integers(1, 5),
    chance=st.randoms(),
)
@settings(max_examples=40)
def test_shards_order_and_partitions_do_not_matter(
    exchange: Exchange, groups: list[str], most: int, shard: int, partitions: int, chance: Any
) -> None:
    records = [record(n, tags=(f"t:{group}",)) for n, group in enumerate(groups)]
    check = Quota(by="tag:t", most=most)
    whole = dict(exchange(check, records)[0])
    left = [groups[n] for n, one in enumerate(records) if one.id not in whole]
    assert all(left.count(group) == min(most, groups.count(group)) for group in "abc")
    chance.shuffle(records)
    assert dict(exchange(check, records, shard=shard, partitions=partitions)[0]) == whole


@pytest.mark.parametrize("options", [{}, {"most": -1}, {"most": 1, "by": "tag:"}, {"most": 1, "by": "topic"}])
def test_options_that_say_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Quota.model_validate(options)


def test_golden_rows() -> None:
    """Other partitions are another exchange: raise the version together with these."""
    from sterling.records import batch_of

    rows = Quota(by="source", most=1).emit(batch_of([record(1, source="diary")]), None).to_pylist()
    assert Quota.version == 2
    assert rows == [{"row": 0, "partition": 6717293720767296694, "group": "diary"}]


def test_a_tag_that_nobody_has_is_told() -> None:
    batch = batch_of([record(1, tags=("topic:cats",)), record(2, tags=("topic:cats",)), record(3)])
    groups, without = Quota(by="tag:topic", most=1).conclude([(batch, verdict_table([]))], None)
    assert (groups.value, groups.inputs["largest"]) == (1, {"cats": 2})
    assert (without.inputs["hits"], without.n) == (1, 3)
    none, all_ = Quota(by="tag:topics", most=1).conclude([(batch, verdict_table([]))], None)
    assert (none.value, all_.value) == (0, 1)
