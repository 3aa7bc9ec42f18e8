from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.policy.examples import GOOD

from sterling.engine.shards import Shard
from sterling.engine.step import Step
from sterling.errors import InputError
from sterling.models import Endpoint, depth_of, families
from sterling.pipeline.generations.account import rotation
from sterling.pipeline.generations.continuing import Inherited, depths
from sterling.pipeline.generations.erasing import Erasures
from sterling.pipeline.generations.handing_on import lineage
from sterling.pipeline.generations.inheriting import Heir, inherit
from sterling.pipeline.generations.meeting import MET
from sterling.pipeline.mixing import Mixed
from sterling.policy import Finding, gate
from sterling.recipes import from_mapping
from sterling.records import Maker, Outcome, Record, Verdict, batch_of, verdict_table
from sterling.release import EarlierRelease
from sterling.release.lineage import write_lineage
from sterling.stats import Evidence


def real(number: int) -> Record:
    return Record.real({"text": f"text {number}"}, source="s", row=str(number), origin="human")


def written(name: str, *parents: Record) -> Record:
    return Record.synthetic({"text": name}, source="g", row=name, maker=Maker("rephrase"), parents=parents)


def shard(folder: Path, number: int, records: list[Record], keeps: Callable[[int], bool] = lambda _: True) -> Shard:
    """Records with the verdicts of a mix, which keeps some of them."""
    batch, path = batch_of(records), folder / f"{number}.parquet"
    pq.write_table(pa.Table.from_batches([batch]), path)
    verdicts = [
        Verdict(one.id, "keep" if keeps(at) else "drop", "mix", "chosen", "policy") for at, one in enumerate(records)
    ]
    pq.write_table(verdict_table(verdicts), folder / f"{number}-mix.parquet")
    return Shard(number, path, (folder / f"{number}-mix.parquet",))


def drawn(folder: Path, now: Callable[[int], bool], last: Callable[[int], bool], n: int = 400) -> Evidence:
    """What `rotation` says of `n` real records of which this mix and the last one held some."""
    step = Step(folder, 1, "continues", "address")
    step.part("met", 0).parent.mkdir()
    held = [last(at) for at in range(n)]
    met = pa.table({"first": [1] * n, "times": [int(one) for one in held], "last": held}).cast(MET)
    pq.write_table(met, step.part("met", 0))
    return rotation([shard(folder, 0, [real(at) for at in range(n)], now)], Inherited(step=step))


@pytest.mark.parametrize(
    ("now", "status", "says"),
    [
        (lambda at: at < 80, "unmet", "80 of 80 real records of the mix were in the last one too; 20%"),
        (lambda at: at < 60 or 100 <= at < 120, "unmet", "60 of 80"),
        (lambda at: 80 <= at < 160, "met", "0 of 80"),
        (lambda at: at % 5 == 0, "met", "16 of 80"),
        (lambda _: True, "met", "all 400 real records"),
    ],
)  # fmt: skip
def test_a_frozen_subset_is_recognised(tmp_path: Path, now: Callable[[int], bool], status: str, says: str) -> None:
    told = drawn(tmp_path, now, lambda at: at < 80)
    (found,) = [one for one in gate(from_mapping(GOOD), [told]) if one.rule == "mix.rotation"]
    assert (found.status, found.severity, found.holds_back) == (status, "critical", "release")
    assert says in found.what


def test_the_same_draw_is_no_fault_where_there_is_nothing_else(tmp_path: Path) -> None:
    told = drawn(tmp_path, lambda _: True, lambda _: True)
    assert [one.status for one in gate(from_mapping(GOOD), [told]) if one.rule == "mix.rotation"] == ["met"]


def filtered(folder: Path, check: str, drops: Callable[[int], bool], n: int = 400) -> list[Finding]:
    """Of a mix that holds, like the last one, all that a check left; every fourth record is held back."""
    step, path = Step(folder, 1, "continues", "address"), folder / "check.parquet"
    records = [replace(real(at), role="test") if at % 4 == 3 else real(at) for at in range(n)]
    made = shard(folder, 0, records, lambda at: at % 4 != 3 and not drops(at))
    said: list[Outcome] = ["drop" if drops(at) else "keep" for at in range(n)]
    pq.write_table(
        verdict_table(
            Verdict(one.id, word, check, "short", "statistics") for one, word in zip(records, said, strict=True)
        ),
        path,
    )
    held = [at % 4 != 3 and not drops(at) for at in range(n)]
    step.part("met", 0).parent.mkdir()
    pq.write_table(
        pa.table({"first": [1] * n, "times": [int(one) for one in held], "last": held}).cast(MET), step.part("met", 0)
    )
    told = rotation([replace(made, verdicts=(path, *made.verdicts))], Inherited(step=step), {"twins"})
    return [one for one in gate(from_mapping(GOOD), [told]) if one.rule in {"mix.rotation", "anchor.trains"}]


def test_what_a_check_drops_each_time_is_a_frozen_subset_too(tmp_path: Path) -> None:
    (frozen, trains) = sorted(
        filtered(tmp_path, "length", lambda at: at >= 200), key=lambda one: one.rule, reverse=True
    )
    assert (frozen.status, frozen.severity) == ("unmet", "critical")
    assert "150 of 150" in frozen.what
    assert "50% would be by chance, of 300 to draw from, and checks drop 150 of those" in frozen.what
    assert frozen.mend is not None
    assert "human: drop" in frozen.mend
    assert (trains.status, trains.what) == ("met", "300 of the anchor's 400 real records have the train role")


@pytest.mark.parametrize(("check", "drops"), [("twins", 200), ("length", 390)])
def test_copies_and_a_few_records_may_go(tmp_path: Path, check: str, drops: int) -> None:
    found = {one.rule: one for one in filtered(tmp_path, check, lambda at: at >= drops)}
    assert found["mix.rotation"].status == "met"
    assert "the train role with 75% of the anchor's real records" in found["mix.rotation"].what


def test_a_train_role_of_a_tenth_is_said(tmp_path: Path) -> None:
    told = drawn(tmp_path, lambda _: True, lambda _: True)
    small = replace(told, inputs={**told.inputs, "real": 4000})
    (trains, rotates) = [
        one for one in gate(from_mapping(GOOD), [small]) if one.rule in {"anchor.trains", "mix.rotation"}
    ]
    assert {trains.rule: trains.status, rotates.rule: rotates.status} == {
        "anchor.trains": "unmet",
        "mix.rotation": "met",
    }
    assert "10% of the anchor's real records" in trains.what + rotates.what


def handed_on(folder: Path, made: list[Record], keeps: Callable[[int], bool] = lambda _: True) -> EarlierRelease:
    """A release with the lineage of some records."""
    anchors, mine = shard(folder, 0, [real(0), real(1)]), shard(folder, 1, made, keeps)
    mixed = Mixed((anchors,), (), (mine,), {}, "address")
    (folder / "v1").mkdir()
    write_lineage(folder / "v1", lineage("v1", mixed, Inherited()), reference=False)
    return EarlierRelease(folder / "v1", {"name": "v1", "generation": 1, "address": "a", "files": {}})


def test_descent_is_followed_through_records_that_were_not_released(tmp_path: Path) -> None:
    parent = written("parent", real(0))
    child = written("child", parent)
    old = handed_on(tmp_path, [parent, child], lambda at: at == 1)
    (batch,) = old.carried(10)
    assert batch.column("id").to_pylist() == [child.id]
    assert batch.column("roots").to_pylist() == [[real(0).id]]


def test_what_descends_from_an_erased_record_is_dropped(tmp_path: Path) -> None:
    parent, other, bare = written("parent", real(0)), written("other", real(1)), written("bare")
    child = written("child", parent)
    old = handed_on(tmp_path, [parent, child, other, bare], lambda at: at > 0)
    step, heir = Step(tmp_path / "step", 1, "continues", "address"), Heir(2, "v1", 5, 2)
    taken = inherit(step, old, Erasures(ids=frozenset({bare.id})), frozenset({real(0).id}), heir)
    verdicts = [row for n in (5, 6) for row in pq.read_table(step.part("verdicts", n)).to_pylist()]
    said: dict[str, Any] = {row["record"]: (row["outcome"], row["reason"]) for row in verdicts}
    assert said == {
        child.id: ("drop", "descends_from_erased"), other.id: ("keep", "not_verified"), bare.id: ("drop", "erased"),
    }  # fmt: skip
    assert (taken.ages, set(taken.named)) == ([1, 1], {bare.id})


def test_a_model_that_was_trained_on_a_release_adds_its_depth() -> None:
    taught = Endpoint(endpoint="http://localhost:1/v1", model="house", trained_on="releases/v1")
    assert depth_of(taught) == 0
    with families.trained({"releases/v1": 3}):
        assert depth_of(taught) == 3
        assert depth_of(taught.model_copy(update={"trained_on": None})) == 0
    assert depth_of(taught) == 0


def test_a_release_that_a_model_was_trained_on_must_be_there(tmp_path: Path) -> None:
    house = {"endpoint": "http://localhost:1/v1", "model": "house", "trained_on": "releases/none"}
    with pytest.raises(InputError, match="there is no such folder"):
        depths(from_mapping(GOOD | {"models": {"house": house}}, tmp_path))
