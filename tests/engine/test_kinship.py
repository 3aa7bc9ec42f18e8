"""Who may judge whom is decided where it runs."""

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterling.engine.apply import Pool, Resources, apply
from sterling.engine.kinship import signs_as, unproven
from sterling.engine.shards import Shard, standing
from sterling.engine.step import Step
from sterling.records import Fault, Maker, Record, batch_of, records_of, verdicts_of
from sterling.records.files import write_parquet
from sterling.registry import FitContext, ModelCheck, RecordCheck, Ruling, lookup, register

NOTHING = FitContext(lambda: iter(()))
MAKERS = {
    "kin": Maker("s", model="qwen3-8b", family="qwen"),
    "distilled kin": Maker("s", model="r1-distill", family="deepseek+qwen"),
    "stranger": Maker("s", model="llama", family="llama"),
    "unknown": Maker("s", model="mystery"),
    "program": Maker("mutations"),
}


@register("check", "test_kind_judge")
class KindJudge(ModelCheck):
    """Keeps whatever it is shown."""

    asked: ClassVar[list[str]] = []
    own: frozenset[str] = frozenset({"qwen"})

    def families(self) -> frozenset[str]:
        return self.own

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        KindJudge.asked += [str(record.payload["text"]) for record in records_of(batch)]
        return [Ruling("keep", "liked")] * batch.num_rows


@pytest.fixture
def shard(tmp_path: Path) -> Shard:
    records = [Record.synthetic({"text": name}, source="s", row=name, maker=maker) for name, maker in MAKERS.items()]
    records.append(Record.real({"text": "person"}, source="a", row="1", origin="human"))
    records.append(Record.real({"text": "edited answer"}, source="a", row="2", origin="mixed"))
    path = tmp_path / "records.parquet"
    write_parquet(path, pa.Table.from_batches([batch_of(records)]))
    KindJudge.asked.clear()
    return Shard(0, path)


def said(tmp_path: Path, shard: Shard, check: ModelCheck) -> dict[str, tuple[str, str, str]]:
    step = Step.at(tmp_path / "run", 0, "check", {}, [])
    apply("judge", check, step, Pool([shard]), NOTHING, Resources())
    names = {record.id: str(record.payload["text"]) for record in records_of(standing(shard).batch)}
    verdicts = verdicts_of(pq.read_table(step.part("verdicts", 0)))
    return {names[v.record]: (v.outcome, v.reason, v.family) for v in verdicts}


def test_a_family_is_not_asked_about_its_own_work(tmp_path: Path, shard: Shard) -> None:
    verdicts = said(tmp_path, shard, KindJudge())
    assert verdicts["kin"] == verdicts["distilled kin"] == ("flag", "same_family", "model")
    assert KindJudge.asked == ["stranger", "unknown", "program", "edited answer"]


def test_only_strangers_are_verified(tmp_path: Path, shard: Shard) -> None:
    verdicts = said(tmp_path, shard, KindJudge())
    assert {name for name, v in verdicts.items() if v == ("keep", "liked", "independent_model")} == {
        "stranger",
        "program",
    }
    assert verdicts["unknown"] == verdicts["edited answer"] == ("keep", "liked", "model")


def test_accepting_its_own_family_verifies_nothing(tmp_path: Path, shard: Shard) -> None:
    verdicts = said(tmp_path, shard, KindJudge(same_family="accept"))
    assert verdicts["kin"] == ("keep", "liked", "model")
    assert len(KindJudge.asked) == 6


def test_a_judge_of_no_known_family_verifies_nothing(tmp_path: Path, shard: Shard) -> None:
    verdicts = said(tmp_path, shard, KindJudge(own=frozenset()))
    assert {v[2] for v in verdicts.values()} == {"model", "policy"}


def test_people_are_asked_about_on_request_only(tmp_path: Path, shard: Shard) -> None:
    assert said(tmp_path / "a", shard, KindJudge())["person"] == ("keep", "not_concerned", "policy")
    assert said(tmp_path / "b", shard, KindJudge(human_too=True))["person"] == ("keep", "liked", "independent_model")


def test_agreeing_with_a_key_that_the_writer_wrote_verifies_nothing() -> None:
    """It may still refute: a record that disagrees with its own key is wrong somewhere."""
    maths = lookup("check", "math").model_validate({})
    assert isinstance(maths, RecordCheck)
    assert signs_as(maths, "kin") == "symbolic"
    assert signs_as(maths, "kin", proves=False) == "statistics"


def test_a_judge_of_another_family_verifies_whatever_the_key_is() -> None:
    model = {"endpoint": "http://localhost:1/v1", "model": "mistral-small-3"}
    judge = lookup("check", "judge").model_validate({"model": model, "rubric": "Is it right?"})
    assert isinstance(judge, RecordCheck)
    assert signs_as(judge, "stranger", proves=False) == "independent_model"


def test_what_is_unproven_is_told_by_its_key_and_not_by_its_words() -> None:
    assert unproven('{"answer":"4","unproven":"own_key"}')
    assert not unproven('{"answer":"the word \\"unproven\\" stands here"}')
    assert not unproven(None)
