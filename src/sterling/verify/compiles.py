"""`compiles`: the cheapest gate for code. What cannot even be parsed need not be run."""

import ast
import json
import re
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NoReturn

import pyarrow as pa
from pydantic import Field

from sterling.records import Family, Fault, Record, records_of
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.sandbox import Limits, Program, shared_sandbox
from sterling.verify.completions import answering
from sterling.verify.programs.program import completion_of, program_of
from sterling.verify.programs.trials import quoted

_LARGE = 1 << 16
_DEEPEST, _LONGEST = 60, 40
"""Brackets inside brackets, and prefixes one after the other: more than any person writes."""
_BRACKET = re.compile(r"[()\[\]{}]")
_PREFIX = re.compile(rf"(?:[-+~]\s*){{{_LONGEST}}}|(?:not\s+){{{_LONGEST}}}|(?:lambda\s*:\s*){{{_LONGEST}}}")


@register("check", "compiles")
class Compiles(RecordCheck):
    """Keeps a record whose program can be parsed: Python by the running interpreter's own grammar, or strict JSON.

    A gate to save the work of others, and no verification: code that compiles says nothing about what it does, so the
    family is `statistics`, and a keep does not verify. The program is that of `tests`: prompt + completion where the
    reference's `program` is `continue`, else the last code block. It is compiled and thrown away, never executed. What
    is larger than 64 KiB or nested as no person nests is compiled in the sandbox, for a parser can be made to use much
    memory, time or stack.

    Drops: `syntax_error`, `empty`, `too_complex` (the parser gave up, or used up the sandbox's limits). Score: 1 or 0.
    JSON is RFC 8259's: no NaN, no comments, nothing after the value; a key that comes twice is not refused.

    Traps: the grammar is that of the Python that Sterling runs on, and an older or newer one accepts other programs;
    a completion in prose without a code block is taken for a program, and dropped.
    """

    family: ClassVar[Family] = "statistics"
    version: ClassVar[int] = 1

    language: Literal["python", "json"] = "python"
    """What the program is written in."""
    cpu_s: int = Field(default=4, ge=1, le=600)
    """CPU seconds for a program that is compiled in the sandbox."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the sandbox fails."""
        return [self._judge(record) for record in records_of(batch)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """One bracket too many, at the end and at the beginning."""
        said, source = completion_of(record), program_of(record)
        before, found, after = said.rpartition(source)
        inside = (before, source, after) if found else ("", said, "")
        first, last = ("(\n", "\n)\n") if self.language == "python" else ("[", "]")
        texts = {"stray_bracket": ("", last), "unclosed_bracket": (first, "")}
        try:
            return [
                NearMiss(answering(record, f"{inside[0]}{one}{inside[1]}{other}{inside[2]}"), kind)
                for kind, (one, other) in texts.items()
                if kind == "stray_bracket" or found
            ]
        except KeyError:
            return ()

    def _judge(self, record: Record) -> Ruling | Fault:
        source = program_of(record)
        if not source.strip():
            return Ruling("drop", "empty", 0.0)
        try:
            reason, detail = self._inside(source) if _looks_hostile(source) else _compiled(source, self.language)
        except OSError as error:
            return Fault(record.id, "sandbox", "sandbox_failed", quoted(str(error)), record=record.id)
        if reason == "compiles":
            return Ruling("keep", reason, 1.0, {"language": self.language})
        return Ruling("drop", reason, 0.0, {"language": self.language, "detail": quoted(detail)})

    def _inside(self, source: str) -> tuple[str, str]:
        action = "compile(source, '<program>', 'exec')" if self.language == "python" else "json.loads(source)"
        sandbox = shared_sandbox(Limits(cpu_s=self.cpu_s, output_bytes=1 << 24), 0)
        outcome = sandbox.evaluate(Program(""), f"bool([{action}])", ["import json", f"source = {source!r}"])
        if outcome.status == "raised" and not outcome.detail.startswith(("RecursionError", "MemoryError")):
            return "syntax_error", outcome.detail
        return ("compiles", "") if outcome.value is True else ("too_complex", f"{outcome.status}: {outcome.detail}")


def _looks_hostile(source: str) -> bool:
    if len(source) > _LARGE or _PREFIX.search(source):
        return True
    depth = 0
    for bracket in _BRACKET.findall(source):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        if depth > _DEEPEST:
            return True
    return False


def _compiled(source: str, language: str) -> tuple[str, str]:
    try:
        if language == "json":
            json.loads(source, parse_constant=_refuse)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(ast.parse(source), "<program>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return "syntax_error", f"{type(error).__name__}: {error}"
    except (RecursionError, MemoryError) as error:
        return "too_complex", f"{type(error).__name__}: {error}"
    return "compiles", ""


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
