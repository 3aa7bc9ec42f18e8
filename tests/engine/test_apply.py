from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterling.curate.pairs.settle import settle_places
from sterling.engine.apply import Pool, Resources, apply
from sterling.engine.local import LocalCrew
from sterling.engine.shards import Shard, standing
from sterling.engine.step import Step
from sterling.engine.watch import Silent
from sterling.errors import SterlingError
from sterling.records import Family, Fault, Origin, Verdict, texts, verdicts_of
from sterling.registry import Check, FitContext, RecordCheck, Resolution, Ruling, SetCheck, register

NOTHING = FitContext(lambda: iter(()))


@register("check", "test_short")
class Short(RecordCheck):
    """Drops long texts, faults on `fault`, and answers too little on `silence`."""

    family: ClassVar[Family] = "symbolic"

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        answers: list[Ruling | Fault] = []
        for record, text in zip(batch.column("id").to_pylist(), texts(batch), strict=True):
            if text == "fault":
                answers.append(Fault(record, "sandbox", "broke", "it broke", record=record))
            elif text != "silence":
                answers.append(Ruling("drop" if len(text) > 5 else "keep", "length"))
        return answers


@register("check", "test_fragile")
class Fragile(RecordCheck):
    """Raises on `bomb`."""

    family: ClassVar[Family] = "statistics"

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        if "bomb" in texts(batch):
            raise RuntimeError("boom")
        return [Ruling("keep", "fine")] * batch.num_rows


@register("check", "test_same_letter")
class SameLetter(SetCheck):
    """Pairs texts with the same first letter; similar when they are of the same length."""

    family: ClassVar[Family] = "statistics"
    removed_as: ClassVar[str] = "alike"

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        letters = np.array([ord(text[0]) for text in texts(batch)], dtype=np.uint64)
        rows = np.arange(len(letters), dtype=np.int32)
        return pa.table({"row": rows, "partition": letters, "letter": letters})

    def resolve(self, partition: pa.Table) -> Resolution:
        rows = sorted(
            zip(
                partition["rank"].to_pylist(),
                partition["record"].to_pylist(),
                partition["letter"].to_pylist(),
                strict=True,
            )
        )
        return Resolution(pairs=[(a, b) for i, (_, a, x) in enumerate(rows) for _, b, y in rows[i + 1 :] if x == y])

    def view(self, batch: pa.RecordBatch) -> list[str]:
        return texts(batch)

    def confirm(self, pairs: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> list[float | None]:
        return [1.0 if len(texts[a]) == len(texts[b]) else None for a, b in pairs]


class Applied(NamedTuple):
    shards: tuple[Shard, ...]
    summary: dict[str, Any]


def run(check: Check, folder: Path, pool: Pool, workers: int = 1, partitions: int = 4) -> Applied:
    step = Step.at(folder, 0, check.name_in_recipe, {}, [])
    with LocalCrew(workers) as crew:
        summary = apply("named", check, step, pool, NOTHING, Resources(crew, partitions, Silent(), settle_places))
    return Applied(tuple(shard.judged(step.part("verdicts", shard.number)) for shard in pool.new), summary)


def verdicts(applied: Applied) -> list[Verdict]:
    return [v for shard in applied.shards for v in verdicts_of(pq.read_table(shard.verdicts[-1]))]


def test_each_record_gets_its_verdict_in_order(tmp_path: Path, make_shards: Any) -> None:
    shards = make_shards(["a", "far too long", "b", "fault"])
    applied = run(Short(), tmp_path / "run", Pool(shards))
    assert [v.outcome for v in verdicts(applied)] == ["keep", "drop", "keep", "drop"]
    assert applied.summary["tally"] == {"drop": {"broke": 1, "length": 1}, "keep": {"length": 2}}
    assert (applied.summary["judged"], applied.summary["faults"]) == (4, 1)
    left = [standing(shard) for shard in applied.shards]
    assert [texts(s.batch) for s in left] == [["a"], ["b"]]
    assert [s.verified.tolist() for s in left] == [[True], [True]]


@pytest.mark.parametrize(("origin", "human", "outcome"), [
    ("human", "flag", "flag"), ("human", "drop", "drop"), ("unknown", "flag", "drop"),
])  # fmt: skip
def test_the_anchor_stays_whole_unless_the_recipe_says_otherwise(
    tmp_path: Path, make_shards: Any, origin: Origin, human: str, outcome: str
) -> None:
    check = Short.model_validate({"human": human})
    applied = run(check, tmp_path / "run", Pool(make_shards(["far too long"], origin=origin)))
    assert [v.outcome for v in verdicts(applied)] == [outcome]


def test_a_check_that_loses_a_record_stops_the_run(tmp_path: Path, make_shards: Any) -> None:
    with pytest.raises(SterlingError, match="`test_short` returned 1 rulings for 2 records"):
        run(Short(), tmp_path / "run", Pool(make_shards(["a", "silence"])))


def test_a_finished_shard_is_not_made_again(tmp_path: Path, make_shards: Any) -> None:
    shards = make_shards(["a", "b", "c", "d"])
    first = run(Short(), tmp_path / "run", Pool(shards))
    inodes = [shard.verdicts[-1].stat().st_ino for shard in first.shards]
    next((tmp_path / "run").rglob("shard-00001.json")).unlink()
    again = run(Short(), tmp_path / "run", Pool(shards))
    assert again.summary == first.summary
    kept = [shard.verdicts[-1].stat().st_ino == inode for shard, inode in zip(again.shards, inodes, strict=True)]
    assert kept == [True, False]


def test_a_check_that_raises_costs_the_record_it_raised_on(tmp_path: Path, make_shards: Any) -> None:
    applied = run(Fragile(), tmp_path / "run", Pool(make_shards(["a", "bomb", "c"], size=3)))
    assert [(v.outcome, v.reason) for v in verdicts(applied)] == [
        ("keep", "fine"), ("drop", "check_failed"), ("keep", "fine"),
    ]  # fmt: skip
    assert applied.summary["faults"] == 1


def test_no_check_speaks_in_anothers_name(tmp_path: Path, make_shards: Any) -> None:
    [verdict] = verdicts(run(Short(), tmp_path / "run", Pool(make_shards(["a"]))))
    assert (verdict.check, verdict.family) == ("named", "symbolic")


def test_removals_name_a_kept_record(tmp_path: Path, make_shards: Any) -> None:
    shards = make_shards(["ant", "bee", "ape", "bear", "auk"])
    found = verdicts(run(SameLetter(), tmp_path / "run", Pool(shards)))
    dropped = [v for v in found if v.outcome == "drop"]
    kept = {v.record for v in found if v.outcome == "keep"}
    assert len(dropped) == 2
    assert all(v.reason == "alike" and v.score == 1.0 and v.evidence["kept"] in kept for v in dropped)


def test_earlier_rounds_are_settled(tmp_path: Path, make_shards: Any) -> None:
    settled = make_shards(["ant", "bee"])
    new = make_shards(["auk", "cat"], first=10)
    applied = run(SameLetter(), tmp_path / "run", Pool(new, settled))
    assert [shard.number for shard in applied.shards] == [10]
    found = verdicts(applied)
    assert [v.outcome for v in found] == ["drop", "keep"]
    assert found[0].evidence["kept"] == standing(settled[0]).batch.column("id")[0].as_py()


def test_no_exchange_file_stays_behind(tmp_path: Path, make_shards: Any) -> None:
    run(SameLetter(), tmp_path / "run", Pool(make_shards(["ant", "bee"])))
    assert not list((tmp_path / "run").rglob("*.arrow"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=12), st.integers(1, 5), st.integers(1, 7))
def test_verdicts_do_not_depend_on_sharding(
    tmp_path_factory: pytest.TempPathFactory, make_shards: Any, words: list[str], size: int, partitions: int
) -> None:
    def outcome(shards: list[Shard], parts: int) -> set[Verdict | tuple[str, str, str]]:
        found = verdicts(run(SameLetter(), tmp_path_factory.mktemp("run"), Pool(shards), partitions=parts))
        return {(v.record, v.outcome, str(v.evidence)) for v in found}

    assert outcome(make_shards(words, size=len(words)), 1) == outcome(make_shards(words, size=size), partitions)


def test_several_workers_say_the_same(tmp_path: Path, make_shards: Any) -> None:
    shards = make_shards([f"{letter}{'x' * (i % 3)}" for i in range(4) for letter in "abcdef"])
    alone = run(Short(), tmp_path / "one", Pool(shards), workers=1)
    crew = run(Short(), tmp_path / "two", Pool(shards), workers=2)
    assert verdicts(alone) == verdicts(crew)


def test_nothing_to_judge(tmp_path: Path) -> None:
    assert run(SameLetter(), tmp_path / "a", Pool([])).summary["judged"] == 0
    assert run(Short(), tmp_path / "b", Pool([])).summary["judged"] == 0
