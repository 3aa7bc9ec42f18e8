"""Gaps in real data: what it has little or nothing of, told from the records alone.

A gap is a place to look, not a fault: a value may be rare because it is rare in life.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from sterling.generate.seeds.formats import FORMATS, formats_of
from sterling.generate.seeds.seeding import inherited, prompt_of
from sterling.records import Record, text_of
from sterling.text.clusters import vectors

Kind = Literal["formats", "tags", "pairs", "topics"]
KINDS: tuple[Kind, ...] = ("formats", "tags", "pairs", "topics")

_FEW = 0.25
"""Of the mean of its like, below which a tag's or a topic's records are few."""
_RARE = 0.01
"""Share of the records below which a format is rare."""
_EXPECTED = 5.0
"""Records that two tags would share if they had nothing to do with each other, from which on none is no chance: with a
Poisson mean of 5, none at all has a probability of 0.7 %."""
_MOST_PAIRS = 50
_TOPICS = 24
_READ = 4_000
_A_CATEGORY = 4
"""Records to a value, at least, for a key of tags to be a category and not a name."""


class Gap(NamedTuple):
    """Something of which there is little."""

    kind: Kind
    name: str
    """`formats/table`, `tags/language:de`, `pairs/language:de+product:lamp`, `topics/7`."""
    wanted: str
    """What a record that fills it is, in a clause that ends a sentence."""
    n: int
    """Records that have it."""
    near: tuple[Record, ...] = ()
    """Real records that have it, or of a missing pair one half of it."""
    tags: tuple[str, ...] = ()
    """What a record that fills it is tagged with."""


def gaps(records: Sequence[Record], kinds: Sequence[Kind] = KINDS) -> list[Gap]:
    """Every gap of these kinds, the emptiest of each kind first.

    A format (`seeds.formats`) is a gap below 1 % of the records; a tag `key:value` or a topic (a cluster of
    hashed words) with less than a quarter of the mean of its like; two tags of different keys that never occur together
    where 5 records or more would be expected to. Keys with fewer than 4 records to a value are names, and left out.
    """
    find: Mapping[Kind, Callable[[], Iterator[Gap]]] = {
        "formats": lambda: _formats(records),
        "tags": lambda: _tags(_by_key(records)),
        "pairs": lambda: _pairs(_by_key(records), len(records)),
        "topics": lambda: _topics(records),
    }
    return [gap for kind in kinds for gap in sorted(find[kind](), key=lambda gap: (gap.n, gap.name))]


def shown_text(record: Record) -> str:
    """What of a record a gap is looked for in: what the user says, else all of it."""
    return prompt_of(record) or text_of(record)


def _formats(records: Sequence[Record]) -> Iterator[Gap]:
    having: dict[str, list[Record]] = {one.name: [] for one in FORMATS}
    for record in records:
        for name in formats_of(shown_text(record)):
            having[name].append(record)
    for one in FORMATS:
        found = having[one.name]
        if len(found) < _RARE * len(records):
            yield Gap("formats", f"formats/{one.name}", one.wanted, len(found), tuple(found))


Values = Mapping[str, Sequence[Record]]
"""Records by the value of a key of tags."""


def _by_key(records: Sequence[Record]) -> dict[str, Values]:
    """Keys of tags that are categories, with the records of each value."""
    found: dict[str, dict[str, list[Record]]] = {}
    for record in records:
        for tag in inherited(record):
            key, colon, value = tag.partition(":")
            if colon:
                found.setdefault(key, {}).setdefault(value, []).append(record)
    return {
        key: values for key, values in sorted(found.items())
        if len(values) > 1 and sum(map(len, values.values())) >= _A_CATEGORY * len(values)
    }  # fmt: skip


def _tags(keys: Mapping[str, Values]) -> Iterator[Gap]:
    for key, values in keys.items():
        mean = sum(map(len, values.values())) / len(values)
        for value, having in values.items():
            if len(having) < _FEW * mean:
                tag = f"{key}:{value}"
                yield Gap("tags", f"tags/{tag}", f"its {key} is {value}", len(having), tuple(having), (tag,))


def _pairs(keys: Mapping[str, Values], n: int) -> Iterator[Gap]:
    missing: list[tuple[float, Gap]] = []
    for (one, ones), (other, others) in combinations(keys.items(), 2):
        for value, having in ones.items():
            for second, also in others.items():
                expected = len(having) * len(also) / n
                if expected >= _EXPECTED and not {r.id for r in having} & {r.id for r in also}:
                    tags = (f"{one}:{value}", f"{other}:{second}")
                    wanted = f"its {one} is {value} and its {other} is {second}"
                    gap = Gap("pairs", f"pairs/{'+'.join(tags)}", wanted, 0, _alternating(having, also), tags)
                    missing.append((-expected, gap))
    yield from (gap for _, gap in sorted(missing, key=lambda found: (found[0], found[1].name))[:_MOST_PAIRS])


def _alternating(ones: Sequence[Record], others: Sequence[Record]) -> tuple[Record, ...]:
    return tuple(record for pair in zip(ones, others, strict=False) for record in pair)


def _topics(records: Sequence[Record]) -> Iterator[Gap]:
    homes = _homes([shown_text(record)[:_READ] for record in records]) if records else []
    sizes = Counter(homes)
    for topic, n in sizes.items():
        if n < _FEW * len(records) / len(sizes):
            near = tuple(record for record, home in zip(records, homes, strict=True) if home == topic)
            wanted = "it is about the same matter as the first of them"
            yield Gap("topics", f"topics/{topic}", wanted, n, near)


def _homes(texts: Sequence[str]) -> list[int]:
    """The topic of each text. Centres are texts as far apart as can be, so that small topics have one too.

    Farthest-first traversal (Gonzalez, Theoretical Computer Science 38, 1985) by cosine, after what all texts share is
    taken out; k-means from centres drawn by chance would seldom begin in a small topic.
    """
    rows = vectors(texts)
    away = rows - rows.mean(axis=0, keepdims=True)
    turned = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    homes, nearest = np.zeros(len(texts), np.int64), turned @ turned[0]
    for topic in range(1, min(_TOPICS, len(texts) // 4)):
        cosines = turned @ turned[int(nearest.argmin())]
        homes[cosines > nearest] = topic
        nearest = np.maximum(nearest, cosines)
    found: list[int] = homes.tolist()
    return found
