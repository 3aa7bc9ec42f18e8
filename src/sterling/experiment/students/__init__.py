"""Who is trained on an arm: small models by default, and transformers where torch is installed."""

from sterling.experiment.students.choices import Choices
from sterling.experiment.students.labels import Labels
from sterling.experiment.students.ngrams import Ngrams
from sterling.experiment.students.student import Floats, LossUnit, Student
from sterling.experiment.students.transformer import Checkpoint, Small, Transformer

__all__ = ["Checkpoint", "Choices", "Floats", "Labels", "LossUnit", "Ngrams", "Small", "Student", "Transformer"]
