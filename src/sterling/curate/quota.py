"""`quota`: no group of records gets larger than it may be."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.curate.parts import part_column
from sterling.records import Family, compared_column
from sterling.registry import Resolution, Ruling, SetCheck, register
from sterling.stats import Evidence, count, proportion
from sterling.text import token_hashes
from sterling.text.languages import identify

_Most = Annotated[int, Field(ge=0)]
_SHOWN = 20
"""Groups that evidence names."""
_WHOLE = frozenset({"all", "source", "language", "length"})


@register("check", "quota")
class Quota(SetCheck):
    """Drops what a group has more than `most` of, the worst ranked first.

    Human records stay before synthetic ones, verified before unverified, those of less depth before deeper ones, and
    what earlier rounds settled before all; among equals the digest that is the record's id decides, which is as good
    as chance and the same for any shards. Human records count towards the quota and are only flagged beyond it
    (unless `human: drop`), so where they alone fill a group, every synthetic record of it goes.

    A record is in one group: of several tags with the prefix, all of them together are its group (`a + b`). One that
    has none, or whose language can't be told, is in no group and stays.

    Traps: a quota makes rare groups look as frequent as others, which the source was not; it takes records that are
    good, so put it behind the checks of quality and duplicates.
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"

    by: str = "all"
    """`tag:<name>` (the tags `<name>:...`), `source` (the entry of the recipe it came in by), `language` (as
    `text.languages` tells it), `length` (words, by powers of two: `64-127 words`), or `all` for one group."""
    most: _Most | Mapping[str, _Most]
    """Records that each group may have; or a mapping of groups to it, and then other groups have no limit."""

    @model_validator(mode="after")
    def _groups(self) -> Self:
        if self.by not in _WHOLE and not (self.by.startswith("tag:") and len(self.by) > len("tag:")):
            what = f"there is no way to group by `{self.by}`"
            mend = f"one of: tag:<name>, {', '.join(sorted(_WHOLE))}"
            raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
        return self

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """One row for each record that is in a group with a limit; the group's hash is its partition."""
        groups = self._grouped(batch)
        rows = [row for row, group in enumerate(groups) if group is not None and self._limit(group) is not None]
        names = [groups[row] or "" for row in rows]
        return pa.table(
            {
                "row": pa.array(rows, pa.int32()),
                "partition": pa.array(token_hashes(names)),
                "group": pa.array(names, pa.string()).dictionary_encode(),
            }
        )

    def resolve(self, partition: pa.Table) -> Resolution:
        """A drop for each record of a group behind the first `most` by (rank, id)."""
        return Resolution(rulings=list(self._beyond(partition)))

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """`quota.groups`, the largest by name, and `quota.without_group`: records that no limit can reach."""
        groups = Counter(group for batch, _ in judged for group in self._grouped(batch))
        records = groups.total()
        without = groups.pop(None, 0)
        shown = dict(groups.most_common(_SHOWN))
        method = f"groups by `{self.by}` among the judged records; `largest`: records of each before the quota"
        none = f"judged records that are in no group by `{self.by}`: a tag that nobody has, a language that is not told"
        return [
            count("quota.groups", len(groups), method, by=self.by, largest=shown),
            proportion("quota.without_group", without, records, none, by=self.by),
        ]

    def _beyond(self, partition: pa.Table) -> Iterator[tuple[str, Ruling]]:
        plain = pa.table({name: _plain(partition[name]) for name in ("group", "rank", "record")})
        order = plain.sort_by([("group", "ascending"), ("rank", "ascending"), ("record", "ascending")])
        sizes = order.group_by("group", use_threads=False).aggregate([([], "count_all")])
        begin = 0
        for group, size in zip(sizes["group"].to_pylist(), sizes["count_all"].to_pylist(), strict=True):
            most = self._limit(group)
            if most is not None and size > most:
                evidence = {"by": self.by, "group": group, "size": size, "most": most}
                gone = order["record"].slice(begin + most, size - most).to_pylist()
                yield from (
                    (record, Ruling("drop", "over_quota", None, evidence | {"place": place}))
                    for place, record in enumerate(gone, most + 1)
                )
            begin += size

    def _limit(self, group: str) -> int | None:
        return self.most if isinstance(self.most, int) else self.most.get(group)

    def _grouped(self, batch: pa.RecordBatch) -> list[str | None]:
        if self.by == "all":
            return ["all"] * batch.num_rows
        if self.by == "source":
            return list(batch.column("source").to_pylist())
        if self.by == "language":
            return [identify(text) for text in compared_column(batch).to_pylist()]
        if self.by == "length":
            counts = pc.count_substring_regex(part_column(batch, "all"), r"[^\s\v]+")
            return [_bucket(words) for words in counts.to_pylist()]
        prefix = f"{self.by.removeprefix('tag:')}:"
        return [_tagged(tags, prefix) for tags in batch.column("tags").to_pylist()]


def _tagged(tags: list[str], prefix: str) -> str | None:
    found = sorted({tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)})
    return " + ".join(found) or None


def _bucket(words: int) -> str:
    if words < 2:
        return f"{words} words"
    low = 1 << (words.bit_length() - 1)
    return f"{low}-{2 * low - 1} words"


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
