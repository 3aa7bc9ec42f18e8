"""The role that decides: execute the tests, with a proxy in the candidate's place.

It has a process of its own, in which no code of the candidate runs and to whose report the candidate has no
descriptor. Loaded by path: standard library only.
"""

import builtins
import sys
import traceback
import types
from collections.abc import Generator, Mapping, Sequence
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
        job.end("error", f"the tests cannot be read: {describe(mishap)}")
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
        if not proxy.calls:  # whatever this is, the candidate is not to blame
            job.end("error", f"the tests ended before they called {job.order['entry_point']}: {describe(mishap)}")
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
            answer = self._ask(("call", arguments, keywords))
            given: dict[int | str, object] = dict(enumerate(arguments))
            given.update(keywords)
            _restore(given, answer[-1])
            return self._understand(answer)
        except protocol.BadFrame as why:
            self._job.end("refused", str(why))

    def _ask(self, question: tuple[object, ...]) -> tuple[object, ...]:
        try:
            request = protocol.encode(question, self._job.cap)
        except protocol.NotPlain as why:
            self._job.end("not_plain", f"an argument in the tests: {why}")
        match protocol.decode(self._job.ask(request)):
            case ("not_plain", str(reason)):
                self._job.end("not_plain", f"the result: {reason}")
            case tuple(answer) if answer:
                return answer
        raise protocol.BadFrame("an answer that no honest candidate gives")

    def _understand(self, answer: tuple[object, ...]) -> object:
        match answer:
            case ("value", value, dict()):
                return value
            case ("raised", str(kind), str(), tuple(arguments), dict()):
                raise builtin_exception(kind, arguments)
            case ("iterator", int(number), dict()):
                return self._iterate(number)
        raise protocol.BadFrame("an answer that no honest candidate gives")

    def _iterate(self, number: int) -> Generator[object, object, object]:
        """Stands for an iterator of the candidate: each item is asked for when the tests want it."""
        sent = None
        while True:
            try:
                match self._ask(("next", number, sent)):
                    case ("stop", value):
                        return value
                    case answer:
                        item = self._understand(answer)
            except protocol.BadFrame as why:
                self._job.end("refused", str(why))
            sent = yield item


def _restore(given: Mapping[int | str, object], changed: object) -> None:
    """Do to the arguments what the candidate did to its copies of them."""
    if not isinstance(changed, dict):
        return
    for key, new in changed.items():
        if key not in given:
            raise protocol.BadFrame("a change in an argument that was not given")
        _merged(given[key], new)


def _merged(old: object, new: object) -> object:
    """The old object with the new content where it can be changed in place, else the new one."""
    if type(old) is not type(new):
        return new
    match old, new:
        case list(), list():
            old[:] = [*map(_merged, old, new), *new[len(old) :]]
        case dict(), dict():
            content = {key: _merged(old[key], it) if key in old else it for key, it in new.items()}
            old.clear()
            old.update(content)
        case set(), set():
            old.clear()
            old.update(new)
        case tuple(), tuple():
            merged = tuple(map(_merged, old, new))
            same = len(old) == len(new) and all(a is b for a, b in zip(old, merged, strict=True))
            return old if same else (*merged, *new[len(old) :])
        case _:
            return new
    return old


def builtin_exception(kind: str, arguments: Sequence[object]) -> Exception:
    """The exception of this builtin type with these arguments; RuntimeError where there is none such."""
    found = getattr(builtins, kind, None)
    if not (isinstance(found, type) and issubclass(found, Exception)):
        return RuntimeError(f"{kind}: {arguments}")
    try:
        return found(*arguments)
    except (TypeError, ValueError):
        return RuntimeError(f"{kind}: {arguments}")
