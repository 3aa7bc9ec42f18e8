"""The face of the room: programs in, outcomes out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from sterling.errors import SandboxUnavailable
from sterling.sandbox.backend import Backend, Heed, Job
from sterling.sandbox.conversation import printable
from sterling.sandbox.outcome import Limits, Outcome, Program
from sterling.sandbox.protocol import NotPlain
from sterling.sandbox.tier import start


class Sandbox:
    """Runs programs that nobody trusts, one at a time, each in a process that is locked in and thrown away.

    Covered: files, network, other processes, the parent's memory and environment, exits, floods, forged reports.
    Not covered: exploits of the kernel; a memory limit for a group of processes (a container has one); that `stat`
    tells which files exist (not behind bubblewrap, nor in a container); programs that need threads, subprocesses,
    sockets, asyncio or files, which fail here; hard-coded answers to examples that the candidate could know, since it
    may print anything it likes.

    `packages` are folders of installed modules (a `site-packages`) that every job may read and import from, after the
    standard library. `preload` names modules of them, or of the standard library, that are imported once, before the
    first job: outside the cage, with the rights of this process, so name only what you would import yourself.
    SandboxUnavailable where a folder is missing or a module cannot be imported or starts threads.

    Make one per process or worker. It must not be used by two threads at once, nor after a fork.
    """

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        hash_seed: int = 0,
        packages: tuple[str, ...] = (),
        preload: tuple[str, ...] = (),
    ) -> None:
        self.limits = limits
        self._closed = False
        self._backend: Backend = start(limits, hash_seed, _folders(packages), preload)
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

    def run_calls(
        self,
        program: Program,
        entry_point: str,
        calls: Sequence[tuple[list[Any], dict[str, Any]]],
        heed: Heed | None = None,
    ) -> Outcome:
        """Call a function with plain arguments, each call after the other, in one process. Nothing is compared here.

        `answers` has one for each call that got finished, in order. A candidate can forge an answer only to what its
        function could have returned or raised. A result that is not plain data ends the job (`not_plain`), an iterator
        does not, but its items stay unknown. The arguments of each call are its own; what the candidate does to them
        is not told. With `heed`, each answer goes there as it comes, `answers` stays empty, and False ends the job.
        """
        order = {"role": "calls", "entry_point": entry_point, "calls": [tuple(call) for call in calls]}
        return self._run(program, [order], heed=heed)

    def run_stdin(self, program: Program, stdin: str) -> Outcome:
        """Run a whole program as `__main__` that reads standard input and writes standard output.

        Descriptor 0 is a file that holds the input, descriptor 1 a pipe: `input()`, `sys.stdin.buffer`, `open(0)` and
        `os.read(0, n)` work, as do `os.write(1, data)` and the end by `exit()` or `os._exit(0)`. `ok` says that it came
        to its end; whether `stdout` is right, the caller compares. `module` and `replaces` are not for such programs.
        Standard error is lost.
        """
        if program.module is not None:
            return Outcome("error", "a program that reads standard input is not part of a module")
        return self._run(program, [{"role": "stdin"}], stdin.encode("utf-8", "surrogatepass"))

    def run_tests(self, program: Program, entry_point: str, tests: str, prelude: str = "") -> Outcome:
        """Run `check(candidate)`, or plain asserts that use the entry point by name, against the program.

        The tests run in a second locked-in process. The candidate gets plain arguments and gives plain data, an
        iterator, or an exception, which is raised again as the nearest builtin type with the same arguments. `ok` means
        that the tests called the candidate and ran to their end.

        What a candidate does to a list, dict or set that it was given is done to the tests' own, unless it puts in what
        is not plain data. Each argument crosses by itself: two that share an object do not share it there. An iterator
        is asked for its items one by one when the tests want them, and stands as a generator; changes in arguments
        while it is asked are not told. Not supported: entry points that are not functions, and arguments and results
        that are not plain data (`not_plain`), a range or an iterator inside a list among them.
        """
        candidate = {"role": "serve", "entry_point": entry_point}
        judge = {"role": "tests", "entry_point": entry_point, "tests": tests, "prelude": prelude}
        return self._run(program, [candidate, judge])

    def _run(
        self, program: Program, orders: list[dict[str, Any]], stdin: bytes | None = None, heed: Heed | None = None
    ) -> Outcome:
        if self._closed:
            raise SandboxUnavailable("this Sandbox has been closed")
        wrong = _wrong_place(program)
        if wrong:
            return Outcome("error", printable(wrong))
        paths = tuple(str(Path(path).resolve()) for path in program.paths)
        orders[0] |= {"source": program.source, "module": program.module, "replaces": program.replaces}
        job = Job([{**order, "paths": paths} for order in orders], paths, program.files, stdin)
        try:
            return self._backend.run(job, heed)
        except NotPlain as why:
            return Outcome("not_plain", f"the job: {why}")


def _wrong_place(program: Program) -> str | None:
    for path in program.paths:
        if not Path(path).is_dir():
            return f"no such directory: {path}"
    names = [name for name, _ in program.files]
    for name in names:
        if not is_relative_name(name) or names.count(name) > 1:
            return f"not a relative name of its own: {name}"
    return None


def is_relative_name(name: str) -> bool:
    """Whether a file of this name stays in its folder, on every system: `a/b.txt`, not `/a`, `../a` or `a//b`."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") or not part.isprintable() or set(part) & set("\\:") for part in parts)


def _folders(packages: Sequence[str]) -> tuple[str, ...]:
    missing = [path for path in packages if not Path(path).is_dir()]
    if missing:
        raise SandboxUnavailable(f"no such folder of packages: {missing[0]}")
    return tuple(str(Path(path).resolve()) for path in packages)
