"""Text as bytes: what the checks that read every record compute, by compiled kernels where numba is installed.

`kernels()` is one of two modules with the same functions and the same results, bit for bit: `compiled` (the `[fast]`
extra) and `plain` (numpy alone, some twenty times slower). Which one it is shows in time only.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.text.kernels.nouns import MEMBER_BITS, Crowd, Grams, Marks, Pairs, Shingling, Suspects
from sterling.text.minhash import Banding
from sterling.text.ngrams import Hashes

__all__ = ["MEMBER_BITS", "Crowd", "Grams", "Kernels", "Marks", "Pairs", "Shingling", "Suspects", "kernels"]


class Kernels(Protocol):
    """What both modules hold. `texts` are columns without nulls, string or large_string."""

    def marks(self, texts: pa.StringArray, by: Shingling, cut: Banding) -> Marks:
        """Band keys and sketches of the MinHash signature of each text."""

    def similarities(self, texts: pa.StringArray, pairs: Pairs, by: Shingling) -> npt.NDArray[np.float64]:
        """Jaccard similarity of the shingles of each pair of texts."""

    def word_hashes(self, texts: pa.StringArray) -> list[Hashes]:
        """`token_hashes(plain_words(text))` of each text."""

    def digests(self, texts: pa.StringArray) -> Hashes:
        """`text.normal.digest` of each text: texts x 2."""

    def suspects(self, texts: pa.StringArray, grams: Sequence[Grams]) -> Suspects:
        """Which texts hold an n-gram of `grams`, and how many plain words each has."""

    def tallies(self, texts: pa.StringArray, stop: Hashes) -> npt.NDArray[np.int64]:
        """Texts x `tallies.NAMES`: the counts by which prose is told from noise.

        `stop`: `token_hashes` of at most 64 words in lower case, no word twice.
        """

    def alike(self, crowd: Crowd, least: int, ratio: float, met: int, scanned: int) -> Pairs:
        """Pairs of places that share a band, (better, worse), whose sketches agree in `least` positions; each once.

        In each band a member is paired with the first and the last `met` of its better ones that look like it, searched
        for among the first and the last `scanned`. Sizes may differ by no more than `ratio`, shorter to longer.
        """


@cache
def kernels() -> Kernels:
    """The compiled ones if numba is there."""
    if find_spec("numba"):
        from sterling.text.kernels import compiled  # noqa: PLC0415 - numba takes a quarter of a second

        return compiled
    from sterling.text.kernels import plain  # noqa: PLC0415

    return plain
