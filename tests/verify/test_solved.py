"""The check `solved` against a scripted endpoint: rates, what is no answer, and what it says of a set."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import sterling
from sterling.engine.judge import Bench
from sterling.engine.kinship import kinship, may_judge, signs_as
from sterling.errors import InputError
from sterling.models import mock, mock_stats, store
from sterling.pipeline.checking import configured
from sterling.policy.generation import something_verifies
from sterling.policy.verifiers import judges_are_independent, paid_checks_come_last, verifiers_are_measured
from sterling.recipes import from_mapping
from sterling.records import VERIFYING, Fault, Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import FitContext, Ruling, available
from sterling.verify.math import Math
from sterling.verify.solved import Solved

CONTEXT = FitContext(lambda: iter(()))
Reply = Callable[[Mapping[str, Any]], str]


@pytest.fixture(autouse=True)
def _journal(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path / ".sterling")
    yield
    store.close()
    store.use(None)


def endpoint(address: str, model: str = "student", **more: Any) -> dict[str, Any]:
    return {"endpoint": address, "model": model, "attempts": 1} | more


def item(prompt: Any, reference: Mapping[str, Any] | None = None, row: str = "r", **more: Any) -> Record:
    maker = Maker("evaluation", model="student", family="house")
    payload = {"prompt": prompt} | more
    return Record.synthetic(payload, source="s", row=row, maker=maker, reference=reference or {"answer": "7"})


def solved(address: str, **options: Any) -> Solved:
    return Solved.model_validate({"model": endpoint(address), "by": {"check": "math"}} | options)


def judged(check: Solved, records: Sequence[Record]) -> list[Ruling | Fault]:
    return list(check.judge(batch_of(records), check.fit(CONTEXT)))


def ruled(check: Solved, records: Sequence[Record]) -> list[Ruling]:
    said = judged(check, records)
    assert all(isinstance(one, Ruling) for one in said), said
    return [one for one in said if isinstance(one, Ruling)]


def right(*times: int) -> Reply:
    """A model that says 7 to the sendings of these numbers, from 0, and 8 to others. `q1` is a task of its own."""
    sent: Counter[str] = Counter()
    lock = threading.Lock()

    def reply(request: Mapping[str, Any]) -> str:
        with lock:
            number = sent[json.dumps(request["messages"])]
            sent[json.dumps(request["messages"])] += 1
        return f"#### {7 if number in times else 8}"

    return reply


@pytest.mark.parametrize(
    ("times", "options", "outcome", "reason", "score"),
    [
        (range(4), {}, "flag", "already_solved", 1),
        ((), {}, "keep", "unsolved", 0),
        ((0, 2, 3), {}, "keep", "partly_solved", 0.75),
        ((0,), {"min_rate": 0.25, "max_rate": 0.75}, "keep", "partly_solved", 0.25),
        ((0,), {"min_rate": 0.5}, "drop", "too_hard", 0.25),
        (range(4), {"max_rate": 0.9}, "drop", "too_easy", 1),
        ((), {"min_rate": 0.1, "max_rate": 0.9}, "drop", "too_hard", 0),
    ],
)
def test_the_pass_rate_decides(
    times: Sequence[int], options: Mapping[str, Any], outcome: str, reason: str, score: float
) -> None:
    with mock(right(*times)) as address:
        (said,) = ruled(solved(address, **options), [item("3 + 4")])
    assert (said.outcome, said.reason, said.score) == (outcome, reason, score)
    (model,) = said.evidence["models"]
    passed = round(4 * score)
    reasons = {"equal": passed, "different": 4 - passed}
    assert model == {
        "model": "student", "n": 4, "passed": passed, "rate": score,
        "reasons": {reason: n for reason, n in reasons.items() if n},
    }  # fmt: skip
    assert said.evidence["by"] == "math"


def test_each_model_is_asked_by_itself_and_paid_once() -> None:
    def reply(request: Mapping[str, Any]) -> str:
        assert request["temperature"] == 0.5
        return "#### 7" if request["model"] == "strong" else "#### 9"

    with mock(reply) as address:
        check = Solved.model_validate({
            "models": [endpoint(address, "strong"), endpoint(address, "weak")], "samples": 3, "by": {"check": "math"},
            "sampling": {"temperature": 0.5},
        })  # fmt: skip
        said = ruled(check, [item("3 + 4"), item("10 - 3", row="other")])
        assert mock_stats(address)["requests"] == 2 * 2 * 3
        assert ruled(check, [item("3 + 4"), item("10 - 3", row="other")]) == said
        assert mock_stats(address)["requests"] == 2 * 2 * 3
    assert [(one.reason, one.score) for one in said] == [("partly_solved", 0.5)] * 2
    assert [model["rate"] for model in said[0].evidence["models"]] == [1, 0]


def test_what_is_no_usable_answer_is_not_solved() -> None:
    rules = [
        {"match": "cut", "answer": "#### 7", "finish": "length"},
        {"match": "refused", "answer": "", "finish": "content_filter"},
        {"match": "silent", "answer": " "},
        {"match": "half", "times": 2, "answer": "#### 7"},
        {"match": "half", "answer": "#### 7", "finish": "length"},
    ]
    with mock({"rules": rules}) as address:
        said = ruled(solved(address), [item(word, row=word) for word in ("cut", "refused", "silent", "half")])
    assert [(one.reason, one.score) for one in said] == [("unsolved", 0)] * 3 + [("partly_solved", 0.5)]
    assert [one.evidence["models"][0]["reasons"] for one in said] == [
        {"truncated": 4}, {"content_filter": 4}, {"empty": 4}, {"equal": 2, "truncated": 2},
    ]  # fmt: skip


def test_a_reference_that_cannot_be_read_is_no_hard_task() -> None:
    with mock({"rules": [{"answer": "#### 5 km"}]}) as address:
        broken, unit = ruled(solved(address), [item("q", {"answer": " "}), item("q", {"answer": "5"})])
    assert (broken.outcome, broken.reason, broken.score) == ("flag", "not_judged", None)
    assert broken.evidence["models"][0]["reasons"] == {"bad_reference": 4}
    assert unit.evidence["models"][0]["reasons"] == {"not_comparable": 4}


@pytest.mark.parametrize(
    ("rules", "reason", "owed"),
    [
        ([{"status": 503}], "server_error", True),
        ([{"status": 400}], "bad_request", False),
        ([{"times": 3, "answer": "#### 7"}, {"status": 500}], "server_error", True),
    ],
)
def test_a_question_without_an_answer_is_a_fault(rules: Sequence[Mapping[str, Any]], reason: str, owed: bool) -> None:
    with mock({"rules": [{"match": "fine", "answer": "#### 7"}, *rules]}) as address:
        bad, good = judged(solved(address), [item("q"), item("fine", row="2")])
    assert isinstance(bad, Fault)
    assert (bad.boundary, bad.reason, bad.owed, bad.record) == ("provider", reason, owed, item("q").id)
    assert isinstance(good, Ruling)


def test_an_owed_answer_is_asked_for_alone_on_the_next_run() -> None:
    rules = [{"times": 3, "answer": "#### 7"}, {"first": 4, "status": 500}, {"answer": "#### 7"}]
    with mock({"rules": rules}) as address:
        (first,) = judged(solved(address), [item("q")])
        (second,) = judged(solved(address), [item("q")])
        assert mock_stats(address)["requests"] == 5
    assert isinstance(first, Fault)
    assert isinstance(second, Ruling)
    assert second.reason == "already_solved"


CALL = {"name": "weather", "arguments": {"city": "Paris"}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}  # fmt: skip


def test_other_checks_can_judge_the_answers() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
    rules = [
        {"match": "weather", "answer": "", "tool_calls": [call], "finish": "tool_calls"},
        {"match": "JSON", "answer": '{"a": 1}'},
        {"match": "hard", "answer": "```python\ndef f(x):\n    return x\n```"},
        {"answer": "Sure:\n```python\ndef f(x):\n    return 2 * x\n```"},
    ]
    doubles = {"cases": [{"args": [2], "expected": 4}], "entry_point": "f", "program": "continue"}
    start = 'def f(x):\n    """Twice it: {}."""\n'
    with mock({"rules": rules}) as address:
        by_calls = solved(address, by={"check": "tool_calls"}, samples=1)
        by_schema = solved(address, by={"check": "json_schema"}, samples=1)
        by_tests = solved(address, by={"check": "tests"}, samples=1)
        said = ruled(by_calls, [item("The weather?", {"tool_calls": [CALL]}, tools=[TOOL])])
        said += ruled(by_schema, [item("JSON", {"json_schema": {"type": "object"}})])
        said += ruled(by_tests, [item(start.format("easy"), doubles), item(start.format("hard"), doubles, row="2")])
    reasons = [dict(one.evidence["models"][0]["reasons"]) for one in said]
    assert reasons == [{"same_calls": 1}, {"valid": 1}, {"passed": 1}, {"failed_case": 1}]


def test_conversations_are_asked_as_they_are() -> None:
    asked: list[Any] = []

    def reply(request: Mapping[str, Any]) -> str:
        asked.append(request["messages"])
        return "#### 7"

    system, user = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "3 + 4"}
    own = {"role": "assistant", "content": "#### 9"}
    chat = Record.synthetic({"messages": [system, user, own]}, source="s", row="m", maker=Maker("m"),
                            reference={"answer": "7"})  # fmt: skip
    with mock(reply) as address:
        check = solved(address, samples=1)
        said = ruled(check, [chat, item([system, user], completion=[own])])
        nothing = ruled(check, [item(" "), item([]), item([["odd"]])])
        assert mock_stats(address)["requests"] == 1
    assert asked == [[system, user]]
    assert [one.reason for one in said] == ["already_solved"] * 2
    assert [(one.outcome, one.reason) for one in nothing] == [("flag", "no_prompt")] * 3


def test_it_judges_nothing_itself() -> None:
    check = Solved.model_validate({"model": endpoint("http://x/v1", family="house"), "by": {"check": "math"}})
    batch = batch_of([item("q")])
    (kin,) = kinship(check, batch)
    assert may_judge(check, kin)
    assert signs_as(check, kin) == "statistics"
    verdict = Bench("solved", check).verdict("r", "human", Ruling("drop", "too_easy", 1.0), signs_as(check, kin))
    assert (verdict.family, verdict.outcome) == ("statistics", "flag")
    assert Solved.family not in VERIFYING


def test_lint_takes_it_for_no_judge(tmp_path: Path) -> None:
    """Two models of the family that generates, and no gold: for a judge each of these would be held against it."""
    models = [endpoint("http://localhost:8000/v1", name) for name in ("qwen3-8b", "qwen3-32b")]
    recipe = from_mapping(
        {
            "name": "r", "purpose": "evaluation",
            "anchor": [{"name": "q", "path": "q.jsonl"}],
            "generate": [{"strategy": "completions", "path": "c.jsonl", "model": "qwen3-32b"}],
            "checks": [{"check": "solved", "models": models, "by": {"check": "math"}}, {"check": "novelty"}],
        },
        tmp_path,
    )  # fmt: skip
    rules = (judges_are_independent, verifiers_are_measured, something_verifies, paid_checks_come_last)
    assert [(rule.id, one.met, one.what) for rule in rules for one in rule.lint(recipe)] == [
        ("synthetic.verified", False, "nothing in `checks:` verifies the records of completions"),
        ("checks.paid_last", False, "`solved` is paid before novelty"),
    ]


def test_what_it_judges_by_is_part_of_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    by = {"check": "tests", "packages": "site"}
    check = Solved.model_validate({"model": endpoint("http://x/v1"), "by": by})
    assert [Path(path).name for path in check.reads()] == ["site"]
    assert Solved.model_validate(check.model_dump(mode="json")) == check
    before = check.version
    monkeypatch.setattr(type(check.by), "version", type(check.by).version + 1)
    assert check.version == before + 1


def test_golden_version() -> None:
    """Raise the version together with what the tests above say of an answer."""
    check = Solved.model_validate({"model": endpoint("http://x/v1"), "by": {"check": "math"}})
    assert check.version - Math.version == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": {"check": "judge"}}, "`judge` does not verify an answer without a model; these do: code, "),
        ({"by": {"check": "novelty"}}, "`novelty` does not verify"),
        ({"by": {"check": "compiles"}}, "`compiles` does not verify"),
        ({"by": {"check": "solved"}}, "`solved` does not verify"),
        ({"by": {"check": "maths"}}, "there is no check `maths`"),
        ({"by": {"check": "math", "steppes": True}}, "`by.steppes`: extra inputs"),
        ({"by": "math"}, "an entry must be a mapping"),
        ({}, "`by`: field required"),
        ({"by": {"check": "math"}, "model": None}, "takes one `model`, or several"),
        ({"by": {"check": "math"}, "models": [endpoint("http://x/v1")]}, "takes one `model`, or several"),
        ({"by": {"check": "math"}, "gold": "gold.jsonl"}, "has no error rate"),
        ({"by": {"check": "math"}, "min_rate": 0.6, "max_rate": 0.5}, "no rate is from 0.6 to 0.5"),
        ({"by": {"check": "math"}, "samples": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_asked(options: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        configured("solved", {"model": endpoint("http://x/v1")} | dict(options))


@pytest.mark.parametrize("name", ["code", "format", "json_schema", "math", "regex", "replay", "sql", "tests"])
def test_every_check_that_verifies_alone_can_be_named(name: str) -> None:
    check = Solved.model_validate({"model": endpoint("http://x/v1"), "by": {"check": name}})
    assert isinstance(check.by, available("check")[name])
    assert check.needs == check.by.needs


# What it says of a set.


def test_conclusions() -> None:
    skill = {"strong": 9, "fair": 6, "weak": 3}

    def reply(request: Mapping[str, Any]) -> str:
        level = int(request["messages"][0]["content"].split()[-1])
        return f"#### {7 if level <= skill[request['model']] else 8}"

    with mock(reply) as address:
        check = Solved.model_validate({
            "models": [endpoint(address, name) for name in skill], "samples": 2, "by": {"check": "math"},
        })  # fmt: skip
        records = [item(f"level {level}", row=str(level)) for level in range(1, 11)]
        said = ruled(check, records)
    faulty = Verdict("x", "drop", "solved", "timeout", "statistics", None, {"fault": "slow", "boundary": "provider"})
    verdicts = [Verdict(r.id, one.outcome, "solved", one.reason, "statistics", one.score, one.evidence)
                for r, one in zip(records, said, strict=True)]  # fmt: skip
    found = check.conclude([(batch_of([*records, item("late", row="x")]), verdict_table([*verdicts, faulty]))], None)
    told = {(one.name, one.inputs.get("model")): one for one in found}
    assert {model: told["solved.accuracy", model].value for model in skill} == {"strong": 0.9, "fair": 0.6, "weak": 0.3}
    assert told["solved.by_all", None].inputs["hits"] == 3
    assert told["solved.by_none", None].inputs["hits"] == 1
    assert told["solved.rate.q50", None].value == pytest.approx(2 / 3)
    assert told["solved.rate.q50", None].n == 10
    # The stronger a model, the more it solves: every item that tells models apart tells them the right way round.
    discrimination = told["solved.discrimination", None]
    assert discrimination.n == 6
    assert discrimination.value is not None
    assert 0.8 < discrimination.value <= 1
    assert told["solved.discrimination.negative", None].value == 0


def test_nothing_to_conclude() -> None:
    check = Solved.model_validate({"model": endpoint("http://x/v1"), "by": {"check": "math"}})
    assert check.conclude([], None) == []


def test_a_file_can_be_checked() -> None:
    with mock({"rules": [{"answer": "#### 7"}]}) as address:
        rows: list[dict[str, Any]] = [{"prompt": "3 + 4", "reference": {"answer": "7"}}, {"prompt": "No reference."}]
        said = sterling.check("solved", rows, model=endpoint(address), by={"check": "math"})
        assert mock_stats(address)["requests"] == 4
    assert [(one["outcome"], one["reason"]) for one in said] == [("flag", "already_solved"), ("flag", "no_reference")]
