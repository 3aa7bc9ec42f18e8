"""Kernel: the rows of numbers that `tallies` defines, in one pass over the bytes of a column."""

from typing import Any

import numpy as np

from sterling.text.kernels import tallies as defined
from sterling.text.kernels.ascii import is_ascii
from sterling.text.kernels.build import eight_bytes, inlined, kernel, part
from sterling.text.kernels.hashing import FACTOR, SEED, mixed
from sterling.text.kernels.reading import PLAIN_WORDS, code_point, longest, space_for, units
from sterling.text.kernels.repeating import frequent, lengths, loop, met, stop_words
from sterling.text.kernels.tables import CLASS_SHIFT, SPACE, WORD
from sterling.text.kernels.tallies import AT

_U8 = np.uint8
_SHIFT, _SPACE, _WORD = np.uint32(CLASS_SHIFT), np.uint32(SPACE), np.uint32(WORD)
_LINE_CLOSER, _LINE_END = _U8(defined.LINE_CLOSER), _U8(defined.LINE_END)
_CLOSER, _END = _U8(defined.CLOSER), _U8(defined.END)
_BULLET, _DASH = _U8(defined.BULLET), _U8(defined.DASH)
_CODE_END, _UNSPACED = _U8(defined.CODE_END), _U8(defined.UNSPACED)
_SHORT = defined.SHORT_LINE
_CHARACTERS, _WORDS, _LINES, _SAID = AT["characters"], AT["words"], AT["lines"], AT["plain_words"]


@kernel
def tallies(data: Any, offsets: Any, low: Any, low_offsets: Any, table: Any, marks: Any, stop: Any, out: Any) -> None:
    """`out` (texts x names, zeros). `low`: the same texts with contextual characters in lower case."""
    space = space_for(low_offsets)
    most = longest(low_offsets)
    hashes = np.empty(most, np.uint64)
    windows = np.empty(most, np.uint64)
    before = np.empty(most + 1, np.int64)
    slots = 16
    while slots < most + longest(offsets):
        slots *= 2
    keys = np.empty(slots, np.uint64)
    owner = np.zeros(slots, np.int64)  # which pass a slot belongs to, so that nothing need be cleared
    times = np.empty(slots, np.int64)
    kinds = byte_kinds(table, marks)
    turn = 0
    for text in range(len(offsets) - 1):
        row = out[text]
        start, end = offsets[text], offsets[text + 1]
        _characters(data[start:end], row)
        if is_ascii(data[start:end]):
            _ascii_words(data[start:end], kinds, row)
        else:
            _words(data, start, end, table, marks, row)
        _lines(data, start, end, table, marks, row, keys, owner, turn + 1)
        turn += 2
        start, end = low_offsets[text], low_offsets[text + 1]
        count = units(low, start, end, table, PLAIN_WORDS, space, hashes)
        if is_ascii(low[start:end]):
            before[0] = 0
            for at in range(count):
                before[at + 1] = before[at] + space[4][at] - space[3][at]
        else:
            lengths(low, start, end, table, before)
        row[_SAID] = count
        row[_SAID + 1] = before[count]
        row[_SAID + 2] = stop_words(hashes, count, stop)
        loop(hashes, count, row)
        turn = frequent(hashes, count, before, windows, keys, owner, times, turn, row)


@part
def _characters(text: Any, row: Any) -> None:
    """Characters, control characters, U+FFFD and `#`. The first loop is compiled to vector instructions."""
    characters: Any = 0
    controls: Any = 0
    hashes: Any = 0
    wide: Any = 0
    for at in range(len(text)):
        byte = text[at]
        characters += np.int64((byte & _U8(0xC0)) != _U8(0x80))
        low = _U8(byte < _U8(32)) & _U8(byte != _U8(9)) & _U8(byte != _U8(10))
        controls += np.int64(low & _U8(byte != _U8(12)) & _U8(byte != _U8(13)))
        controls += np.int64(byte == _U8(127))
        hashes += np.int64(byte == _U8(35))
        wide += np.int64(byte > _U8(127))
    row[_CHARACTERS] = characters
    row[_CHARACTERS + 3] = hashes
    if wide:
        for at in range(len(text) - 1):
            if text[at] == 0xC2 and text[at + 1] < 0xA0:
                controls += 1
            if text[at] == 0xEF and text[at + 1] == 0xBF and text[at + 2] == 0xBD:
                row[_CHARACTERS + 2] += 1
    row[_CHARACTERS + 1] = controls


@part
def _ascii_words(text: Any, kinds: Any, row: Any) -> None:
    """`_words` of ASCII, without a branch for most characters. `kinds`: `byte_kinds`."""
    words: Any = 0
    ink: Any = 0
    alphabetic: Any = 0
    sentences: Any = 0
    ellipses: Any = 0
    inside, lettered, dots = _U8(0), _U8(0), _U8(0)
    for at in range(len(text)):
        kind = kinds[text[at]]
        solid = kind & _U8(1)
        words += np.int64(solid & (inside ^ _U8(1)))
        inside = solid
        ink += np.int64(solid)
        now = (lettered | kind >> _U8(1)) & solid
        alphabetic += np.int64(now & (lettered ^ _U8(1)))
        lettered = now
        dots = _U8(dots << _U8(1)) | (kind >> _U8(3) & _U8(1))
        ellipses += np.int64(dots & _U8(15) == _U8(7))
        if kind & _U8(4):
            after = at + 1
            while after < len(text) and kinds[text[after]] & _U8(16):
                after += 1
            sentences += np.int64(after == len(text) or kinds[text[after]] & _U8(1) == 0)
    row[_WORDS], row[_WORDS + 1], row[_WORDS + 2] = words, ink, alphabetic
    row[_WORDS + 3], row[_WORDS + 4] = sentences, ellipses


@part
def byte_kinds(table: Any, marks: Any) -> Any:
    """By byte: 1 if no white space, 2 a letter, 4 an end of sentences, 8 a full stop, 16 a closer."""
    kinds = np.zeros(256, np.uint8)
    for byte in range(128):
        small = byte | 32
        letter = 97 <= small < 123
        kinds[byte] = (table[byte] >> _SHIFT != _SPACE) + 2 * letter + 8 * (byte == 46)
        kinds[byte] += 4 * (marks[byte] & _END != 0) + 16 * (marks[byte] & _CLOSER != 0)
    return kinds


@part
def _words(data: Any, start: Any, end: Any, table: Any, marks: Any, row: Any) -> None:
    """Words, ink, words with a letter, sentences, ellipses, unspaced characters."""
    words, ink, alphabetic, sentences, ellipses, unspaced = 0, 0, 0, 0, 0, 0
    begin = -1
    letters: Any = False
    dots = 0
    at = start
    while at <= end:
        byte = data[at] if at < end else _U8(32)
        if byte < 0x80:
            after = at + 1
            small = byte | _U8(32)
            letter = _U8(small - _U8(97)) < _U8(26)
            blank = byte == 32 or _U8(byte - _U8(9)) < 5 or _U8(byte - _U8(28)) < 4
            dots = dots + 1 if byte == 46 else 0
            ellipses += dots == 3
        else:
            code, after = code_point(data, at)
            kind = table[code] >> _SHIFT
            letter, blank = kind == _WORD, kind == _SPACE
            dots = 0
            ellipses += code == 0x2026
            unspaced += code < 0x10000 and marks[code] & _UNSPACED != 0
        if blank:
            if begin >= 0:
                words += 1
                alphabetic += letters
                sentences += _ends(data, begin, at, marks, _CLOSER, _END)
            begin, letters = -1, False
        else:
            begin = at if begin < 0 else begin
            ink += 1
            letters = letters or letter
        at = after
    row[_WORDS], row[_WORDS + 1], row[_WORDS + 2] = words, ink, alphabetic
    row[_WORDS + 3], row[_WORDS + 4], row[_WORDS + 5] = sentences, ellipses, unspaced


@inlined
def _before(data: Any, at: Any) -> Any:
    """Where the character that ends before `at` begins."""
    at -= 1
    while data[at] & 0xC0 == 0x80:
        at -= 1
    return at


@inlined
def _mark(data: Any, at: Any, marks: Any) -> Any:
    """What the character at `at` marks."""
    byte = data[at]
    if byte < 0x80:
        return marks[byte]
    if byte < 0xF0:
        return marks[code_point(data, at)[0]]
    return _U8(0)


@inlined
def _ends(data: Any, start: Any, end: Any, marks: Any, closers: Any, ends: Any) -> Any:
    """Whether a stretch ends with one of `ends`, closers behind it apart."""
    while end > start:
        end = _before(data, end)
        found = _mark(data, end, marks)
        if found & closers == 0:
            return found & ends != 0
    return False


@inlined
def _blank(data: Any, at: Any, table: Any) -> Any:
    return table[code_point(data, at)[0]] >> _SHIFT == _SPACE


@part
def _lines(data: Any, start: Any, end: Any, table: Any, marks: Any, row: Any, keys: Any, owner: Any, turn: Any) -> None:
    """Lines and paragraphs. Repetitions are found by hash, in a pass of the table each."""
    paragraph, held = np.uint64(0), 0
    at = start
    while at <= end:
        stop = at
        while stop < end and data[stop] != 10:
            stop += 1
        first, last = at, stop
        while first < last and _blank(data, first, table):
            first = code_point(data, first)[1]
        while last > first and _blank(data, _before(data, last), table):
            last = _before(data, last)
        if first < last:
            size = _length(data, first, last)
            value = _hash(data, first, last)
            _line(data, at, first, last, size, marks, row)
            if met(keys, owner, turn, value):
                row[_LINES + 7] += 1
                row[_LINES + 8] += size
            paragraph = mixed(paragraph * FACTOR + value)
            held += size
        if held and (first == last or stop == end):
            row[_LINES + 9] += 1
            if met(keys, owner, turn + 1, paragraph):
                row[_LINES + 10] += 1
                row[_LINES + 11] += held
            paragraph, held = np.uint64(0), 0
        at = stop + 1


@inlined
def _line(data: Any, begin: Any, first: Any, last: Any, size: Any, marks: Any, row: Any) -> None:
    row[_LINES] += 1
    mark = _mark(data, first, marks)
    row[_LINES + 1] += mark & _BULLET != 0 or (mark & _DASH != 0 and first + 1 < last and data[first + 1] == 32)
    dots = last - first > 2 and data[last - 1] == 46 and data[last - 2] == 46 and data[last - 3] == 46
    single = last - first > 2 and data[last - 3] == 0xE2 and data[last - 2] == 0x80 and data[last - 1] == 0xA6
    row[_LINES + 2] += dots or single
    row[_LINES + 3] += _ends(data, first, last, marks, _LINE_CLOSER, _LINE_END)
    row[_LINES + 4] += size < _SHORT
    indented = data[begin] == 9 or (data[begin] == 32 and data[begin + 1] == 32)
    row[_LINES + 5] += indented or _mark(data, _before(data, last), marks) & _CODE_END != 0
    row[_LINES + 6] += size


@inlined
def _length(data: Any, start: Any, end: Any) -> Any:
    """Characters in a stretch."""
    count: Any = 0
    for at in range(start, end):
        count += np.int64((data[at] & _U8(0xC0)) != _U8(0x80))
    return count


@inlined
def _hash(data: Any, start: Any, end: Any) -> Any:
    """A hash of a stretch of bytes. It stays in here."""
    state = SEED
    chunk = np.uint64(0)
    bits = np.uint64(0)
    at = start
    while at + 8 <= end:
        state = (state ^ eight_bytes(data, at)) * FACTOR
        at += 8
    while at < end:
        chunk |= np.uint64(data[at]) << bits
        bits += np.uint64(8)
        at += 1
    return mixed((state ^ chunk) * FACTOR + np.uint64(end - start))
