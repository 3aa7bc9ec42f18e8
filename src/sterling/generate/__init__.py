"""Strategies: synthetic records from tasks. They write and never judge."""

from sterling.generate.adversarial import Adversarial
from sterling.generate.backtranslate import Backtranslate
from sterling.generate.completions import Completions
from sterling.generate.constitution import Constitution
from sterling.generate.curriculum import Curriculum
from sterling.generate.debate import Debate
from sterling.generate.dialogue import Dialogue
from sterling.generate.distill import Distill
from sterling.generate.evaluation import Evaluation
from sterling.generate.evolve import Evolve
from sterling.generate.mutations import Mutations
from sterling.generate.procedural import Procedural
from sterling.generate.rephrase import Rephrase
from sterling.generate.self_instruct import SelfInstruct
from sterling.generate.template import Template
from sterling.generate.textbook import Textbook
from sterling.generate.tools import Tools
from sterling.generate.traces import Traces
from sterling.generate.translate import Translate
from sterling.generate.writing.by_function import Desk, strategy

__all__ = [
    "Adversarial",
    "Backtranslate",
    "Completions",
    "Constitution",
    "Curriculum",
    "Debate",
    "Desk",
    "Dialogue",
    "Distill",
    "Evaluation",
    "Evolve",
    "Mutations",
    "Procedural",
    "Rephrase",
    "SelfInstruct",
    "Template",
    "Textbook",
    "Tools",
    "Traces",
    "Translate",
    "strategy",
]
