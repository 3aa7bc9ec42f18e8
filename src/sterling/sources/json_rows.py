"""JSON lines, and JSON files with one array of objects, read without holding the file in memory."""

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.sources.layout import DataFile
from sterling.sources.row import Row, fault
from sterling.sources.streams import MAX_LINE, lines, shown

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TOO_LONG = f"longer than {MAX_LINE >> 20} MiB"
_KINDS = {
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


class _Decoder:
    """`json` without its extension of the standard: NaN and the infinities are noticed, not passed on."""

    def __init__(self) -> None:
        self._not_finite: str | None = None
        self.json = json.JSONDecoder(parse_constant=self._note)

    def _note(self, name: str) -> None:
        self._not_finite = name

    def forget(self) -> None:
        """What was noticed belongs to a value that is no row."""
        self._not_finite = None

    def row(self, value: Any, text: str, where: str) -> Row | Fault:
        """The row that a decoded value is, or why it is none. `text` is what it was decoded from."""
        constant, self._not_finite = self._not_finite, None
        if constant is not None:
            return fault(where, "not_finite", f"{constant} is not JSON; write null, or leave the row out")
        if not isinstance(value, dict):
            return fault(where, "not_an_object", f"there is {_KINDS[type(value)]} where an object should be")
        if _SURROGATE.search(text) and not _encodes(value):
            return fault(where, "lone_surrogate", "half of a surrogate pair, which UTF-8 cannot write")
        return Row(value, where)


def jsonl_rows(stream: io.BufferedReader, file: DataFile) -> Iterator[Row | Fault]:
    """A row or a fault for each line that is not blank."""
    decoder = _Decoder()
    for number, line in enumerate(lines(stream), 1):
        if line is None:
            yield fault(f"{file.name}:{number}", "line_too_long", f"the line is {_TOO_LONG}")
        elif not line.isspace():
            yield _line(decoder, line, f"{file.name}:{number}")


def json_rows(stream: io.BufferedReader, file: DataFile) -> Iterator[Row | Fault]:
    """The rows of an array of objects, or of the one such array in an object. JSON lines are recognised.

    SourceError for broken syntax in the middle: what follows it cannot be told apart. A file that merely ends too early
    keeps its rows and gives one fault.
    """
    if _is_jsonl(stream.peek(1)):
        yield from jsonl_rows(stream, file)
        return
    text = _Window(stream, shown(file.path))
    if text.next_char() == "[":
        yield from _array(text, file.name)
    elif text.next_char() == "{":
        yield from _in_object(text, file.name)
    else:
        raise text.broken("the file holds neither an array nor an object")
    if text.next_char():
        raise text.broken("something follows the end")


def _line(decoder: _Decoder, line: bytes, where: str) -> Row | Fault:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return fault(where, "invalid_utf8", f"byte {error.start + 1} of the line is not UTF-8")
    try:
        return decoder.row(decoder.json.decode(text), text, where)
    except json.JSONDecodeError as error:
        return fault(where, "bad_json", f"{error.msg} at column {min(error.pos, len(text.rstrip())) + 1}")
    except RecursionError:
        return fault(where, "bad_json", "nested too deeply")
    except ValueError as error:
        return fault(where, "bad_json", str(error)[:200])


def _encodes(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _is_jsonl(start: bytes) -> bool:
    """Whether the first line is an object by itself and something follows it."""
    first, newline, rest = start.lstrip().partition(b"\n")
    if not newline or not first.startswith(b"{") or not rest.strip():
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


class _Ended(Exception):
    """The text ends inside a value."""


class _Parsed(NamedTuple):
    value: Any
    text: str


class _Window:
    """A JSON text of which only the part under the eye is in memory: grown at the end, dropped at the front."""

    def __init__(self, stream: io.BufferedReader, where: str) -> None:
        self._stream, self._where = stream, where
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text, self._at, self._ended = "", 0, False
        self.decoder = _Decoder()

    def next_char(self) -> str:
        """The next character that is no white space, not consumed; empty at the end."""
        while True:
            rest = re.compile(r"[ \t\r\n]*").match(self._text, self._at)
            self._at = rest.end() if rest else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._grow()

    def take(self, wanted: str) -> str:
        """Consume the next character, which must be one of `wanted`."""
        char = self.next_char()
        if not char:
            raise _Ended
        if char not in wanted:
            raise self.broken(f"expected one of {' '.join(wanted)}")
        self._at += 1
        return char

    def value(self) -> _Parsed:
        """Consume one value."""
        if not self.next_char():
            raise _Ended
        while True:
            parsed = self._try_value()
            if parsed is not None:
                return parsed
            if len(self._text) - self._at > MAX_LINE:
                raise self.broken(f"a value is {_TOO_LONG}")
            self._grow()

    def starts_rows(self) -> bool:
        """Whether an array whose first element is an object begins here."""
        if self.next_char() != "[":
            return False
        if self._at + 64 > len(self._text):
            self._grow()
        return re.compile(r"\[\s*\{").match(self._text, self._at) is not None

    def broken(self, what: str) -> SourceError:
        """The whole file cannot be read."""
        mend = "mend the file, or write one object a line (.jsonl), where a bad row costs only itself"
        return SourceError(f"the JSON cannot be read: {what}", where=self._where, mend=mend)

    def _try_value(self) -> _Parsed | None:
        """The value at hand, or None when more text is needed to tell."""
        self.decoder.forget()
        try:
            value, end = self.decoder.json.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._unfinished(error)
            return None
        except (RecursionError, ValueError) as error:
            raise self.broken(f"{type(error).__name__} in a value") from error
        if end == len(self._text) and not self._ended:
            return None  # a number may go on
        parsed = _Parsed(value, self._text[self._at : end])
        self._at = end
        return parsed

    def _unfinished(self, error: json.JSONDecodeError) -> None:
        """Whether a value failed for want of text, or because it is wrong."""
        cut = error.msg.startswith("Unterminated") or not re.search(r"[]}]", self._text[error.pos :])
        near_end = len(self._text) - error.pos < 16  # half a literal or escape
        if self._ended and cut:
            self._at = len(self._text)
            raise _Ended
        if self._ended or not (near_end or cut):
            raise self.broken(error.msg) from error

    def _grow(self) -> None:
        rest = self._text[self._at :]
        room = max(1, MAX_LINE + 1 - len(rest))
        data = self._stream.read(min(max(1 << 20, len(rest)), room))  # doubling, so that no value is parsed often
        self._ended = not data
        self._text, self._at = rest + self._decode(data, self._ended), 0


def _array(text: _Window, name: str) -> Iterator[Row | Fault]:
    """The rows of the array that starts here."""
    number = 0
    try:
        text.take("[")
        if text.next_char() == "]":
            text.take("]")
            return
        while True:
            parsed = text.value()
            number += 1
            yield _element(text.decoder, parsed, f"{name}:{number}")
            if text.take(",]") == "]":
                return
    except _Ended:
        yield fault(f"{name}:{number + 1}", "truncated", "the file ends inside the array; rows before it stand")


def _element(decoder: _Decoder, parsed: _Parsed, where: str) -> Row | Fault:
    if not parsed.text.isascii():
        try:
            parsed.text.encode()
        except UnicodeEncodeError:  # what surrogateescape left of bytes that are not UTF-8
            return fault(where, "invalid_utf8", "the row has bytes that are not UTF-8")
    return decoder.row(parsed.value, parsed.text, where)


def _in_object(text: _Window, name: str) -> Iterator[Row | Fault]:
    """The rows of the one array of objects that the object here has."""
    found: str | None = None
    keys: list[str] = []
    text.take("{")
    try:
        while text.next_char() != "}":
            keys.append(_key(text, first=not keys))
            if not text.starts_rows():
                text.value()
            elif found is not None:
                raise text.broken(f"both `{found}` and `{keys[-1]}` are arrays of objects")
            else:
                found = keys[-1]
                yield from _array(text, name)
        text.take("}")
    except _Ended:
        if found is None:
            raise text.broken("it ends before an array of objects begins") from None
        return  # the array has said so
    if found is None:
        listed = ", ".join(f"`{k}`" for k in keys[:10]) or "none"
        raise text.broken(f"it holds one object without an array of objects; its keys: {listed}")


def _key(text: _Window, *, first: bool) -> str:
    if not first:
        text.take(",")
    key = str(text.value().value)
    text.take(":")
    return key
