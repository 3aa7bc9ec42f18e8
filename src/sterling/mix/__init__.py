"""The anchor policy: which records enter the mix, with which weight, and why the others do not."""

from sterling.mix.demands import OTHERS, Demand, demands_of, domain_names
from sterling.mix.ending import END, MAIN
from sterling.mix.limits import Cap, ClusterLeast, Limit, Rules
from sterling.mix.planning import MixPlan, plan
from sterling.mix.ratios import RATIOS_COLUMNS, place_of_domain, ratios_csv, read_ratios
from sterling.mix.shares import Cell, Conflict, Infeasible, Program

__all__ = [
    "END",
    "MAIN",
    "OTHERS",
    "RATIOS_COLUMNS",
    "Cap",
    "Cell",
    "ClusterLeast",
    "Conflict",
    "Demand",
    "Infeasible",
    "Limit",
    "MixPlan",
    "Program",
    "Rules",
    "demands_of",
    "domain_names",
    "place_of_domain",
    "plan",
    "ratios_csv",
    "read_ratios",
]
