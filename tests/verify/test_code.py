"""The check `code`: programs in JavaScript and C."""

import shutil
from typing import Any

import pytest

from sterling.records import Fault, Record, batch_of
from sterling.registry import Ruling
from sterling.verify.code import Code

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is installed")

ADD = {"language": "javascript", "entry_point": "add", "cases": [
    {"args": [1, 2], "expected": 3}, {"args": ["a", "b"], "expected": "ab"}, {"args": [0.5, 0.25], "expected": 0.75},
]}  # fmt: skip
SUM = {"language": "c", "stdin_cases": [{"stdin": "1 2", "stdout": "3\n"}, {"stdin": "-5 5", "stdout": "0"}]}
C_SUM = '#include <stdio.h>\nint main(void) { int a, b; scanf("%d %d", &a, &b); printf("%d\\n", a OP b); return 0; }'


def judged(completion: str, reference: dict[str, Any], **options: Any) -> Ruling | Fault:
    payload = {"prompt": "p", "completion": completion}
    record = Record.real(payload, source="s", row="r", origin="human", reference=reference)
    return Code(**options).judge(batch_of([record]), None)[0]


def reason(completion: str, reference: dict[str, Any], **options: Any) -> str:
    return judged(completion, reference, **options).reason


@needs_node
def test_a_right_function_is_kept() -> None:
    ruling = judged("Here:\n```js\nconst add = (a, b) => a + b;\n```\n", ADD)
    assert isinstance(ruling, Ruling)
    assert (ruling.outcome, ruling.reason, ruling.score) == ("keep", "passed", 1.0)
    assert ruling.evidence["passed"] == 3


@needs_node
def test_a_wrong_function_is_dropped_with_the_first_wrong_answer() -> None:
    ruling = judged("function add(a, b) { return a - b }", ADD)
    assert isinstance(ruling, Ruling)
    assert (ruling.outcome, ruling.reason) == ("drop", "failed_case")
    assert ruling.evidence["first_failing"] == {"case": 0, "args": "[1, 2]", "why": "the answer is -1 instead of 3"}


@needs_node
@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("function (", "error"),
        ("const other = 1", "error"),
        ("function add() { process.exit(0) }", "exited"),
        ("function add() { for (;;); }", "timeout"),
        ("function add() { return undefined }", "not_plain"),
        ("function add() { return { valueOf: () => 3, toString: () => '3' } }", "not_plain"),
        ("function add() { return new (class extends Number {})(3) }", "not_plain"),
        ("function add() { throw 3 }", "failed_case"),
        ("function add() { return [3] }", "failed_case"),
        ("function add() { return true }", "failed_case"),
        (
            "Object.prototype.toString = Array.isArray = JSON.stringify = () => '3'; function add() { return 4 }",
            "refused",
        ),
    ],
)
def test_a_pretender_is_dropped(source: str, wanted: str) -> None:
    assert reason(source, ADD, cpu_s=1) == wanted


@needs_node
def test_an_exception_can_be_the_wanted_answer() -> None:
    reference = {"language": "javascript", "entry_point": "f", "cases": [{"args": [1], "raises": "RangeError"}]}
    assert reason("function f() { throw new RangeError('no') }", reference) == "passed"
    assert reason("function f() { throw new TypeError('no') }", reference) == "failed_case"
    assert reason("function f() { return 'RangeError' }", reference) == "failed_case"


@needs_cc
def test_a_c_program_is_compiled_and_fed() -> None:
    assert reason(C_SUM.replace("OP", "+"), SUM) == "passed"
    assert reason(C_SUM.replace("OP", "-"), SUM) == "failed_output"
    assert reason(C_SUM.replace("OP", "?"), SUM) == "error"
    assert reason("int main(void) { return 1; }", SUM) == "exited"


@needs_cc
def test_the_score_is_the_share_that_was_answered() -> None:
    ruling = judged(C_SUM.replace("a OP b", "a > 0 ? a + b : 7"), SUM)
    assert isinstance(ruling, Ruling)
    assert (ruling.reason, ruling.score) == ("failed_output", 0.5)
    assert ruling.evidence["first_failing"] == {"case": 1, "stdin": "-5 5", "why": "line 1 is '7' instead of '0'"}


@pytest.mark.parametrize(
    "reference",
    [
        {"language": "cobol", "stdin_cases": [{"stdout": "1"}]},
        {"language": "c", "entry_point": "f", "cases": [{"args": [1], "expected": 1}]},
        {"language": "javascript", "cases": [{"args": [1], "expected": 1}]},
        {"language": "javascript", "entry_point": "f", "cases": [{"kwargs": {"a": 1}, "expected": 1}]},
        {"language": "javascript", "entry_point": "f", "cases": "many"},
        {"language": None},
    ],
)
def test_a_reference_that_cannot_be_asked_is_a_fault(reference: dict[str, Any]) -> None:
    said = judged("x", reference)
    assert isinstance(said, Fault)
    assert said.reason == "bad_reference"


@needs_node
def test_an_argument_that_javascript_cannot_hold_is_the_references_fault() -> None:
    reference = {"language": "javascript", "entry_point": "f", "cases": [{"args": [2**60], "expected": 1}]}
    assert reason("function f() { return 1 }", reference) == "bad_reference"


def test_nothing_to_run_is_flagged() -> None:
    assert judged("x", {"language": "c"}) == Ruling("flag", "no_reference")
