"""How far the forecast is from a loop that was run: trigram models that learn from each other, on the very same text.

What is compared is what is used: real text is drawn by documents in the loop and in the formula, and rare types are
those of the text itself. The loop has chance of its own, so `noise` stands beside each error: an error of that size is
none. What the loop shares with the formula (no smoothing, documents drawn alike) it cannot test.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.collapse.branching import Floats, Policy, survival
from sterling.collapse.forecast import BANDS, Band
from sterling.collapse.loops.trigrams import Tokens, outputs
from sterling.stats import Evidence
from sterling.text import Hashes

RARE = BANDS[:3]
"""Bands that are compared; `forecast.TAIL` in parts."""
_WRITTEN = 400_000
"""Tokens that a generation writes over all runs, about: short texts are noisy, so they are run more often."""
_MOST_RUNS = 5


class Numbered(NamedTuple):
    """A text whose tokens have numbers from 0."""

    tokens: Tokens
    lengths: Sequence[int]
    """Tokens of each document, in order."""
    documents: npt.NDArray[np.int64]
    """Of each type: in how many documents it is."""

    @classmethod
    def of(cls, texts: Sequence[Hashes]) -> "Numbered":
        """From the token hashes of each document."""
        used = [text for text in texts if len(text)]
        types, tokens = np.unique(np.concatenate(used), return_inverse=True)
        lengths = [len(text) for text in used]
        homes = np.repeat(np.arange(len(used)), lengths)
        pairs = np.unique(tokens * len(used) + homes)
        return cls(tokens.astype(np.int64), lengths, np.bincount(pairs // len(used), minlength=len(types)))

    def runs(self) -> int:
        """How often a loop on it is run: a short text oftener, for it is noisier."""
        return max(1, min(_MOST_RUNS, _WRITTEN // len(self.tokens)))


class Kept(NamedTuple):
    """What a loop kept of one band, and what was foretold; each of generations 1, 2, …"""

    band: Band
    types: int
    seen: Floats
    """Runs x generations: share of the band's types that were written."""
    told: Floats
    told_by_copies: Floats
    """Told as if each copy were drawn by itself."""

    def error(self) -> float:
        """The largest difference over generations."""
        return float(np.abs(self.seen.mean(axis=0) - self.told).max())

    def error_by_copies(self) -> float:
        """The same of the formula that knows no documents."""
        return float(np.abs(self.seen.mean(axis=0) - self.told_by_copies).max())

    def noise(self) -> float:
        """Standard error of the loop's mean where it is largest; of types as if independent where there is one run."""
        runs = len(self.seen)
        if runs == 1:
            return float(np.sqrt(self.told * (1 - self.told) / self.types).max())
        return float(self.seen.std(axis=0, ddof=1).max() / runs**0.5)


def compared(policy: Policy, text: Numbered, generations: int, seed: int = 0, runs: int | None = None) -> list[Kept]:
    """The loop and the forecast, of each band of rare types that the text has."""
    counts = np.bincount(text.tokens)
    bands = [(band, band.holds(counts)) for band in RARE if band.holds(counts).any()]
    seen = np.empty((len(bands), runs or text.runs(), generations))
    for run in range(seen.shape[1]):
        for generation, output in enumerate(outputs(policy, text.tokens, generations, seed + run, text.lengths)):
            held = np.bincount(output, minlength=len(counts)) > 0
            seen[:, run, generation] = [held[mine].mean() for _, mine in bands]
    return [
        Kept(band, int(mine.sum()), shares, *_told(policy, counts[mine], text.documents[mine], generations))
        for (band, mine), shares in zip(bands, seen, strict=True)
    ]


def _told(
    policy: Policy, copies: npt.NDArray[np.int64], documents: npt.NDArray[np.int64], generations: int
) -> tuple[Floats, Floats]:
    """Told with and without documents, of each generation."""
    pairs, types = np.unique(np.column_stack([copies, documents]), axis=0, return_counts=True)
    both = (survival(policy, pairs[:, 0], generations, documents=lumps) for lumps in (pairs[:, 1], None))
    with_documents, by_copies = (types @ chances / types.sum() for chances in both)
    return with_documents, by_copies


def calibration(policy: Policy, text: Numbered, generations: int, runs: int | None = None) -> Evidence:
    """`forecast.<policy>.calibration`: the largest difference of forecast and loop, over rare bands and generations.

    `inputs`: `bands` with the error of each, `by_copies` with that of the formula without documents, `noise` the
    standard error of the loop, `generations`, `runs`. n is the number of rare types.
    """
    found = compared(policy, text, generations, runs=runs)
    times = len(found[0].seen) if found else 0
    method = f"largest difference of forecast and a trigram loop on this text, rare types; {times} runs of the loop"
    if not times:
        method = "not checked: this text has no rare types that a trigram loop could lose"
    inputs = {
        "kind": "calibration", "policy": policy.name, "generations": generations, "runs": times,
        "tokens": len(text.tokens),
        "bands": {kept.band.name: kept.error() for kept in found},
        "by_copies": {kept.band.name: kept.error_by_copies() for kept in found},
        "noise": max((kept.noise() for kept in found), default=0.0),
    }  # fmt: skip
    value = max((kept.error() for kept in found), default=None)
    return Evidence(
        f"forecast.{policy.name}.calibration", value, sum(kept.types for kept in found), None, method, inputs
    )
