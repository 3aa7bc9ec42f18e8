"""What texts cost under a language model: the embedded one, fitted on the anchor, or one that KenLM reads."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.errors import InputError, MissingExtra
from sterling.text import Hashes, plain_words
from sterling.text.kernels import kernels
from sterling.text.language_model import LanguageModel, Scores

Floats = npt.NDArray[np.float64]
Folds = npt.NDArray[np.uint8]
_BITS = math.log2(10)
"""Bits in a unit of the logarithm to base 10."""


class Scorer(Protocol):
    """Bits of plain words: without case and punctuation."""

    def scores(self, texts: pa.StringArray, fold: Folds) -> Scores:
        """By text; `fold` says of which part of the anchor each is, or comes from."""

    def costs(self, text: str, fold: int) -> Floats:
        """Bits of each word of one text."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Models of the anchor, each without a part of it: a text is scored by the one that has not seen its part."""

    models: tuple[LanguageModel, ...]
    """By the fold that it has not seen."""

    def scores(self, texts: pa.StringArray, fold: Folds) -> Scores:
        """By text."""
        words = kernels().word_hashes(texts)
        found = Scores(np.zeros(len(words)), np.zeros(len(words), np.int64))
        for number, model in enumerate(self.models):
            rows = np.flatnonzero(fold == number)
            found.bits[rows], found.tokens[rows] = model.scores([words[row] for row in rows.tolist()])
        return found

    def costs(self, text: str, fold: int) -> Floats:
        """Bits of each word."""
        words: list[Hashes] = kernels().word_hashes(pa.array([text]))
        return self.models[fold].bits(words)[0]


@dataclass(frozen=True, slots=True)
class Kenlm:
    """A model that was trained elsewhere (`lmplz`) on plain words, ARPA or binary. It knows no folds."""

    path: str

    def scores(self, texts: pa.StringArray, fold: Folds) -> Scores:
        """By text."""
        words = [plain_words(text) for text in texts.to_pylist()]
        bits = [_sum_of_bits(self.path, some) for some in words]
        return Scores(np.array(bits, np.float64), np.array([len(some) for some in words], np.int64))

    def costs(self, text: str, fold: int) -> Floats:
        """Bits of each word."""
        told = _kenlm(self.path).full_scores(" ".join(plain_words(text)), bos=True, eos=False)
        return np.array([-log10 * _BITS for log10, *_ in told])


def require_kenlm(path: str) -> None:
    """MissingExtra without kenlm, InputError for a file that is none of its models."""
    try:
        import kenlm  # noqa: F401, PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtra("a language model of KenLM", "kenlm") from error
    if not Path(path).is_file():
        raise InputError("there is no such file", where=path, mend="name a model that KenLM reads")
    _kenlm(path)


def _sum_of_bits(path: str, words: Sequence[str]) -> float:
    return float(-_kenlm(path).score(" ".join(words), bos=True, eos=False) * _BITS)


@cache
def _kenlm(path: str) -> Any:
    """The model in this process: it cannot travel to another one."""
    import kenlm  # noqa: PLC0415 - only who scores with it pays for it

    quiet = kenlm.Config()
    quiet.show_progress, quiet.arpa_complain = False, kenlm.ARPALoadComplain.NONE
    try:
        return kenlm.Model(path, quiet)
    except OSError as error:
        mend = "name an ARPA or binary file that KenLM wrote or reads"
        raise InputError(f"KenLM reads no model from this file: {_reason(error)}", where=path, mend=mend) from error


def _reason(error: OSError) -> str:
    """What KenLM says, without the place in its own source."""
    return str(error).partition(" threw ")[2].rstrip(").") or str(error)
