"""One judge's vote on one record, out of what it said at each look."""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Any, NamedTuple

from sterling.models import Endpoint
from sterling.verify.judging.hearing import Opinion, Unheard, consult
from sterling.verify.judging.rubric import Rubric
from sterling.verify.judging.subject import Subject


class Vote(NamedTuple):
    """What one judge says of one record."""

    side: int
    """1 for the record, -1 against it, 0 where the judge contradicts itself or calls it even."""
    score: float
    """On the rubric's scale; for a pair the share of verdicts for `chosen`."""
    shown: Mapping[str, Any]
    """For the evidence: raw scores and reasons."""


def votes(
    endpoint: Endpoint, subjects: Sequence[Subject], rubric: Rubric, threshold: float, samples: int
) -> list[Vote | Unheard]:
    """One judge's vote on each subject, all questions in flight at once."""
    sheets = [rubric.sheets(subject) for subject in subjects]
    heard = iter(consult(endpoint, [sheet for group in sheets for sheet in group], samples))
    looks = [[next(heard) for _ in group] for group in sheets]
    return [_vote(subject, said, threshold) for subject, said in zip(subjects, looks, strict=True)]


def _vote(subject: Subject, looks: Sequence[Sequence[Opinion | Unheard]], threshold: float) -> Vote | Unheard:
    """A vote stands on all that was asked: one look that failed is a judgement that failed, an owed one first."""
    unheard = [one for look in looks for one in look if isinstance(one, Unheard)]
    if unheard:
        return max(unheard, key=lambda one: one.owed)
    opinions = [[one for one in look if isinstance(one, Opinion)] for look in looks]
    return _preference(*opinions) if subject.is_pair else _point(subject, opinions[0], threshold)


def _point(subject: Subject, opinions: Sequence[Opinion], threshold: float) -> Vote:
    scores = [one.score for one in opinions]
    score = _mean(scores)
    side = 1 if score >= threshold else -1
    parts = [dict(one.parts) for one in opinions if one.parts]
    shown = {"scores": scores, "reasons": [one.reason for one in opinions]} | ({"criteria": parts} if parts else {})
    return Vote(-side if subject.label is False else side, score, shown)


def _preference(chosen_first: Sequence[Opinion], chosen_second: Sequence[Opinion]) -> Vote:
    """In the second order the opinions speak for `rejected`."""
    first, second = [one.score for one in chosen_first], [1 - one.score for one in chosen_second]
    orders = [_mean(first), _mean(second)]
    sides = {(score > 0.5) - (score < 0.5) for score in orders}
    side = sides.pop() if len(sides) == 1 else 0
    shown = {"orders": orders, "reasons": [one.reason for one in (*chosen_first, *chosen_second)]}
    return Vote(side, _mean(orders), shown)


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)
