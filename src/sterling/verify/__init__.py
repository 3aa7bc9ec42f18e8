"""Verification: checks by something that did not write the record."""

from sterling.verify.judge import Judge
from sterling.verify.math import Math
from sterling.verify.replay import Replay
from sterling.verify.reward import Reward
from sterling.verify.steps import StepsHold
from sterling.verify.tests import Tests

__all__ = ["Judge", "Math", "Replay", "Reward", "StepsHold", "Tests"]
