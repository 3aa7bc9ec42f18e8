"""Verification: checks by something that did not write the record."""

from sterling.verify.math import Math
from sterling.verify.replay import Replay
from sterling.verify.tests import Tests

__all__ = ["Math", "Replay", "Tests"]
