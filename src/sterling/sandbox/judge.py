"""The role that decides: execute the tests, with a proxy in the candidate's place.

It has a process of its own, in which no code of the candidate runs and to whose report the candidate has no
descriptor. Loaded by path: standard library only.
"""

import builtins
import sys
import traceback
import types
from collections.abc import Sequence
from typing import Any

from . import protocol
from .job import Job, describe


def run_tests(job: Job) -> None:
    """Returns when all tests have run to their end and called the candidate; ends the job otherwise."""
    order = job.order
    sys.path[:0] = order["paths"]
    space: dict[str, Any] = {"__name__": "tests", "__builtins__": builtins}
    _execute(job, order["prelude"], "<prelude>", space)
    proxy = _Proxy(job, order["entry_point"])
    space[order["entry_point"]] = proxy.call
    inherited = space.get("check")
    try:
        code = compile(order["tests"], "<tests>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as mishap:
        job.end("error", f"tests: {describe(mishap)}")
    _assert_all(job, code, space, proxy, inherited)
    if not proxy.calls:
        job.end("error", f"the tests never called {order['entry_point']}")


def _assert_all(job: Job, code: types.CodeType, space: dict[str, Any], proxy: "_Proxy", inherited: object) -> None:
    try:
        exec(code, space)  # noqa: S102
        check = space.get("check")
        if callable(check) and check is not inherited:
            check(proxy.call)
    except MemoryError:
        raise
    except BaseException as mishap:  # noqa: BLE001 - an exit is no success either
        job.end("failed", describe(mishap) + _place(mishap))


def _execute(job: Job, source: str, name: str, space: dict[str, Any]) -> None:
    try:
        exec(compile(source, name, "exec", dont_inherit=True), space)  # noqa: S102
    except MemoryError:
        raise
    except BaseException as mishap:  # noqa: BLE001
        job.end("error", f"{name[1:-1]}: {describe(mishap)}")


def _place(mishap: BaseException) -> str:
    lines = [it.lineno for it in traceback.extract_tb(mishap.__traceback__) if it.filename == "<tests>"]
    return f" (tests, line {lines[-1]})" if lines else ""


class _Proxy:
    """Stands for the candidate in the process of the tests: plain arguments go out, plain data comes back."""

    def __init__(self, job: Job, name: str) -> None:
        self._job = job
        self.calls = 0

        def call(*arguments: object, **keywords: object) -> object:
            return self._call(list(arguments), keywords)

        call.__name__ = call.__qualname__ = name
        self.call = call

    def _call(self, arguments: list[object], keywords: dict[str, object]) -> object:
        self.calls += 1
        try:
            request = protocol.encode((arguments, keywords), self._job.cap)
        except protocol.NotPlain as why:
            self._job.end("not_plain", f"an argument in the tests: {why}")
        try:
            return self._understand(protocol.decode(self._job.ask(request)))
        except protocol.BadFrame as why:
            self._job.end("refused", str(why))

    def _understand(self, answer: object) -> object:
        match answer:
            case ("value", value):
                return value
            case ("raise", str(kind), tuple(arguments)):
                raise _builtin(kind, arguments)
            case ("not_plain", str(why)):
                self._job.end("not_plain", f"the result: {why}")
        raise protocol.BadFrame("an answer that no honest candidate gives")


def _builtin(kind: str, arguments: Sequence[object]) -> Exception:
    found = getattr(builtins, kind, None)
    if not (isinstance(found, type) and issubclass(found, Exception)):
        return RuntimeError(f"{kind}: {arguments}")
    try:
        return found(*arguments)
    except (TypeError, ValueError):
        return RuntimeError(f"{kind}: {arguments}")
