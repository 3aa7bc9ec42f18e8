"""The word for what an arm does, and the sentence behind it."""

import math
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from sterling.experiment.effects import Effect
from sterling.stats import Interval, holm

Word = Literal["helps", "harms", "harms the tail", "inconclusive"]
Said = Literal["worse", "better", "undecided"]
ALPHA = 0.05
_BEYOND = 20
"""Times as many test documents that nobody will bring."""
_REWARDS = "likelihood rewards what is like the generator"
_MOST_HELD = 0.5
"""Share of the anchor that a test may take."""
MARGIN = 0.005
"""Of the control's loss: what may be worse by more than this is not cleared. As `student_tail` of the monitor."""
TRIFLE = 0.0005
"""Of the control's loss: a difference below this is no matter, however sure it is."""


class Verdict(NamedTuple):
    """One word, and the sentence behind it."""

    word: Word
    why: str
    change: str = ""
    """What would change it; empty where nothing could."""


class Held(NamedTuple):
    """The test set that an experiment is judged on."""

    documents: int
    share: float
    """Of all anchor records, as the recipe's `roles.test` has it."""


class Claim(NamedTuple):
    """What one student, or one set of tasks, says of one slice.

    Worse and better know no margin but that of a trifle, unlike those of a monitor: `cleared` is what a margin is for
    here.
    """

    student: str
    effect: Effect
    p: float
    """Adjusted for all arms that are looked at (`adjusted`)."""

    @classmethod
    def achieved(cls, task: str, value: float, interval: Interval, n: int) -> "Claim":
        """What production says; p is of this difference alone."""
        found = Effect.told(value, interval, n)
        return cls(f"{task} in production", found, found.p)

    @property
    def said(self) -> Said:
        """As a row of a report has it."""
        return "worse" if self.worse else "better" if self.better else "undecided"

    @property
    def worse(self) -> bool:
        """Beyond chance."""
        return self._matters and self.p <= ALPHA and self.effect.interval.low > 0

    @property
    def better(self) -> bool:
        """Beyond chance."""
        return self._matters and self.p <= ALPHA and self.effect.interval.high < 0

    @property
    def _matters(self) -> bool:
        return abs(self.effect.value) >= TRIFLE * abs(self.effect.control)

    @property
    def beyond_chance_alone(self) -> bool:
        """Beyond chance, had it been the only arm."""
        return self.effect.p <= ALPHA < self.p

    @property
    def cleared(self) -> bool:
        """Whether harm beyond the margin is ruled out."""
        return self.effect.interval.high <= MARGIN * abs(self.effect.control)


class Claims(NamedTuple):
    """All that is known of one arm."""

    whole: Sequence[Claim]
    """Losses on all documents."""
    tail: Sequence[Claim]
    """Losses on the documents with the rarest words."""
    outside: Sequence[Claim] = ()
    """Losses on the documents that are least like the synthetic ones."""
    tasks: Sequence[Claim] = ()
    """Failures on real tasks."""
    tasks_outside: Sequence[Claim] = ()
    """Failures on those that are least like the synthetic documents."""
    tasks_too: Sequence[Claim] = ()
    """Failures on real tasks against the other controls: what helps must beat these as well."""


def adjusted(effects: Sequence[Effect]) -> list[float]:
    """P values of the same slice and student in all arms, as Holm adjusts them for looking at every arm."""
    return holm([one.p for one in effects])


def verdict(claims: Claims, held: Held | None = None) -> Verdict:
    """What the effects come to. `held`: the whole test, for words on what would change an open verdict.

    The tail gates: what harms it is never said to help, and neither is what may harm it beyond `MARGIN`. Likelihood
    alone never says `helps`, since it rewards text that is like the generator's; failures on real tasks must fall.
    """
    return _harm(claims) or _help(claims) or _open(claims, held)


def _harm(claims: Claims) -> Verdict | None:
    places: tuple[tuple[Word, str, Sequence[Claim]], ...] = (
        ("harms the tail", "loss on the tail rises", claims.tail),
        ("harms", "loss rises", claims.whole),
        ("harms", "failures on real tasks rise", claims.tasks),
        ("harms", "loss rises outside the synthetic distribution", claims.outside),
        ("harms", "failures rise outside the synthetic distribution", claims.tasks_outside),
    )
    for word, what, found in places:
        for claim in found:
            if claim.worse:
                change = "a smaller share, or synthetic documents with the words and topics that lose"
                return Verdict(word, _told(what, claim), change)
    return None


def _help(claims: Claims) -> Verdict | None:
    solved = [claim for claim in claims.tasks if claim.better and all(one.better for one in _same(claim, claims))]
    cleared = all(claim.cleared for claim in (*claims.whole, *claims.tail))
    return Verdict("helps", _told("failures on real tasks fall", solved[0])) if solved and cleared else None


def _same(claim: Claim, claims: Claims) -> list[Claim]:
    """What the same solver says against the other controls."""
    return [one for one in claims.tasks_too if one.student == claim.student]


def _open(claims: Claims, held: Held | None) -> Verdict:
    better = [claim for claim in claims.whole if claim.better]
    if better and not claims.tasks:
        what = f"{_told('loss falls', better[0])}, but likelihood alone proves no help: {_REWARDS}"
        return Verdict("inconclusive", what, "tasks: test records with a prompt, a completion and a check that judges")
    places = (
        ([one for one in claims.tail if not one.cleared], "harm to the tail is not ruled out"),
        ([one for one in claims.whole if not one.cleared], "harm to the mean is not ruled out"),
        (claims.tasks, "failures on real tasks do not differ beyond chance"),
        (claims.tasks_too, "failures on real tasks are not beyond chance fewer than with repeated real data"),
        (claims.whole, "loss does not differ beyond chance"),
    )
    wanting, what = next(
        (min(left, key=_needed), what) for some, what in places if (left := [one for one in some if not one.better])
    )
    told = ", ".join(_sentences(wanting, what))
    if better and wanting in (*claims.tasks, *claims.tasks_too):
        told += f"; loss falls, but {_REWARDS}, so tasks decide"
    return Verdict("inconclusive", told, _more(wanting.effect, held))


def _sentences(claim: Claim, what: str) -> Iterator[str]:
    yield _told(what, claim)
    if claim.beyond_chance_alone:
        yield "which is beyond chance alone, but not among so many arms"


def _told(what: str, claim: Claim) -> str:
    low, high = claim.effect.interval
    return f"{what}: {claim.effect.value:+.3f} [{low:+.3f}, {high:+.3f}] ({claim.student})"


def _more(found: Effect, held: Held | None) -> str:
    """What would tell an effect of this size from 0: seeds where these are most of the doubt, else test documents.

    To two digits, and at least half as many again. It is a guess from the width of one interval.
    """
    if found.by_seeds > 0.5:
        seeds = _rounded(_needed_of(found, found.seeds))
        return f"about {seeds:,} seeds in place of {found.seeds}: `--seeds {seeds}`"
    times = _needed_of(found, found.documents) / found.documents
    here = found.documents if held is None else held.documents
    if times > _BEYOND:
        return f"more than {_BEYOND} times the {here:,} test documents: a difference so small is beyond this anchor"
    told = f"about {_rounded(times * here):,} real documents of the test role in place of {here:,}"
    rows = f"{times:.1f} times as many anchor rows"
    if held is None or times * held.share > _MOST_HELD:
        return f"{told}: {rows}"
    return f"{told}: {rows}, or `roles.test: {times * held.share:.2g}` in place of {held.share:g}"


def _needed(claim: Claim) -> float:
    return _needed_of(claim.effect, claim.effect.documents)


def _needed_of(found: Effect, units: int) -> float:
    half = (found.interval.high - found.interval.low) / 2
    if not found.value:
        return units * 100
    return max(1.5 * units, units * (half / abs(found.value)) ** 2)


def _rounded(needed: float) -> int:
    step: int = 10 ** max(0, math.floor(math.log10(needed)) - 1)
    return math.ceil(needed / step - 1e-9) * step
