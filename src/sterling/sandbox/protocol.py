"""The language between the processes: plain data as tagged JSON, in frames with a length in front.

Nothing here can execute anything: the other side may be a hostile program that writes whatever bytes it likes. A header
is judged before its body is read; numbers, depth, items and hash collisions are capped, so that a reader's cost is
linear in the bytes it agreed to read.

This file is also loaded inside the sandbox by path, and therefore imports the standard library only.
"""

import json
import os
from typing import TypeVar

HEADER = 4
MAX_DEPTH = 100
MAX_ITEMS = 200_000
MAX_BITS = 14_283
"""Just under 4300 decimal digits, the most that Python itself turns into text: a reader's `repr` never fails."""
_SMALL = 1 << 53
_CROWD = 64
_Text = TypeVar("_Text", str, bytes)


class NotPlain(Exception):
    """A value that is not exact builtin plain data, or is too large or too deep to cross."""


class BadFrame(Exception):
    """Bytes that no honest sender writes."""


def frame_cap(output_bytes: int) -> int:
    """The largest frame accepted: JSON may turn one character into six bytes."""
    return 6 * output_bytes + (1 << 16)


# Plain data -----------------------------------------------------------------------------------------------------------
def encode(value: object, cap: int = 1 << 28) -> bytes:
    """Plain data as ASCII JSON of at most `cap` bytes, else NotPlain.

    Subclasses are not plain: they can lie about equality, length and representation.
    """
    payload = _dumps(_Tagger(cap).tag(value, MAX_DEPTH)).encode("ascii")
    if len(payload) > cap:
        raise NotPlain("larger than the limit")
    return payload


def decode(payload: bytes) -> object:
    """The plain data that `encode` was given; BadFrame for anything else."""
    try:
        return _untag(json.loads(payload, parse_int=_digits), MAX_DEPTH)
    except (ValueError, TypeError, RecursionError, OverflowError) as mishap:
        raise BadFrame(f"not plain data ({type(mishap).__name__})") from None


_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def _digits(text: str) -> int:
    if len(text) > 17:
        raise ValueError("a large integer crosses in hexadecimal")
    return int(text)


class _Tagger:
    """Turns values into JSON in which a container is a list that begins with its kind."""

    def __init__(self, cap: int) -> None:
        self.items = MAX_ITEMS
        self.text = cap

    def tag(self, value: object, depth: int) -> object:
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if isinstance(value, str) and kind is str:
            return self._short(value)
        if isinstance(value, int) and kind is int:
            return value if -_SMALL < value < _SMALL else ["i", _hexadecimal(value)]
        if isinstance(value, complex) and kind is complex:
            return ["c", value.real, value.imag]
        if isinstance(value, bytes) and kind is bytes:
            return ["b", self._short(value).decode("latin-1")]
        return self._container(value, depth)

    def _short(self, value: _Text) -> _Text:
        # Judged before it is escaped, which may take six times the room.
        self.text -= len(value)
        if self.text < 0:
            raise NotPlain("larger than the limit")
        return value

    def _container(self, value: object, depth: int) -> list[object]:
        letter = _LETTERS.get(type(value))
        if letter is None:
            raise NotPlain(f"a {type(value).__name__} is not plain data")
        if depth == 0:
            raise NotPlain("nested too deeply")
        parts = [part for pair in value.items() for part in pair] if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
        self.items -= len(parts)
        if self.items < 0:
            raise NotPlain("too many items")
        return [letter, *(self.tag(part, depth - 1) for part in parts)]


_LETTERS: dict[type, str] = {list: "l", tuple: "t", dict: "d", set: "s", frozenset: "f"}


def _hexadecimal(value: int) -> str:
    # Decimal text of a large integer costs quadratic time; hexadecimal is linear, in both directions.
    if value.bit_length() > MAX_BITS:
        raise NotPlain(f"an integer of {value.bit_length()} bits is too large")
    return format(value, "x")


def _untag(node: object, depth: int) -> object:
    if not isinstance(node, list):
        if isinstance(node, dict):
            raise BadFrame("an untagged object")
        return node
    if not node or depth == 0:
        raise BadFrame("an untagged or too deep container")
    letter, *parts = node
    if letter in ("i", "c", "b"):
        return _scalar(letter, parts)
    if letter not in ("l", "t", "d", "s", "f"):
        raise BadFrame("an unknown tag")
    return _assemble(letter, [_untag(part, depth - 1) for part in parts])


def _scalar(letter: str, parts: list[object]) -> object:
    match letter, parts:
        case "i", [str(text)] if len(text) <= MAX_BITS // 4 + 2:
            return int(text, 16)
        case "c", [float(real), float(imaginary)]:
            return complex(real, imaginary)
        case "b", [str(text)]:
            return text.encode("latin-1")
    raise BadFrame("a malformed scalar")


def _assemble(letter: str, parts: list[object]) -> object:
    if letter == "l":
        return parts
    if letter == "t":
        return tuple(parts)
    if letter == "d":
        if len(parts) % 2:
            raise BadFrame("a key without a value")
        return dict(zip(_spread(parts[::2]), parts[1::2], strict=True))
    return set(_spread(parts)) if letter == "s" else frozenset(_spread(parts))


def _spread(keys: list[object]) -> list[object]:
    # Keys chosen to collide would make a table of n entries cost n squared comparisons in the reader.
    if len(keys) > _CROWD and 2 * len(set(map(hash, keys))) < len(keys):
        raise BadFrame("colliding keys")
    return keys


# Frames ---------------------------------------------------------------------------------------------------------------
def frame(payload: bytes) -> bytes:
    """The payload with its length in front."""
    return len(payload).to_bytes(HEADER, "big") + payload


def write_frame(descriptor: int, payload: bytes) -> None:
    """Write one frame to a blocking descriptor."""
    data = memoryview(frame(payload))
    while data:
        data = data[os.write(descriptor, data) :]


def read_frame(descriptor: int, cap: int) -> bytes | None:
    """One frame from a blocking descriptor; None at its end; BadFrame where the header promises more than the cap."""
    header = _exactly(descriptor, HEADER)
    if header is None:
        return None
    return _exactly(descriptor, _length(header, cap))


def _exactly(descriptor: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _length(header: bytes | bytearray, cap: int) -> int:
    size = int.from_bytes(header[:HEADER], "big")
    if size > cap:
        raise BadFrame(f"a header that announces {size} bytes")
    return size


class Inbox:
    """Collects the bytes of one untrusted sender and hands out whole frames.

    `frames` is how many of the largest size are accepted all in all.
    """

    def __init__(self, cap: int, frames: int = 1) -> None:
        self._cap = cap
        self._room = cap * frames
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that these bytes complete. BadFrame as soon as a header or the sum of all bytes is too large."""
        self._room -= len(data)
        if self._room < 0:
            raise BadFrame("more bytes than the limit")
        self._bytes += data
        whole = []
        while (payload := self._next()) is not None:
            whole.append(payload)
        return whole

    def _next(self) -> bytes | None:
        if len(self._bytes) < HEADER:
            return None
        end = HEADER + _length(self._bytes, self._cap)
        if len(self._bytes) < end:
            return None
        payload = bytes(self._bytes[HEADER:end])
        del self._bytes[:end]
        return payload
