"""What earlier generations leave to this run's mix."""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa


class Past(NamedTuple):
    """Of a run that continues an earlier release; `NO_PAST` of one that does not."""

    generation: int
    """This run's: 1 continues nothing, 2 continues a first release."""
    ages: Mapping[int, int]
    """Of shards of earlier synthetic records, by their number: how many generations ago they were written."""
    drawn: pa.Table
    """`id` (string) of real records that earlier mixes held, and in how many of them (`times`, int64)."""


NO_PAST = Past(1, {}, pa.table({"id": pa.array([], pa.string()), "times": pa.array([], pa.int64())}))
"""A first generation."""
