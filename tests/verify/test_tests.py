"""Programs against their examples and tests: every reason, in the real sandbox."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sterling.records import Fault, Record, batch_of
from sterling.registry import Ruling
from sterling.verify.program import last_block, program_of
from sterling.verify.tests import Tests

HEAD = 'def f(a):\n    """Doc."""\n'
GOOD = "    return a + 1\n"


def _record(payload: Mapping[str, Any], reference: Mapping[str, Any] | None) -> Record:
    return Record.real(payload, source="s", row="r", origin="unknown", reference=reference)


def _example(source: str, want: str, *options: str) -> dict[str, Any]:
    return {"source": f"{source}\n", "want": want, "options": list(options)}


def _body(body: str, *examples: Mapping[str, Any], **more: Any) -> Record:
    reference = {"program": "continue", "examples": list(examples), **more}
    return _record({"prompt": HEAD, "completion": body}, reference)


def _judged(record: Record, **options: int) -> Ruling:
    (verdict,) = Tests(**options).judge(batch_of([record]), None)
    assert isinstance(verdict, Ruling)
    return verdict


ONE, TWO = _example("f(1)", "2\n"), _example("f(2)", "3\n")


def test_a_program_that_passes_is_kept_and_verified() -> None:
    verdict = _judged(_body(GOOD, ONE, TWO))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("keep", "passed", 1.0)
    assert (verdict.evidence["examples"], verdict.evidence["passed"]) == (2, 2)
    assert verdict.evidence["tier"]


def test_a_failing_example_is_evidence() -> None:
    verdict = _judged(_body("    return a * 2\n", ONE, TWO))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("drop", "failed_example", 0.5)
    assert verdict.evidence["first_failing"] == {"source": "f(2)\n", "want": "3\n", "got": "4\n"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    return a +\n", "syntax_error"),
        ("  return a\n return b\n", "syntax_error"),
        ("    return a\n\nraise ValueError('at import')\n", "error"),
        ("    import os\n    os._exit(0)\n", "exited"),
        ("    return [0] * 10 ** 12\n", "memory"),
        ("    while True: print('x' * 10000)\n", "output"),
        ("    raise SystemExit\n", "failed_example"),
    ],
)
def test_a_program_that_does_not_come_to_its_end_says_how(body: str, reason: str) -> None:
    verdict = _judged(_body(body, ONE))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("drop", reason, 0.0)


def test_the_first_failing_example_has_a_cap() -> None:
    got = _judged(_body("    return 'x' * 10000\n", ONE)).evidence["first_failing"]["got"]
    assert len(got) == 500


def test_evidence_repeats_exactly_even_with_addresses() -> None:
    record = _body("    return object()\n", ONE)
    first, second = _judged(record), _judged(record)
    assert first == second
    assert first.evidence["first_failing"]["got"] == "<object object at 0x...>\n"


def test_expected_exceptions_compare_type_and_message() -> None:
    want = "Traceback (most recent call last):\n  ...\nValueError: no 1\n"
    assert _judged(_body("    raise ValueError(f'no {a}')\n", _example("f(1)", want))).reason == "passed"
    assert _judged(_body("    raise ValueError('yes')\n", _example("f(1)", want))).reason == "failed_example"
    ignoring = _example("f(1)", want, "IGNORE_EXCEPTION_DETAIL")
    assert _judged(_body("    raise ValueError('yes')\n", ignoring)).reason == "passed"


def test_skipped_examples_are_not_run_and_are_no_oracle() -> None:
    skipped = _example("f(1)", "wrong\n", "SKIP")
    assert _judged(_body(GOOD, skipped, TWO)).evidence["examples"] == 1
    assert _judged(_body(GOOD, skipped)).reason == "no_reference"


def test_examples_share_one_namespace() -> None:
    assert _judged(_body(GOOD, _example("x = f(1)", ""), _example("x", "2\n"))).reason == "passed"


@pytest.mark.parametrize("reference", [None, {}, {"answer": "3"}, {"examples": []}, {"tests": "assert f(1)"}])
def test_nothing_to_run_is_a_flag_that_verifies_nothing(reference: Mapping[str, Any] | None) -> None:
    verdict = _judged(_record({"prompt": HEAD, "completion": GOOD}, reference))
    assert (verdict.outcome, verdict.reason) == ("flag", "no_reference")


# Broken programs ------------------------------------------------------------------------------------------------------
def test_a_mutant_must_fail() -> None:
    killed = _judged(_body(GOOD, ONE, broken=HEAD + "    return a - 1\n"))
    assert (killed.outcome, killed.reason) == ("keep", "passed")
    survived = _judged(_body(GOOD, ONE, broken=HEAD + "    return 1 + a\n"))
    assert (survived.outcome, survived.reason) == ("drop", "survived")


def test_a_repair_must_pass_whatever_the_mutant_does() -> None:
    assert _judged(_body("    return a\n", ONE, broken=HEAD + GOOD)).reason == "failed_example"


# In a real module -----------------------------------------------------------------------------------------------------
def test_a_program_replaces_a_method_of_a_real_module(tmp_path: Path) -> None:
    (tmp_path / "bank.py").write_text("RATE = 2\nclass Account:\n    def pay(self, a):\n        return 0\n")
    place = {"module": "bank", "replaces": "Account.pay", "paths": [str(tmp_path)], "program": "continue"}
    reference = {**place, "examples": [_example("Account().pay(3)", "6\n")]}
    payload = {"prompt": 'def pay(self, a):\n    """Doc."""\n', "completion": "    return a * RATE\n"}
    assert _judged(_record(payload, reference)).reason == "passed"


def test_relative_paths_are_meant_from_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "bank.py").write_text("def pay(a):\n    return 0\n")
    reference = {"module": "bank", "paths": ["src"], "examples": [_example("pay(3)", "0\n")]}
    check = Tests.model_validate({}, context={"base": tmp_path})
    (verdict,) = check.judge(batch_of([_record({"prompt": "p", "completion": ""}, reference)]), None)
    assert isinstance(verdict, Ruling)
    assert verdict.reason == "passed"


# Unit tests -----------------------------------------------------------------------------------------------------------
CHECK = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 3\n"


def test_unit_tests_pass_or_fail() -> None:
    reference = {"program": "continue", "tests": CHECK, "entry_point": "f"}
    kept = _judged(_record({"prompt": HEAD, "completion": GOOD}, reference))
    assert (kept.outcome, kept.reason, kept.score) == ("keep", "passed", 1.0)
    dropped = _judged(_record({"prompt": HEAD, "completion": "    return 2\n"}, reference))
    assert (dropped.outcome, dropped.reason, dropped.score) == ("drop", "failed_tests", 0.0)


def test_the_prelude_is_for_the_tests() -> None:
    reference = {"tests": "assert f(SMALL) == 2\n", "entry_point": "f", "prelude": "SMALL = 1\n"}
    assert (
        _judged(_record({"prompt": "Write f.", "completion": f"```python\n{HEAD}{GOOD}```\n"}, reference)).reason
        == "passed"
    )


def test_an_object_that_always_equals_does_not_pass() -> None:
    cheat = (
        "    class Yes(int):\n        def __eq__(self, other): return True\n        __hash__ = None\n    return Yes()\n"
    )
    reference = {"program": "continue", "tests": CHECK, "entry_point": "f"}
    assert _judged(_record({"prompt": HEAD, "completion": cheat}, reference)).outcome == "drop"


# Which text is the program --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1\n", "x = 1\n"),
        ("Here:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        ("```\nx = 1\n```\nor\n```py\nx = 2\n```\n", "x = 2\n"),
        ("````python\n'''\n```\n'''\n````\n", "'''\n```\n'''\n"),
        ("~~~\nx = 1\n~~~\n", "x = 1\n"),
        ("```python\nx = 1\n", "x = 1\n"),
        ("```python\nx = 1\n```\n```python\nx = 2", "x = 2"),
        ("a ``` b\n", "a ``` b\n"),
    ],
)
def test_the_last_code_block_is_the_program(text: str, code: str) -> None:
    assert last_block(text) == code


def test_the_program_of_a_conversation() -> None:
    turns = [{"role": "user", "content": "Write f."}, {"role": "assistant", "content": "```\nx = 1\n```"}]
    assert program_of(_record({"messages": turns}, {})) == "x = 1\n"
    assert program_of(_record({"prompt": turns[:1], "completion": turns[1:]}, {})) == "x = 1\n"
    assert program_of(_record({"prompt": "a", "completion": "b"}, {"program": "continue"})) == "ab"


# One bad row ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "reference",
    [
        {"examples": [{"want": "1"}]},
        {"examples": ["f(1)"]},
        {"examples": [{"source": "1\n", "want": "1\n", "options": ["NO_SUCH_OPTION"]}]},
        {"examples": [{"source": "1\n", "want": 1}]},
        {"examples": [{"source": "1\n", "want": "1\n"}], "broken": 1},
        {"examples": [{"source": "1\n", "want": "1\n"}], "paths": [3]},
        {"tests": 5, "entry_point": "f"},
    ],
)
def test_a_reference_that_cannot_be_understood_costs_its_row_only(reference: Mapping[str, Any]) -> None:
    bad, good = _record({"prompt": HEAD, "completion": GOOD}, reference), _body(GOOD, ONE)
    first, second = Tests().judge(batch_of([bad, good]), None)
    assert isinstance(first, Fault)
    assert (first.record, first.boundary, first.reason) == (bad.id, "user_code", "bad_reference")
    assert isinstance(second, Ruling)
    assert second.reason == "passed"


def test_a_failing_sandbox_costs_its_row_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BrokenPipeError("the pipe is gone")

    monkeypatch.setattr(Tests, "_sandbox", fail)
    (fault,) = Tests().judge(batch_of([_body(GOOD, ONE)]), None)
    assert isinstance(fault, Fault)
    assert (fault.boundary, fault.reason) == ("sandbox", "sandbox_failed")


# Real programs --------------------------------------------------------------------------------------------------------
def _humaneval(shared_data: Path, name: str) -> list[dict[str, Any]]:
    lines = (shared_data / "humaneval" / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _completion(task: Mapping[str, Any], completion: str) -> Record:
    reference = {"program": "continue", "tests": task["test"], "entry_point": task["entry_point"]}
    return _record({"prompt": task["prompt"], "completion": completion}, reference)


def test_every_solution_of_humaneval_passes(shared_data: Path) -> None:
    records = [_completion(task, task["canonical_solution"]) for task in _humaneval(shared_data, "tasks.jsonl")]
    assert {verdict.reason for verdict in Tests().judge(batch_of(records), None)} == {"passed"}


def test_completions_of_a_real_model(shared_data: Path) -> None:
    """Two samples of each of 164 tasks; pass@1 of all 8,200 is 22.02 %."""
    tasks = _humaneval(shared_data, "samples.jsonl")
    records = [_completion(task, sample) for task in tasks for sample in task["samples"][:2]]
    verdicts = Tests(cpu_s=1).judge(batch_of(records), None)
    passed = sum(verdict.reason == "passed" for verdict in verdicts)
    assert len(verdicts) == 328
    assert 0.17 < passed / 328 < 0.27
