import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.sandbox import protocol

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
)
KEYS = st.recursive(SCALARS, lambda it: st.tuples(it, it) | st.frozensets(it, max_size=3), max_leaves=4)
VALUES = st.recursive(
    SCALARS,
    lambda it: st.lists(it) | st.tuples(it, it) | st.dictionaries(KEYS, it) | st.sets(KEYS) | st.frozensets(KEYS),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES)
def test_plain_data_survives(value: object) -> None:
    back = protocol.decode(protocol.encode(value))
    assert back == value
    assert type(back) is type(value)


def test_nan_survives() -> None:
    back = protocol.decode(protocol.encode(math.nan))
    assert isinstance(back, float)
    assert math.isnan(back)


@settings(deadline=None)
@given(st.binary())
def test_bytes_of_a_stranger_are_data_or_refused(payload: bytes) -> None:
    try:
        value = protocol.decode(payload)
    except protocol.BadFrame:
        return
    assert protocol.decode(protocol.encode(value)) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from("ltdsficbx"),
    lambda it: st.lists(it) | st.dictionaries(st.text(), it),
)


@settings(deadline=None)
@given(JSON)
def test_json_of_a_stranger_is_data_or_refused(node: object) -> None:
    try:
        value = protocol.decode(json.dumps(node).encode())
    except protocol.BadFrame:
        return
    assert protocol.decode(protocol.encode(value)) == value


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nothing",
        b"{}",
        b"[]",
        b'["x",1]',
        b'["i","zz"]',
        b'["i",3]',
        b'["c",1,2]',
        b'["b","\\u0100"]',
        b'["d",1]',
        b'["s",["l"]]',
        b"1" * 100,
        b"[" * 100_000,
        b'["l",' * 200 + b"1" + b"]" * 200,
        b'["i","' + b"f" * 10_000 + b'"]',
        b"\xff",
    ],
    ids=lambda it: it[:12].decode("latin-1"),
)
def test_what_is_refused(payload: bytes) -> None:
    with pytest.raises(protocol.BadFrame):
        protocol.decode(payload)


def test_colliding_keys_are_refused() -> None:
    keys = [["i", format((2**61 - 1) * n, "x")] for n in range(2**60, 2**60 + 1000)]
    with pytest.raises(protocol.BadFrame, match="colliding"):
        protocol.decode(json.dumps(["s", *keys]).encode())


@pytest.mark.parametrize("value", [0, -1, 2**53, "", b"", 0.0, (), [], {}, set(), frozenset()])
def test_subclasses_are_not_plain(value: object) -> None:
    kind = type("Sub", (type(value),), {})
    with pytest.raises(protocol.NotPlain, match="a Sub is not plain data"):
        protocol.encode([kind(value)])


def test_frames_arrive_whole_however_they_are_cut() -> None:
    stream = protocol.frame(b"one") + protocol.frame(b"") + protocol.frame(b"three")
    inbox = protocol.Inbox(1000)
    assert [it for byte in stream for it in inbox.feed(bytes([byte]))] == [b"one", b"", b"three"]
    assert protocol.Inbox(1000).feed(stream) == [b"one", b"", b"three"]


def test_a_large_header_is_refused_before_its_body() -> None:
    with pytest.raises(protocol.BadFrame, match="announces 1073741824 bytes"):
        protocol.Inbox(1000).feed((1 << 30).to_bytes(4, "big"))


def test_a_flood_of_small_frames_is_refused() -> None:
    with pytest.raises(protocol.BadFrame, match="more bytes than the limit"):
        protocol.Inbox(1000).feed(protocol.frame(b"x") * 300)
