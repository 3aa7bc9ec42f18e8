"""The rules that count: what each measures, and from where on it strikes a text of which kind.

Sources. Gopher: Rae et al., arXiv 2112.11446, appendix A.1.1 and table A1. C4: Raffel et al., arXiv 1910.10683, section
2.2, where the least number of sentences is 3 (its first versions said 5). FineWeb: Penedo et al., arXiv 2406.17557; the
limit of lines to words is in its code. They are for pages of the web and stand here for `document`. C4 drops lines
without a mark at their end; here their share counts, as in FineWeb. Answers and code have limits of their own, measured
on human texts (docs/curation.md): about what one GSM8K answer in a thousand exceeds; or none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.text.kernels.tallies import AT, TOP

Numbers = npt.NDArray[np.float64]
Outcome = Literal["drop", "flag", "ignore"]
Profile = Literal["document", "message", "code"]
PROFILES: tuple[Profile, ...] = ("document", "message", "code")
_LOOP_WORDS = 12
"""Words that a loop covers at least. `2 * 2 * 2 * 2` is none."""
_FEW_UNSPACED = 0.2
"""Share of characters of scripts without spaces from which a text has no words to count."""


class Limits(NamedTuple):
    """Of one rule, by profile; None where it does not apply."""

    document: float | None
    message: float | None
    code: float | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One measure and its limits."""

    value: Callable[["Counts"], Numbers]
    side: Literal["above", "below"]
    """Of the limit, where a text is struck."""
    limits: Limits
    outcome: Outcome
    source: str
    of_words: bool = True
    """It counts words, so it says nothing of scripts that do not divide them."""
    least: tuple[str, int] | None = None
    """(column, number) below which a text has too little of it to be judged."""
    english: bool = False
    """It knows English words only."""


class Counts:
    """Rows of `tallies.NAMES`."""

    def __init__(self, rows: npt.NDArray[np.int64]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> Numbers:
        return self._rows[:, AT[name]].astype(np.float64)

    def share(self, part: str, whole: str) -> Numbers:
        """One column by another; 0 where the whole is."""
        return self[part] / np.maximum(self[whole], 1)

    def worded(self) -> npt.NDArray[np.bool_]:
        """Which texts are of a script that divides words."""
        return self["unspaced"] <= _FEW_UNSPACED * self["ink"]


def _share(part: str, whole: str) -> Callable[[Counts], Numbers]:
    return lambda counts: counts.share(part, whole)


def _ngram(name: str) -> Callable[[Counts], Numbers]:
    """Overlapping occurrences count twice, so the sum may exceed the text."""
    return lambda counts: np.minimum(counts.share(name, "word_characters"), 1)


def _loop(counts: Counts) -> Numbers:
    """How often a text says its last phrase; 0 where these are few words in all."""
    return np.where(counts["loop_words"] >= _LOOP_WORDS, counts["loop_times"], 0)


_GOPHER, _C4, _FINEWEB, _OURS = "Gopher", "C4", "FineWeb", "measured"
_SAID = ("plain_words", 50)
_LISTED = ("lines", 6)
_TOP = dict(zip(TOP, (Limits(0.20, 0.45, None), Limits(0.18, 0.40, None), Limits(0.16, 0.40, None)), strict=True))
_AGAIN = {
    5: Limits(0.15, 0.45, None),
    6: Limits(0.14, 0.42, None),
    7: Limits(0.13, 0.40, None),
    8: Limits(0.12, 0.38, None),
    9: Limits(0.11, 0.35, None),
    10: Limits(0.10, 0.33, None),
}

RULES: Mapping[str, Rule] = {
    "control_characters": Rule(_share("controls", "characters"), "above", Limits(0, 0, 0), "drop", _OURS, False),
    "replacement_characters": Rule(
        _share("replacements", "characters"), "above", Limits(0.001, 0.001, 0.001), "drop", _OURS, False
    ),
    "loop": Rule(_loop, "above", Limits(3, 3, 8), "drop", _OURS),
    "few_words": Rule(lambda c: c["words"], "below", Limits(50, None, None), "drop", _GOPHER),
    "many_words": Rule(lambda c: c["words"], "above", Limits(100_000, 100_000, None), "drop", _GOPHER),
    "short_words": Rule(_share("ink", "words"), "below", Limits(3, None, None), "drop", _GOPHER, least=_SAID),
    "long_words": Rule(_share("ink", "words"), "above", Limits(10, 20, None), "drop", _GOPHER, least=_SAID),
    "hash_symbols": Rule(_share("hashes", "words"), "above", Limits(0.1, 0.25, None), "drop", _GOPHER, least=_SAID),
    "ellipses": Rule(_share("ellipses", "words"), "above", Limits(0.1, 0.2, None), "drop", _GOPHER, least=_SAID),
    "bullet_lines": Rule(
        _share("bullets", "lines"), "above", Limits(0.9, None, None), "drop", _GOPHER, False, _LISTED
    ),
    "ellipsis_lines": Rule(
        _share("trailing", "lines"), "above", Limits(0.3, 0.5, None), "drop", _GOPHER, False, _LISTED
    ),
    "few_alphabetic_words": Rule(
        _share("alphabetic", "words"), "below", Limits(0.8, None, None), "drop", _GOPHER, least=_SAID
    ),
    "few_stop_words": Rule(lambda c: c["stop_words"], "below", Limits(2, None, None), "drop", _GOPHER, english=True),
    "repeated_lines": Rule(
        _share("repeated_lines", "lines"), "above", Limits(0.3, 0.4, 0.5), "drop", _GOPHER, False, _LISTED
    ),
    "repeated_line_characters": Rule(
        _share("repeated_line_characters", "line_characters"), "above", Limits(0.2, 0.4, 0.5), "drop", _GOPHER, False,
        _LISTED,
    ),
    "repeated_paragraphs": Rule(
        _share("repeated_paragraphs", "paragraphs"), "above", Limits(0.3, 0.3, 0.5), "drop", _GOPHER, False,
        ("paragraphs", 3),
    ),
    "repeated_paragraph_characters": Rule(
        _share("repeated_paragraph_characters", "line_characters"), "above", Limits(0.2, 0.3, 0.5), "drop", _GOPHER,
        False, ("paragraphs", 3),
    ),
    **{
        f"frequent_{n}gram": Rule(_ngram(f"top_{n}"), "above", limits, "drop", _GOPHER, least=_SAID)
        for n, limits in _TOP.items()
    },
    **{
        f"repeated_{n}gram": Rule(_ngram(f"repeated_{n}"), "above", limits, "drop", _GOPHER, least=_SAID)
        for n, limits in _AGAIN.items()
    },
    "few_sentences": Rule(lambda c: c["sentences"], "below", Limits(3, None, None), "flag", _C4),
    "few_ended_lines": Rule(
        _share("ended", "lines"), "below", Limits(0.12, None, None), "flag", _FINEWEB, False, _LISTED
    ),
    "short_lines": Rule(
        _share("short", "lines"), "above", Limits(0.67, None, None), "flag", _FINEWEB, False, _LISTED
    ),
    "list_like": Rule(_share("lines", "words"), "above", Limits(0.3, None, None), "flag", _FINEWEB),
}  # fmt: skip
"""By reason, the first to be told first. In order: what is broken, Gopher, C4, FineWeb."""
