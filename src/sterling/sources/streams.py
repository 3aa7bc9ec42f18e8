"""Bytes out of plain, gzip and zstd files, line by line, with a bound on what one line may cost."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pyarrow as pa

from sterling.errors import SourceError

Codec = Literal["gzip", "zstd"]

MAX_LINE = 16 << 20
"""Bytes; a longer line, document or cell is a fault and is skipped without being held in memory."""
_BUFFER = 1 << 20
_CHUNK = 1 << 16


class Cut(Exception):
    """A compressed stream ended, or broke, before its end. What was readable has been handed out before."""


class _Decompressed(io.RawIOBase):
    """Every byte that a compressed file still yields, and `Cut` only after the last of them.

    Arrow's stream throws away what it had already decompressed when a read meets the cut, so the last chunk is read
    again byte by byte from a second stream.
    """

    def __init__(self, path: str, codec: Codec) -> None:
        self._path, self._codec = path, codec
        self._stream = self._open()
        self._given = 0
        self._broken: str | None = None

    def _open(self) -> pa.CompressedInputStream:
        return pa.CompressedInputStream(pa.OSFile(self._path, "rb"), self._codec)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed has a wider Buffer
        if self._broken is not None:
            raise Cut(self._broken)
        data = self._next(min(len(buffer), _CHUNK))
        self._given += len(data)
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except OSError as error:
            self._broken = str(error)
        data = self._rescued()
        if not data:
            raise Cut(self._broken)
        return data

    def _rescued(self) -> bytes:
        again, rescued = self._open(), bytearray()
        left = self._given
        while left:
            left -= len(again.read(min(left, _CHUNK)))
        try:
            while byte := again.read(1):
                rescued += byte
        except OSError:
            pass
        return bytes(rescued)

    def close(self) -> None:
        self._stream.close()
        super().close()


def open_bytes(path: str, codec: Codec | None) -> io.BufferedReader:
    """The decompressed bytes of a local file. Reads raise `Cut` where a compressed file ends too early."""
    raw = io.FileIO(path) if codec is None else _Decompressed(path, codec)
    return io.BufferedReader(raw, _BUFFER)


def open_text(path: str, codec: Codec | None) -> io.BufferedReader:
    """`open_bytes` with a UTF-8 byte order mark taken off. SourceError for UTF-16, which nothing here reads."""
    stream = open_bytes(path, codec)
    try:
        _past_mark(stream, path)
    except BaseException:
        stream.close()
        raise
    return stream


def lines(stream: io.BufferedReader) -> Iterator[bytes | None]:
    """Each line with its newline; None in place of one that is longer than `MAX_LINE`."""
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            _skip_line(stream)
            yield None
        else:
            yield line


def shown(path: str | Path) -> str:
    """A path for a message: from the working folder where it lies below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _past_mark(stream: io.BufferedReader, path: str) -> None:
    start = stream.peek(4)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError("the file is UTF-16, not UTF-8", where=shown(path), mend="iconv -f UTF-16 -t UTF-8 OLD > NEW")
    if start.startswith(b"\xef\xbb\xbf"):
        stream.read(3)


def _skip_line(stream: io.BufferedReader) -> None:
    while part := stream.readline(_BUFFER):
        if part.endswith(b"\n"):
            return
