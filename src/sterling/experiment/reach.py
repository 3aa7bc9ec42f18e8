"""How much of the tail of real text an evaluation set reaches: rare words and rare topics, beside other real text.

Every share here rises with the amount of text, so beside each stands what as much other real text reaches. A set that
reaches a tenth of the rare words may be as good as any of its size; one that reaches less than real text of its size
leaves the tail out, and no arm's harm to it will be seen.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, clopper_pearson, proportion
from sterling.text import Hashes, pieces, token_hashes
from sterling.text.clusters import Clusters, vectors

Band = tuple[str, int, float]
"""Name, and how many copies a type has at least and at most."""
_TOPICS = 60
_SEED = 0
_LEAST_TEXTS = 5
"""Real texts to each topic, on average."""
_PARTS = ("rarest quarter", "second quarter", "third quarter", "commonest quarter")


class Real(NamedTuple):
    """Real text cut in two at random: one half says what is rare, the other is what the set is compared with."""

    choosing: Sequence[str]
    other: Sequence[str]


def reach(texts: Sequence[str], real: Real, bands: Sequence[Band]) -> Iterator[Evidence]:
    """`evaluation.tail.words.<band>` and `evaluation.tail.topics.<quarter>`.

    The value is the share of rare types (or topics) that occur in the set; `real` in the inputs is the share that occur
    in other real text of as many tokens (or texts). Of both sides the larger is cut. Intervals take types as
    independent, which words in bursts are not: they are a little too narrow.
    """
    order = np.random.default_rng(_SEED).permutation(len(texts)).tolist()
    mixed = [texts[at] for at in order]
    yield from _words(mixed, real, bands)
    yield from _topics(mixed, real)


def _words(texts: Sequence[str], real: Real, bands: Sequence[Band]) -> Iterator[Evidence]:
    types, counts = np.unique(_tokens(real.choosing), return_counts=True)
    sides = [_tokens(texts), _tokens(real.other)]
    size = min(map(len, sides))
    found = [np.isin(types, side[:size]) for side in sides]
    method = f"word types with so many copies in half of the real text that occur in {size:,} tokens of the set"
    for name, low, high in bands:
        mine = (counts >= low) & (counts <= high)
        yield _share(f"evaluation.tail.words.{name}", found[0][mine], found[1][mine], method, band=name, size=size)


def _topics(texts: Sequence[str], real: Real) -> Iterator[Evidence]:
    count = min(_TOPICS, len(real.choosing) // _LEAST_TEXTS)
    if count < len(_PARTS):
        return
    choosing = vectors(real.choosing)
    clusters = Clusters.of(choosing, count, _SEED)
    holds = np.bincount(clusters.assign(choosing), minlength=count)
    size = min(len(texts), len(real.other))
    found = [_met(clusters, side[:size], count) for side in (texts, real.other)]
    method = f"topics (clusters of hashed words) of real text, by size, that {size:,} texts of the set fall into"
    for name, topics in zip(_PARTS, np.array_split(np.argsort(holds, kind="stable"), len(_PARTS)), strict=True):
        place = f"evaluation.tail.topics.{name.replace(' ', '_')}"
        yield _share(place, found[0][topics], found[1][topics], method, band=name, size=size)


def _met(clusters: Clusters, texts: Sequence[str], count: int) -> npt.NDArray[np.bool_]:
    met: npt.NDArray[np.bool_] = np.bincount(clusters.assign(vectors(texts)), minlength=count) > 0
    return met


def _share(
    name: str, mine: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_], method: str, **inputs: object
) -> Evidence:
    n, hits = len(mine), int(other.sum())
    beside = {"real": hits / n, "real_interval": list(clopper_pearson(hits, n))} if n else {}
    return proportion(name, int(mine.sum()), n, method, **beside, **inputs)


def _tokens(texts: Sequence[str]) -> Hashes:
    return token_hashes([token for text in texts for token in pieces(text)])
