"""Who sits on a panel, with which weight, and what their votes come to."""

from collections.abc import Callable, Iterator, Sequence
from math import fsum
from typing import Any, Literal, NamedTuple

import numpy as np

from sterling.errors import InputError, SterlingError
from sterling.models import Endpoint, lineage
from sterling.records import Fault, Outcome
from sterling.registry import Ruling
from sterling.sources import gold_seeds
from sterling.stats import Evidence, Interval, clopper_pearson
from sterling.verify.judging import panel
from sterling.verify.judging.hearing import Unheard
from sterling.verify.judging.member import Vote
from sterling.verify.judging.subject import Subject, subject_of, unasked

Asking = Callable[[Sequence[Subject]], Sequence[Sequence[Vote | Unheard]]]
"""For each member its vote on each subject."""

_REASONS = {
    "point": ("below_threshold", "meets_rubric"),
    "label": ("label_contradicted", "label_confirmed"),
    "pair": ("rejected_preferred", "chosen_preferred"),
}
"""Of a drop and of a keep."""


class Seats(NamedTuple):
    """Who is asked, and with which weight. A member of the panel without weight has no seat: its answer would cost
    money and change nothing."""

    members: tuple[Endpoint, ...]
    weights: tuple[float, ...]
    evidence: tuple[Evidence, ...] = ()
    """How the weights came about."""

    def ruling(self, record: str, subject: Subject, said: Sequence[Vote | Unheard]) -> Ruling | Fault:
        """What the votes on one record come to, in the order of the seats."""
        failed = self._failed(said)
        if failed is not None:
            return failed.fault(record)
        heard = [(vote, weight) for vote, weight in zip(said, self.weights, strict=True) if isinstance(vote, Vote)]
        total = fsum(vote.side * weight for vote, weight in heard)
        side = 0 if abs(total) < 1e-9 else 1 if total > 0 else -1
        return Ruling(
            *_named(side, subject, [vote for vote, _ in heard]), _score(heard), {"judges": [*self._shown(said)]}
        )

    def _failed(self, said: Sequence[Vote | Unheard]) -> Unheard | None:
        """An answer that is owed is waited for; without half of the weight nothing is decided."""
        unheard = [(one, weight) for one, weight in zip(said, self.weights, strict=True) if isinstance(one, Unheard)]
        owed = [one for one, _ in unheard if one.owed]
        if owed or not unheard:
            return owed[0] if owed else None
        silent = fsum(weight for _, weight in unheard)
        return unheard[0][0] if silent >= fsum(self.weights) / 2 else None

    def _shown(self, said: Sequence[Vote | Unheard]) -> Iterator[dict[str, Any]]:
        for member, weight, one in zip(self.members, self.weights, said, strict=True):
            seat = {"model": member.model, "weight": weight}
            if isinstance(one, Unheard):
                yield seat | {"unheard": one.reason}
            else:
                yield seat | {"vote": one.side, "score": one.score, **one.shown}


def _named(side: int, subject: Subject, heard: Sequence[Vote]) -> tuple[Outcome, str]:
    kind = "pair" if subject.is_pair else "point" if subject.label is None else "label"
    drop, keep = _REASONS[kind]
    if side:
        return ("keep", keep) if side > 0 else ("drop", drop)
    if any(vote.side for vote in heard):
        return "flag", "panel_split"
    even = all(score == 0.5 for vote in heard for score in vote.shown["orders"])
    return "flag", "tied" if even else "order_dependent"


def _score(heard: Sequence[tuple[Vote, float]]) -> float:
    return fsum(vote.score * weight for vote, weight in heard) / fsum(weight for _, weight in heard)


def refusal(members: Sequence[Endpoint], same_family: Literal["refuse", "accept"]) -> str | None:
    """Why these are no panel; None when nothing speaks against it.

    Two of one family err together. One whose family nobody knows may be the twin of another, or of a record's maker.
    """
    seen: dict[str, str] = {}
    for member in members:
        families = lineage(member)
        if not families:
            return f"the family of `{member.model}` is unknown, so nobody can say that it is independent of the others"
        shared = sorted(families & seen.keys())
        if shared and same_family == "refuse":
            return f"`{seen[shared[0]]}` and `{member.model}` share the family {shared[0]}, so their errors are alike"
        seen |= dict.fromkeys(families, member.model)
    return None


def equal_seats(members: Sequence[Endpoint]) -> Seats:
    """All weigh the same. Of a panel the evidence says that nobody has measured it."""
    weights = tuple(1 / len(members) for _ in members)
    if len(members) == 1:
        return Seats(tuple(members), weights)
    why = "unmeasured: without `gold` members weigh equally, and nothing says that they beat the best of them"
    inputs = {"members": [member.model for member in members]}
    return Seats(tuple(members), weights, (Evidence("judge.panel.effective_votes", None, 0, None, why, inputs),))


def measured_seats(members: Sequence[Endpoint], path: str, ask: Asking) -> Seats:
    """Weights from what each member says of a gold file.

    InputError with fewer than 20 rows that can be asked about, or when no member beats a coin; SterlingError while a
    member owes an answer, because weights from half of the gold would change with the next run.
    """
    seeds = [(subject_of(seed.record), seed.good) for seed in gold_seeds(path)]
    asked = [(subject, good) for subject, good in seeds if unasked(subject) is None]
    if len(asked) < panel.FEWEST:
        what = f"{len(asked)} rows of gold that a judge can be asked about, and a panel takes {panel.FEWEST} to weigh"
        raise InputError(what, where=path, mend="add labelled rows, or name a single `model`")
    said = ask([subject for subject, _ in asked])
    _all_heard(members, said)
    sides = [[one.side if isinstance(one, Vote) else 0 for one in of_member] for of_member in said]
    pairs = np.array([subject.is_pair for subject, _ in asked], np.bool_)
    truth = np.array([1 if good else -1 for _, good in asked], np.int8)
    return _seated(members, panel.Gold(np.array(sides, np.int8).T, truth, pairs), path)


def _all_heard(members: Sequence[Endpoint], said: Sequence[Sequence[Vote | Unheard]]) -> None:
    for member, of_member in zip(members, said, strict=True):
        owed = [one for one in of_member if isinstance(one, Unheard) and one.owed]
        if owed:
            first = f"{owed[0].reason}: {owed[0].message}"
            raise SterlingError(
                f"judge `{member.model}` owes {len(owed)} of {len(of_member)} answers on the gold ({first})\n"
                "  mend: run again when it answers; what was answered is kept"
            )


def _seated(members: Sequence[Endpoint], gold: panel.Gold, path: str) -> Seats:
    standing, worth, n = panel.settle(gold), panel.effective_votes(gold), len(gold.truth)
    seated = [(member, weight) for member, weight in zip(members, standing.weights.tolist(), strict=True) if weight > 0]
    if not seated:
        mend = "take other models, or say in the rubric what tells good from bad"
        raise InputError("no member of the panel is better than a coin on this gold", where=path, mend=mend)
    names = [member.model for member in members]
    evidence = (*_accuracies(names, standing, gold), _worth(names, worth, n), _gain(names, standing, n))
    return Seats(tuple(member for member, _ in seated), tuple(weight for _, weight in seated), evidence)


def _accuracies(names: Sequence[str], standing: panel.Standing, gold: panel.Gold) -> Iterator[Evidence]:
    """Intervals reach from that of the right answers to that of those not wrong: undecided may be either."""
    n, method = len(gold.truth), "share of gold judged rightly, undecided by half; Clopper-Pearson 95 %"
    for at, name in enumerate(names):
        agrees = gold.votes[:, at] * gold.truth
        right, undecided = int((agrees > 0).sum()), int((agrees == 0).sum())
        interval = Interval(clopper_pearson(right, n).low, clopper_pearson(right + undecided, n).high)
        inputs = {"model": name, "weight": float(standing.weights[at]), "right": right, "undecided": undecided}
        yield Evidence("judge.panel.accuracy", (right + undecided / 2) / n, n, interval, method, inputs)


def _worth(names: Sequence[str], worth: panel.Effective, n: int) -> Evidence:
    method = "n / (1 + (n - 1) * mean correlation of errors), Kish 1965, on gold items; percentile bootstrap 95 %"
    if worth.votes is None:
        method += "; fewer than two members err, or err always"
    inputs = {"members": [*names], "correlation": worth.correlation}
    return Evidence("judge.panel.effective_votes", worth.votes, n, worth.interval, method, inputs)


def _gain(names: Sequence[str], standing: panel.Standing, n: int) -> Evidence:
    compared = standing.comparison
    method = (
        "right decisions of the weighted panel in 10-fold cross-validation less those of its best member, on gold "
        f"items; percentile bootstrap 95 %; {_said_of(standing)}"
    )
    inputs = {
        "weighted": compared.weighted, "best": compared.best, "best_member": names[compared.member],
        "decides_alone": standing.alone,
    }  # fmt: skip
    return Evidence("judge.panel.gain", compared.gain, n, compared.interval, method, inputs)


def _said_of(standing: panel.Standing) -> str:
    if standing.alone:
        return "the panel is worse than its best member, who therefore decides alone"
    if standing.comparison.interval.low <= 0:
        return "the panel is not shown to be better than its best member"
    return "the panel is better than its best member"
