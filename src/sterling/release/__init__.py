"""The folder that leaves the house: Parquet, rejected with reasons, provenance, evidence, report and dataset card."""

from sterling.release.contents import CardFacts, Configuration, Contents, Options
from sterling.release.earlier import EarlierRelease, earlier_release
from sterling.release.folder import recover, write_release
from sterling.release.lineage import ANCESTRY, ANCHOR, CARRIED, Lineage
from sterling.release.redact import REJECTED, REJECTED_INPUT, redact

__all__ = [
    "ANCESTRY",
    "ANCHOR",
    "CARRIED",
    "REJECTED",
    "REJECTED_INPUT",
    "CardFacts",
    "Configuration",
    "Contents",
    "EarlierRelease",
    "Lineage",
    "Options",
    "earlier_release",
    "recover",
    "redact",
    "write_release",
]
