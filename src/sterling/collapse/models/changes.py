"""What changed between the first generation and a later one, item by item, and the word for it.

Both answered the same items, so each difference is one of an item with itself. P values are Holm's over all that is
compared of a later generation. Nothing is called equal but what lies within its margin: absence of evidence is none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from sterling.collapse import deciding
from sterling.collapse.models.nouns import ALL, Generation, Tail
from sterling.collapse.models.rates import Value, bits_a_token, distinct_in, passing
from sterling.stats import Contrast, Evidence, Interval, holm, moments, t_contrast

LEAST = 20
"""Items below which nothing is said of a difference."""
Measure = Literal["pass", "distinct", "token_entropy"]
Said = deciding.Said | Literal["insufficient sample"]
Stage = Literal["none", "early", "late", "insufficient sample"]
_PASS_MARGIN = 0.05
_DISTINCT_MARGIN = 0.05
"""Of the room between one form and as many as are drawn."""
_ENTROPY_MARGIN = 0.05
"""Of the first generation's."""


class Change(NamedTuple):
    """One measure in one band: a later generation less the first."""

    measure: Measure
    band: str
    contrast: Contrast
    items: int
    """That both generations have a value for."""
    p: float
    """Adjusted for all that is compared of this generation."""
    margin: float
    said: Said
    would_do: int
    """Items with which it would be decided, about."""


class Verdict(NamedTuple):
    """A later generation in a word and a sentence."""

    stage: Stage
    why: str


class _Pairs(NamedTuple):
    measure: Measure
    band: str
    differences: list[float]
    margin: float
    largest: float
    """Difference that an item can have; of token entropy, all the bits that any had at first."""


def changes(tail: Tail, first: Generation, later: Generation, draws: Mapping[str, int]) -> list[Change]:
    """Pass rate and distinct right solutions in each band, and token entropy where both have log-probabilities."""
    pairs = list(_pairs(tail, first, later, draws))
    contrasts = [paired(one.differences, one.largest) for one in pairs]
    tested = [at for at, one in enumerate(pairs) if len(one.differences) >= LEAST]
    adjusted = dict(zip(tested, holm([contrasts[at].p for at in tested]), strict=True))
    return [_change(one, contrasts[at], adjusted.get(at, 1.0)) for at, one in enumerate(pairs)]


def paired(differences: Sequence[float], largest: float = 1.0) -> Contrast:
    """Student's paired t, 95 %. Of fewer than two differences it knows nothing: p is 1 and the interval endless.

    Where no difference varies, that is taken as known as of one more item that differs by the largest possible,
    `largest`. Where that is 0 no item can differ, and the difference is known.
    """
    n = len(differences)
    if n < 2:
        return Contrast(math.fsum(differences), Interval(-math.inf, math.inf), 1.0, 0.0)
    centre, square = moments(differences)
    return t_contrast(centre, square or (largest / n) ** 2, n - 1)


def _pairs(tail: Tail, first: Generation, later: Generation, draws: Mapping[str, int]) -> Iterator[_Pairs]:
    for band in tail.names:
        items = [item for item in tail.items(band) if item in first.answers and item in later.answers]
        yield _Pairs("pass", band, _differences(first, later, items, passing), _PASS_MARGIN, 1.0)
        room = draws[band] - 1
        found = _differences(first, later, items, distinct_in(draws[band]))
        yield _Pairs("distinct", band, found, _DISTINCT_MARGIN * room, room)
    bits = [value for one in first.answers.values() if (value := bits_a_token(one)) is not None]
    if bits and any(one.tokens for one in later.answers.values()):
        items = [item for item in first.answers if item in later.answers]
        margin = _ENTROPY_MARGIN * math.fsum(bits) / len(bits)
        yield _Pairs("token_entropy", ALL, _differences(first, later, items, bits_a_token), margin, max(bits))


def _differences(first: Generation, later: Generation, items: Sequence[str], value: Value) -> list[float]:
    both = ((value(first.answers[item]), value(later.answers[item])) for item in items)
    return [after - before for before, after in both if before is not None and after is not None]


def _change(pairs: _Pairs, contrast: Contrast, p: float) -> Change:
    n, margin = len(pairs.differences), pairs.margin
    said: Said = "insufficient sample"
    if n >= LEAST:
        said = deciding.said(contrast.difference, contrast.interval, p, margin, "falls")
    would_do = _needed(n, contrast, margin) if said in {"undecided", "insufficient sample"} else n
    return Change(pairs.measure, pairs.band, contrast, n, p, margin, said, would_do)


def _needed(n: int, contrast: Contrast, margin: float) -> int:
    """Items whose interval would end before the margin, or beyond it, if the difference stays what it is.

    Next to the margin that is endless: then as many as make the interval half as wide as the margin.
    """
    if n < 2 or not margin:
        return LEAST
    half = (contrast.interval.high - contrast.interval.low) / 2
    room = max(abs(margin - abs(contrast.difference)), margin / 2)
    return max(LEAST, n + 1, math.ceil(n * (half / room) ** 2))


def verdict(found: Sequence[Change]) -> Verdict:
    """Late: the pass rate falls in a band. Early: right solutions or tokens get less varied while it does not.

    A pass rate that is not shown to hold is said to be undecided, and no finding is not said to be health.
    """
    worse = [one for one in found if one.said == "worse"]
    fallen = [one.band for one in worse if one.measure == "pass"]
    if fallen:
        return Verdict("late", f"the pass rate falls: {', '.join(fallen)}")
    if worse:
        return Verdict("early", f"variety falls: {_named(worse)}; {_holds(found, [one.band for one in worse])}")
    if all(one.said == "insufficient sample" for one in found):
        most, need = max((one.items for one in found), default=0), max((one.would_do for one in found), default=LEAST)
        return Verdict("insufficient sample", f"{most} items that both answered; about {need:,} would do")
    return Verdict("none", _silence(found))


def _named(worse: Sequence[Change]) -> str:
    bands = ", ".join(one.band for one in worse if one.measure == "distinct")
    entropy = ["token entropy"] if any(one.measure == "token_entropy" for one in worse) else []
    return " and ".join([*([f"distinct right solutions ({bands})"] if bands else []), *entropy])


def _holds(found: Sequence[Change], bands: Sequence[str]) -> str:
    """Whether the pass rate of these bands is shown to hold."""
    open_ = [one.band for one in found if one.measure == "pass" and one.band in bands and one.said != "equal"]
    open_ = [band for band in open_ if not any(one.said == "better" for one in found if one.band == band)]
    return f"whether the pass rate holds is undecided: {', '.join(open_)}" if open_ else "the pass rate holds"


def _silence(found: Sequence[Change]) -> str:
    open_ = [one for one in found if one.said in {"undecided", "insufficient sample"}]
    if not open_:
        return "nothing falls: every difference lies within its margin, or is for the better"
    need = max(one.would_do for one in open_)
    return f"no fall was found; {len(open_)} of {len(found)} differences are undecided (about {need:,} items would do)"


def evidence(name: str, number: int, against: str, found: Sequence[Change], said: Verdict) -> Iterator[Evidence]:
    """`models.<name>.<measure>.<band>.change` for each difference, then `models.<name>.verdict`."""
    for one in found:
        place = one.measure if one.measure == "token_entropy" else f"{one.measure}.{one.band}"
        interval = one.contrast.interval if one.items > 1 else None
        yield Evidence(
            f"models.{name}.{place}.change", one.contrast.difference if one.items else None, one.items, interval,
            "difference of an item's values, later less first generation; paired Student t 95 %, p by Holm",
            {"kind": "change", "generation": number, "name": name, "against": against, "measure": one.measure,
             "band": one.band, "p": one.p, "margin": one.margin, "said": one.said, "would_do": one.would_do},
        )  # fmt: skip
    method = f"{said.stage}: {said.why}" if said.stage != "none" else said.why
    yield Evidence(
        f"models.{name}.verdict", None, max((one.items for one in found), default=0), None, method,
        {"kind": "verdict", "generation": number, "name": name, "against": against, "stage": said.stage},
    )  # fmt: skip
