"""`toxicity`: words and phrases of abuse, counted. A weak instrument, and it says so."""

import codecs
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from sterling.errors import InputError
from sterling.records import Family, Fault, text_column
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence, proportion
from sterling.text import plain_word_spans, plain_words, token_hashes, window_hashes
from sterling.text.kernels import Grams, kernels

Category = Literal["profanity", "insult", "sexual", "threat", "self_harm", "hate", "slur"]
_SHOWN = 20
_LONGEST = 8
"""Words of a phrase."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases by their words."""

    phrases: Mapping[tuple[str, ...], str]
    """Words of a phrase to its category."""
    grams: tuple[Grams, ...]
    """Their hashes, a set for each length."""


@register("check", "toxicity")
class Toxicity(RecordCheck):
    """Flags a record with words of abuse: `per_hundred` or more of a list's entries in a hundred words.

    The list that comes along holds some 170 English words and phrases in the categories `profanity`, `insult`,
    `sexual`, `threat`, `self_harm`, `hate` and `slur`, chosen for having few innocent uses, and is stored in rot13.
    `list` names a list of the user's own, which is read instead or, with `also: true`, beside it.

    Words are compared without case and punctuation, whole words only. Evidence names categories and places, not the
    words. It never drops unless `outcome: drop` is said.

    **What it can't see**: abuse in other words, in other languages, by allusion, misspelt or spelt with signs (`sh1t`);
    contempt in polite words; and what is meant. A novel, a court report, a counsellor's answer, a text by those whom a
    word was used against, and a definition in a dictionary are flagged like an insult. Lists of this kind flag texts
    about minorities more often than others, so dropping by them takes these people out of the data. To judge meaning,
    put a `judge` with a rubric of your own behind it.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    categories: tuple[Category, ...] = ("insult", "sexual", "threat", "self_harm", "hate", "slur", "profanity")
    """Which of the shipped list's categories count."""
    per_hundred: float = Field(default=0.0, ge=0, le=100)
    """Least entries in a hundred words; 0 means that a single one is enough."""
    outcome: Literal["flag", "drop"] = "flag"
    """What becomes of a record at or above it."""
    list: str | None = None
    """A text file: a phrase a line, or a category, a tab and a phrase; `#` begins a comment. UTF-8."""
    also: bool = False
    """Read the shipped list as well as the user's own."""

    @field_validator("categories")
    @classmethod
    def _some(cls, categories: tuple[Category, ...]) -> tuple[Category, ...]:
        if not categories:
            raise ValueError(f"name at least one of {', '.join(get_args(Category))}")
        return categories

    def may_drop(self) -> bool:
        """Only with `outcome: drop`."""
        return self.outcome == "drop"

    def reads(self) -> Sequence[str]:
        """The user's own list."""
        return [] if self.list is None else [self.locate(self.list)]

    def require(self) -> None:
        """InputError when the user's own list is missing or says nothing."""
        self._phrases()

    def fit(self, context: FitContext) -> Lexicon:
        """The phrases and their hashes."""
        phrases = self._phrases()
        lengths = sorted({len(words) for words in phrases})
        grams = (Grams.of(n, _hashes(words for words in phrases if len(words) == n)) for n in lengths)
        return Lexicon(phrases, tuple(grams))

    def judge(self, batch: pa.RecordBatch, state: Lexicon) -> Sequence[Ruling | Fault]:
        """`toxic_words` with categories and places, else `none_found`; the score is entries in a hundred words."""
        column = text_column(batch)
        suspects = kernels().suspects(column, state.grams)
        rulings = [_NONE] * batch.num_rows
        hits = np.flatnonzero(suspects.found)
        for row, text in zip(hits.tolist(), column.take(pa.array(hits)).to_pylist(), strict=True):
            rulings[row] = self._ruling(text, state)
        return rulings

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """The share of records with words of each category."""
        records: Counter[str] = Counter()
        total = 0
        for _, verdicts in judged:
            total += verdicts.num_rows
            told = verdicts.filter(pc.equal(verdicts["reason"], "toxic_words"))
            for evidence in told["evidence"].to_pylist():
                records.update(json.loads(evidence)["categories"].keys())
        method = "records with words of this category; a word is no proof of what is meant"
        return [proportion(f"toxicity.{name}", n, total, method) for name, n in sorted(records.items())]

    def _ruling(self, text: str, state: Lexicon) -> Ruling:
        words = plain_words(text)
        found = list(_found(words, state))
        if not found:
            return _NONE
        score = round(100 * len(found) / len(words), 4)
        outcome = self.outcome if score >= self.per_hundred else "keep"
        reason = "toxic_words" if score >= self.per_hundred else "below_limit"
        spans = plain_word_spans(text)
        listed = [
            {"category": category, "at": [spans[begin][0], spans[end - 1][1]]}
            for begin, end, category in found[:_SHOWN]
        ]
        categories = dict(sorted(Counter(category for _, _, category in found).items()))
        evidence = {"categories": categories, "words": len(words), "per_hundred": self.per_hundred, "found": listed}
        return Ruling(outcome, reason, score, evidence)

    def _phrases(self) -> dict[tuple[str, ...], str]:
        phrases: dict[tuple[str, ...], str] = {}
        if self.list is None or self.also:
            phrases |= {words: name for words, name in _shipped().items() if name in self.categories}
        if self.list is not None:
            phrases |= _own(Path(self.locate(self.list)))
        return phrases


_NONE = Ruling("keep", "none_found", 0.0)


def _found(words: Sequence[str], lexicon: Lexicon) -> Iterator[tuple[int, int, str]]:
    """(first word, word behind the last, category), the longest at each place; none overlaps another."""
    begin = 0
    lengths = [gram.n for gram in reversed(lexicon.grams)]
    while begin < len(words):
        reach = (begin + n for n in lengths if begin + n <= len(words))
        ends = (end for end in reach if tuple(words[begin:end]) in lexicon.phrases)
        end = next(ends, None)
        if end is not None:
            yield begin, end, lexicon.phrases[tuple(words[begin:end])]
        begin = begin + 1 if end is None else end


def _hashes(phrases: Iterable[Sequence[str]]) -> Any:
    return np.unique(np.concatenate([window_hashes(token_hashes(words), len(words)) for words in phrases]))


@cache
def _shipped() -> Mapping[tuple[str, ...], str]:
    text = files("sterling.curate").joinpath("lexicons/toxicity_en.rot13.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {tuple(plain_words(codecs.decode(phrase, "rot13"))): category for category, phrase in rows}


def _own(path: Path) -> dict[tuple[str, ...], str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the list of words cannot be read: {error}", where=path, mend="name a UTF-8 file") from None
    phrases: dict[tuple[str, ...], str] = {}
    for number, line in enumerate(lines, 1):
        category, tab, phrase = line.partition("\t")
        words = tuple(plain_words(phrase if tab else line))
        if line.strip() and not line.lstrip().startswith("#"):
            if not 1 <= len(words) <= _LONGEST:
                what = f"a phrase has one to {_LONGEST} words, this line has {len(words)}"
                raise InputError(what, where=f"{path}:{number}", mend="shorten the line, or take it out")
            phrases[words] = category.strip() if tab else "own"
    if not phrases:
        raise InputError("the list of words has no phrase", where=path, mend="write one phrase a line")
    return phrases
