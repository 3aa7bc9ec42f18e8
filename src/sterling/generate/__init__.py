"""Strategies: synthetic records from tasks. They write and never judge."""

from sterling.generate.by_function import Desk, strategy
from sterling.generate.completions import Completions
from sterling.generate.distill import Distill
from sterling.generate.mutations import Mutations
from sterling.generate.rephrase import Rephrase
from sterling.generate.template import Template
from sterling.generate.traces import Traces

__all__ = ["Completions", "Desk", "Distill", "Mutations", "Rephrase", "Template", "Traces", "strategy"]
