"""What a locked-in process does: read its job, execute it, report.

Everything here shares its process with the candidate, so every report may be forged: a report can only ever say what
the candidate could have printed or returned anyway. It knows no wanted output and no secret. The one decision that
counts, that tests ran to their end, is made in another process (`judge`).

Loaded by path: standard library only.
"""

import io
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn, cast

from . import judge, namespace, protocol
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


def _serve(job: Job) -> None:
    space = job.load()
    try:
        function = namespace.resolve(space, job.order["entry_point"])
    except (NameError, AttributeError) as mishap:
        job.end("error", describe(mishap))

    def answer(request: object) -> object:
        arguments, keywords = cast("tuple[list[Any], dict[str, Any]]", request)
        try:
            return "value", function(*arguments, **keywords)
        except (MemoryError, SystemExit, KeyboardInterrupt):
            raise
        except BaseException as mishap:  # noqa: BLE001
            return "raise", *_portable(mishap)

    job.serve(answer)


def _portable(mishap: BaseException) -> tuple[str, object]:
    """The nearest builtin type and the arguments of an exception, or its text where the arguments are not plain."""
    kind = next(it.__name__ for it in type(mishap).__mro__ if it.__module__ == "builtins")
    try:
        protocol.encode(mishap.args)
    except protocol.NotPlain:
        return kind, (str(mishap),)
    return kind, mishap.args


_ROLES: dict[str, Callable[[Job], None]] = {
    "examples": _examples,
    "evaluate": _evaluate,
    "serve": _serve,
    "tests": judge.run_tests,
}
