"""Which test documents are looked at apart: the rare ones, and those that are unlike what was generated."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.embedding import fitted
from sterling.text.rarity import rarest_quarter

Slice = Literal["all", "tail", "outside"]
SLICES: Mapping[Slice, str] = {
    "all": "every test document",
    "tail": "the quarter with the rarest words under the real training part, and those with a rare tag",
    "outside": "the quarter that is least like any synthetic document",
}
"""What is looked at, and what it holds."""
_SHARE = 0.25
_RARE_TAG = 0.02
"""A tag is rare if fewer of the real training documents have it, and some have: one that is unheard of may be an id."""
_READ = 2000
"""Synthetic documents at most that nearness is measured to, and training documents that the measure is fitted to."""

Mask = npt.NDArray[np.bool_]


class Documents(NamedTuple):
    """Texts with their tags."""

    texts: Sequence[str]
    tags: Sequence[Sequence[str]]


def slices(test: Documents, real: Documents, synthetic: Sequence[str]) -> dict[Slice, Mask]:
    """Masks over the test documents. `tail` is larger than a quarter where rare tags add to it.

    Nearness is cosine of words and pairs of words (`text.embedding`): it knows the words and not their meaning, and a
    short document is near to little.
    """
    whole = np.ones(len(test.texts), np.bool_)
    return {"all": whole, "tail": _rare(test, real), "outside": _far(test.texts, real.texts, synthetic)}


def _rare(test: Documents, real: Documents) -> Mask:
    return rarest_quarter(test.texts, real.texts) | _tagged(test, real)


def _tagged(test: Documents, real: Documents) -> Mask:
    """Documents with a rare tag; none where so many have one that a tag says nothing."""
    seen = Counter(tag for tags in real.tags for tag in set(tags))
    rare = {tag for tag, times in seen.items() if times <= _RARE_TAG * len(real.tags)}
    found = np.array([not rare.isdisjoint(tags) for tags in test.tags], np.bool_)
    return found if found.mean() <= _SHARE else np.zeros(len(found), np.bool_)


def _far(test: Sequence[str], real: Sequence[str], synthetic: Sequence[str]) -> Mask:
    embedder = fitted([*real[:_READ], *synthetic[:_READ]])
    rows, others = embedder.embed(test), embedder.embed(synthetic[:_READ])
    nearest = np.concatenate([(rows[at : at + 1024] @ others.T).max(axis=1) for at in range(0, len(rows), 1024)])
    far: Mask = nearest <= np.quantile(nearest, _SHARE)
    return far
