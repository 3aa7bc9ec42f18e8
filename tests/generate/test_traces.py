"""Prediction tasks: which calls are asked, and what their outcomes become."""

import pytest

from sterling.generate.programs.calls import MOST_EDGES, calls_of
from sterling.generate.traces import Traces, without_docstring
from sterling.records import Fault, Maker, Record
from sterling.registry import Past, Task

pytestmark = pytest.mark.usefixtures("in_shapes")


def _tasks(strategy: Traces, records: dict[str, Record], past: Past | None = None) -> list[Task]:
    return list(strategy.tasks(records.values(), past or Past(), 1))


def _proposed(anchor: dict[str, Record], name: str, expression: str) -> Record | Fault:
    strategy = Traces()
    task = next(t for t in _tasks(strategy, {name: anchor[name]}) if t.spec["expression"] == expression)
    (found,) = strategy.propose(task, "predict")
    return found


# Calls ----------------------------------------------------------------------------------------------------------------
def _calls(name: str, *sources: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [tuple(call) for call in calls_of([{"source": source, "want": ""} for source in sources], name)]  # type: ignore[misc]


def test_a_doctest_call_comes_first_and_then_its_edges() -> None:
    assert _calls("f", "f(2)\n") == [
        ("f(2)", (), "doctest"),
        ("f(0)", (), "edge"),
        ("f(3)", (), "edge"),
        ("f(-2)", (), "edge"),
        ("f(200)", (), "edge"),
    ]


@pytest.mark.parametrize(
    ("literal", "edges"),
    [
        ("'ab'", {"''", "'ba'", "'abab'", "'AB'"}),
        ("[1, 2]", {"[]", "[2, 1]", "[1, 2, 1, 2]", "[0, 2]", "[1, 0]", "[1, 3]", "[2, 2]", "[-1, 2]"}),
        ("(1,)", {"()", "(1, 1)", "(0,)", "(2,)", "(-1,)", "(100,)"}),
        ("True", {"False"}),
        ("-1.5", {"0", "-0.5", "1.5", "-150.0"}),
        ("None", set()),
        ("name", set()),
    ],
)
def test_edges_are_near_the_literal(literal: str, edges: set[str]) -> None:
    found = {expression[2:-1] for expression, _, kind in _calls("f", f"f({literal})\n") if kind == "edge"}
    assert found == edges


def test_edges_are_bounded_and_of_every_argument() -> None:
    found = [call for call in _calls("f", "f('a', 'b', c=['d', 'e'])\n") if call[2] == "edge"]
    assert len(found) == MOST_EDGES
    assert {"f('', 'b', c=['d', 'e'])", "f('a', '', c=['d', 'e'])", "f('a', 'b', c=[])"} <= {call[0] for call in found}


def test_only_arguments_of_the_function_itself_change() -> None:
    assert "g(f(0), 5)" in {call[0] for call in _calls("f", "g(f(2), 5)\n")}
    assert not any("g(f(2), 0)" in call[0] for call in _calls("f", "g(f(2), 5)\n"))


def test_setup_is_what_the_names_depend_on() -> None:
    sources = ("import io\n", "a = io.x(1)\n", "b = 5\n", "a.push(3)\n", "b\n", "f(a)\n")
    assert _calls("f", *sources) == [("f(a)", ("import io", "a = io.x(1)", "a.push(3)"), "doctest")]


def test_what_calls_nothing_by_name_is_no_call() -> None:
    assert _calls("__add__", "a + b\n") == []
    assert _calls("f", "x = f(2)\n", "for i in f(2): i\n", "f(2\n") == []


def test_a_printed_value_is_asked_for_itself() -> None:
    assert _calls("C.f", "print(c.f())\n") == [("c.f()", (), "doctest")]


def test_without_docstring_keeps_the_rest() -> None:
    assert without_docstring('@d\ndef f(\n    a,\n):\n    """Doc\n    more."""\n\n    # note\n    return a\n') == (
        "@d\ndef f(\n    a,\n):\n    # note\n    return a\n"
    )
    assert without_docstring("def f(a):\n    return a\n") == "def f(a):\n    return a\n"


# Tasks ----------------------------------------------------------------------------------------------------------------
def test_functions_take_turns_and_verified_ones_come_first(anchor: dict[str, Record]) -> None:
    past = Past(verified=frozenset({anchor["countdown"].id}))
    rows = [task.seeds[0].row for task in _tasks(Traces(count=5), anchor, past)]
    assert rows[0] == "shapes.countdown"
    assert len(set(rows)) == 5


def test_tasks_do_not_depend_on_the_order_of_records(anchor: dict[str, Record]) -> None:
    assert _tasks(Traces(), anchor) == _tasks(Traces(), dict(reversed(anchor.items())))


def test_later_rounds_ask_for_what_is_missing_and_never_twice(anchor: dict[str, Record]) -> None:
    tried = frozenset(task.row for task in _tasks(Traces(count=6), anchor))
    second = _tasks(Traces(count=6), anchor, Past(round=2, kept=4, tried=tried))
    assert len(second) == 2
    assert tried.isdisjoint(task.row for task in second)


# Records --------------------------------------------------------------------------------------------------------------
def test_a_value_becomes_its_repr(anchor: dict[str, Record]) -> None:
    record = _proposed(anchor, "area", "area(2, scale=0)")
    assert isinstance(record, Record)
    assert record.payload["completion"] == "0"
    assert ">>> area(2, scale=0)" in record.payload["prompt"]
    assert "The area of a square" not in record.payload["prompt"]
    assert record.tags == ("task:trace", "input:edge", "outcome:value", "module:shapes")
    assert record.view == "shapes.area\narea(2, scale=0)\n0"
    assert record.reference is not None
    assert record.reference["call"]["expression"] == "area(2, scale=0)"
    assert record.reference["call"]["outcome"] == {"value": "0"}
    assert record.maker is not None
    assert record.maker.sampling == {"input": "edge"}


def test_an_exception_becomes_its_type_and_message(anchor: dict[str, Record]) -> None:
    record = _proposed(anchor, "area", "area(-3)")
    assert isinstance(record, Record)
    assert record.payload["completion"] == "raises ValueError: side is -3"
    assert "outcome:exception" in record.tags


def test_setup_is_shown_and_executed(anchor: dict[str, Record]) -> None:
    record = _proposed(anchor, "countdown", "countdown(start)")
    assert isinstance(record, Record)
    assert "```python\nstart = 3\n```" in record.payload["prompt"]
    assert record.payload["completion"] == "[3, 2, 1]"


def test_a_set_is_written_in_one_order(anchor: dict[str, Record]) -> None:
    parent = anchor["letters"]
    reference = {**(parent.reference or {}), "examples": [{"source": "letters('hello')\n", "want": "", "options": []}]}
    record = Record.real(parent.payload, source="own", row="letters", origin="unknown", reference=reference)
    found = _proposed({"letters": record}, "letters", "letters('hello')")
    assert isinstance(found, Record)
    assert found.payload["completion"] == "{'e', 'h', 'l', 'o'}"


@pytest.mark.parametrize(
    ("body", "call", "reason"),
    [
        ("    return object()\n", "f(1)", "not_plain"),
        ("    return None\n", "f(1)", "no_value"),
        ("    return 'x' * 3000\n", "f(1)", "too_long"),
        ("    raise SystemExit\n", "f(1)", "exited"),
    ],
)
def test_what_is_no_question_is_a_fault_of_the_user_code(body: str, call: str, reason: str) -> None:
    reference = {
        "program": "continue",
        "replaces": "f",
        "examples": [{"source": f"{call}\n", "want": "", "options": []}],
    }
    payload = {"prompt": 'def f(a):\n    """Doc."""\n', "completion": body}
    record = Record.real(payload, source="own", row="f", origin="unknown", reference=reference)
    found = _proposed({"f": record}, "f", call)
    assert isinstance(found, Fault)
    assert (found.boundary, found.reason, found.record) == ("user_code", reason, record.id)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("    return chr(0xd800)\n", r"'\ud800'"),
        ("    raise ValueError(chr(0xd800))\n", r"raises ValueError: \ud800"),
        ("    return float('nan')\n", "nan"),
        ("    return {1: [()], 'a': {2, 1}}\n", "{1: [()], 'a': {1, 2}}"),
    ],
)
def test_odd_answers_are_text(body: str, answer: str) -> None:
    reference = {"program": "continue", "replaces": "f", "examples": [{"source": "f(1)\n", "want": "", "options": []}]}
    payload = {"prompt": 'def f(a):\n    """Doc."""\n', "completion": body}
    record = Record.real(payload, source="own", row="f", origin="unknown", reference=reference)
    found = _proposed({"f": record}, "f", "f(1)")
    assert isinstance(found, Record)
    assert found.payload["completion"] == answer


# Code that a model wrote ----------------------------------------------------------------------------------------------
ANSWER = '''So:
```python
import math

def double(x):
    """Twice 4 is 8."""
    return x * 2
```'''
TESTS = "def check(candidate):\n    assert candidate(4) == 8\n    assert double(double(1)) == 4\n"


def _by_a_model() -> Record:
    """An answer in a code block, with the tests that have verified it."""
    return Record.synthetic(
        {"prompt": "Write `double`.", "completion": ANSWER},
        source="distill",
        row="double",
        maker=Maker("distill", "qwen3-32b"),
        reference={"tests": TESTS, "entry_point": "double"},
    )


def test_verified_code_of_a_model_is_traced_on_the_inputs_of_its_tests() -> None:
    record = _by_a_model()
    tasks = _tasks(Traces(), {"double": record})
    assert [task.spec["expression"] for task in tasks][:2] == ["double(4)", "double(0)"]
    (found,) = Traces().propose(tasks[0], "predict")
    assert isinstance(found, Record)
    assert found.payload["completion"] == "8"
    assert "Twice" not in found.payload["prompt"]
    assert "import math" in found.payload["prompt"]
    assert found.depth == record.depth + 1
