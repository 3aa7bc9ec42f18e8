"""The synthetic voice, as the page shows it: by which phrases each side is known."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sterling.stats import Evidence

_PREFIX = "voice.phrases."
AREAS = {
    "voice.auc": "by words",
    "voice.auc_same_length": "by words, among texts of like length",
    "voice.length_auc": "by length alone",
}
"""Areas under the curve by name, and what each is told apart by."""


class Line(NamedTuple):
    """A phrase, with the share of the texts of each side that have it."""

    phrase: str
    synthetic: float
    human: float
    p: float


class Side(NamedTuple):
    """Phrases that one side has more often."""

    check: str
    name: str
    """`synthetic` or `human`."""
    lines: Sequence[Line]
    tested: int
    """Phrases of both sides that were put to the test."""


def is_phrases(one: Evidence) -> bool:
    """Whether a table of phrases shows it."""
    return one.name.startswith(_PREFIX)


def voice_sides(evidence: Sequence[Evidence]) -> list[Side]:
    """A table for each side of each check `voice`; none where nothing was measured."""
    return [_side(one) for one in evidence if is_phrases(one)]


def _side(one: Evidence) -> Side:
    texts = one.inputs["texts"]
    lines = [_line(phrase, texts) for phrase in one.inputs["phrases"]]
    return Side(str(one.inputs.get("check", "voice")), one.name.removeprefix(_PREFIX), lines, one.n)


def _line(phrase: dict[str, Any], texts: dict[str, int]) -> Line:
    shares = [phrase[side] / max(1, texts[side]) for side in ("synthetic", "human")]
    return Line(phrase["phrase"], shares[0], shares[1], phrase["p"])
