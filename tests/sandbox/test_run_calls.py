import math
from typing import Any

import pytest

from sterling.sandbox import Answer, Outcome, Program, Sandbox

Calls = list[tuple[list[Any], dict[str, Any]]]


def calls(*arguments: object) -> Calls:
    return [([it], {}) for it in arguments]


def test_each_call_gets_its_answer(sandbox: Sandbox) -> None:
    source = """
class Own(KeyError): pass
def f(x, y=0):
    if x == 3: raise Own('k', 2)
    if x == 4: return (n for n in 'ab')
    return (x, y)
"""
    asked: Calls = [([1], {}), ([1], {"y": {2}}), ([3], {}), ([4], {}), ([math.inf], {})]
    outcome = sandbox.run_calls(Program(source), "f", asked)
    assert outcome.status == "ok"
    assert outcome.answers == (
        Answer("value", (1, 0)),
        Answer("value", (1, {2})),
        Answer("raised", None, "KeyError", "Own", ("k", 2)),
        Answer("iterator"),
        Answer("value", (math.inf, 0)),
    )


@pytest.mark.parametrize(
    ("source", "status", "finished"),
    [
        ("def f(x):\n    while x: pass", "timeout", 1),
        ("def f(x):\n    return x and f", "not_plain", 1),
        ("import os\ndef f(x): return os._exit(0) if x else 0", "exited", 1),
        ("import sys\ndef f(x): return sys.exit() if x else 0", "exited", 1),
        ("def f(x): return x and [0] * 10**12", "memory", 1),
        ("import time\ndef f(x): time.sleep(60 * x)", "stalled", 1),
        ("import ctypes\ndef f(x): return x and ctypes.string_at(0)", "crashed", 1),
        ("def g(x): return 1", "error", 0),
        ("def f(x:", "error", 0),
    ],
)
def test_what_got_finished_is_known(tight: Sandbox, source: str, status: str, finished: int) -> None:
    outcome = tight.run_calls(Program(source), "f", calls(0, 1))
    assert (outcome.status, len(outcome.answers)) == (status, finished), outcome


def test_the_caller_can_stop(sandbox: Sandbox) -> None:
    heard = []

    def heed(number: int, answer: Answer) -> bool:
        heard.append((number, answer.value))
        return number < 2

    source = "def f(x):\n    while x == 3: pass\n    return x\n"
    outcome = sandbox.run_calls(Program(source), "f", calls(0, 1, 2, 3), heed)
    assert (outcome.status, outcome.answers, heard) == ("ok", (), [(0, 0), (1, 1), (2, 2)])
    assert outcome.cpu_s < 1


def test_arguments_are_not_shared_between_calls(sandbox: Sandbox) -> None:
    same = [1]
    outcome = sandbox.run_calls(Program("def f(x):\n    x.append(2)\n    return x"), "f", calls(same, same))
    assert [it.value for it in outcome.answers] == [[1, 2], [1, 2]]
    assert same == [1]


def test_an_argument_that_cannot_be_sent(sandbox: Sandbox) -> None:
    outcome = sandbox.run_calls(Program("def f(x): pass"), "f", calls(object()))
    assert outcome[:2] == ("not_plain", "the job: a object is not plain data")


FORGED = """
import json, os
def say(message):
    payload = json.dumps(message).encode()
    for descriptor in range(3, 64):
        try: os.write(descriptor, len(payload).to_bytes(4, "big") + payload)
        except OSError: pass
"""


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (["t", "end", "ok", "", None], "refused"),
        (["t", "answer", "value"], "refused"),
        (["t", "answer", "perfect", 1], "refused"),
        (["t", "shown", "x", None], "refused"),
        (["t", "end", "perfect", "", None], "refused"),
    ],
)
def test_forged_reports_end_the_job(sandbox: Sandbox, message: object, status: str) -> None:
    program = Program(FORGED + f"say({message!r})\ndef f(x): return 0\n".replace("None", "None"))
    assert sandbox.run_calls(program, "f", calls(1)).status == status


def test_a_forged_answer_says_what_the_function_could_have_said(sandbox: Sandbox) -> None:
    program = Program(FORGED + "say(['t', 'answer', 'value', 7])\ndef f(x): return 0\n")
    outcome: Outcome = sandbox.run_calls(program, "f", calls(1, 2))
    assert [it.value for it in outcome.answers] == [7, 0]


def test_more_answers_than_calls_are_refused(sandbox: Sandbox) -> None:
    program = Program(FORGED + "def f(x):\n    say(['t', 'answer', 'value', x])\n    return x\n")
    assert sandbox.run_calls(program, "f", calls(1)).status == "refused"


def test_answers_that_are_kept_have_a_limit_all_together(tight: Sandbox) -> None:
    program = Program("def f(x): return 'x' * 9000")
    outcome = tight.run_calls(program, "f", calls(*range(100)))
    assert (outcome.status, outcome.detail) == ("refused", "more bytes than the limit")
    assert tight.run_calls(program, "f", calls(*range(100)), lambda number, answer: True).status == "ok"
