"""From the anchor to the records that a strategy starts from: spread over its topics, rare ones first on request."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

from sterling.records import Record, content_text, digest, text_of
from sterling.text.clusters import Clusters, vectors

_TOPICS = 24
_AT_LEAST = 2_000
_AT_MOST = 20_000
"""Seeds that are held at once: enough to choose from, whatever the size of the anchor."""
_READ = 4_000
"""Characters of a seed that its topic is told by."""


def drawn(seeds: Iterable[Record], wanted: int | None, seed: int, rare: float = 0.0) -> list[Record]:
    """Seeds in the order in which they are used: by chance, one topic after the other, so that no topic has all.

    Topics are clusters of hashed words. `rare`: the share of seeds that come from the smallest topics, until these
    are used up, before the others have their turn. Of a large anchor a sample is drawn (bottom-k by hash), four times
    as large as what is wanted. The same for any order of the anchor.
    """
    most = min(_AT_MOST, max(_AT_LEAST, 4 * (wanted or _AT_MOST)))
    sample = heapq.nsmallest(most, seeds, key=lambda record: (digest(str(seed), record.id), record.id))
    topics = _by_topic(sample, seed)
    everywhere = _in_turn(topics)
    if not rare:
        return list(everywhere)
    by_size: list[list[Record]] = sorted(topics, key=len)
    smallest = chain.from_iterable(by_size)
    return list({record.id: record for record in _blended(smallest, everywhere, rare)}.values())


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
    return tuple(tag for tag in record.tags if not tag.startswith(("task:", "cell:", "model:", "outcome:")))


def _opening(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Up to the first thing that a user says."""
    for end, turn in enumerate(messages, 1):
        if turn.get("role") == "user":
            return list(messages[:end])
    return []


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
