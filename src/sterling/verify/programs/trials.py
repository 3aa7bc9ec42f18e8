"""The ways to hold a program against its reference. Each gives a `Score`; `tests` makes a ruling of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sterling.sandbox import Answer, Outcome, Program, Sandbox
from sterling.text.doctests import holds, is_skipped, steady
from sterling.verify.programs.claims import BUILTIN, Claim, Hearing, claims_of
from sterling.verify.programs.references import Case, ProgramReference

TAKES = 500
"""Characters of a text that evidence quotes."""
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")
_PRELUDES: dict[tuple[Sandbox, str], bool] = {}


BROKEN_TESTS = "broken_tests"
"""Reason of a score that says nothing of the program: its tests cannot be run, or never call it."""


class Score(NamedTuple):
    """How a program did."""

    reason: str
    """`passed`, `failed_...`, or how the program ended."""
    asked: int
    passed: int
    evidence: Mapping[str, Any]


def reason_of(outcome: Outcome) -> str | None:
    """Why a program did not come to its end, as a code; None when it did."""
    if outcome.status == "error" and outcome.detail.startswith(_SYNTAX):
        return "syntax_error"
    return None if outcome.status == "ok" else outcome.status


def asked_examples(reference: ProgramReference) -> list[dict[str, Any]]:
    """The examples that are oracles, as the comparison takes them."""
    examples = [example.model_dump() for example in reference.examples]
    return [example for example in examples if not is_skipped(example)]


# Examples -------------------------------------------------------------------------------------------------------------
def by_examples(sandbox: Sandbox, program: Program, reference: ProgramReference) -> Score:
    """Doctest examples, each judged by what it printed."""
    examples = asked_examples(reference)
    outcome = sandbox.run_examples(program, [e["source"] for e in examples])
    pairs = list(zip(examples, outcome.shown, strict=False))
    failed = [(e, shown) for e, shown in pairs if not holds(e, shown.output, shown.exception)]
    passed = len(pairs) - len(failed)
    counts: dict[str, Any] = {"way": "examples", "examples": len(examples), "passed": passed}
    if failed:
        example, shown = failed[0]
        first = {"source": example["source"], "want": example["want"], "got": shown.exception or shown.output}
        told = counts | {"first_failing": {key: quoted(text) for key, text in first.items()}}
        return Score(reason_of(outcome) or "failed_example", len(examples), passed, told)
    reason = reason_of(outcome) or ("passed" if passed == len(examples) else "refused")
    return Score(reason, len(examples), passed, counts | _why(reason, outcome))


# Tests ----------------------------------------------------------------------------------------------------------------
def by_tests(sandbox: Sandbox, program: Program, reference: ProgramReference, prelude: str) -> Score:
    """Unit tests: read where they are plain data, else run in a process of their own. The verdict is the same."""
    tests, entry_point = reference.tests or "", reference.entry_point or ""
    claims = _read(tests, entry_point)
    if claims and _leaves_alone(sandbox, prelude):
        score = _by_claims(sandbox, program, entry_point, claims)
        if score is not None:
            return score
    outcome = sandbox.run_tests(program, entry_point, tests, prelude)
    if outcome.status == "error" and outcome.detail.startswith("the tests"):
        return Score(BROKEN_TESTS, 1, 0, {"way": "tests_run", "detail": outcome.detail})
    reason = "failed_tests" if outcome.status == "failed" else reason_of(outcome) or "passed"
    return Score(reason, 1, int(reason == "passed"), {"way": "tests_run", **_why(reason, outcome)})


_read = lru_cache(maxsize=512)(claims_of)


def _leaves_alone(sandbox: Sandbox, prelude: str) -> bool:
    """Whether these lines can be executed, and leave the functions that claims use as they are. Asked once."""
    if not prelude.strip():
        return True
    key = (sandbox, prelude)
    if key not in _PRELUDES:
        if len(_PRELUDES) >= 4096:
            _PRELUDES.pop(next(iter(_PRELUDES)))
        _PRELUDES[key] = sandbox.evaluate(Program(prelude), BUILTIN).value is True
    return _PRELUDES[key]


def _by_claims(sandbox: Sandbox, program: Program, entry_point: str, claims: tuple[Claim, ...]) -> Score | None:
    """None where an argument cannot be sent, which the other way tells better."""
    hearing = Hearing(claims)
    calls = [call for claim in claims for call in claim.calls]
    outcome = sandbox.run_calls(program, entry_point, calls, hearing.heed)
    if outcome.detail.startswith("the job:"):
        return None
    way = {"way": "tests_read", "asserts": len(claims), "held": hearing.passed}
    if hearing.failure is not None:
        said = claims[hearing.passed].said
        told = {"detail": quoted(hearing.failure), "assert": quoted(said), "got": quoted(", ".join(hearing.got))}
        return Score("failed_tests", 1, 0, way | told)
    reason = reason_of(outcome) or ("passed" if hearing.passed == len(claims) else "refused")
    return Score(reason, 1, int(reason == "passed"), {**way, **_why(reason, outcome)})


# Cases ----------------------------------------------------------------------------------------------------------------
def by_cases(sandbox: Sandbox, program: Program, reference: ProgramReference) -> Score:
    """Calls with their expected answers, all of them in one process, compared outside it."""
    cases, failed = reference.cases, _Failures(reference)
    calls = [(case.arguments(), case.kwargs) for case in cases]
    outcome = sandbox.run_calls(program, reference.entry_point or "", calls, failed.heed)
    reason = reason_of(outcome) or ("failed_case" if failed.count else "passed")
    if reason == "passed" and failed.heard < len(cases):
        reason = "refused"
    evidence = {"way": "cases", "cases": len(cases), **failed.evidence, **_why(reason, outcome)}
    return Score(reason, len(cases), failed.heard - failed.count, evidence)


class _Failures:
    """Counts the answers that are not the wanted ones, and keeps the first."""

    def __init__(self, reference: ProgramReference) -> None:
        self.heard = 0
        self.count = 0
        self.evidence: dict[str, Any] = {}
        self._reference = reference

    def heed(self, number: int, answer: Answer) -> bool:
        """Compare one answer; all of them are wanted, for the score."""
        self.heard += 1
        case = self._reference.cases[number]
        mismatch = case.mismatch(answer, self._reference.tolerance)
        if mismatch is not None:
            self.count += 1
            first = {"case": number, "call": _call(case), "why": quoted(mismatch)}
            self.evidence = self.evidence or {"first_failing": first}
        return True


def _call(case: Case) -> str:
    given = [*map(repr, case.arguments()), *(f"{name}={value!r}" for name, value in case.kwargs.items())]
    return quoted(", ".join(given))


# Whole programs -------------------------------------------------------------------------------------------------------
def by_stdin(sandbox: Sandbox, program: Program, reference: ProgramReference) -> Score:
    """Runs the program once for each input, until it does not come to its end."""
    cases, passed = reference.stdin_cases, 0
    evidence: dict[str, Any] = {"way": "stdin", "cases": len(cases)}
    for number, case in enumerate(cases):
        outcome = sandbox.run_stdin(program, case.stdin)
        reason = reason_of(outcome)
        if reason is not None:
            failing = {"case": number, "stdin": quoted(case.stdin), "why": quoted(outcome.detail)}
            return Score(reason, len(cases), passed, {"first_failing": failing} | evidence)
        mismatch = case.mismatch(outcome.stdout)
        passed += mismatch is None
        if mismatch is not None and "first_failing" not in evidence:
            evidence["first_failing"] = {"case": number, "stdin": quoted(case.stdin), "why": quoted(mismatch)}
    return Score("passed" if passed == len(cases) else "failed_output", len(cases), passed, evidence)


def _why(reason: str, outcome: Outcome) -> dict[str, str]:
    return {} if reason in ("passed", "failed_case") else {"detail": quoted(outcome.detail)}


def quoted(text: str) -> str:
    """A foreign text as evidence has it: without addresses, and short."""
    return steady(text)[:TAKES]
