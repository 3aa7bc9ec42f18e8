"""The anchor policy: which records enter the mix, with which weight, and why the others do not."""

from sterling.mix.limits import Limit, Rules
from sterling.mix.planning import MixPlan, plan

__all__ = ["Limit", "MixPlan", "Rules", "plan"]
