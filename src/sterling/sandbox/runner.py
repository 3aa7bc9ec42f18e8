"""What a locked-in process does: read its job, execute it, report.

Everything here shares its process with the candidate, so every report may be forged: a report can only ever say what
the candidate could have printed or returned anyway. It knows no wanted output and no secret. The one decision that
counts, that tests ran to their end, is made in another process (`judge`).

Loaded by path: standard library only.
"""

import atexit
import builtins
import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TextIO, cast

from . import judge, namespace, service
from .job import Capture, Job, Sink, describe

BROKEN, NO_MEMORY = 96, 97
"""Exit codes of a process that could not even report. A candidate can use them too: neither is ever `ok`."""


def main(channel: int, peer: int | None = None) -> NoReturn:
    """Do the job that waits in the channel."""
    job = Job(channel, peer)
    sys.stdin = io.StringIO("")
    sys.stdout, sys.stderr = Sink(), Sink()
    try:
        _ROLES[job.order["role"]](job)
    except MemoryError:
        _out_of_memory(job)
    except SystemExit as ending:
        job.end("exited", f"SystemExit: {ending}")
    except BaseException as ending:  # noqa: BLE001
        job.end("exited", describe(ending))
    job.end("ok")


def _out_of_memory(job: Job) -> NoReturn:
    try:
        job.end("memory", "MemoryError")
    finally:
        os._exit(NO_MEMORY)


# Roles ----------------------------------------------------------------------------------------------------------------
def _examples(job: Job) -> None:
    space = job.load()
    space.setdefault("__name__", "__main__")
    flags = namespace.future_flags(space)
    capture = Capture(job)
    sys.stdout = capture
    sys.displayhook = sys.__displayhook__
    for number, source in enumerate(job.order["examples"]):
        exception = _example(source, f"<example {number}>", flags, space)
        job.show(capture.taken(), exception)


def _example(source: str, name: str, flags: int, space: dict[str, Any]) -> str | None:
    try:
        exec(compile(source, name, "single", flags, dont_inherit=True), space)  # noqa: S102 - what the sandbox is for
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as mishap:  # noqa: BLE001 - doctest shows SystemExit, too
        return describe(mishap)
    return None


def _evaluate(job: Job) -> None:
    space = job.load()
    flags = namespace.future_flags(space)
    try:
        for statement in job.order["setup"]:
            exec(compile(statement, "<setup>", "exec", flags, dont_inherit=True), space)  # noqa: S102
        code = compile(job.order["expression"], "<expression>", "eval", flags, dont_inherit=True)
    except (MemoryError, SystemExit, KeyboardInterrupt):
        raise
    except BaseException as mishap:  # noqa: BLE001
        job.end("error", describe(mishap))
    try:
        value = eval(code, space)  # noqa: S307
    except (MemoryError, SystemExit, KeyboardInterrupt):
        raise
    except BaseException as mishap:  # noqa: BLE001
        job.end("raised", describe(mishap))
    job.end("ok", value=value)


def _function(job: Job) -> Callable[..., object]:
    space = job.load()
    try:
        return cast("Callable[..., object]", namespace.resolve(space, job.order["entry_point"]))
    except (NameError, AttributeError) as mishap:
        job.end("error", describe(mishap))


def _calls(job: Job) -> None:
    function = _function(job)
    for arguments, keywords in job.order["calls"]:
        job.answer(service.attempt(function, arguments, keywords))


def _serve(job: Job) -> None:
    job.serve(service.Service(_function(job)).answer)


def _stdin(job: Job) -> None:
    try:
        code = compile(job.order["source"], "<candidate>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as mishap:
        job.end("error", describe(mishap))
    sys.stdin, sys.stdout = _standard(0, "r"), _standard(1, "w")
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment] # otherwise `site` defines them
    try:
        namespace.execute(code, "__main__", job.order["paths"])
    except SystemExit as ending:
        _finish()
        if ending.code not in (None, 0):
            raise
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as mishap:  # noqa: BLE001 - foreign code raises anything
        _finish()
        job.end("raised", describe(mishap))
    _finish()


def _standard(descriptor: int, mode: str) -> TextIO:
    return cast("TextIO", open(descriptor, mode, encoding="utf-8", closefd=False))


def _finish() -> None:
    """What Python does at its end, which `os._exit` leaves out."""
    atexit._run_exitfuncs()
    with contextlib.suppress(ValueError, OSError):  # it closed its standard output itself
        sys.stdout.flush()


_ROLES: dict[str, Callable[[Job], None]] = {
    "examples": _examples,
    "evaluate": _evaluate,
    "calls": _calls,
    "serve": _serve,
    "stdin": _stdin,
    "tests": judge.run_tests,
}
