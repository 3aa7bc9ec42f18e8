"""The synthetic share that was asked for, and the one that the synthetic data there is can reach."""

from typing import Any, NamedTuple

from sterling.pipeline.experiment.candidates import Candidates
from sterling.stats import Evidence

_NEAR = 0.005
"""A share that falls short by less counts as reached: documents are not cut."""


class Reach(NamedTuple):
    """What a share asks for, in tokens."""

    asked: float
    """Synthetic part of all tokens of a mixed arm."""
    real: int
    """Real tokens that stand after the checks; every mixed arm but `matched` holds all of them."""
    standing: int
    """Synthetic tokens that stand."""
    sampled: bool
    """Whether both are counts of a sample, since there is more than an experiment reads."""

    @classmethod
    def of(cls, found: Candidates, asked: float) -> "Reach":
        """Of all that stands, before seeds draw from it."""
        real = sum(one.tokens for one in found.pool if one.real and not one.dropped_by)
        made = sum(one.tokens for one in found.pool if not one.real and not one.dropped_by)
        return cls(asked, real, made, found.sampled)

    @property
    def needed(self) -> int:
        """Synthetic tokens with which the share would be reached beside all real ones."""
        return round(self.real * self.asked / (1 - self.asked))

    @property
    def reached(self) -> float:
        """The share that can be had."""
        return min(self.asked, self.standing / (self.real + self.standing))

    @property
    def short(self) -> bool:
        """Whether there is too little synthetic data for the share."""
        return self.reached < self.asked - _NEAR

    @property
    def sentence(self) -> str:
        """What was asked and what is reached, as people read it."""
        if not self.short:
            return f"{self.asked:.0%} synthetic tokens asked, and there are enough"
        beside = ", in a sample of both" if self.sampled else ""
        return (
            f"{self.asked:.0%} asked, {self.reached:.0%} reached: {self.standing:,} synthetic tokens stand, "
            f"{self.needed:,} would be needed beside {self.real:,} real ones{beside}"
        )

    def evidence(self, share: float, seeds: int) -> Evidence:
        """`experiment.share`: what mixed arms came to hold, the mean over seeds."""
        return Evidence("experiment.share", share, seeds, None, self.sentence, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """For programs, and for the rule that asks for an experiment."""
        return {
            "asked": self.asked, "real": self.real, "standing": self.standing, "needed": self.needed,
            "sampled": self.sampled, "short": self.short, "sentence": self.sentence,
        }  # fmt: skip
