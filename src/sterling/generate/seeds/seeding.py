"""From the anchor to the records that a strategy starts from: spread over its topics, rare ones first on request."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from sterling.records import Record, content_text, digest, text_of
from sterling.text.clusters import Clusters, vectors
from sterling.text.invisible import MARKED, STRIPPED

_TOPICS = 24
_AT_LEAST = 2_000
_AT_MOST = 20_000
"""Seeds that are held at once, and that topics are learnt from, whatever the size of the anchor."""
_READ = 4_000
"""Characters of a seed that its topic is told by."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Seeds in the order in which they are used, however many there are."""

    first: Sequence[Record]
    """Those that are held, in the order of `drawn`; none twice."""
    rest: Callable[[], Iterator[Record]]
    """Streams those beyond the most that are held, in the order in which they come, anew at each call."""
    shared: frozenset[str]
    """`{source}/{row}` of several of the first."""
    held: frozenset[str]
    """Ids of the first."""

    def __iter__(self) -> Iterator[Record]:
        yield from self.first
        yield from self.rest()

    def name(self, record: Record) -> str:
        """`{source}/{row}`, with the beginning of its id where another seed may have the same."""
        name = _name(record)
        return f"{name}~{record.id[:8]}" if name in self.shared or record.id not in self.held else name


def drawn(seeds: Iterable[Record], wanted: int | None, seed: int, rare: float = 0.0) -> list[Record]:
    """Seeds in the order in which they are used: by chance, one topic after the other, so that no topic has all.

    Topics are clusters of hashed words. `rare`: the share of seeds that come from the smallest topics, until these
    are used up, before the others have their turn. Of a large anchor a sample is drawn (bottom-k by hash), four times
    as large as what is wanted, and of 20,000 at most. The same for any order of the anchor.
    """
    return _arranged(_sample(seeds, wanted, seed), seed, rare)


def queued(stream: Callable[[], Iterable[Record]], wanted: int | None, seed: int, rare: float = 0.0) -> Queue:
    """Seeds as `drawn` has them, and behind them those of a large anchor for which its sample had no room.

    `stream` gives the same seeds at each call. Where four times what is wanted fits into the sample, nothing is behind
    it. Not guaranteed: topics in turn among the rest, whose order is that of the anchor.
    """
    sample = _sample(stream(), wanted, seed)
    first = {record.id: record for record in _arranged(sample, seed, rare)}
    names = Counter(map(_name, first.values()))
    shared = frozenset(name for name, times in names.items() if times > 1)
    full = len(sample) == _AT_MOST

    def rest() -> Iterator[Record]:
        return (record for record in (stream() if full else ()) if record.id not in first)

    return Queue(list(first.values()), rest, shared, frozenset(first))


def prompt_of(record: Record) -> str | None:
    """What a person asked in this record; None where nobody asks anything."""
    asked = record.payload.get("prompt", record.payload.get("messages"))
    if isinstance(asked, str):
        return asked if asked.strip() else None
    said = [content_text(turn.get("content")) for turn in asked or () if turn.get("role") == "user"]
    return next((text for text in said if text.strip()), None)


def chat_of(record: Record) -> list[dict[str, Any]] | None:
    """The messages of its prompt; a text is what the user said. None where nobody asks anything."""
    asked = record.payload.get("prompt")
    if asked is None:
        asked = _opening(record.payload.get("messages") or ())
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}] if asked.strip() else None
    return [dict(turn) for turn in asked] or None


def inherited(record: Record) -> tuple[str, ...]:
    """The tags that say what it is about, and so what is made of it."""
    return tuple(
        tag for tag in record.tags if not tag.startswith(("task:", "cell:", "model:", "outcome:", STRIPPED, MARKED))
    )


def _opening(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Up to the first thing that a user says."""
    for end, turn in enumerate(messages, 1):
        if turn.get("role") == "user":
            return list(messages[:end])
    return []


def _name(record: Record) -> str:
    return f"{record.source}/{record.row}"


def _sample(seeds: Iterable[Record], wanted: int | None, seed: int) -> list[Record]:
    most = min(_AT_MOST, max(_AT_LEAST, 4 * (wanted or _AT_MOST)))
    return heapq.nsmallest(most, seeds, key=lambda record: (digest(str(seed), record.id), record.id))


def _arranged(sample: Sequence[Record], seed: int, rare: float) -> list[Record]:
    topics = _by_topic(sample, seed)
    everywhere = _in_turn(topics)
    if not rare:
        return list(everywhere)
    by_size: list[list[Record]] = sorted(topics, key=len)
    smallest = chain.from_iterable(by_size)
    return list({record.id: record for record in _blended(smallest, everywhere, rare)}.values())


def _by_topic(sample: Sequence[Record], seed: int) -> list[list[Record]]:
    rows = vectors([text_of(record)[:_READ] for record in sample])
    homes = Clusters.of(rows, min(_TOPICS, max(1, len(sample) // 4)), seed).assign(rows)
    topics: dict[int, list[Record]] = {}
    for record, home in zip(sample, homes.tolist(), strict=True):
        topics.setdefault(home, []).append(record)
    return list(topics.values())


def _in_turn(topics: Sequence[Sequence[Record]]) -> Iterator[Record]:
    return (record for row in zip_longest(*topics) for record in row if record is not None)


def _blended(first: Iterable[Record], second: Iterable[Record], share: float) -> Iterator[Record]:
    """Both in their order, the first with this share."""
    ones, others, owed = iter(first), iter(second), 0.0
    for other in others:
        owed += share
        while owed >= 1 and (one := next(ones, None)) is not None:
            yield one
            owed -= 1
        yield other
    yield from ones
