"""Corpora cut into stretches of equally many tokens: every measure here depends on the amount of text."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from sterling.collapse.samples import Chunk, chunks


class Stretch(NamedTuple):
    """Some documents of a corpus in a row, and their tokens up to the size that all stretches have."""

    chunk: Chunk
    texts: tuple[str, ...]
    """Of the documents that begin in it, whole; what looks at documents looks at these."""


def stretches(texts: Sequence[str], size: int, most: int) -> Iterator[Stretch]:
    """At most so many disjoint stretches of `size` tokens; what remains at the end is left out."""
    last = -1
    for chunk in islice(chunks(texts, size), most):
        begun = [at for at in np.unique(chunk.document).tolist() if at > last]
        last = int(chunk.document[-1])
        yield Stretch(chunk, tuple(texts[at] for at in begun))
