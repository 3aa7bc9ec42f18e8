"""Passages that claims are held against: a record's own, or those of a collection that are nearest to it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.errors import InputError
from sterling.text.bm25 import Bm25
from sterling.verify.grounding.containment import Passage

WINDOW = 1_500
"""Characters of a passage, as far as its paragraphs allow; longer texts of a collection are several passages."""
LONGEST = 1_000_000
"""Characters of one record's own passages that are read: about two CPU seconds."""
_ROWS = (".jsonl", ".ndjson")
_TEXTS = (".txt", ".md")


def own_passages(reference: Mapping[str, Any] | None) -> tuple[Passage, ...] | str:
    """`reference.passages`: texts, or mappings with `text` and perhaps `id`; else the place in the list is the id.

    `no_passages` where there is none that says anything, `bad_passages` where one is neither, `passages_too_long`
    where they have more than `LONGEST` characters.
    """
    given = (reference or {}).get("passages")
    if given is None or given in ([], ""):
        return "no_passages"
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list):
        return "bad_passages"
    passages = [_passage(one, str(n)) for n, one in enumerate(listed)]
    said = tuple(one for one in passages if one is not None and one.text.strip())
    if None in passages:
        return "bad_passages"
    return "passages_too_long" if sum(len(one.text) for one in said) > LONGEST else said or "no_passages"


def _passage(given: Any, place: str) -> Passage | None:
    if isinstance(given, str):
        return Passage(place, given)
    if not isinstance(given, Mapping) or not isinstance(given.get("text"), str):
        return None
    name = given.get("id")
    return Passage(str(name) if isinstance(name, str | int) else place, given["text"])


def windows(text: str) -> list[str]:
    """A text cut into parts of about `WINDOW` characters, between paragraphs, else lines, else words."""
    parts, start = [], 0
    while len(text) - start > WINDOW:
        end = _cut(text, start)
        parts.append(text[start:end])
        start = end
    return [part for part in (*parts, text[start:]) if part.strip()]


def _cut(text: str, start: int) -> int:
    for mark in ("\n\n", "\n", ". ", " "):
        at = text.rfind(mark, start + WINDOW // 3, start + WINDOW)
        if at > 0:
            return at + len(mark)
    return start + WINDOW


class Corpus(NamedTuple):
    """A collection on disk with its index. Texts stay in their files; 16 bytes a passage say where.

    Files must not change while it is used: their digests are part of the check's cache key.
    """

    files: tuple[str, ...]
    bm25: Bm25
    places: npt.NDArray[np.int64]
    """(passages, 4): file, first byte, bytes, and the number of the window within them."""
    unread: int
    """Rows without a text."""

    def near(self, queries: Iterable[str], top: int) -> tuple[Passage, ...]:
        """The passages nearest to any of the queries, `top` of each, without repetition."""
        found = {hit.document: None for query in queries for hit in self.bm25.search(query, top)}
        return tuple(self._read(document) for document in found)

    def _read(self, document: int) -> Passage:
        file, start, length, number = self.places[document].tolist()
        return _read_passage(self.files[file], start, length, number)


def corpus_of(path: str) -> Corpus:
    """Index a file, or every `.txt`, `.md` and `.jsonl` file below a folder.

    A row is a string, or an object with `text` and perhaps `id`; a row that is neither is counted and left out.
    InputError when the path cannot be read, or names a file of another kind.
    """
    files = _files(Path(path))
    places: list[tuple[int, int, int, int]] = []
    unread = [0]
    index = Bm25(_indexed(files, places, unread))
    return Corpus(tuple(map(str, files)), index, np.array(places, np.int64).reshape(-1, 4), unread[0])


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.suffix in {*_ROWS, *_TEXTS} and p.is_file())
    if not path.is_file():
        raise InputError("there is no such corpus", where=path, mend="name a file, or a folder of files")
    if path.suffix not in {*_ROWS, *_TEXTS}:
        kinds = ", ".join((*_ROWS, *_TEXTS))
        raise InputError(f"a corpus is made of {kinds} files", where=path, mend="convert it, or name a folder")
    return [path]


def _indexed(files: Sequence[Path], places: list[tuple[int, int, int, int]], unread: list[int]) -> Iterator[str]:
    """Each passage's text, noting where it stands: only what is asked for is read again."""
    for number, path in enumerate(files):
        for start, block in _blocks(path):
            texts = _texts(path.suffix, block)
            unread[0] += not texts and bool(block.strip())
            for window, text in enumerate(texts):
                places.append((number, start, len(block), window))
                yield text


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """(first byte, bytes) of each row, or of some hundred lines of a text."""
    lines = 1 if path.suffix in _ROWS else 200
    try:
        with path.open("rb") as file:
            start = 0
            while block := b"".join(islice(file, lines)):
                yield start, block
                start += len(block)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path, mend="check its permissions") from error


def _texts(suffix: str, block: bytes) -> list[str]:
    if suffix in _TEXTS:
        return windows(block.decode("utf-8", "replace"))
    row = _row(block)
    return [] if row is None else windows(row.text)


def _row(line: bytes) -> Passage | None:
    try:
        return _passage(json.loads(line), "")
    except (ValueError, RecursionError):
        return None


@lru_cache(maxsize=1024)
def _read_passage(file: str, start: int, length: int, number: int) -> Passage:
    path = Path(file)
    with path.open("rb") as opened:
        opened.seek(start)
        block = opened.read(length)
    row = _row(block) if path.suffix in _ROWS else None
    name = row.id if row and row.id else f"{path.name}:{start}"
    return Passage(f"{name}#{number}", _texts(path.suffix, block)[number])
