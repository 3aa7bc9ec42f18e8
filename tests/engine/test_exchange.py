from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.curate.pairs.settle import settle_places
from sterling.engine.apply import Pool, Resources, apply
from sterling.engine.confirming import cuts, distinct
from sterling.engine.exchange import Emit, Everyone, parcels, partitions_for, rules
from sterling.engine.shards import Shard
from sterling.engine.step import Step
from sterling.records import Family, texts
from sterling.registry import FitContext, Resolution, RowPairs, SetCheck, register

EMITTED: list[list[str]] = []


@register("check", "test_told")
class Told(SetCheck):
    """Notes which texts it was asked to emit; equal texts are equal records."""

    family: ClassVar[Family] = "statistics"
    removed_as: ClassVar[str] = "same"

    def fit(self, context: FitContext) -> None:
        return None

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        EMITTED.append(texts(batch))
        keys = np.array([len(text) for text in texts(batch)], np.uint64)
        return pa.table({"row": np.arange(len(keys), dtype=np.int32), "partition": keys, "text": texts(batch)})

    def resolve(self, partition: pa.Table) -> Resolution:
        rows = sorted(
            zip(*(partition[c].to_pylist() for c in ("text", "rank", "record")), range(partition.num_rows), strict=True)
        )
        same = [(a[3], b[3]) for a, b in pairwise(rows) if a[0] == b[0]]
        return Resolution(equal=RowPairs(*np.array(same, np.int64).reshape(-1, 2).T))


@pytest.fixture(autouse=True)
def _forget() -> None:
    EMITTED.clear()


def walk(folder: Path, number: int, pool: Pool, check: SetCheck) -> dict[str, Any]:
    step = Step.at(folder, number, "check", {}, [])
    return apply("check", check, step, pool, FitContext(), Resources(settle=settle_places))


def test_a_round_emits_what_is_new_and_no_settled_record_twice(tmp_path: Path, make_shards: Any) -> None:
    rounds = [make_shards([f"{letter}{n}" for n in range(3)], first=10 * at) for at, letter in enumerate("abcd")]
    settled: list[Shard] = []
    for number, new in enumerate(rounds):
        walk(tmp_path / "run", number, Pool(new, tuple(settled)), Told())
        settled += new
    flat = [text for batch in EMITTED for text in batch]
    # Once as new, once as settled; what is emitted as settled is kept, parcel by parcel, so a parcel that grows is new.
    assert {text: flat.count(text) for text in ("a0", "b0", "c0", "d0")} == {"a0": 4, "b0": 3, "c0": 2, "d0": 1}
    EMITTED.clear()
    walk(tmp_path / "run", 9, Pool(rounds[3], tuple(settled[:-2])), Told())
    assert sorted(text for batch in EMITTED for text in batch) == ["d0", "d1", "d2"]


def test_full_parcels_of_settled_records_stay_as_they_were(tmp_path: Path, make_shards: Any) -> None:
    old = make_shards([f"a{n}" for n in range(32)], size=1)
    walk(tmp_path / "run", 1, Pool(make_shards(["x"], first=100), old), Told())
    assert sorted(map(len, EMITTED)) == [1, 16, 16]
    EMITTED.clear()
    walk(tmp_path / "run", 2, Pool(make_shards(["y"], first=200), (*old, *make_shards(["x"], first=100))), Told())
    assert sorted(EMITTED) == [["x"], ["y"]]


def test_another_version_or_option_emits_anew(
    tmp_path: Path, make_shards: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make_shards(["a"]), make_shards(["b"], first=10)
    walk(tmp_path / "run", 0, Pool(new, old), Told())
    monkeypatch.setattr(Told, "version", 2)
    walk(tmp_path / "run", 0, Pool(make_shards(["c"], first=20), old), Told())
    assert EMITTED.count(["a"]) == 2


def test_people_are_found_by_number(tmp_path: Path, make_shards: Any) -> None:
    shards = make_shards([f"t{n}" for n in range(40)], size=1)
    emit = Emit(tmp_path, tmp_path, Told(), None, 4)
    everyone = Everyone(tuple(map(emit, parcels([], shards, []))))
    wanted = np.array([3, 17, 39], np.int64) << 32
    found = everyone.find(wanted)
    assert found["number"].to_pylist() == wanted.tolist()
    assert everyone.find(np.empty(0, np.int64)).num_rows == 0


def test_partitions_follow_from_the_rows_that_a_check_makes() -> None:
    assert partitions_for(Told(), 10_000) == 8
    assert partitions_for(Told(), 100_000_000) == 128


def test_files_do_not_grow_with_the_collection(make_shards: Any) -> None:
    (shard,) = make_shards(["a"])
    many = [replace(shard, number=number, told=1) for number in range(50_000)]
    found = parcels([], many, [])
    assert len(found) <= 1024
    assert [one.number for parcel in found for one in parcel.shards] == list(range(50_000))


def test_a_parcel_holds_few_large_shards_or_many_small_ones(make_shards: Any) -> None:
    (shard,) = make_shards(["a"])
    told = [1000] * 20 + [8000] * 3 + [16_000] * 2 + [10]
    found = parcels([], [replace(shard, number=number, told=size) for number, size in enumerate(told)], [])
    assert [[one.size() for one in parcel.shards] for parcel in found] == [
        [1000] * 16, [*[1000] * 4, 8000], [8000, 8000], [16_000], [16_000, 10]
    ]  # fmt: skip


def test_the_rule_is_the_first_in_which_ranks_differ() -> None:
    settled, human, verified = (1 << bit for bit in (40, 39, 38))
    worst = settled + human + verified + 5
    better = np.array([0, worst - human, worst - verified, worst - 1, worst], np.int64)
    assert rules(better, np.full(5, worst)) == ["earlier", "human", "verified", "shallower", "id"]


pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30)


@given(pairs)
def test_pairs_are_sorted_and_each_is_there_once(found: list[tuple[int, int]]) -> None:
    columns = np.array(found, np.int64).reshape(-1, 2).T
    assert [tuple(pair) for pair in distinct(columns).T.tolist()] == sorted(set(found))


@given(st.lists(st.lists(st.integers(0, 50), unique=True), min_size=1, max_size=4), st.integers(1, 200))
def test_cuts_cover_every_shard_once_and_hold_about_so_many_pairs(shards: list[list[int]], most: int) -> None:
    known = [np.array(sorted(some), np.int64) for some in shards]
    counts = [some + 1 for some in known]
    found = cuts(known, counts, most)
    every = sorted({shard for some in shards for shard in some})
    assert [shard for first, last in found for shard in every if first <= shard < last] == every
    largest = max((sum(s + 1 for some in shards for s in some if s == shard) for shard in every), default=0)
    for first, last in found:
        assert sum(s + 1 for some in shards for s in some if first <= s < last) <= most + largest
