"""What Python code is expected to do, as data: doctest examples, and the outcomes of calls. Nothing here runs any.

An example is `{"source": ..., "want": ..., "options": [names of doctest's option flags that are set]}`. It is compared
by doctest's own rules with text that came out of the sandbox. An outcome is `{"value": display}` or
`{"raises": "ValueError: message"}`.
"""

import doctest
import re
from collections.abc import Mapping
from typing import Any

Example = Mapping[str, Any]

_FLAG_NAMES = {flag: name for name, flag in doctest.OPTIONFLAGS_BY_NAME.items()}
_TRACEBACK = re.compile(
    r"Traceback \((?:most recent call last|innermost last)\):\s*$.*?^(?P<message>\w+.*)", re.MULTILINE | re.DOTALL
)
"""As doctest reads it: the stack is skipped, the message is everything from the first line that begins with a word."""
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b", re.IGNORECASE)


def examples_in(docstring: str) -> list[dict[str, Any]] | None:
    """The examples of a docstring; None when doctest cannot parse them, or no UTF-8 file could hold them."""
    try:
        found = [_example(e) for e in doctest.DocTestParser().get_examples(docstring)]
        for example in found:
            (example["source"] + example["want"]).encode()
    except (ValueError, UnicodeEncodeError):
        return None
    return found


def _example(example: doctest.Example) -> dict[str, Any]:
    flags = sorted(_FLAG_NAMES[flag] for flag, is_set in example.options.items() if is_set)
    return {"source": example.source, "want": example.want, "options": flags}


def is_skipped(example: Example) -> bool:
    """Whether its author said `+SKIP`: it is no oracle."""
    return "SKIP" in example.get("options", ())


def holds(example: Example, output: str, exception: str | None) -> bool:
    """Whether an example did what it promises, by the rules of doctest.

    `exception` is the last line(s) of a traceback, `ValueError: message`, or None. KeyError for an unknown option.
    As in doctest, output before an expected exception is ignored, and an unexpected exception never holds.
    """
    checker, flags = doctest.OutputChecker(), 0
    for name in example.get("options", ()):
        flags |= doctest.OPTIONFLAGS_BY_NAME[name]
    if exception is None:
        return checker.check_output(_ended(example["want"]), output, flags)
    expected = _TRACEBACK.match(example["want"])
    if expected is None:
        return False
    want, got = _ended(expected["message"]), _ended(exception)
    if checker.check_output(want, got, flags):
        return True
    ignores_detail = bool(flags & doctest.IGNORE_EXCEPTION_DETAIL)
    return ignores_detail and checker.check_output(_type_name(want), _type_name(got), flags)


def _ended(text: str) -> str:
    return text + "\n" if text and not text.endswith("\n") else text


def _type_name(message: str) -> str:
    """The exception's class without its module and message."""
    return message.partition("\n")[0].partition(":")[0].strip().rpartition(".")[2]


def as_typed(source: str) -> str:
    """An example's source the way an interactive session shows it."""
    first, *others = source.rstrip("\n").split("\n")
    return "\n".join([f">>> {first}", *(f"... {line}".rstrip() for line in others)])


def steady(text: str) -> str:
    """Text without memory addresses, which differ from run to run and say nothing."""
    return _ADDRESS.sub("0x...", text)


def answer_of(outcome: Mapping[str, str]) -> str:
    """An outcome as the one line(s) that a trace's completion consists of."""
    return outcome["value"] if "value" in outcome else f"raises {outcome['raises']}"


def display(value: object) -> str:
    """`repr` of plain data, with the elements of sets sorted by their own display: their order means nothing.

    RecursionError for data nested thousands deep.
    """
    match value:
        case dict():
            return "{" + ", ".join(f"{display(k)}: {display(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(display, value)) + "]"
        case tuple():
            return "(" + ", ".join(map(display, value)) + ("," if len(value) == 1 else "") + ")"
        case set() | frozenset() if value:
            shown = "{" + ", ".join(sorted(map(display, value))) + "}"
            return f"frozenset({shown})" if isinstance(value, frozenset) else shown
    return repr(value)
