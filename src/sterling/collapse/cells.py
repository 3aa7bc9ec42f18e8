"""How varied the candidates of a strategy are: what each cell of its grid yields, how often candidates are alike."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sterling.collapse.diversity import diversity
from sterling.stats import Evidence, proportion
from sterling.text import PERMUTATIONS, band_keys, banding, jaccard, shingles, signature

SAMPLED = 4_000
"""Candidates of a strategy that are compared with each other."""
_ALIKE = 0.8
_NGRAM = 5
_LEAST = 20
"""Candidates below which a share of near duplicates says nothing."""
_SHOWN = ("distinct_1", "distinct_2", "distinct_3")


class Candidate(NamedTuple):
    """A record as a strategy wrote it, whatever the checks said of it later."""

    cell: str | None
    prompt: str
    """Empty where nobody asks anything."""
    answer: str


class Yield(NamedTuple):
    """Tasks of a cell, and those of which every check let a record stand."""

    tried: int
    stood: int


def cell_yields(strategy: str, cells: Mapping[str, Yield]) -> Iterator[Evidence]:
    """`generate.<strategy>.yield` of each cell: the share of its tasks of which a record stands after every check.

    A task that ended in a fault counts as one that left nothing.
    """
    method = "tasks of this cell of the grid that left a record which every check let stand, before the mix"
    for cell, part in sorted(cells.items()):
        yield proportion(f"generate.{strategy}.yield", part.stood, part.tried, method, strategy=strategy, cell=cell)


def likeness(strategy: str, candidates: Sequence[Candidate], seed: int) -> Iterator[Evidence]:
    """Near duplicates among prompts and among answers, and distinct-n of each cell on equal tokens.

    Of all candidates, those that were dropped as duplicates included: this measures the generator, not the release.
    """
    for part in ("prompts", "answers"):
        texts = [text for text in (c.prompt if part == "prompts" else c.answer for c in candidates) if text.strip()]
        if len(texts) >= _LEAST:
            method = f"{part} with a Jaccard similarity of at least {_ALIKE:g} (word 5-grams) to one before it"
            hits = near_duplicates(texts)
            yield proportion(f"generate.{strategy}.near_duplicate_{part}", hits, len(texts), method, strategy=strategy)
    yield from _distinct(strategy, candidates, seed)


def near_duplicates(texts: Sequence[str]) -> int:
    """How many texts have a near duplicate before them.

    Pairs are found by MinHash bands (recall .99 at the threshold) and confirmed exactly; a text is read against others
    only until the first hit, so that templates cost little.
    """
    sets = [shingles(text, _NGRAM) for text in texts]
    signatures = np.stack([signature(one) for one in sets]) if sets else np.empty((0, PERMUTATIONS), np.uint32)
    seen: dict[int, list[int]] = {}
    hits = 0
    for at, keys in enumerate(band_keys(signatures, banding(_ALIKE)).tolist()):
        before = dict.fromkeys(other for key in keys for other in seen.get(key, ()))
        hits += any(jaccard(sets[at], sets[other]) >= _ALIKE for other in before)
        for key in keys:
            seen.setdefault(key, []).append(at)
    return hits


def _distinct(strategy: str, candidates: Sequence[Candidate], seed: int) -> Iterator[Evidence]:
    texts: dict[str, list[str]] = {}
    for one in candidates:
        if one.cell is not None:
            texts.setdefault(one.cell, []).append(f"{one.prompt}\n{one.answer}")
    for found in diversity(texts, seed):
        head, _, measure = found.name.rpartition(".")
        if measure in _SHOWN and found.value is not None:
            cell = head.removeprefix("diversity.")
            inputs = {**found.inputs, "strategy": strategy, "cell": cell}
            yield replace(found, name=f"generate.{strategy}.{measure}", inputs=inputs)


def total(parts: Sequence[Counter[tuple[str, str, bool]]]) -> dict[str, dict[str, Yield]]:
    """Counts of tasks by (strategy, cell, whether a record of it stands) as yields by strategy and cell."""
    whole: Counter[tuple[str, str, bool]] = Counter()
    for part in parts:
        whole.update(part)
    found: dict[str, dict[str, Yield]] = {}
    for strategy, cell, _ in whole:
        stood = whole[strategy, cell, True]
        found.setdefault(strategy, {})[cell] = Yield(stood + whole[strategy, cell, False], stood)
    return found
