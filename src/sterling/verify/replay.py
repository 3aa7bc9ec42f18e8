"""`replay`: a recorded call must give the same outcome again, in another process with another hash seed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field, ValidationError

from sterling.records import Family, Fault, Record, records_of
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.sandbox import Limits, Outcome, Program, Sandbox, shared_sandbox
from sterling.text.doctests import answer_of, display
from sterling.verify.programs.program import completion_of
from sterling.verify.programs.references import CallReference, said_by

_TAKES = 500
_LAST_DIGIT = re.compile(r"\d(?!.*\d)", re.DOTALL)
_CHANGES: Mapping[str, Callable[[str], str]] = {
    "off_by_one": lambda text: _LAST_DIGIT.sub(lambda digit: str((int(digit[0]) + 1) % 10), text),
    "swapped_truth": lambda text: {"True": "False", "False": "True"}.get(text, text),
    "cut_off": lambda text: text[:-1],
}


@register("check", "replay")
class Replay(RecordCheck):
    """Keeps a trace that repeats exactly in a fresh process of another interpreter, started with another hash seed.

    Reference: `call` = `{"module", "setup", "expression", "outcome": {"value": repr} | {"raises": "Type: message"}}`,
    with `source`, `replaces` and `paths` where the function that was called is given as text. Sets are compared by
    their sorted elements. Drops: `nondeterministic`, `wrong_answer` (the outcome repeats but the completion says
    something else), or how the call ended (`timeout`, `error`, ...). Flags `no_reference`.

    Traps: two runs are two runs: what changes once a day, or by machine, locale, time zone or version of Python,
    repeats here. Generation ran with hash seed 1; this runs with 2.
    """

    family: ClassVar[Family] = "execution"
    needs: ClassVar[frozenset[str]] = frozenset({"call"})
    version: ClassVar[int] = 1

    cpu_s: int = Field(default=4, ge=1, le=600)
    """CPU seconds per call."""
    memory_mb: int = Field(default=1024, ge=64)
    """Address space per call, above what the interpreter needs."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference cannot be understood or the sandbox fails."""
        return [self._judge(record) for record in records_of(batch)]

    def spoil(self, record: Record, seed: int) -> list[NearMiss]:
        """The same call with another answer: one digit, sign or letter changed, which no rerun can give."""
        right = completion_of(record).strip()
        wrong = [(kind, change(right)) for kind, change in _CHANGES.items()]
        return [
            NearMiss(replace(record, payload={**record.payload, "completion": text}), kind)
            for kind, text in wrong
            if text.strip() != right and isinstance(record.payload.get("completion"), str)
        ]

    def _judge(self, record: Record) -> Ruling | Fault:
        call = (record.reference or {}).get("call")
        if not call:
            return Ruling("flag", "no_reference")
        try:
            reference = CallReference.model_validate(call)
            reason, detail = self._compare(record, reference)
        except ValidationError as error:
            return Fault(record.id, "user_code", "bad_reference", said_by(error)[:_TAKES], record=record.id)
        except (OSError, RecursionError) as error:
            return Fault(record.id, "sandbox", "sandbox_failed", str(error)[:_TAKES], record=record.id)
        evidence = {"tier": self._sandbox().tier, "expression": reference.expression[:_TAKES], **detail}
        return Ruling("keep", reason, 1.0, evidence) if reason == "repeats" else Ruling("drop", reason, 0.0, evidence)

    def _compare(self, record: Record, call: CallReference) -> tuple[str, dict[str, str]]:
        again = self._again(call)
        if again.status not in {"ok", "raised"}:
            return again.status, {}
        told = {"raises": again.detail} if again.status == "raised" else {"value": display(again.value)}
        if told != call.outcome:
            return "nondeterministic", {}
        if completion_of(record).strip() != answer_of(told).strip():
            return "wrong_answer", {"right": answer_of(told)[:_TAKES]}
        return "repeats", {}

    def _again(self, call: CallReference) -> Outcome:
        paths = tuple(self.locate(path) for path in call.paths)
        program = Program(call.source, call.module, call.replaces, paths)
        return self._sandbox().evaluate(program, call.expression, call.setup)

    def _sandbox(self) -> Sandbox:
        return shared_sandbox(Limits(cpu_s=self.cpu_s, memory_mb=self.memory_mb), 2)
