"""The check `reward` against a scripted scoring endpoint."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.models import mock, mock_stats, store
from sterling.records import Fault, Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import Ruling
from sterling.verify.reward import Reward

MAKER = Maker("completions", model="m", family="qwen")
SCRIPT = {
    "rules": [
        {"match": "broken", "status": 500},
        {"match": "refused", "status": 400},
        {"match": "classes", "scores": [0.25, 0.75]},
        {"match": "best", "scores": [2.5]},
        {"match": "good", "scores": [1.0]},
        {"scores": [-1.5]},
    ]
}


@pytest.fixture(autouse=True)
def _journal(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path / ".sterling")
    yield
    store.close()
    store.use(None)


def record(payload: Mapping[str, Any]) -> Record:
    return Record.synthetic(payload, source="s", row="r", maker=MAKER)


def answer(completion: Any, prompt: Any = "Why?", **more: Any) -> Record:
    return record({"prompt": prompt, "completion": completion, **more})


def pair(chosen: Any, rejected: Any) -> Record:
    return record({"prompt": "Why?", "chosen": chosen, "rejected": rejected})


def check(address: str, **options: Any) -> Reward:
    model = {"endpoint": address, "model": "rm", "family": "skywork", "attempts": 1}
    return Reward.model_validate({"model": model, **options})


def judged(records: Sequence[Record], **options: Any) -> list[Ruling | Fault]:
    with mock(SCRIPT) as address:
        return check(address, **options).judge(batch_of(records), None)


def outcomes(said: Sequence[Ruling | Fault]) -> list[tuple[str, str, float | None]]:
    return [(one.outcome, one.reason, one.score) for one in said if isinstance(one, Ruling)]


def test_a_threshold_is_absolute() -> None:
    said = judged([answer("the best"), answer("a good one"), answer("poor")], threshold=1.0)
    assert outcomes(said) == [
        ("keep", "above_threshold", 2.5), ("keep", "above_threshold", 1.0), ("drop", "below_threshold", -1.5),
    ]  # fmt: skip
    assert isinstance(said[0], Ruling)
    assert said[0].evidence == {"scores": [2.5], "model": "rm", "route": "classify"}


def test_chosen_must_score_above_rejected_by_the_margin() -> None:
    records = [pair("the best", "a good one"), pair("the best", "poor"), pair("poor", "good"), pair("poor", "bad")]
    assert outcomes(judged(records)) == [
        ("keep", "chosen_scores_higher", 1.5), ("keep", "chosen_scores_higher", 4.0),
        ("drop", "rejected_scores_higher", -2.5), ("flag", "within_margin", 0.0),
    ]  # fmt: skip
    assert outcomes(judged(records[:2], margin=2)) == [
        ("flag", "within_margin", 1.5), ("keep", "chosen_scores_higher", 4.0),
    ]  # fmt: skip


def test_a_label_is_what_the_score_must_confirm() -> None:
    records = [answer(text, label=label) for text in ("good", "poor") for label in (True, False)]
    said = outcomes(judged(records, threshold=0))
    assert [reason for _, reason, _ in said] == [
        "label_confirmed", "label_contradicted", "label_contradicted", "label_confirmed",
    ]  # fmt: skip


def test_nobody_is_asked_without_need() -> None:
    with mock(SCRIPT) as address:
        said = check(address, threshold=0).judge(batch_of([answer(":"), pair("a", "a")]), None)
        said += check(address).judge(batch_of([answer("good")]), None)
        assert mock_stats(address)["requests"] == 0
    assert outcomes(said) == [
        ("drop", "empty_answer", None), ("drop", "equal_answers", None), ("flag", "no_threshold", None),
    ]  # fmt: skip


def test_each_failure_costs_its_own_record() -> None:
    records = [
        answer("good"),
        answer("broken"),
        answer("refused"),
        pair("best", "broken"),
        answer("classes"),
        answer("x"),
    ]
    said = judged(records, threshold=0)
    assert [one.reason for one in said][0::5] == ["above_threshold", "below_threshold"]
    faults = [one for one in said if isinstance(one, Fault)]
    assert [one.owed for one in faults] == [True, False, True, False]
    assert {one.boundary for one in faults} == {"provider"}
    assert faults[3].reason == "not_scalar"


def test_one_of_several_numbers_may_be_named() -> None:
    assert outcomes(judged([answer("classes")], threshold=0.5, output=1)) == [("keep", "above_threshold", 0.75)]
    (said,) = judged([answer("classes")], threshold=0.5, output=2)
    assert said.reason == "not_scalar"


@pytest.mark.parametrize("route", ["classify", "score", "pooling"])
def test_every_route(route: str) -> None:
    user, said = {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "good"}
    records = [answer("good"), record({"messages": [user, said]}), answer([said], [user]), record({"text": "good"})]
    assert outcomes(judged(records, threshold=0, route=route)) == [("keep", "above_threshold", 1.0)] * 4


def test_how_scores_go_with_length_is_reported() -> None:
    records = [pair("good " * (n + 2), "no " * (n + 2)) for n in range(6)]
    with mock(SCRIPT) as address:
        reward = check(address)
        batch = batch_of(records)
        said = reward.judge(batch, None)
    verdicts = [
        Verdict(r.id, s.outcome, "reward", s.reason, "model", s.score, s.evidence)
        for r, s in zip(records, said, strict=True)
        if isinstance(s, Ruling)
    ]
    (found,) = reward.conclude([(batch, verdict_table(verdicts))], None)
    assert (found.name, found.n, found.inputs) == ("reward.length_correlation", 12, {"model": "rm"})
    assert found.value is not None
    assert 0.5 < found.value < 0.9
    assert found.interval is not None
    assert reward.conclude([], None) == ()


def test_families_and_near_misses() -> None:
    reward = check("http://x/v1")
    assert reward.families() == {"skywork"}
    (miss,) = reward.spoil(pair("good", "poor"), 0)
    assert miss.record.payload["chosen"] == "poor"
    assert reward.spoil(answer("good"), 0) == ()
    with pytest.raises(ValidationError):
        Reward.model_validate({"threshold": 1})
