"""Does the synthetic part help? Arms with and without it, on real data that nobody trained on."""

from sterling.experiment.arms import ARMS, Arm, Corpus, fed
from sterling.experiment.effects import Effect, Verdict, effect, verdict
from sterling.experiment.students import Ngrams, Student

__all__ = ["ARMS", "Arm", "Corpus", "Effect", "Ngrams", "Student", "Verdict", "effect", "fed", "verdict"]
