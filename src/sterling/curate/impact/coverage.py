"""How much of the real edge cases that generation never saw the generated ones cover, beyond what real data does.

Whether two texts are near is told by hashed words (`sterling.text.clusters`): the cosine of their directions, after
what all training texts share is taken out. It knows no meaning: a case in quite other words counts as not covered.
"""

import random
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, proportion
from sterling.text.clusters import Vectors, vectors
from sterling.text.rarity import DocumentFrequencies

EDGE = "edge:"
"""Tags that begin so mark an edge case."""
_RAREST = 0.95
"""Quantile of the training texts' own rarity above which a held-out text is rare."""
_READ = 4_000
"""Characters of a text that are compared."""
_SAMPLE = 2_000
"""Training texts from which nearness is learnt."""
_LEAST = 20
"""Training texts below which nobody can say what is near."""
_BLOCK = 1_024


class HeldOut(NamedTuple):
    """A real record of a role that generation does not see."""

    text: str
    tags: Sequence[str] = ()


def edge_cases(held_out: Iterable[HeldOut], train: Sequence[str]) -> list[str]:
    """The held-out texts that are tagged `edge:`, or whose words are rarer than those of 95 % of the training texts.

    A word that no training text has counts as if one had it, which is what the rarest of their own words count.
    """
    frequencies = DocumentFrequencies.of(train)
    border = float(np.quantile([frequencies.rarity(text) for text in train], _RAREST)) if train else 0.0
    return [
        one.text for one in held_out
        if any(tag.startswith(EDGE) for tag in one.tags) or frequencies.rarity(one.text) > border
    ]  # fmt: skip


def edge_coverage(edge: Sequence[str], train: Sequence[str], generated: Sequence[str], seed: int = 0) -> list[Evidence]:
    """Three shares of the held-out edge cases `edge`: near a training text; newly covered; and what chance covers.

    - `coverage.edge.seeds`: near some training text.
    - `coverage.edge.new`: near some generated text, and near no training text.
    - `coverage.edge.null`: the same with real texts in the place of the generated ones. As many training texts as were
      generated (half of them at most), drawn by chance, play the generated ones, and the others the training texts.
      Generation has found edge cases only where `new` is above this.

    Near is a cosine from which on half of the training texts have a neighbour among the others. Without 20 training
    texts, or an edge case, there is a value of None.
    """
    known = list(dict.fromkeys(text[:_READ] for text in train))
    if len(known) < _LEAST or not edge:
        why = "nothing to measure: no held-out edge case, or fewer than 20 training texts"
        return [Evidence(f"coverage.edge.{name}", None, len(edge), None, why) for name in ("seeds", "new", "null")]
    space = _Space.of(known, seed)
    cases = space.directions(edge)
    by_train, by_generated = (space.covered(cases, texts) for texts in (known, generated))
    parts = random.Random(seed).sample(known, len(known))  # noqa: S311 - a sample, not a secret
    some = parts[: min(len(generated), len(parts) // 2)]
    by_some, by_rest = space.covered(cases, some), space.covered(cases, parts[len(some) :])
    told = {"closeness": round(space.closeness, 4), "train": len(known), "generated": len(generated)}
    drawn = {**told, "drawn": len(some)}
    return [
        _share("seeds", by_train, "held-out edge cases near a training text", told),
        _share("new", by_generated & ~by_train, "held-out edge cases near a generated text and no training text", told),
        _share("null", by_some & ~by_rest, "the same with real texts in the place of the generated ones", drawn),
    ]


class _Space(NamedTuple):
    """Directions of texts, and from which cosine on two are near."""

    common: Vectors
    closeness: float

    @classmethod
    def of(cls, train: Sequence[str], seed: int) -> "_Space":
        rows = vectors(train)
        common = rows.mean(axis=0, keepdims=True)
        space = cls(common, 0.0)
        return cls(common, float(np.median(_neighbours(space.turned(rows), seed))))

    def directions(self, texts: Sequence[str]) -> Vectors:
        return self.turned(vectors([text[:_READ] for text in texts]))

    def turned(self, rows: Vectors) -> Vectors:
        away = rows - self.common
        lengths = np.linalg.norm(away, axis=1, keepdims=True)
        return np.asarray(away / np.where(lengths > 0, lengths, 1), np.float32)

    def covered(self, cases: Vectors, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """For each case whether one of the texts is near."""
        near: npt.NDArray[np.bool_] = _nearest(cases, self.directions(texts)) >= self.closeness
        return near


def _neighbours(rows: Vectors, seed: int) -> npt.NDArray[np.float32]:
    """The cosine of each row with the nearest other one, for some of them."""
    drawn = np.random.default_rng(seed).permutation(len(rows))[:_SAMPLE]
    best = []
    for start in range(0, len(drawn), _BLOCK):
        block = drawn[start : start + _BLOCK]
        cosines = rows[block] @ rows.T
        cosines[np.arange(len(block)), block] = -1
        best.append(cosines.max(axis=1))
    return np.concatenate(best)


def _nearest(rows: Vectors, others: Vectors) -> npt.NDArray[np.float32]:
    """The cosine of each row with the nearest of the others; -1 where there is none."""
    best = np.full(len(rows), -1.0, np.float32)
    for start in range(0, len(others), _BLOCK):
        np.maximum(best, (rows @ others[start : start + _BLOCK].T).max(axis=1), out=best)
    return best


def _share(name: str, hits: npt.NDArray[np.bool_], method: str, told: dict[str, Any]) -> Evidence:
    return proportion(f"coverage.edge.{name}", int(hits.sum()), len(hits), method, **told)
