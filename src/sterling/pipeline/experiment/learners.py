"""Who is trained in an experiment: the students and solvers that the data at hand allow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sterling.errors import InputError
from sterling.experiment import Choices, Example, Labels, Ngrams, RareWords, Solver, Student, Unsuited
from sterling.experiment.students import Checkpoint, Small, Transformer
from sterling.pipeline.experiment.candidates import Candidates
from sterling.pipeline.experiment.judging import judge_of
from sterling.pipeline.experiment.trials import drawn
from sterling.recipes import Recipe

USUAL = ("ngrams", "labels", "choices")
"""`ngrams`: likelihood under a trigram model, of all words and of rare ones. `labels`: a classifier, where completions
are labels. `choices`: the right answer among others, judged by the recipe's checks."""
NAMES = (*USUAL, "transformer", "transformer:FOLDER")
_Made = Ngrams | Labels | Choices | Transformer | Unsuited


class Learners(NamedTuple):
    """By the short name that evidence calls them by."""

    students: Mapping[str, Student]
    """What a test document costs them is compared."""
    rare: Mapping[str, Student]
    """What rare words cost them is compared: one more look at the tail."""
    solvers: Mapping[str, Solver]
    """What they fail at is compared."""
    unsuited: Sequence[str]
    """Who was not to be had on these data, and why."""
    heavy: bool
    """Whether one of them wants the machine for itself."""


def learners(recipe: Recipe, found: Candidates, seeds: int, names: Sequence[str] = ()) -> Learners:
    """Those that are named, or the usual ones. InputError for a name that is none, or where nobody is left to train."""
    require_known(names)
    test, others = [one.example for one in found.test], [one.example for one in found.pool]
    draws = [drawn(found.pool, recipe.seed, seed) for seed in range(seeds)]
    real = [[one.example for one in draw if one.real and not one.dropped_by] for draw in draws]
    made = {name.partition(":")[0]: _made(name, recipe, test, others) for name in names or USUAL}
    here = {name: one for name, one in made.items() if not isinstance(one, Unsuited)}
    unsuited = [f"{one.name}: {one.why}" for one in made.values() if isinstance(one, Unsuited)]
    if not here:
        what = "no student can be trained on these data: " + "; ".join(unsuited)
        raise InputError(what, where="--students", mend="leave --students out")
    return Learners(
        {name: one for name, one in here.items() if not isinstance(one, Choices)},
        {"rare_words": RareWords(test, real, others)} if "ngrams" in here else {},
        {name: one for name, one in here.items() if not isinstance(one, Ngrams) and one.items},
        unsuited,
        any(isinstance(one, Transformer) for one in here.values()),
    )


def require_known(names: Sequence[str]) -> None:
    """InputError for a student that is none."""
    for name in names:
        kind, _, rest = name.partition(":")
        if name not in NAMES and not (kind == "transformer" and rest):
            raise InputError(
                f"there is no student `{name}`", where="--students", mend=f"take some of {', '.join(NAMES)}"
            )


def _made(name: str, recipe: Recipe, test: Sequence[Example], others: Sequence[Example]) -> _Made:
    kind, _, folder = name.partition(":")
    match kind:
        case "labels":
            return Labels.of(test, others)
        case "choices":
            return Choices.of(test, judge_of(recipe), recipe.seed)
        case "transformer":
            return Transformer(test, Checkpoint(Path(folder)) if folder else Small(), test, judge_of(recipe))
        case _:
            return Ngrams(test, others)
