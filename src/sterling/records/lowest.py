"""A sample of records that does not depend on how they were cut into shards."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc


def lowest(tables: Iterable[pa.Table], most: int) -> pa.Table | None:
    """Of tables with a column `id` the `most` rows with the smallest ids, in their order; None of no table.

    Ids are digests, so these are a random sample, and always the same one. Holds `most` rows and one table.
    """
    best: pa.Table | None = None
    for table in tables:
        joined = table if best is None else pa.concat_tables([best, table])
        best = joined.take(pc.sort_indices(joined["id"])[:most])
    return best
