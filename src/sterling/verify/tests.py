"""`tests`: a record's program is run against its reference's tests or examples, and must pass them all."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
from pydantic import Field, ValidationError

from sterling.records import Family, Fault, Record, records_of
from sterling.records import Outcome as Decision
from sterling.registry import RecordCheck, Ruling, register
from sterling.sandbox import Limits, Outcome, Program, Sandbox, shared_sandbox
from sterling.text.doctests import holds, is_skipped, steady
from sterling.verify.program import prelude_of, program_of
from sterling.verify.references import ProgramReference

_TAKES = 500
"""Characters of a text that evidence quotes."""
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")


class Score(NamedTuple):
    """How a program did on doctest examples."""

    reason: str
    """`passed`, `failed_example`, or how the program ended."""
    asked: int
    passed: int
    evidence: Mapping[str, Any]


@register("check", "tests")
class Tests(RecordCheck):
    """Keeps a record whose program passes, in the sandbox, every test or example of its reference.

    Reference: doctest `examples` (with `module`, `replaces` and `paths` where the program lives in a real module), or
    `tests` + `entry_point`. The program is prompt + completion where `program` is `continue`, else the completion's
    last code block. With `broken` (the text of a mutant), that must fail at least one example, else the record teaches
    to repair what works: `survived`.

    Drops: `failed_example`, `failed_tests`, `survived`, `syntax_error`, `error` (it could not be executed at all),
    `timeout` (CPU), `stalled`, `memory`, `output`, `crashed`, `exited`, `refused`, `not_plain`. Flags `no_reference`
    when there is nothing to run. Score: the share of examples passed; 1 or 0 for tests.

    Traps: passing examples is not being right, only not being wrong where someone looked; a program may know visible
    examples by heart; an example that depends on time, chance or hash order may pass here and fail elsewhere (the hash
    seed is fixed at 0); comparison is doctest's, on printed text, so `-0.0` and `0.0` differ and `1` and `True` do not
    for `1`/`True` wants unless DONT_ACCEPT_TRUE_FOR_1 is set.
    """

    family: ClassVar[Family] = "execution"
    needs: ClassVar[frozenset[str]] = frozenset({"tests", "examples"})
    version: ClassVar[int] = 1
    __test__: ClassVar[bool] = False  # pytest takes every class named Test... for its own

    cpu_s: int = Field(default=4, ge=1, le=600)
    """CPU seconds per program."""
    memory_mb: int = Field(default=1024, ge=64)
    """Address space per program, above what the interpreter needs."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference cannot be understood or the sandbox fails."""
        return [self._judge(record) for record in records_of(batch)]

    def _judge(self, record: Record) -> Ruling | Fault:
        try:
            reference = ProgramReference.model_validate(dict(record.reference or {}))
            if _asked(reference):
                return self._by_examples(record, reference)
            if reference.tests and reference.entry_point:
                return self._by_tests(record, reference, reference.tests, reference.entry_point)
        except ValidationError as error:
            return Fault(record.id, "user_code", "bad_reference", str(error)[:_TAKES], record=record.id)
        except OSError as error:
            return Fault(record.id, "sandbox", "sandbox_failed", str(error)[:_TAKES], record=record.id)
        return Ruling("flag", "no_reference")

    def _by_examples(self, record: Record, reference: ProgramReference) -> Ruling:
        score = self._score(program_of(record), reference)
        evidence = {"examples": score.asked, "passed": score.passed, **score.evidence}
        if score.reason == "passed" and reference.broken is not None:
            broken = self._score(reference.broken, reference)
            evidence |= {"broken_passed": broken.passed}
            if broken.reason == "passed":
                return self._ruling("drop", "survived", 1.0, evidence)
        outcome: Decision = "keep" if score.reason == "passed" else "drop"
        return self._ruling(outcome, score.reason, score.passed / score.asked, evidence)

    def _score(self, source: str, reference: ProgramReference) -> Score:
        examples = _asked(reference)
        outcome = self._sandbox().run_examples(self._program(source, reference), [e["source"] for e in examples])
        pairs = list(zip(examples, outcome.shown, strict=False))
        failed = [(e, shown) for e, shown in pairs if not holds(e, shown.output, shown.exception)]
        passed = len(pairs) - len(failed)
        if failed:
            example, shown = failed[0]
            first = {"source": example["source"], "want": example["want"], "got": shown.exception or shown.output}
            evidence = {"first_failing": {key: _quoted(text) for key, text in first.items()}}
            return Score(reason_of(outcome) or "failed_example", len(examples), passed, evidence)
        reason = reason_of(outcome) or ("passed" if passed == len(examples) else "refused")
        return Score(reason, len(examples), passed, {} if reason == "passed" else {"detail": _quoted(outcome.detail)})

    def _by_tests(self, record: Record, reference: ProgramReference, tests: str, entry_point: str) -> Ruling:
        prelude = reference.prelude or (prelude_of(record) if reference.program == "continue" else "")
        program = self._program(program_of(record), reference)
        outcome = self._sandbox().run_tests(program, entry_point, tests, prelude)
        if outcome.status == "ok":
            return self._ruling("keep", "passed", 1.0, {})
        reason = "failed_tests" if outcome.status == "failed" else reason_of(outcome) or outcome.status
        return self._ruling("drop", reason, 0.0, {"detail": _quoted(outcome.detail)})

    def _program(self, source: str, reference: ProgramReference) -> Program:
        paths = tuple(self.locate(path) for path in reference.paths)
        return Program(source, reference.module, reference.replaces, paths)

    def _sandbox(self) -> Sandbox:
        return shared_sandbox(Limits(cpu_s=self.cpu_s, memory_mb=self.memory_mb), 0)

    def _ruling(self, outcome: Decision, reason: str, score: float, found: Mapping[str, Any]) -> Ruling:
        return Ruling(outcome, reason, score, {"tier": self._sandbox().tier, **found})


def _asked(reference: ProgramReference) -> list[dict[str, Any]]:
    """The examples that are oracles, as the comparison takes them."""
    examples = [example.model_dump() for example in reference.examples]
    return [example for example in examples if not is_skipped(example)]


def reason_of(outcome: Outcome) -> str | None:
    """Why a program did not come to its end, as a code; None when it did."""
    if outcome.status == "error" and outcome.detail.startswith(_SYNTAX):
        return "syntax_error"
    return None if outcome.status == "ok" else outcome.status


def _quoted(text: str) -> str:
    return steady(text)[:_TAKES]
