from pathlib import Path
from typing import Any

import pyarrow as pa

from sterling.engine.shards import Shard, left, read_batch, standing, tally
from sterling.records import Family, Outcome, Verdict, verdict_table
from sterling.records.files import write_parquet


def judged(folder: Path, shard: Shard, check: str, said: dict[str, tuple[Outcome, Family]]) -> Shard:
    path = folder / f"{check}.parquet"
    table = verdict_table(Verdict(record, outcome, check, check, family) for record, (outcome, family) in said.items())
    write_parquet(path, table)
    return shard.judged(path)


def test_what_stands_is_what_the_last_check_left(tmp_path: Path, make_shards: Any) -> None:
    (shard,) = make_shards(["a", "b", "c", "d"], size=4)
    a, b, c, d = read_batch(shard.records)["id"].to_pylist()
    keep: tuple[Outcome, Family] = ("keep", "statistics")
    shard = judged(tmp_path, shard, "one", {a: keep, b: ("drop", "statistics"), c: keep, d: keep})
    shard = judged(tmp_path, shard, "two", {a: ("drop", "policy"), c: ("flag", "statistics"), d: keep})
    found = standing(shard)
    assert found.batch["id"].to_pylist() == [c, d]
    assert found.rows.tolist() == left(shard).rows.tolist() == [2, 3]
    assert not found.verified.any()


def test_a_keep_of_a_verifying_family_verifies(tmp_path: Path, make_shards: Any) -> None:
    (shard,) = make_shards(["a", "b", "c", "d"], size=4)
    a, b, c, d = read_batch(shard.records)["id"].to_pylist()
    said: dict[str, tuple[Outcome, Family]] = {
        a: ("keep", "execution"), b: ("keep", "statistics"), c: ("flag", "human"), d: ("keep", "model"),
    }  # fmt: skip
    mixed = judged(tmp_path, shard, "mixed", said)
    assert standing(mixed).verified.tolist() == [True, False, False, False]
    families: tuple[Family, ...] = ("symbolic", "model")
    for number, family in enumerate(families):
        alone = judged(tmp_path, shard, f"alone{number}", dict.fromkeys((a, b, c, d), ("keep", family)))
        assert standing(alone).verified.all() == (family == "symbolic")


def test_some_columns_are_read_alone(make_shards: Any) -> None:
    (shard,) = make_shards(["a"], size=1)
    assert left(shard, ("id", "text")).batch.to_pydict()["text"] == ["a"]
    assert left(shard, ("id", "text")).batch.schema.names == ["id", "text"]


def test_a_tally_counts_reasons_by_outcome() -> None:
    said = [Verdict(str(n), "keep", "c", "fine", "policy") for n in range(3)]
    said += [Verdict("x", "drop", "c", "bad", "policy"), Verdict("y", "drop", "c", "a bad", "policy")]
    assert tally(verdict_table(said)) == {"drop": {"a bad": 1, "bad": 1}, "keep": {"fine": 3}}
    assert tally(pa.table(verdict_table([]))) == {}
