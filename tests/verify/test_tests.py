"""Programs against their examples and tests: every reason, in the real sandbox."""

import json
import sysconfig
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import sterling
from sterling.records import Fault, Record, Verdict, batch_of, verdict_table
from sterling.registry import Ruling
from sterling.verify.programs.program import last_block, program_of
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
    """Two samples of each of 164 tasks; `benchmarks/sandbox_load.py` judges all 8,200, of which 22.02 % pass."""
    tasks = _humaneval(shared_data, "samples.jsonl")
    records = [_completion(task, sample) for task in tasks for sample in task["samples"][:2]]
    verdicts = Tests(cpu_s=1).judge(batch_of(records), None)
    reasons = {"passed": 62, "failed_tests": 243, "syntax_error": 18, "error": 5}
    assert Counter(verdict.reason for verdict in verdicts) == reasons


# Cases ----------------------------------------------------------------------------------------------------------------
def _cases(body: str, *cases: Mapping[str, Any], **more: Any) -> Ruling:
    reference = {"program": "continue", "entry_point": "f", "cases": list(cases), **more}
    return _judged(_record({"prompt": HEAD, "completion": body}, reference))


def test_inputs_and_outputs() -> None:
    right = {"args": [1], "expected": 2}
    kept = _cases(GOOD, right, {"kwargs": {"a": 2.5}, "expected": 3.5})
    assert (kept.outcome, kept.reason, kept.score) == ("keep", "passed", 1.0)
    dropped = _cases(GOOD, right, {"args": [1], "expected": 3}, right)
    assert (dropped.outcome, dropped.reason, dropped.score) == ("drop", "failed_case", 2 / 3)
    assert dropped.evidence["first_failing"] == {"case": 1, "call": "1", "why": "the answer is 2 instead of 3"}
    assert (dropped.evidence["way"], dropped.evidence["cases"]) == ("cases", 3)


@pytest.mark.parametrize(
    ("body", "case", "reason"),
    [
        ("    return None\n", {"args": [1], "expected": None}, "passed"),
        ("    return a > 0\n", {"args": [1], "expected": 1}, "failed_case"),
        ("    return a, {a}\n", {"args": [1], "expected_repr": "(1, {1})"}, "passed"),
        ("    return [a]\n", {"args": [1], "expected_repr": "(1,)"}, "failed_case"),
        ("    return a[0]\n", {"args_repr": "[(1, 2)]", "expected": 1}, "passed"),
        ("    return type(a).__name__\n", {"args_repr": "({1: 2},)", "expected": "dict"}, "passed"),
        ("    return float('nan')\n", {"args": [1], "expected_repr": "nan"}, "passed"),
        ("    return a / 3\n", {"args": [1], "expected": 0.3333333}, "failed_case"),
        ("    return a / 3\n", {"args": [1], "expected": 0.3333333, "tolerance": 1e-6}, "passed"),
        ("    raise ValueError(a)\n", {"args": [1], "raises": "ValueError"}, "passed"),
        ("    import json; json.loads('')\n", {"args": [1], "raises": "ValueError"}, "passed"),
        ("    import json; json.loads('')\n", {"args": [1], "raises": "JSONDecodeError"}, "passed"),
        ("    return {}[a]\n", {"args": [1], "raises": "LookupError"}, "passed"),
        ("    return {}[a]\n", {"args": [1], "raises": "ValueError"}, "failed_case"),
        ("    return a\n", {"args": [1], "raises": "ValueError"}, "failed_case"),
        ("    raise KeyError(a)\n", {"args": [1], "expected": 1}, "failed_case"),
        ("    yield a\n", {"args": [1], "expected": [1]}, "failed_case"),
        ("    return object()\n", {"args": [1], "expected": 1}, "not_plain"),
        ("    while a: pass\n", {"args": [1], "expected": 1}, "timeout"),
        ("    return a +\n", {"args": [1], "expected": 1}, "syntax_error"),
    ],
)
def test_one_case(body: str, case: Mapping[str, Any], reason: str) -> None:
    assert _cases(body, case).reason == reason


def test_tolerance_of_all_cases() -> None:
    cases = [{"args": [1], "expected": 0.3333}, {"args": [2], "expected": 0.6667, "tolerance": 1e-9}]
    assert _cases("    return a / 3\n", *cases, tolerance=1e-3).score == 0.5


def test_an_endless_case_costs_what_comes_after_it() -> None:
    cases = [{"args": [n], "expected": n} for n in range(3)]
    ruling = _cases("    while a == 1: pass\n    return a\n", *cases)
    assert (ruling.reason, ruling.score) == ("timeout", 1 / 3)


# Whole programs -------------------------------------------------------------------------------------------------------
def _program(source: str, *cases: Mapping[str, str], **more: Any) -> Ruling:
    return _judged(
        _record({"prompt": "Add.", "completion": f"```python\n{source}\n```"}, {"stdin_cases": list(cases), **more})
    )


def test_a_whole_program() -> None:
    cases = {"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "5 5\n", "stdout": "10 \n\n"}
    kept = _program("print(sum(map(int, input().split())))", *cases)
    assert (kept.outcome, kept.reason, kept.score) == ("keep", "passed", 1.0)
    dropped = _program("print(max(map(int, input().split())) + 1)", *cases)
    assert (dropped.reason, dropped.score) == ("failed_output", 0.5)
    assert dropped.evidence["first_failing"]["why"] == "line 1 is '6' instead of '10'"


@pytest.mark.parametrize(
    ("source", "stdout", "reason"),
    [
        ("print('a  ')\nprint()", "a", "passed"),
        ("print(' a')", "a", "failed_output"),
        ("print('a\\n\\nb')", "a\nb", "failed_output"),
        ("pass", "", "passed"),
        ("print(1)", "", "failed_output"),
        ("1 / 0", "", "raised"),
        ("import sys; sys.exit(1)", "", "exited"),
        ("while True: pass", "", "timeout"),
        ("while True: print(1)", "", "output"),
        ("print(", "", "syntax_error"),
    ],
)
def test_what_a_whole_program_writes(source: str, stdout: str, reason: str) -> None:
    assert _program(source, {"stdout": stdout}).reason == reason


def test_files_of_the_task() -> None:
    ruling = _program(
        "import helper\nprint(helper.twice(int(open('data/n.txt').read())))",
        {"stdout": "8"},
        files={"helper.py": "def twice(x): return 2 * x\n", "data/n.txt": "4"},
    )
    assert ruling.reason == "passed"


@pytest.mark.parametrize(
    "reference",
    [
        {"cases": [{"args": [1], "expected": 1}]},
        {"cases": [{"args": [1]}], "entry_point": "f"},
        {"cases": [{"args": [1], "expected": 1, "raises": "E"}], "entry_point": "f"},
        {"cases": [{"args": [1], "expected_repr": "f(1)"}], "entry_point": "f"},
        {"cases": [{"args_repr": "1", "expected": 1}], "entry_point": "f"},
        {"cases": [{"args": [1], "args_repr": "[1]", "expected": 1}], "entry_point": "f"},
        {"cases": [{"args": "1", "expected": 1}], "entry_point": "f"},
        {"cases": [{"args": [1], "expected": 1, "tolerance": -1.0}], "entry_point": "f"},
        {"cases": 3, "entry_point": "f"},
        {"stdin_cases": [{"stdin": "1"}]},
        {"stdin_cases": [{"stdin": 1, "stdout": "1"}]},
        {"stdin_cases": [{"stdout": "1"}], "files": {"../a": ""}},
        {"stdin_cases": [{"stdout": "1"}], "files": {"a": "", "a/b": ""}},
        {"stdin_cases": [{"stdout": "1"}], "files": {"a": 1}},
        {"stdin_cases": [{"stdout": "1"}], "files": ["a"]},
    ],
)
def test_a_broken_reference_is_a_fault_of_its_row(reference: Mapping[str, Any]) -> None:
    bad, good = _record({"prompt": HEAD, "completion": GOOD}, reference), _body(GOOD, ONE)
    first, second = Tests().judge(batch_of([bad, good]), None)
    assert isinstance(first, Fault)
    assert (first.boundary, first.reason) == ("user_code", "bad_reference")
    assert isinstance(second, Ruling)
    assert second.reason == "passed"


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("f(1)\nwhile True: pass", "timeout"),
        ("f(1)\nwhile True: print('x' * 10**6)", "timeout"),
        ("import nothing_such\nassert f(1) == 2", "bad_reference"),
        ("f(1)\nx = [0] * 10**12", "memory"),
        ("pass", "bad_reference"),
        ("assert f('x' * 10) == 2", "failed_tests"),
    ],
)
def test_bad_tests_cost_their_row_only(tests: str, reason: str) -> None:
    records = [
        _record({"prompt": HEAD, "completion": GOOD}, {"program": "continue", "entry_point": "f", "tests": text})
        for text in (tests, CHECK)
    ]
    first, second = Tests(cpu_s=1).judge(batch_of(records), None)
    assert (first.reason, second.reason) == (reason, "passed")


def test_packages_are_there_for_program_and_tests() -> None:
    reference = {"entry_point": "f", "tests": "import numpy\nassert f(3) == float(numpy.sqrt(9.0))"}
    source = "import numpy\ndef f(x): return float(numpy.abs(-x))\n"
    record = _record({"prompt": "p", "completion": source}, reference)
    (ruling,) = Tests(packages=sysconfig.get_path("purelib")).judge(batch_of([record]), None)
    assert ruling.reason == "passed"
    (without,) = Tests().judge(batch_of([record]), None)
    assert without.reason == "bad_reference"


# Several samples ------------------------------------------------------------------------------------------------------
def test_samples_of_a_task_give_pass_at_k() -> None:
    right, wrong = GOOD, "    return 0\n"
    reference = {"program": "continue", "entry_point": "f", "tests": CHECK}
    records = [
        _record({"prompt": HEAD + f"    # {task}\n", "completion": body}, reference)
        for task, bodies in enumerate([[right, right + "\n"], [right, wrong], [wrong, wrong + "\n"]])
        for body in bodies
    ]
    batch = batch_of(records)
    verdicts = [
        Verdict(r.id, ruling.outcome, "tests", ruling.reason, "execution", ruling.score, ruling.evidence)
        for r, ruling in zip(records, Tests().judge(batch, None), strict=True)
        if isinstance(ruling, Ruling)
    ]
    first, second = Tests().conclude([(batch, verdict_table(verdicts))], None)
    assert (first.name, first.value, first.n) == ("tests.pass@1", 0.5, 3)
    assert (second.name, second.n) == ("tests.pass@2", 3)
    assert second.value == pytest.approx(2 / 3)


# Near misses ----------------------------------------------------------------------------------------------------------
SPOILED = [
    {"program": "continue", "entry_point": "f", "tests": "assert f(1) == 2\nassert f(5) == 6"},
    {"program": "continue", "entry_point": "f", "cases": [{"args": [1], "expected": 2}, {"args": [4], "expected": 5}]},
    {"program": "continue", "examples": [_example("f(1)", "2\n"), _example("f(7)", "8\n")]},
]


@pytest.mark.parametrize("reference", SPOILED, ids=["tests", "cases", "examples"])
def test_near_misses_answer_otherwise(reference: Mapping[str, Any]) -> None:
    record = _record({"prompt": HEAD, "completion": GOOD}, reference)
    misses = Tests().spoil(record, 0)
    assert {miss.kind for miss in misses} >= {"swapped_arithmetic", "off_by_one_constant"}
    assert misses == Tests().spoil(record, 0)
    for miss in misses:
        assert miss.record.payload["prompt"] == HEAD
        assert miss.record.payload["completion"] != GOOD
        assert _judged(miss.record).outcome == "drop"


def test_near_misses_of_a_code_block_keep_what_stands_around_it() -> None:
    text = f"Here it is:\n```python\n{HEAD}{GOOD}```\nDone."
    record = _record({"prompt": "Write f.", "completion": text}, {"entry_point": "f", "tests": "assert f(1) == 2"})
    for miss in Tests().spoil(record, 0):
        assert miss.record.payload["completion"].startswith("Here it is:\n```python\n")
        assert miss.record.payload["completion"].endswith("```\nDone.")


def test_the_records_own_tests_do_not_decide_what_is_a_near_miss() -> None:
    body = "    return a * 2 if a > 3 else a\n"
    reference = {"program": "continue", "entry_point": "f", "tests": "assert f(1) == 1\nassert f(9) >= 0"}
    misses = Tests().spoil(_record({"prompt": HEAD, "completion": body}, reference), 0)
    assert {_judged(miss.record).outcome for miss in misses} == {"keep", "drop"}


@pytest.mark.parametrize("reference", [{}, {"answer": "1"}, {"tests": 5}, {"tests": "f()", "entry_point": "f"}])
def test_no_near_miss_where_nothing_can_be_asked(reference: Mapping[str, Any]) -> None:
    assert list(Tests().spoil(_record({"prompt": HEAD, "completion": "    raise ValueError\n"}, reference), 0)) == []


def test_a_program_in_another_language_is_not_run_as_python() -> None:
    [answer] = sterling.check(
        "tests",
        [
            {
                "prompt": "p",
                "completion": "x",
                "reference": {"language": "c", "stdin_cases": [{"stdin": "", "stdout": ""}]},
            }
        ],
    )
    assert (answer["outcome"], answer["reason"]) == ("flag", "other_language")


@pytest.mark.parametrize("tests", ["import nowhere", "x = 1", "assert 1 == 2\nf(1)"])
def test_tests_that_never_ask_the_program_refute_nobody(tests: str) -> None:
    reference = {"tests": tests, "entry_point": "f"}
    row = {"prompt": "p", "completion": "def f(x):\n    return x\n", "reference": reference}
    [answer] = sterling.check("tests", [row])
    assert (answer["outcome"], answer["reason"]) == ("fault", "bad_reference")
    assert "the tests" in answer["evidence"]["fault"]
