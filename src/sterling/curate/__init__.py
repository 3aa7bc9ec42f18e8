"""Which records are too many: exact and near duplicates, and what overlaps with an evaluation set."""

from sterling.curate.contamination import Contamination
from sterling.curate.exact import ExactDuplicates
from sterling.curate.near import NearDuplicates
from sterling.curate.novelty import Novelty
from sterling.curate.settle import Removal, settle

__all__ = ["Contamination", "ExactDuplicates", "NearDuplicates", "Novelty", "Removal", "settle"]
