"""Verification: checks by something that did not write the record."""

from sterling.verify.agreement import Agreement
from sterling.verify.answer_leaks import AnswerLeaks
from sterling.verify.code import Code
from sterling.verify.compiles import Compiles
from sterling.verify.environment import EnvironmentReplay
from sterling.verify.format import Format
from sterling.verify.grounded import Grounded
from sterling.verify.json_schema import JsonSchema
from sterling.verify.judge import Judge
from sterling.verify.math import Math
from sterling.verify.procedural import Procedural
from sterling.verify.regex import Regex
from sterling.verify.replay import Replay
from sterling.verify.reward import Reward
from sterling.verify.solved import Solved
from sterling.verify.sql import Sql
from sterling.verify.steps import StepsHold
from sterling.verify.tests import Tests
from sterling.verify.tool_calls import ToolCalls
from sterling.verify.translation import Translation

__all__ = [
    "Agreement",
    "AnswerLeaks",
    "Code",
    "Compiles",
    "EnvironmentReplay",
    "Format",
    "Grounded",
    "JsonSchema",
    "Judge",
    "Math",
    "Procedural",
    "Regex",
    "Replay",
    "Reward",
    "Solved",
    "Sql",
    "StepsHold",
    "Tests",
    "ToolCalls",
    "Translation",
]
