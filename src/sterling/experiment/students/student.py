"""`Student`: what every learner of an experiment can be asked."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from sterling.experiment.tasks import Example

Floats = npt.NDArray[np.float64]
LossUnit = Literal["bits a token", "bits a label"]
"""`bits a token`: tokens are Sterling's own (`text.pieces`), whatever a student cuts text into by itself."""


class Student(Protocol):
    """Whatever learns from examples and can be asked what others cost."""

    @property
    def name(self) -> str:
        """Which it is, for evidence."""

    @property
    def unit(self) -> LossUnit:
        """Of its losses."""

    def losses(self, training: Sequence[Example], seed: int) -> Floats:
        """Train anew, and say what each of the test's examples costs. NaN for one that costs nothing to say."""
