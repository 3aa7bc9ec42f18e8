"""What a model knows by heart: it is given the first half of a text and asked for the rest, word for word."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.curate.evaluation_sets.benchmark import Item
from sterling.errors import SterlingError
from sterling.models import Answer, Endpoint, Failure, Question, ask, insist
from sterling.records import digest
from sterling.text import Hashes, plain_words, token_hashes, window_hashes
from sterling.text.lcs import lcs_length
from sterling.text.templates import Template, read_template

_USABLE = frozenset({"stop", "length"})
"""A continuation that was cut off says what it says."""


class Text(NamedTuple):
    """A text that a model is asked to go on with."""

    label: str
    benchmark: str
    shown: str
    """Its first half, by words."""
    rest: str

    @property
    def whole(self) -> str:
        """All of it."""
        return self.shown + self.rest


class Recital(NamedTuple):
    """What became of one text."""

    text: Text
    said: str | None
    """The continuation; None where none came that can be used."""
    longest: int
    """Words of the longest run that the continuation has in common with the true rest, wherever in either."""
    recalled: float
    """Words of the longest common subsequence of both, over the words of the rest: ROUGE-L's recall."""
    own: bool
    """It has a run of so many words of the true rest that no other item has, nor the half that was shown."""
    phrase: bool
    """It has such a run, and other items or the shown half have it too: that is no knowledge of this one."""
    foreign: bool
    """It has such a run of the rest of another item, and of that one alone: what chance does."""


def template() -> Template:
    """The prompt."""
    return read_template(Path(__file__).with_name("prompts") / "recite.md")


def texts_of(items: Iterable[Item], run: int) -> list[Text]:
    """The text that stands for each item, where each half of it has at least `run` words; each text once."""
    halved = (_halved(item, max(item.names, key=len, default=""), run) for item in items)
    return list({text.whole: text for text in halved if text is not None}.values())


def sampled(texts: Iterable[Text], each: int) -> list[Text]:
    """So many of each evaluation set: those whose words have the smallest digests, so that order and place are nothing.

    In the order of the evaluation sets.
    """
    by_set: dict[str, list[Text]] = {}
    for text in texts:
        by_set.setdefault(text.benchmark, []).append(text)
    return [text for of_set in by_set.values() for text in sorted(of_set, key=_place)[:each]]


def recitals(endpoint: Endpoint, texts: Sequence[Text], others: Iterable[str], run: int) -> list[Recital]:
    """What the model says to each, weighed against the true rest. `others`: every text of every item, these included.

    InputError when the endpoint will answer nobody, SterlingError while it owes answers: what it knows would change
    with the next run.
    """
    asked = [Question(({"role": "user", "content": template().fill(beginning=text.shown)},)) for text in texts]
    said = insist(endpoint, ask(endpoint, asked, finish_ok=_USABLE))
    _all_answered(endpoint, said)
    return weighed(texts, [one.text if isinstance(one, Answer) else None for one in said], others, run)


def weighed(texts: Sequence[Text], said: Sequence[str | None], others: Iterable[str], run: int) -> list[Recital]:
    """What each continuation has of the true rest of its text. `others` as for `recitals`."""
    own = _own(texts, others, run)
    return [_weighed(text, one, at, own, run) for at, (text, one) in enumerate(zip(texts, said, strict=True))]


def _halved(item: Item, text: str, run: int) -> Text | None:
    starts = [found.start() for found in re.finditer(r"\w+", text)]
    cut = starts[(len(starts) + 1) // 2] if len(starts) > 1 else 0
    shown, rest = text[:cut], text[cut:]
    if min(len(plain_words(shown)), len(plain_words(rest))) < run:
        return None
    return Text(item.label, item.benchmark, shown, rest)


def _place(text: Text) -> tuple[str, str]:
    return digest(*plain_words(text.whole)), text.label


def _all_answered(endpoint: Endpoint, said: Sequence[Answer | Failure]) -> None:
    owed = [one for one in said if isinstance(one, Failure) and one.owed]
    if owed:
        first = f"{owed[0].reason}: {owed[0].message}"
        raise SterlingError(
            f"`{endpoint.model}` owes {len(owed)} of {len(said)} continuations of evaluation items ({first})\n"
            "  mend: run again when it answers; what was answered is kept"
        )


class _Own(NamedTuple):
    """The n-grams of rests that one item alone has."""

    hashes: Hashes
    """Sorted."""
    owners: npt.NDArray[np.int64]
    """Index of the text that each is of."""

    def of(self, grams: Hashes) -> frozenset[int]:
        """The texts that any of these is of."""
        at = np.searchsorted(self.hashes, grams)
        inside = at < len(self.hashes)
        at, grams = at[inside], grams[inside]
        return frozenset(self.owners[at[self.hashes[at] == grams]].tolist())


def _own(texts: Sequence[Text], others: Iterable[str], run: int) -> _Own:
    """An n-gram that two texts have, or the shown half of its own, is nobody's."""
    every = [np.unique(_grams(text, run)) for text in dict.fromkeys(others)]
    grams, times = np.unique(np.concatenate([np.empty(0, np.uint64), *every]), return_counts=True)
    common = grams[times > 1]
    rests = [_grams(text.rest, run) for text in texts]
    mine = [
        np.setdiff1d(rest, np.append(common, _grams(text.shown, run))) for text, rest in zip(texts, rests, strict=True)
    ]
    hashes = np.concatenate([np.empty(0, np.uint64), *mine])
    owners = np.repeat(np.arange(len(mine)), [len(one) for one in mine])
    order = np.argsort(hashes, kind="stable")
    return _Own(hashes[order], owners[order])


def _weighed(text: Text, said: str | None, place: int, own: _Own, run: int) -> Recital:
    if said is None:
        return Recital(text, None, 0, 0.0, own=False, phrase=False, foreign=False)
    rest, words = plain_words(text.rest), plain_words(said)
    longest, whose = _longest_run(rest, words), own.of(_grams(said, run))
    mine = place in whose
    recalled = lcs_length(rest, words) / len(rest)
    return Recital(text, said, longest, recalled, mine, not mine and longest >= run, bool(whose - {place}))


def _longest_run(one: Sequence[str], other: Sequence[str]) -> int:
    """Words of the longest run that both have."""
    best, before = 0, [0] * (len(other) + 1)
    for word in one:
        now = [0, *(before[at] + 1 if word == there else 0 for at, there in enumerate(other))]
        best, before = max(best, *now), now
    return best


def _grams(text: str, run: int) -> Hashes:
    return window_hashes(token_hashes(plain_words(text)), run)


def by_set(recited: Sequence[Recital]) -> Iterator[tuple[str, list[Recital]]]:
    """The answered ones of each evaluation set, in order."""
    for name in dict.fromkeys(one.text.benchmark for one in recited):
        yield name, [one for one in recited if one.text.benchmark == name and one.said is not None]
