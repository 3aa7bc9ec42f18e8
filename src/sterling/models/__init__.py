"""Models behind chat endpoints: asked once, paid once, and known by family."""

from sterling.models.asking import ask, classify
from sterling.models.conversation import Answer, Failure, Question, Scores, Usage
from sterling.models.embeddings import embed
from sterling.models.endpoint import Endpoint, ModelRef, endpoints_of
from sterling.models.families import depth_of, lineage, lineage_of
from sterling.models.http.mends import insist
from sterling.models.mocking.mock import mock, mock_stats
from sterling.models.mocking.script import Script
from sterling.models.opened import Filled, Models, Unanswered
from sterling.models.strategy import AskingStrategy, ModelStrategy

__all__ = [
    "Answer",
    "AskingStrategy",
    "Endpoint",
    "Failure",
    "Filled",
    "ModelRef",
    "ModelStrategy",
    "Models",
    "Question",
    "Scores",
    "Script",
    "Unanswered",
    "Usage",
    "ask",
    "classify",
    "depth_of",
    "embed",
    "endpoints_of",
    "insist",
    "lineage",
    "lineage_of",
    "mock",
    "mock_stats",
]
