"""Untrusted code in, plain data out. Every program that a model wrote is run here and nowhere else."""

from sterling.sandbox.outcome import STATUSES, Limits, Outcome, Program, Shown
from sterling.sandbox.sandbox import Sandbox
from sterling.sandbox.shared import shared_sandbox
from sterling.sandbox.tier import self_test

__all__ = ["STATUSES", "Limits", "Outcome", "Program", "Sandbox", "Shown", "self_test", "shared_sandbox"]
