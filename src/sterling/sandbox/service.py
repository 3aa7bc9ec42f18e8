"""The candidate's side of `run_tests`: calls come in, plain answers go out, with what became of the arguments.

Shares its process with the candidate, so an answer may be forged, but only to what the function could have returned,
raised, or done to a list, dict or set that it was given. Loaded by path: standard library only.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import protocol

_CHANGEABLE = (list, dict, set, tuple)
Reply = tuple[object, ...]


class Service:
    """One function that another process calls."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self._iterators: dict[int, Iterator[object]] = {}
        self._numbers = itertools.count()

    def answer(self, request: object) -> object:
        """`("call", arguments, keywords)` or `("next", number, sent)` to a reply."""
        match request:
            case ("call", list(arguments), dict(keywords)):
                return self._call(arguments, keywords)
            case ("next", int(number), sent):
                return self._next(self._iterators[number], sent)
        raise protocol.BadFrame("a question that no honest process asks")

    def _call(self, arguments: list[Any], keywords: dict[str, Any]) -> Reply:
        given: dict[int | str, Any] = dict(enumerate(arguments))
        given.update(keywords)
        before = {key: protocol.encode(it) for key, it in given.items() if type(it) in _CHANGEABLE}
        reply = self._numbered(attempt(self._function, arguments, keywords))
        return *reply, _changed(given, before)

    def _next(self, iterator: Iterator[object], sent: object) -> Reply:
        try:
            item = next(iterator) if sent is None else iterator.send(sent)  # type: ignore[attr-defined]
        except StopIteration as stop:
            return "stop", stop.value
        except (MemoryError, SystemExit, KeyboardInterrupt):
            raise
        except BaseException as mishap:  # noqa: BLE001 - foreign code raises anything
            return "raised", *portable(mishap), {}
        return "value", item, {}

    def _numbered(self, reply: Reply) -> Reply:
        if reply[0] != "iterator":
            return reply
        number = next(self._numbers)
        self._iterators[number] = reply[1]  # type: ignore[assignment]
        return "iterator", number


def attempt(function: Callable[..., object], arguments: list[Any], keywords: dict[str, Any]) -> Reply:
    """`("value", it)`, `("iterator", it)`, or `("raised", builtin type, own name, arguments)`."""
    try:
        value = function(*arguments, **keywords)
        return "iterator" if hasattr(type(value), "__next__") else "value", value
    except (MemoryError, SystemExit, KeyboardInterrupt):
        raise
    except BaseException as mishap:  # noqa: BLE001
        return "raised", *portable(mishap)


def portable(mishap: BaseException) -> Reply:
    """The nearest builtin type, the own name and the arguments of an exception; its text where they are not plain."""
    kind = next(it.__name__ for it in type(mishap).__mro__ if it.__module__ == "builtins")
    try:
        protocol.encode(mishap.args)
    except protocol.NotPlain:
        return kind, type(mishap).__name__, (str(mishap),)
    return kind, type(mishap).__name__, mishap.args


def _changed(given: Mapping[int | str, Any], before: Mapping[int | str, bytes]) -> dict[int | str, Any]:
    """The arguments that are other than they were. What is no plain data any more is not told."""
    found = {}
    for key, was in before.items():
        try:
            if protocol.encode(given[key]) != was:
                found[key] = given[key]
        except protocol.NotPlain:
            continue
    return found
