"""The face of the room: programs in, outcomes out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from sterling.errors import SandboxUnavailable
from sterling.sandbox.backend import Backend, Local
from sterling.sandbox.conversation import printable
from sterling.sandbox.outcome import Limits, Outcome, Program
from sterling.sandbox.tier import self_test


class Sandbox:
    """Runs programs that nobody trusts, one at a time, each in a process that is locked in and thrown away.

    Covered: files, network, other processes, the parent's memory and environment, exits, floods, forged reports.
    Not covered: exploits of the kernel; a memory limit for a group of processes; that `stat` tells which files exist;
    programs that need threads, subprocesses, sockets, asyncio or files, which fail here; hard-coded answers to
    examples that the candidate could know, since it may print anything it likes.

    Make one per process or worker. It must not be used by two threads at once, nor after a fork.
    """

    def __init__(self, limits: Limits = Limits(), *, hash_seed: int = 0) -> None:  # noqa: B008 - frozen
        self.limits = limits
        self._closed = False
        self._backend: Backend = Local(limits, hash_seed, self_test())
        self.tier = self._backend.tier

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End whatever still runs in it."""
        self._closed = True
        self._backend.close()

    def run_examples(self, program: Program, examples: Sequence[str]) -> Outcome:
        """Run interactive statements in one namespace, going on after an exception, as doctest does.

        The outputs come out of the candidate's own process: it can forge them, but not to more than it could print,
        for it does not know the wanted ones. `shown` has as many as got finished. MemoryError ends the job.
        """
        return self._run(program, [{"role": "examples", "examples": list(examples)}])

    def evaluate(self, program: Program, expression: str, setup: Sequence[str] = ()) -> Outcome:
        """The value of one expression, after the setup statements, as exact builtin plain data."""
        return self._run(program, [{"role": "evaluate", "expression": expression, "setup": list(setup)}])

    def run_tests(self, program: Program, entry_point: str, tests: str, prelude: str = "") -> Outcome:
        """Run `check(candidate)`, or plain asserts that use the entry point by name, against the program.

        The tests run in a second locked-in process. The candidate gets plain arguments and gives plain data, or an
        exception, which is raised again as the nearest builtin type with the same arguments. `ok` means that the tests
        called the candidate and ran to their end. Not supported: a change that the candidate makes in its arguments,
        entry points that are not functions, arguments and results that are not plain data (`not_plain`).
        """
        candidate = {"role": "serve", "entry_point": entry_point}
        judge = {"role": "tests", "entry_point": entry_point, "tests": tests, "prelude": prelude}
        return self._run(program, [candidate, judge])

    def _run(self, program: Program, orders: list[dict[str, Any]]) -> Outcome:
        if self._closed:
            raise SandboxUnavailable("this Sandbox has been closed")
        missing = [path for path in program.paths if not Path(path).is_dir()]
        if missing:
            return Outcome("error", printable(f"no such directory: {missing[0]}"))
        paths = tuple(str(Path(path).resolve()) for path in program.paths)
        orders[0] |= {"source": program.source, "module": program.module, "replaces": program.replaces}
        return self._backend.run(paths, [{**order, "paths": paths} for order in orders])
