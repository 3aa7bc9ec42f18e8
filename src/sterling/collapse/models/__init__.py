"""Generations of a model: what each of them answers to one frozen set of real items."""

from sterling.collapse.models.changes import Change, Verdict, changes, evidence, verdict
from sterling.collapse.models.nouns import ALL, Answers, Generation, Tail
from sterling.collapse.models.rates import equal_draws, levels
from sterling.collapse.models.solutions import Form, solution_form

__all__ = [
    "ALL",
    "Answers",
    "Change",
    "Form",
    "Generation",
    "Tail",
    "Verdict",
    "changes",
    "equal_draws",
    "evidence",
    "levels",
    "solution_form",
    "verdict",
]
