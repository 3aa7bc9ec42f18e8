"""Gold is judged with the records, blind, and leaves nothing among them."""

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from tests.engine.conftest import MakeShards

from sterling.engine.apply import Pool, Resources, apply
from sterling.engine.gold import blend, gold_total
from sterling.engine.shards import read_batch
from sterling.engine.step import Step
from sterling.records import Family, Fault, Record, texts
from sterling.registry import FitContext, RecordCheck, Ruling, Seed, register

NOTHING = FitContext(lambda: iter(()))
SEEN: list[dict[str, Any]] = []


@register("check", "test_nosy")
class Nosy(RecordCheck):
    """Notes everything that it is shown, keeps short texts, and owes or breaks on request."""

    family: ClassVar[Family] = "symbolic"

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        SEEN.extend(batch.to_pylist())
        return [self._say(text) for text in texts(batch)]

    def _say(self, text: str) -> Ruling | Fault:
        if text.startswith("owed"):
            return Fault(text, "provider", "server_error", "down", record=text, owed=True)
        if text.startswith("broken"):
            return Fault(text, "sandbox", "broke", "it broke")
        return Ruling("keep" if len(text) < 6 else "drop", "length")


def seed(text: str, good: bool, kind: str = "given") -> Seed:
    return Seed(Record.real({"text": text}, source="gold", row=text, origin="unknown"), good, kind)


def judged(tmp_path: Path, make_shards: MakeShards, texts: list[str], *seeds: Seed) -> tuple[Step, dict[str, Any]]:
    SEEN.clear()
    step = Step.at(tmp_path / "run", 0, "check", {}, [])
    return step, apply("nosy", Nosy(), step, Pool(make_shards(texts), (), seeds), NOTHING, Resources())


GOLD = (seed("good", True), seed("bad but long", False, "long"), seed("bad", False, "short"), seed("broken", True))


def test_seeds_are_counted_and_not_among_the_records(tmp_path: Path, make_shards: MakeShards) -> None:
    step, summary = judged(tmp_path, make_shards, ["a", "b", "c", "too long"], *GOLD)
    assert summary["gold"] == [
        {"good": False, "kind": "long", "outcome": "drop", "n": 1},
        {"good": False, "kind": "short", "outcome": "keep", "n": 1},
        {"good": True, "kind": "given", "outcome": "fault", "n": 1},
        {"good": True, "kind": "given", "outcome": "keep", "n": 1},
    ]
    assert summary["judged"] == 4
    assert summary["faults"] == 0
    assert summary["tally"] == {"drop": {"length": 1}, "keep": {"length": 3}}
    verdicts = [pq.read_table(step.part("verdicts", n)).num_rows for n in (0, 1)]
    assert verdicts == [2, 2]
    assert {row["record"] for n in (0, 1) for row in pq.read_table(step.part("gold", n)).to_pylist()} == {
        s.record.id for s in GOLD
    }


def test_nothing_but_the_payload_tells_a_seed_from_a_record(tmp_path: Path, make_shards: MakeShards) -> None:
    judged(tmp_path, make_shards, ["a", "b", "c", "d"], *GOLD)
    for name in ("source", "origin", "role", "depth", "maker", "tags", "parents"):
        assert len({repr(row[name]) for row in SEEN}) == 1, name
    assert {row["row"] for row in SEEN} == {f"0-{n}" for n in range(4)}


def test_places_depend_on_ids_alone_and_every_answer_finds_its_row(make_shards: MakeShards) -> None:
    batch = read_batch(make_shards([f"t{n}" for n in range(30)], size=30)[0].records)
    seeds = [seed(f"s{n}", True) for n in range(30)]
    blended = blend(batch, seeds)
    mixed = texts(blended.batch)
    assert [mixed[row] for row in blended.back] == [*texts(batch), *(f"s{n}" for n in range(30))]
    assert mixed[:30] != texts(batch)
    assert texts(blend(batch, seeds[::-1]).batch) == mixed


def test_gold_is_judged_also_where_no_record_is_left(tmp_path: Path, make_shards: MakeShards) -> None:
    empty = blend(read_batch(make_shards(["a"])[0].records).slice(0, 0), GOLD)
    assert empty.batch.num_rows == 4


def test_an_owed_seed_leaves_its_shard_unfinished(tmp_path: Path, make_shards: MakeShards) -> None:
    step, summary = judged(tmp_path, make_shards, ["a", "b", "c", "d"], seed("owed seed", True))
    assert summary["owed"] == ["owed seed"]
    assert summary["faults"] == 0
    assert step.finished(0) is None
    assert step.finished(1) is not None


def test_an_owed_record_is_dropped_now_and_asked_again_later(tmp_path: Path, make_shards: MakeShards) -> None:
    step, summary = judged(tmp_path, make_shards, ["a", "owed", "c", "d"])
    assert summary["tally"]["drop"] == {"server_error": 1}
    step.seal(summary)
    assert step.sealed() is None
    assert step.address_of(summary) != step.address
    again = apply("nosy", Nosy(), step, Pool(make_shards(["a", "fine", "c", "d"])), NOTHING, Resources())
    assert again["owed"] == []
    assert again["faults"] == 0
    assert not list((step.folder / "faults").glob("*"))
    assert step.address_of(again) == step.address
    step.seal(again)
    assert step.sealed() is not None
    assert not list(step.folder.glob("owed-*"))


def test_counts_add_up() -> None:
    one = [{"good": True, "kind": "k", "outcome": "keep", "n": 2}]
    assert gold_total([one, one]) == [{"good": True, "kind": "k", "outcome": "keep", "n": 4}]
