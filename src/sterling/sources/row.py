"""`Row`: what a file said at one place, before anybody asked what its columns mean."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sterling.records import Fault


class Row(NamedTuple):
    """One row of a file."""

    values: Mapping[str, Any]
    """By column. From Parquet and Arrow also dates, decimals and bytes, which JSON does not know."""
    where: str
    """`file.jsonl:12`, with the file's name relative to what the user named."""


def fault(where: str, reason: str, message: str) -> Fault:
    """The fault of one row of a source."""
    return Fault(where, "source", reason, message)
