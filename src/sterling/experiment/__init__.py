"""Does the synthetic part help? Arms with and without it, on real data that nobody trained on."""

from sterling.experiment.arms import ADDED, FEEDS, Arm, Corpus, Feed, arms, fed, on_top
from sterling.experiment.effects import LEAST_SEEDS, Effect, effect
from sterling.experiment.rare import RareWords
from sterling.experiment.slices import SLICES, Documents, Slice, slices
from sterling.experiment.students import Choices, Labels, Ngrams, Student
from sterling.experiment.tasks import Example, Floats, Judge, Solver, Unsuited, example_of
from sterling.experiment.verdicts import Claim, Claims, Held, Verdict, adjusted, verdict

__all__ = [
    "ADDED",
    "FEEDS",
    "LEAST_SEEDS",
    "SLICES",
    "Arm",
    "Choices",
    "Claim",
    "Claims",
    "Corpus",
    "Documents",
    "Effect",
    "Example",
    "Feed",
    "Floats",
    "Held",
    "Judge",
    "Labels",
    "Ngrams",
    "RareWords",
    "Slice",
    "Solver",
    "Student",
    "Unsuited",
    "Verdict",
    "adjusted",
    "arms",
    "effect",
    "example_of",
    "fed",
    "on_top",
    "slices",
    "verdict",
]
