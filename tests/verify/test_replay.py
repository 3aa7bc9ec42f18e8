"""Traces must repeat in another process with another hash seed."""

from collections.abc import Mapping
from typing import Any

import pytest

from sterling.records import Fault, Record, batch_of
from sterling.registry import Ruling
from sterling.verify.replay import Replay


def _trace(source: str, expression: str, answer: str, **more: Any) -> Record:
    outcome = {"raises": answer.removeprefix("raises ")} if answer.startswith("raises ") else {"value": answer}
    call = {"source": source, "setup": [], "expression": expression, "outcome": outcome, **more}
    return _record({"prompt": "What?", "completion": answer}, {"call": call})


def _record(payload: Mapping[str, Any], reference: Mapping[str, Any] | None) -> Record:
    return Record.real(payload, source="s", row="r", origin="unknown", reference=reference)


def _judged(record: Record) -> Ruling:
    (verdict,) = Replay().judge(batch_of([record]), None)
    assert isinstance(verdict, Ruling)
    return verdict


@pytest.mark.parametrize(
    ("source", "expression", "answer"),
    [
        ("def f(a):\n    return a + 1\n", "f(1)", "2"),
        ("def f(a):\n    return set(a)\n", "f('hello')", "{'e', 'h', 'l', 'o'}"),
        ("def f(a):\n    return 0.1 + a\n", "f(0.2)", "0.30000000000000004"),
        ("def f(a):\n    raise KeyError(a)\n", "f(1)", "raises KeyError: 1"),
        ("class Odd(ValueError): pass\ndef f(a):\n    raise Odd(a)\n", "f(1)", "raises Odd: 1"),
    ],
)
def test_what_repeats_is_kept_and_verified(source: str, expression: str, answer: str) -> None:
    verdict = _judged(_trace(source, expression, answer))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("keep", "repeats", 1.0)


@pytest.mark.parametrize(
    ("source", "expression", "answer"),
    [
        ("def f(a):\n    return list(set(a))\n", "f('hello, world')", "['h', 'e', 'l', 'o', ',', ' ', 'w', 'r', 'd']"),
        ("def f(a):\n    return id(a)\n", "f([])", "140735340871680"),
        ("def f(a):\n    return hash(a)\n", "f('a')", "8315796477244072378"),
        ("import random\ndef f(a):\n    return random.random()\n", "f(1)", "0.5714025946899135"),
        ("import time\ndef f(a):\n    return time.time_ns()\n", "f(1)", "1700000000000000000"),
        ("def f(a):\n    raise ValueError(object())\n", "f(1)", "raises ValueError: <object object at 0x7f0000000000>"),
    ],
)
def test_what_depends_on_order_address_chance_or_time_is_dropped(source: str, expression: str, answer: str) -> None:
    verdict = _judged(_trace(source, expression, answer))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("drop", "nondeterministic", 0.0)
    assert _judged(_trace(source, expression, answer)) == verdict


def test_a_value_is_not_an_exception() -> None:
    assert _judged(_trace("def f(a):\n    return 'E: m'\n", "f(1)", "raises E: m")).reason == "nondeterministic"


def test_setup_runs_first_and_modules_are_real() -> None:
    assert _judged(_trace("", "dedent(text)", "'a'", module="textwrap", setup=["text = ' a'"])).reason == "repeats"
    given = "def dedent(text):\n    return lower(text)\n"
    assert _judged(_trace(given, "dedent('A')", "1", module="textwrap", replaces="dedent")).reason == "nondeterministic"


def test_a_completion_that_says_something_else_is_wrong() -> None:
    record = _trace("def f(a):\n    return a + 1\n", "f(1)", "2")
    other = _record({"prompt": "What?", "completion": "3"}, record.reference)
    verdict = _judged(other)
    assert (verdict.outcome, verdict.reason) == ("drop", "wrong_answer")
    assert verdict.evidence["right"] == "2"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(a):\n    return object()\n", "not_plain"),
        ("def f(a:\n", "error"),
        ("def f(a):\n    import os\n    os._exit(0)\n", "exited"),
    ],
)
def test_a_call_that_gives_no_plain_outcome_is_dropped(source: str, reason: str) -> None:
    verdict = _judged(_trace(source, "f(1)", "2"))
    assert (verdict.outcome, verdict.reason) == ("drop", reason)


@pytest.mark.parametrize("reference", [None, {}, {"examples": []}, {"call": None}])
def test_nothing_to_repeat_is_a_flag(reference: Mapping[str, Any] | None) -> None:
    verdict = _judged(_record({"prompt": "a", "completion": "b"}, reference))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("flag", "no_reference", None)


@pytest.mark.parametrize(
    "call", [{"expression": "1"}, {"outcome": {"value": "1"}}, "f(1)", {"expression": 3, "outcome": {}}]
)
def test_a_reference_that_cannot_be_understood_costs_its_row_only(call: Any) -> None:
    bad, good = _record({"prompt": "a", "completion": "b"}, {"call": call}), _trace("", "1 + 1", "2")
    first, second = Replay().judge(batch_of([bad, good]), None)
    assert isinstance(first, Fault)
    assert (first.record, first.reason) == (bad.id, "bad_reference")
    assert isinstance(second, Ruling)
    assert second.reason == "repeats"
