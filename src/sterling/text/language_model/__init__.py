"""`LanguageModel`: an n-gram language model small enough to train inside a check, and a student that needs no GPU."""

from sterling.text.language_model.counts import Counting
from sterling.text.language_model.model import LanguageModel, Scores, cross_entropy

__all__ = ["Counting", "LanguageModel", "Scores", "cross_entropy"]
