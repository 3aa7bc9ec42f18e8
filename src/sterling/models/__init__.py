"""Models behind chat endpoints: asked once, paid once, and known by family."""

from sterling.models.asking import ask, classify
from sterling.models.conversation import Answer, Failure, Question, Scores, Usage
from sterling.models.endpoint import Endpoint, ModelRef
from sterling.models.families import depth_of, lineage, lineage_of
from sterling.models.mock import mock, mock_stats
from sterling.models.script import Script

__all__ = [
    "Answer",
    "Endpoint",
    "Failure",
    "ModelRef",
    "Question",
    "Scores",
    "Script",
    "Usage",
    "ask",
    "classify",
    "depth_of",
    "lineage",
    "lineage_of",
    "mock",
    "mock_stats",
]
