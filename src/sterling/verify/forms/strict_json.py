r"""JSON as RFC 8259 has it, and nothing that parsers let through beside it.

Python's own `json.loads` accepts `NaN` and `Infinity`, takes the last of several equal keys, makes infinity of `1e400`
and lone surrogates of `"\ud800"`. Two parsers that differ on a document are two meanings of one record, so all of
that is refused here. Integers keep every digit (up to Python's 4,300); other numbers are IEEE doubles, as the RFC
advises, so digits beyond a double's are lost.
"""

import json
import math
import re
from typing import Any, NoReturn

from sterling.text.fences import split

MAX_CHARS = 1_000_000
"""Longer documents are refused."""
MAX_DEPTH = 100
"""Deeper nesting of arrays and objects is refused."""


class NotJson(ValueError):
    """A text that is not one JSON document. `reason` is a code, the message says where."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


def parse(text: str) -> Any:
    """The value of a JSON document.

    NotJson with reason `not_json`, `duplicate_key`, `extra_text` (a document, and then more), `too_large` or
    `too_deep`.
    """
    if len(text) > MAX_CHARS:
        raise NotJson("too_large", f"{len(text):,} characters; {MAX_CHARS:,} are read")
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise NotJson("too_deep", f"nested deeper than {MAX_DEPTH}")
    try:
        value = _DECODER.decode(text)
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson("extra_text" if error.msg == "Extra data" else "not_json", str(error)) from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise NotJson("too_large", str(error)) from None
    if _SURROGATE.search(text):
        _require_unicode(value)
    return value


def document(text: str, *, prose: bool = False) -> str:
    """The JSON document of an answer: the whole text, or its fenced block (`json`, or of no language).

    With `prose` there may be text around the block, and of several the last counts; without it NotJson `extra_text`.
    A text without such a block is returned as it is.
    """
    if "```" not in text and "~~~" not in text:
        return text
    parts = split(text)
    blocks = [block.body for block in parts.blocks if block.closed and block.language in {"", "json"}]
    if blocks and not prose and (len(parts.blocks) > 1 or parts.prose.strip()):
        raise NotJson("extra_text", "there is more than the JSON block")
    return blocks[-1] if blocks else text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotJson("duplicate_key", f"key {twice[:80]!r} is there twice")
    return found


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise NotJson("too_large", f"the number {number[:40]} is beyond a double")
    return value


def _refuse(constant: str) -> NoReturn:
    raise NotJson("not_json", f"{constant} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse)
_SURROGATE = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)


def _depth(text: str) -> int:
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    return deepest


def _require_unicode(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotJson("not_json", "a lone surrogate, which no UTF-8 can say") from None
