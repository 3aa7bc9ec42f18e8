from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sterling.curate import ExactDuplicates
from sterling.records import Maker, Record
from sterling.registry import Ruling

Exchange = Callable[..., tuple[list[tuple[str, Ruling]], list[tuple[str, str]]]]
GOLDEN_CONTENT = {"high": 11729680730932464893, "low": 4843743113746696862}
GOLDEN_TEXT = {"high": 9195675408031888944, "low": 6329169543663265649}


def record(text: str, row: str = "1", **more: Any) -> Record:
    return Record.synthetic({"text": text}, source="s", row=row, maker=Maker("m"), **more)


def dropped(rulings: list[tuple[str, Ruling]]) -> dict[str, str]:
    assert {(ruling.outcome, ruling.reason) for _, ruling in rulings} <= {("drop", "exact_duplicate")}
    return {record: ruling.evidence["kept"] for record, ruling in rulings}


def test_the_best_ranked_of_equal_records_stays(exchange: Exchange) -> None:
    worse, best, middle, other = (record(t, r) for t, r in (("a", "1"), ("a", "2"), ("a", "3"), ("b", "4")))
    rank = {worse.id: 9, best.id: 1, middle.id: 4, other.id: 0}
    verdicts, pairs = exchange(ExactDuplicates(), [worse, best, middle, other], rank)
    assert dropped(verdicts) == {worse.id: best.id, middle.id: best.id}
    assert pairs == []


def test_the_lowest_id_stays_among_equal_ranks(exchange: Exchange) -> None:
    records = [record("a", str(i)) for i in range(5)]
    first = min(r.id for r in records)
    verdicts, _ = exchange(ExactDuplicates(), records)
    assert dropped(verdicts) == {r.id: first for r in records if r.id != first}


def test_a_protected_record_is_reported_against_the_one_that_stays(exchange: Exchange) -> None:
    first, second = record("a", "1"), record("a", "2")
    verdicts, _ = exchange(ExactDuplicates(), [first, second], {first.id: 0, second.id: 1}, {first.id, second.id})
    assert dropped(verdicts) == {second.id: first.id}


@pytest.mark.parametrize(
    ("one", "other", "content", "normalised"),
    [
        ("A  b\n", "a B", False, True),
        ("straße", "STRASSE", False, True),
        ("a, b", "a b", False, False),
        ("a b", "ab", False, False),
        ("a", "a", True, True),
        ("", "  ", False, True),
    ],
)
def test_what_counts_as_equal(exchange: Exchange, one: str, other: str, content: bool, normalised: bool) -> None:
    records = [record(one, "1"), record(other, "2")]
    assert bool(exchange(ExactDuplicates(), records)[0]) is content
    assert bool(exchange(ExactDuplicates(compare="normalised"), records)[0]) is normalised


def test_normalised_compares_the_view_and_content_the_payload(exchange: Exchange) -> None:
    records = [record("the same", "1", view="break one"), record("the same", "2", view="break two")]
    assert len(exchange(ExactDuplicates(), records)[0]) == 1
    assert exchange(ExactDuplicates(compare="normalised"), records)[0] == []


def test_content_compares_columns_too(exchange: Exchange) -> None:
    prompt = Record.synthetic({"prompt": "a"}, source="s", row="1", maker=Maker("m"))
    assert exchange(ExactDuplicates(), [prompt, record("a", "2")])[0] == []


@given(
    texts=st.lists(st.sampled_from("abcdef"), max_size=30),
    seed=st.randoms(),
    shard=st.integers(1, 9),
    partitions=st.integers(1, 5),
)
@settings(max_examples=50)
def test_every_content_survives_once_however_it_is_sharded(
    exchange: Exchange, texts: list[str], seed: Any, shard: int, partitions: int
) -> None:
    records = [record(text, str(row)) for row, text in enumerate(texts)]
    whole = dropped(exchange(ExactDuplicates(), records)[0])
    seed.shuffle(records)
    assert dropped(exchange(ExactDuplicates(), records, shard=shard, partitions=partitions)[0]) == whole
    kept = [r for r in records if r.id not in whole]
    assert sorted(r.payload["text"] for r in kept) == sorted(set(texts))
    by_id = {r.id: r for r in records}
    assert all(by_id[gone].content == by_id[stays].content and stays not in whole for gone, stays in whole.items())


def test_emission_is_small() -> None:
    from sterling.records import batch_of

    rows = ExactDuplicates().emit(batch_of(record(str(i), str(i)) for i in range(1000)), None)
    assert rows.nbytes == 1000 * (4 + 3 * 8)


def test_golden_digests() -> None:
    from sterling.records import batch_of

    batch = batch_of([record("Real  Metal")])
    assert ExactDuplicates.version == 3
    assert ExactDuplicates().emit(batch, None).select(["high", "low"]).to_pylist() == [GOLDEN_CONTENT]
    assert ExactDuplicates(compare="normalised").emit(batch, None).select(["high", "low"]).to_pylist() == [GOLDEN_TEXT]


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValidationError):
        ExactDuplicates.model_validate({"compare": "fuzzy"})
