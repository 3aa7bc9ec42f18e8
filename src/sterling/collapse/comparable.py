"""Whether a corpus can be held against this real text at all: the same kind of text, and not that text itself."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sterling.collapse.comparing import Finding
from sterling.collapse.deciding import ALPHA
from sterling.stats import Evidence
from sterling.text import Hashes, token_hashes

STRANGE = "another language or tokenisation"
_KNOWN = 0.5
"""A corpus of which fewer tokens are known than this share of what is known of real text is in another language."""
_TOKEN = 1.5
"""Tokens so many times as long, or as short, are cut in another way."""
_LONG = 12.0
"""Mean characters of a token that no script with spaces has."""
_SPACELESS = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, kana and Chinese characters."""
_MOST = 0.5
_RICHER = 2 / 3
SPLIT = "split off a part of your text before training, and name that as real text"


class Kind(NamedTuple):
    """What the tokens of a stretch are like."""

    known: float
    """The share that the reference has."""
    length: float
    """Mean characters."""
    spaceless: float
    """The share of characters in scripts that put no spaces between words."""


def kind(tokens: Sequence[str], vocabulary: Hashes) -> Kind:
    """Of one token or more. `vocabulary`: sorted hashes of the tokens of the reference."""
    characters = sum(map(len, tokens))
    spaceless = sum(len(_SPACELESS.findall(token)) for token in tokens) / characters
    known = float(np.isin(token_hashes(tokens), vocabulary).mean())
    return Kind(known, characters / len(tokens), spaceless)


def unlike(mine: Kind, usual: Kind) -> str | None:
    """Why the two kinds of text cannot be compared; None where they can. `usual`: other real text."""
    if max(mine.spaceless, usual.spaceless) > _MOST or max(mine.length, usual.length) > _LONG:
        return (
            f"script without spaces: a token is a clause there and not a word ({mine.length:.1f} characters, in real "
            f"text {usual.length:.1f}); put spaces between the words of both sides first"
        )
    if mine.known < _KNOWN * usual.known or not 1 / _TOKEN < mine.length / usual.length < _TOKEN:
        return (
            f"{STRANGE}: {mine.known:.0%} of its tokens are known to the real text, of other real text "
            f"{usual.known:.0%}; they have {mine.length:.1f} characters, there {usual.length:.1f}"
        )
    return None


def repeated(texts: Sequence[str], real: Collection[str]) -> str | None:
    """Whether most documents of a corpus stand in the real text, word by word. `real`: a set."""
    same = sum(text in real for text in texts)
    if same <= _MOST * len(texts):
        return None
    what = "identical to the real text" if same == len(texts) else f"{same / len(texts):.0%} of it is the real text"
    return f"{what}, so nothing was compared; {SPLIT}"


def copied(findings: Sequence[Finding], kappa: Sequence[Evidence]) -> str | None:
    """Whether it has more of what is rare in this real text than other real text has, in bigrams and in words."""
    recall = next((f for f in findings if f.measure.name == "rare_bigram_recall"), None)
    once = next((one for one in kappa if one.inputs["band"] == "once"), None)
    if recall is None or once is None or once.interval is None:
        return None
    if recall.p > ALPHA or recall.relative < recall.measure.margin or once.interval.low <= 1:
        return None
    return (
        "it has more of the rare words and bigrams of this real text than other real text has: was the generator "
        f"trained or prompted with it? Then copying looks like health; {SPLIT}"
    )


def swapped(findings: Sequence[Finding]) -> Iterator[str]:
    """A hint where nearly all measures say that the real text is the poorer one."""
    voting = [f for f in findings if f.measure.family != "shown"]
    better = sum(f.said == "better" for f in voting)
    if voting and better >= _RICHER * len(voting):
        measures = f"{better} of {len(voting)} measures"
        yield f"richer than the real text in {measures}: is the order right? Real text is named first"
