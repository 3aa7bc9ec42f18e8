"""Strategies: synthetic records from tasks. They write and never judge."""

from sterling.generate.by_function import Desk, strategy
from sterling.generate.completions import Completions
from sterling.generate.mutations import Mutations
from sterling.generate.rephrase import Rephrase
from sterling.generate.traces import Traces

__all__ = ["Completions", "Desk", "Mutations", "Rephrase", "Traces", "strategy"]
