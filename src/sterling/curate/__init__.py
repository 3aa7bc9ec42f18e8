"""Which records are too many: exact and near duplicates, and what overlaps with an evaluation set."""

from sterling.curate.classifier import Classifier
from sterling.curate.coherence import Coherence
from sterling.curate.contamination import Contamination
from sterling.curate.exact import ExactDuplicates
from sterling.curate.knowledge import BenchmarkKnowledge
from sterling.curate.language import Language
from sterling.curate.length import Length
from sterling.curate.near import NearDuplicates
from sterling.curate.novelty import Novelty
from sterling.curate.pairs.settle import Removal, settle
from sterling.curate.perplexity import Perplexity
from sterling.curate.personal_data import PersonalData
from sterling.curate.quality import Quality
from sterling.curate.quota import Quota
from sterling.curate.semantic import SemanticDuplicates
from sterling.curate.templates import TemplateCollapse
from sterling.curate.toxicity import Toxicity
from sterling.curate.voice import Voice

__all__ = [
    "BenchmarkKnowledge",
    "Classifier",
    "Coherence",
    "Contamination",
    "ExactDuplicates",
    "Language",
    "Length",
    "NearDuplicates",
    "Novelty",
    "Perplexity",
    "PersonalData",
    "Quality",
    "Quota",
    "Removal",
    "SemanticDuplicates",
    "TemplateCollapse",
    "Toxicity",
    "Voice",
    "settle",
]
