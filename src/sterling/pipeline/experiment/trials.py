"""The trainings of an experiment: every student on every arm with every seed, each of them done once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sterling.engine.step import Step
from sterling.experiment import ADDED, Arm, Corpus, Example, Floats, Solver, Student, fed, on_top
from sterling.pipeline.experiment.candidates import Document

DRAWN = 0.8
"""Share of all documents that a seed draws. Arms share the draw, so what they differ in is what they are named for."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Trains on one arm with one seed, and keeps what the test then costs. Work for a crew."""

    step: Step
    arms: Sequence[Arm]
    pool: Sequence[Document]
    share: float
    seed: int
    """Of the recipe."""
    students: Mapping[str, Student]
    solvers: Mapping[str, Solver]

    def __call__(self, unit: int) -> dict[str, Any]:
        """Unit n is arm n modulo the arms, with the seed n divided by them. A finished one is not trained again."""
        return self.step.once(unit, lambda: self._train(unit))

    def _train(self, unit: int) -> dict[str, Any]:
        seed, at = divmod(unit, len(self.arms))
        training = self.training(self.arms[at], seed)
        told = {
            "unit": unit,
            "tokens": sum(one.tokens for one in training),
            "synthetic": sum(one.tokens for one in training if not one.real),
            "losses": {name: _plain(one.losses(_read(training), seed)) for name, one in self.students.items()},
            "failures": {name: _plain(one.failures(_read(training), seed)) for name, one in self.solvers.items()},
        }
        return self.step.commit(unit, counts=told)

    def training(self, arm: Arm, seed: int) -> list[Document]:
        """What an arm is fed with a seed: synthetic documents first, real ones last."""
        there = drawn(self.pool, self.seed, seed)
        kept = _pools(there, ADDED)
        most = on_top(kept.real, kept.synthetic, self.share)
        pools = _pools(there, arm)
        return fed(arm.feed, pools.real, pools.synthetic, self.share, most)


def drawn(pool: Sequence[Document], recipe_seed: int, seed: int) -> list[Document]:
    """In random order; each document has one number a seed, whatever arm asks."""
    numbers = np.random.default_rng([recipe_seed, seed]).random(len(pool))
    return [pool[at] for at in np.argsort(numbers).tolist() if numbers[at] < DRAWN]


def told_apart(some: Sequence[Arm], pool: Sequence[Document]) -> tuple[tuple[Arm, ...], dict[str, str]]:
    """Arms that are fed differently; and of each other one, by name, the arm that is fed the same."""
    kept: dict[tuple[object, ...], Arm] = {}
    same: dict[str, str] = {}
    for arm in some:
        entering = np.packbits([enters(one, arm) for one in pool]).tobytes()
        first = kept.setdefault((arm.feed, arm.controls, entering), arm)
        if first is not arm:
            same[arm.name] = first.name
    return tuple(kept.values()), same


class _Pools(NamedTuple):
    """What an arm is fed from with one seed."""

    real: Corpus[Document]
    synthetic: Corpus[Document]


def _pools(there: Sequence[Document], arm: Arm) -> _Pools:
    mine = [one for one in there if enters(one, arm)]
    return _Pools(_corpus([one for one in mine if one.real]), _corpus([one for one in mine if not one.real]))


def enters(one: Document, arm: Arm) -> bool:
    """Whether a document may be fed to an arm."""
    match arm.pool:
        case "kept":
            return not one.dropped_by
        case "without_strategy":
            return not one.dropped_by and (one.real or one.source != arm.subject)
        case "without_earlier":
            return not one.dropped_by and not one.age
        case "without_check":
            return one.dropped_by in {"", arm.subject}
        case "unfiltered":
            return not one.dropped_by or not one.real


def _corpus(documents: Sequence[Document]) -> Corpus[Document]:
    return Corpus(documents, [one.tokens for one in documents])


def _read(training: Sequence[Document]) -> list[Example]:
    return [one.example for one in training]


def _plain(values: Floats) -> list[float | None]:
    """As JSON has it: what is not finite is nothing."""
    return [value if np.isfinite(value) else None for value in values.tolist()]


class Results(NamedTuple):
    """What came of all trainings."""

    losses: Mapping[str, Mapping[str, Floats]]
    """By student, then by arm: seeds x test documents."""
    failures: Mapping[str, Mapping[str, Floats]]
    """By solver, then by arm: seeds x its items."""
    tokens: Mapping[str, float]
    """By arm, the mean over seeds."""
    synthetic: Mapping[str, float]


def results(markers: Sequence[Mapping[str, Any]], arms: Sequence[Arm]) -> Results:
    """The markers of all units, in any order, as arrays."""
    ordered = sorted(markers, key=lambda marker: int(marker["unit"]))
    by_arm = {arm.name: ordered[at :: len(arms)] for at, arm in enumerate(arms)}
    return Results(
        _arrays(by_arm, "losses"),
        _arrays(by_arm, "failures"),
        {name: float(np.mean([one["tokens"] for one in mine])) for name, mine in by_arm.items()},
        {name: float(np.mean([one["synthetic"] for one in mine])) for name, mine in by_arm.items()},
    )


def _arrays(by_arm: Mapping[str, Sequence[Mapping[str, Any]]], kind: str) -> dict[str, dict[str, Floats]]:
    names = next(iter(by_arm.values()))[0][kind]
    return {
        name: {arm: np.array([one[kind][name] for one in mine], np.float64) for arm, mine in by_arm.items()}
        for name in names
    }
