"""The registry of terms: what providers allow with what their models write, who has read it, and when.

An entry is one document. Those that come with Sterling say what was found, with its source; nobody has reviewed them
for you, so they hold every release back until a person signs a copy.
"""

from sterling.models.terms.entry import USES, Applies, Document, State, Terms, Use, UseKind, place_of
from sterling.models.terms.registry import Registry, lookup, registry, shipped
from sterling.models.terms.signing import signed, write
from sterling.models.terms.standing import Doubt, Served, candidates, doubts, today

__all__ = [
    "USES",
    "Applies",
    "Document",
    "Doubt",
    "Registry",
    "Served",
    "State",
    "Terms",
    "Use",
    "UseKind",
    "candidates",
    "doubts",
    "lookup",
    "place_of",
    "registry",
    "shipped",
    "signed",
    "today",
    "write",
]
