"""Bytes and lines, and what a cut-off compressed file still gives."""

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.errors import SourceError
from sterling.sources import streams
from sterling.sources.streams import Cut, lines, open_bytes, open_text

TEXT = b"".join(b'{"n": %d}\n' % i for i in range(40_000))


def compressed(codec: streams.Codec, data: bytes) -> bytes:
    return gzip.compress(data, mtime=0) if codec == "gzip" else bytes(pa.compress(data, codec="zstd", asbytes=True))


def read_until_cut(path: Path, codec: streams.Codec) -> tuple[bytes, str | None]:
    got = bytearray()
    with open_bytes(str(path), codec) as stream:
        try:
            while part := stream.read1(1000):
                got += part
        except Cut as cut:
            return bytes(got), str(cut)
    return bytes(got), None


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_whole_compressed_file_is_read_to_its_end(tmp_path: Path, codec: streams.Codec) -> None:
    path = tmp_path / "x"
    path.write_bytes(compressed(codec, TEXT))
    assert read_until_cut(path, codec) == (TEXT, None)


def test_a_gzip_file_of_two_members_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert read_until_cut(path, "gzip") == (b"one\ntwo\n", None)


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
@pytest.mark.parametrize("lost", [1, 9, 500, 20_000])
def test_a_cut_file_gives_all_that_could_be_decompressed(tmp_path: Path, codec: streams.Codec, lost: int) -> None:
    data = compressed(codec, TEXT)
    lost = min(lost, len(data) - 20)
    path = tmp_path / "x"
    path.write_bytes(data[:-lost])
    got, why = read_until_cut(path, codec)
    assert why is not None
    assert TEXT.startswith(got)
    if codec == "gzip":  # what zlib itself can still read is the yardstick
        import zlib

        assert got == zlib.decompressobj(31).decompress(data[:-lost])


def test_a_file_that_is_no_gzip_is_cut_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"plain text, not gzip")
    with open_bytes(str(path), "gzip") as stream, pytest.raises(Cut):
        stream.peek(1)


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=8), st.booleans())
def test_lines_are_those_of_the_file(parts: list[bytes], ends: bool) -> None:
    data = b"\n".join(parts) + (b"\n" if ends else b"")
    assert list(lines(io.BufferedReader(io.BytesIO(data)))) == data.splitlines(keepends=True) or b"\r" in data


def test_a_line_beyond_the_limit_is_skipped_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_LINE", 10)
    data = b"a" * 9 + b"\n" + b"b" * 10 + b"\n" + b"c" * 11 + b"\n" + b"d" * 5000 + b"\nend"
    got = list(lines(io.BufferedReader(io.BytesIO(data))))
    assert got == [b"a" * 9 + b"\n", b"b" * 10 + b"\n", None, None, b"end"]


def test_a_byte_order_mark_is_taken_off_and_utf_16_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n")
    with open_text(str(path), None) as stream:
        assert stream.read() == b"a,b\n"
    path.write_bytes("a,b\n".encode("utf-16"))
    with pytest.raises(SourceError) as refused:
        open_text(str(path), None)
    assert str(refused.value) == (f"{path}: the file is UTF-16, not UTF-8\n  mend: iconv -f UTF-16 -t UTF-8 OLD > NEW")
