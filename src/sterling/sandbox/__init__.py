"""Untrusted code in, plain data out. Every program that a model wrote is run here and nowhere else."""

from sterling.sandbox.outcome import STATUSES, Answer, Limits, Outcome, Program, Shown
from sterling.sandbox.sandbox import Sandbox, is_relative_name
from sterling.sandbox.shared import shared_sandbox
from sterling.sandbox.tier import self_test

__all__ = [
    "STATUSES",
    "Answer",
    "Limits",
    "Outcome",
    "Program",
    "Sandbox",
    "Shown",
    "is_relative_name",
    "self_test",
    "shared_sandbox",
]
