"""`tests`: a record's program is run against its reference's tests or examples, and must pass them all."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field, ValidationError

from sterling.records import Family, Fault, Record, records_of
from sterling.records import Outcome as Decision
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.sandbox import Limits, Program, Sandbox, shared_sandbox
from sterling.stats import Evidence
from sterling.verify.programs.pass_at_k import pass_at_k, tallies
from sterling.verify.programs.program import prelude_of, program_of
from sterling.verify.programs.program_misses import near_misses
from sterling.verify.programs.references import ProgramReference, said_by
from sterling.verify.programs.trials import (
    BROKEN_TESTS,
    TAKES,
    Score,
    asked_examples,
    by_cases,
    by_examples,
    by_stdin,
    by_tests,
)

_Way = Callable[[Sandbox, Program, ProgramReference], Score]


@register("check", "tests")
class Tests(RecordCheck):
    """Keeps a record whose program passes, in the sandbox, everything that its reference asks.

    The program is prompt + completion where `program` is `continue`, else the completion's last code block. The
    reference is asked in the first of these ways that it has something for; `way` in the evidence tells which:

    - `examples` (doctest), with `module`, `replaces` and `paths` where the program lives in a real module.
    - `cases` + `entry_point`: `[{"args": [...], "kwargs": {...}, "expected": ...}]`, or `expected_repr`, or `raises`;
      with a `tolerance`. `references.Case` and `plain.difference` have the rules.
    - `stdin_cases`: `[{"stdin": ..., "stdout": ...}]`; the program runs as `__main__`, lines compare without white
      space at their ends.
    - `tests` + `entry_point`: `check(candidate)` or plain asserts. Where every assert is a comparison of a call with a
      literal, they are read (`tests_read`) and the program runs alone; else they run in a second process (`tests_run`).
      The verdict is the same.

    `files` (name to text) are the program's working directory, read-only. With `broken` (the text of a mutant), that
    must fail, else the record teaches to repair what works: `survived`.

    Property tests: `tests` may use hypothesis from a folder of `packages`, without files and threads:
    `@settings(database=None, deadline=None, max_examples=50) @given(st.integers()) def law(x): assert f(x) == f(-x)`,
    then `law()`. Examples are the same in each run, since chance is seeded; each call is a round trip of some 0.1 ms.

    Drops: `failed_example`, `failed_case`, `failed_output`, `failed_tests`, `survived`, `syntax_error`, `error` (it
    could not be executed at all), `raised` (a whole program), `timeout` (CPU), `stalled`, `memory`, `output`,
    `crashed`, `exited`, `refused`, `not_plain`. Flags `no_reference` when there is nothing to run, and
    `other_language` where `language` is not Python (see `code`). Score: the share of
    examples or cases passed; 1 or 0 for tests. A whole program is not run on with the next input after it did not come
    to its end.

    Traps: passing examples is not being right, only not being wrong where someone looked; a program may know visible
    examples by heart; an example that depends on time, chance or hash order may pass here and fail elsewhere (the hash
    seed is fixed at 0); doctest compares printed text, so `-0.0` and `0.0` differ and `1` and `True` do not for
    `1`/`True` wants unless DONT_ACCEPT_TRUE_FOR_1 is set. Tests that count calls or look at identity see a stand-in.
    """

    family: ClassVar[Family] = "execution"
    needs: ClassVar[frozenset[str]] = frozenset({"tests", "examples", "cases", "stdin_cases"})
    version: ClassVar[int] = 2
    __test__: ClassVar[bool] = False  # pytest takes every class named Test... for its own

    cpu_s: int = Field(default=4, ge=1, le=600)
    """CPU seconds per program."""
    memory_mb: int = Field(default=1024, ge=64)
    """Address space per program, above what the interpreter needs."""
    packages: str | None = None
    """Folder of installed modules (a `site-packages`) that programs and tests may import. It is trusted."""

    def reads(self) -> Sequence[str]:
        """The folder of packages decides what programs can do."""
        return () if self.packages is None else (self.locate(self.packages),)

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference cannot be understood or the sandbox fails."""
        return [self._judge(record) for record in records_of(batch)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """Mutants of the program that answer otherwise on at least one input. The record's own tests are not asked."""
        try:
            reference = ProgramReference.model_validate(dict(record.reference or {}))
            return near_misses(record, reference, seed, self._sandbox(), lambda text: self._program(text, reference))
        except (ValidationError, OSError):
            return ()

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """`pass@k`, where tasks have more than one sample."""
        return pass_at_k(tallies(judged))

    def _judge(self, record: Record) -> Ruling | Fault:
        said = dict(record.reference or {})
        if said.get("language", "python") != "python":
            return Ruling("flag", "other_language")
        try:
            return self._ruling(record, ProgramReference.model_validate(said))
        except ValidationError as error:
            return Fault(record.id, "user_code", "bad_reference", said_by(error)[:TAKES], record=record.id)
        except OSError as error:
            return Fault(record.id, "sandbox", "sandbox_failed", str(error)[:TAKES], record=record.id)

    def _ruling(self, record: Record, reference: ProgramReference) -> Ruling | Fault:
        way = _way(record, reference)
        if way is None:
            return Ruling("flag", "no_reference")
        score = self._score(way, program_of(record), reference)
        if score.reason == BROKEN_TESTS:
            return Fault(record.id, "user_code", "bad_reference", str(score.evidence["detail"]), record=record.id)
        if score.reason == "passed" and reference.broken is not None:
            broken = self._score(way, reference.broken, reference)
            score = score._replace(evidence={**score.evidence, "broken_passed": broken.passed})
            if broken.reason == "passed":
                score = score._replace(reason="survived")
        outcome: Decision = "keep" if score.reason == "passed" else "drop"
        evidence = {"tier": self._sandbox().tier, **score.evidence}
        return Ruling(outcome, score.reason, score.passed / score.asked, evidence)

    def _score(self, way: _Way, source: str, reference: ProgramReference) -> Score:
        return way(self._sandbox(), self._program(source, reference), reference)

    def _program(self, source: str, reference: ProgramReference) -> Program:
        paths = tuple(self.locate(path) for path in reference.paths)
        return Program(source, reference.module, reference.replaces, paths, tuple(reference.files.items()))

    def _sandbox(self) -> Sandbox:
        packages = () if self.packages is None else (self.locate(self.packages),)
        return shared_sandbox(Limits(cpu_s=self.cpu_s, memory_mb=self.memory_mb), 0, packages=packages)


def _way(record: Record, reference: ProgramReference) -> _Way | None:
    """How this reference is asked; None when there is nothing to ask."""
    if asked_examples(reference):
        return by_examples
    if reference.cases:
        return by_cases
    if reference.stdin_cases:
        return by_stdin
    if not (reference.tests and reference.entry_point):
        return None
    prelude = reference.prelude or (prelude_of(record) if reference.program == "continue" else "")
    return lambda sandbox, program, reference: by_tests(sandbox, program, reference, prelude)
