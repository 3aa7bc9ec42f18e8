"""The check `code`: a program in another language than Python is run, and its answers compared outside."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sterling.records import Family, Fault, Record, records_of
from sterling.registry import RecordCheck, Ruling, register
from sterling.sandbox import Limits, Outcome
from sterling.sandbox.javascript import JavaScript
from sterling.sandbox.native import Language, shared_language
from sterling.verify.programs.program import completion_of, last_block, prompt_of
from sterling.verify.programs.references import Case, StdinCase, said_by

_TAKES = 500
_JOB = "the job:"
"""How an outcome begins that says that the reference, not the program, cannot be asked."""


class CodeReference(BaseModel):
    """What the check needs a record to say."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    language: Literal["javascript", "c"]
    program: Literal["continue", "replace"] = "replace"
    entry_point: str | None = None
    cases: list[Case] = []
    """Calls of the entry point; JavaScript only."""
    stdin_cases: list[StdinCase] = []
    tolerance: float = Field(default=0.0, ge=0)
    """How far numbers of `cases` may be off."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> "CodeReference":
        if self.cases and (self.language == "c" or not self.entry_point):
            raise ValueError("`cases` need an `entry_point`, and JavaScript; use `stdin_cases` for C")
        if any(case.kwargs for case in self.cases):
            raise ValueError("JavaScript has no keyword arguments")
        return self


@register("check", "code")
class Code(RecordCheck):
    """Keeps a record whose JavaScript or C program answers every case of its reference.

    Reference: `language` (`javascript` or `c`), and `entry_point` + `cases` (JavaScript; arguments and answers are JSON
    values) or `stdin_cases` (`[{"stdin": ..., "stdout": ...}]`, lines compared without white space at their ends). The
    program is the completion's last code block, or prompt + completion where `program` is `continue`. `node` or a C
    compiler must be installed: the run fails with what to install where it is not. For Python use `tests`.

    Drops `failed_case`, `failed_output`, `error` (it does not parse or compile), `raised` (a whole program), `timeout`,
    `stalled`, `memory`, `output`, `crashed`, `exited` (an exit code other than 0), `refused`, `not_plain` (an answer
    that is no JSON value: `undefined`, a Map, an instance of a class). Flags `no_reference` when there is no case.
    Score: the share of cases answered rightly.

    Traps: those of `tests`. JavaScript has one kind of number, so `2` is `2.0` here, but `-0` is 0. The memory of a C
    program is seen only by what becomes of it when `malloc` fails: `crashed` or `exited`. What a C program does that is
    undefined may pass here and fail elsewhere.
    """

    family: ClassVar[Family] = "execution"
    needs: ClassVar[frozenset[str]] = frozenset({"language"})
    version: ClassVar[int] = 1

    cpu_s: int = Field(default=4, ge=1, le=600)
    """CPU seconds per run; compiling has ten of its own."""
    memory_mb: int = Field(default=512, ge=64)
    """What a program may have, above what Node.js needs for itself."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference cannot be understood or the sandbox fails."""
        return [self._judge(record) for record in records_of(batch)]

    def _judge(self, record: Record) -> Ruling | Fault:
        try:
            reference = CodeReference.model_validate(dict(record.reference or {}))
            if not reference.cases and not reference.stdin_cases:
                return Ruling("flag", "no_reference")
            language = shared_language(reference.language, Limits(self.cpu_s, self.memory_mb))
            if reference.cases and isinstance(language, JavaScript):
                return _by_cases(language, _source(record, reference), reference)
            return _by_stdin(language, _source(record, reference), reference.stdin_cases)
        except (ValidationError, _Unaskable) as error:
            return Fault(record.id, "user_code", "bad_reference", said_by(error)[:_TAKES], record=record.id)
        except OSError as error:
            return Fault(record.id, "sandbox", "sandbox_failed", str(error)[:_TAKES], record=record.id)


class _Unaskable(Exception):
    """A reference that cannot be put to a program."""


def _source(record: Record, reference: CodeReference) -> str:
    completion = completion_of(record)
    return prompt_of(record) + completion if reference.program == "continue" else last_block(completion)


def _by_cases(language: JavaScript, source: str, reference: CodeReference) -> Ruling:
    cases = reference.cases
    outcome = language.run_calls(source, reference.entry_point or "", [case.arguments() for case in cases])
    if outcome.detail.startswith(_JOB):
        raise _Unaskable(outcome.detail)
    found = [case.mismatch(it, reference.tolerance) for case, it in zip(cases, outcome.answers, strict=False)]
    failed = [(number, why) for number, why in enumerate(found) if why is not None]
    evidence: dict[str, Any] = {"tier": language.tier, "cases": len(cases), "passed": len(found) - len(failed)}
    if failed:
        number, why = failed[0]
        evidence |= {"first_failing": {"case": number, "args": repr(cases[number].arguments())[:_TAKES], "why": why}}
    return _ruling(outcome, "failed_case" if failed else None, evidence)


def _by_stdin(language: Language, source: str, cases: Sequence[StdinCase]) -> Ruling:
    """A program that did not come to its end is not run on with the next input."""
    passed = 0
    for number, case in enumerate(cases):
        outcome = language.run_stdin(source, case.stdin)
        why = case.mismatch(outcome.stdout)
        if outcome.status != "ok" or why is not None:
            first = {"case": number, "stdin": case.stdin[:_TAKES], "why": why or outcome.detail[:_TAKES]}
            evidence = {"tier": language.tier, "cases": len(cases), "passed": passed, "first_failing": first}
            return _ruling(outcome, "failed_output", evidence)
        passed += 1
    return _ruling(Outcome("ok", ""), None, {"tier": language.tier, "cases": len(cases), "passed": passed})


def _ruling(outcome: Outcome, failure: str | None, evidence: dict[str, Any]) -> Ruling:
    reason = failure if outcome.status == "ok" else outcome.status
    if reason is None:
        return Ruling("keep", "passed", 1.0, evidence)
    if outcome.detail:
        evidence["detail"] = outcome.detail[:_TAKES]
    return Ruling("drop", reason, evidence["passed"] / evidence["cases"], evidence)
