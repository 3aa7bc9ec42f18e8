"""The register of a prompt, counted: how long it is, and how it is written.

Plain rules, the same for everybody, that read English; in other languages the marks of punctuation and layout remain.
What they cannot see, a classifier on words may: that stands beside them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sterling.text import plain_words

_FREQUENT = 10
"""Occurrences from which a word is frequent enough to be missed by a slip of the hand."""
_KNOWN = 2
"""Occurrences from which a word is one of the language that is written there."""
_LONG = 5
"""Letters of a frequent word, at least: short ones are one letter away from too many others."""
_CONTRACTION = re.compile(
    r"\b\w+(?:n['’]t|['’](?:re|ve|ll|m|d))\b|\b(?:it|that|what|who|he|she|there|here|let)['’]s\b|"  # noqa: RUF001
    r"\b(?:dont|cant|wont|didnt|doesnt|isnt|im|ive|gonna|wanna)\b", re.IGNORECASE
)  # fmt: skip
_POLITE = re.compile(r"\b(?:please|pls|plz|thanks|thank you|could you|would you|kindly|hello|hi|hey)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"^(?:(?:who|what|when|where|why|how|which|is|are|was|were|does|did|can|could|would|should|will|has)\b|"
    r"(?:do|have) (?:i|you|we|they)\b)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"```|^#{1,6} |^\s*(?:[-*•]|\d+[.)])\s+\S|\*\*[^*\n]+\*\*|^\|.*\|", re.MULTILINE)
_END = frozenset(".?!:;…。？！\"'”’)")  # noqa: RUF001


class Feature(NamedTuple):
    """One number of a prompt."""

    name: str
    margin: float
    """A difference of means that is no matter: absolute of a share, relative of a length."""
    relative: bool
    formula: str
    value: Callable[[str], float]


def _has(pattern: re.Pattern[str], text: str) -> float:
    return float(pattern.search(text) is not None)


def _asks(text: str) -> float:
    return float("?" in text or "？" in text or _ASKS.match(text.strip()) is not None)  # noqa: RUF001


def _starts_big(text: str) -> float:
    first = next((sign for sign in text if sign.isalpha()), "")
    return float(first.isupper())


def _ends_marked(text: str) -> float:
    return float(text.strip()[-1:] in _END)


FEATURES: tuple[Feature, ...] = (
    Feature("words", 0.25, True, "mean words of a prompt", lambda text: float(len(plain_words(text)))),
    Feature("characters", 0.25, True, "mean characters of a prompt", lambda text: float(len(text.strip()))),
    Feature("capital_start", 0.1, False, "prompts whose first letter is a capital", _starts_big),
    Feature("end_mark", 0.1, False, "prompts that end in a mark of punctuation", _ends_marked),
    Feature("contractions", 0.1, False, "prompts with a contraction (`don't`, `im`)", lambda t: _has(_CONTRACTION, t)),
    Feature("question", 0.1, False, "prompts with a question mark, or that begin as a question", _asks),
    Feature("polite", 0.1, False, "prompts with a greeting, `please` or thanks", lambda text: _has(_POLITE, text)),
    Feature("markup", 0.1, False, "prompts with lists, headings, bold or code blocks", lambda t: _has(_MARKUP, t)),
)
"""Those that need nothing but the prompt."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of some real prompts, against which others are held."""

    counts: Mapping[str, int]
    near: frozenset[str]
    """Frequent long words, and what each is with one letter less."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """Of texts that are not compared with it."""
        counts = Counter(word for text in texts for word in plain_words(text))
        frequent = [word for word, n in counts.items() if n >= _FREQUENT and len(word) >= _LONG and word.isalpha()]
        return cls(counts, frozenset(form for word in frequent for form in _shortened(word)))

    def unknown(self, text: str) -> float:
        """The share of a prompt's words that the vocabulary has not."""
        found = plain_words(text)
        return sum(word not in self.counts for word in found) / len(found) if found else 0.0

    def slips(self, text: str) -> float:
        """Whether a word looks like a slip of the hand: hardly ever seen, and a letter away from a frequent word.

        One letter more, less, another or two swapped. Endings are no slip. It sees slips in frequent words alone.
        """
        return float(any(self._slip(word) for word in plain_words(text)))

    def _slip(self, word: str) -> bool:
        if self.counts.get(word, 0) >= _KNOWN or len(word) < _LONG - 1 or not word.isalpha():
            return False
        return any(form in self.near for form in _shortened(word)) and not any(
            word[:cut] in self.near and len(word[:cut]) >= _LONG - 1 for cut in range(len(word) - 3, len(word))
        )


def in_vocabulary(known: Vocabulary) -> tuple[Feature, ...]:
    """Features that need real prompts to compare with."""
    return (
        Feature("unknown_words", 0.05, False, "share of a prompt's words that other real prompts have not",
                known.unknown),
        Feature("slips", 0.1, False, "prompts with a word that is a letter away from a frequent one", known.slips),
    )  # fmt: skip


def _shortened(word: str) -> Iterator[str]:
    yield word
    yield from (word[:at] + word[at + 1 :] for at in range(len(word)))
