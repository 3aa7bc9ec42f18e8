"""The folder that leaves the house: Parquet, rejected with reasons, provenance, evidence, report and dataset card."""

from sterling.release.contents import CardFacts, Configuration, Contents, Options
from sterling.release.folder import recover, write_release
from sterling.release.redact import REJECTED, REJECTED_INPUT, redact

__all__ = [
    "REJECTED",
    "REJECTED_INPUT",
    "CardFacts",
    "Configuration",
    "Contents",
    "Options",
    "recover",
    "redact",
    "write_release",
]
