"""Set checks over shards: emit, exchange by partition, resolve, confirm by reading, settle.

No phase holds the collection. What one process holds is one parcel of shards, one partition, or the texts of some
pairs while they are confirmed; the driver holds 24 bytes for each confirmed pair, and a row for each cluster.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.confirming import Confirmed, distinct, rows_between
from sterling.engine.exchange import Emitted, Everyone, Numbers, Parcel, read_partition, write_table
from sterling.engine.judge import Bench, commit_verdicts, signed
from sterling.engine.said import SAID, by_number, nothing_said, removals_said, rulings_said
from sterling.engine.shards import Shard, left
from sterling.engine.step import Step
from sterling.registry import Resolution, SetCheck


class Removals(Protocol):
    """Places of records that go, of those that stay in their stead, and how alike each two are."""

    @property
    def gone(self) -> Numbers:
        """Places of who goes."""

    @property
    def kept(self) -> Numbers:
        """Places of who stays, one for each."""

    @property
    def similarity(self) -> npt.NDArray[np.float64]:
        """Of the two, as confirmed."""


Settle = Callable[[Numbers, Numbers, npt.NDArray[np.float64], npt.NDArray[np.bool_]], Removals]
"""(pairs as places: one, other, similarity; who is protected, by place) -> who goes. The lower place is the better."""


class Clusters(NamedTuple):
    """How many records stand for others, and the one that stands for most."""

    number: int
    removed: int
    largest: int
    """Records of the largest, the one that stays included; 0 where there is none."""
    survivor: str

    @classmethod
    def total(cls, every: Sequence["Clusters"]) -> "Clusters":
        """Of several parts of a collection that share no cluster."""
        first = max(every, key=lambda one: (one.largest, one.survivor), default=cls(0, 0, 0, ""))
        return first._replace(number=sum(one.number for one in every), removed=sum(one.removed for one in every))


class Resolved(NamedTuple):
    """What one partition said. A file is there only if something is in it."""

    number: int
    said: Path | None
    """Rulings and removals: a table of `SAID`."""
    pairs: Path | None
    """Pairs to be read: `one`, `other`, sorted."""
    members: Path | None
    """Who is in a pair: `number`, sorted."""
    shards: Numbers
    """Of the `one` of each pair, sorted: where pairs may be cut."""
    counts: Numbers
    """How many pairs each of these shards has."""
    clusters: Clusters


@dataclass(frozen=True, slots=True)
class Resolve:
    """Second phase: one partition of every exchange file."""

    folder: Path
    check: SetCheck
    emitted: tuple[Emitted, ...]

    def __call__(self, partition: int) -> Resolved:
        """The check's word on one partition, put into files."""
        rows, numbers = read_partition(self.emitted, partition)
        answer = self.check.resolve(rows)
        pairs = distinct(_numbered(answer, rows, numbers))
        equal = np.stack([numbers[side] for side in answer.equal])
        removals, clusters = removals_of(
            Everyone(self.emitted), self.check.removed_as, equal[1], equal[0], np.ones(len(equal[0]))
        )
        said = pa.concat_tables([removals, rulings_said(answer.rulings, rows["record"], numbers)])
        shards, counts = np.unique(pairs[0] >> 32, return_counts=True)
        tables = {
            "said": by_number(said),
            "pairs": pa.table({"one": pairs[0], "other": pairs[1]}),
            "members": pa.table({"number": np.unique(pairs)}),
        }
        paths = {kind: self._written(f"{kind}-{partition:06d}", table) for kind, table in tables.items()}
        return Resolved(partition, **paths, shards=shards, counts=counts, clusters=clusters)

    def _written(self, name: str, table: pa.Table) -> Path | None:
        path = self.folder / f"{name}.arrow"
        if table.num_rows:
            write_table(path, table)
        return path if table.num_rows else None


def settled(everyone: Everyone, removed_as: str, pairs: Confirmed, settle: Settle) -> tuple[pa.Table, Clusters]:
    """Fifth phase: confirmed pairs to removals, each naming a record that is kept and their true similarity."""
    if not len(pairs.one):
        return nothing_said(), Clusters(0, 0, 0, "")
    numbers = np.unique(np.concatenate([pairs.one, pairs.other]))
    people = everyone.find(numbers)
    order = pc.sort_indices(
        people.select(["rank", "id", "number"]), [(name, "ascending") for name in ("rank", "id", "number")]
    ).to_numpy()
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    one, other = (places[np.searchsorted(numbers, side)] for side in (pairs.one, pairs.other))
    protected = people["protected"].to_numpy()[order]
    removals = settle(one, other, pairs.similarity, protected)
    by_place = numbers[order]
    return removals_of(everyone, removed_as, by_place[removals.gone], by_place[removals.kept], removals.similarity)


def removals_of(
    everyone: Everyone, removed_as: str, gone: Numbers, kept: Numbers, similarity: npt.NDArray[np.float64]
) -> tuple[pa.Table, Clusters]:
    """Removals as they are said, and the clusters that they make."""
    if not len(gone):
        return nothing_said(), Clusters(0, 0, 0, "")
    numbers = np.unique(np.concatenate([gone, kept]))
    people = everyone.find(numbers)
    survivors, home, others = np.unique(kept, return_inverse=True, return_counts=True)
    going, staying = (np.searchsorted(numbers, side) for side in (gone, kept))
    table = removals_said(removed_as, people, going, staying, similarity, others[home] + 1)
    names = people["id"].take(pa.array(np.searchsorted(numbers, survivors))).to_pylist()
    size, survivor = max(zip((others + 1).tolist(), names, strict=True))
    return table, Clusters(len(survivors), len(gone), size, survivor)


@dataclass(frozen=True, slots=True)
class Distribute:
    """Last: verdicts back to their shards, and a keep for every record that nobody removed."""

    step: Step
    bench: Bench
    said: tuple[Path, ...]
    """What came of confirmed pairs, and what partitions said, which counts for more."""

    def __call__(self, parcel: Parcel) -> list[dict[str, Any]]:
        """Commit each shard of a parcel unless it is finished. Returns their markers."""
        first, last = parcel.shards[0].number, parcel.shards[-1].number + 1
        said: list[pa.Table] = []
        return [
            self.step.once(shard.number, partial(self._distribute, shard, said, (first, last)))
            for shard in parcel.shards
        ]

    def _distribute(self, shard: Shard, said: list[pa.Table], shards: tuple[int, int]) -> dict[str, Any]:
        """`said`: of the whole parcel, read when the first of its shards is made."""
        if not said:
            first, last = (number << 32 for number in shards)
            said.append(pa.concat_tables([rows_between(path, first, last) for path in self.said]).combine_chunks())
        batch, rows = left(shard, ("id", "origin"))
        numbers = said[0]["number"].to_numpy()
        mine = np.flatnonzero(numbers >> 32 == shard.number)
        index = np.zeros(batch.num_rows, np.int64)
        index[np.searchsorted(rows, numbers[mine] & 0xFFFFFFFF)] = mine + 1
        final = pa.concat_tables([_UNIQUE, said[0]]).combine_chunks().take(pa.array(index))
        table = signed(self.bench, batch.column("id"), batch.column("origin"), final)
        return commit_verdicts(self.step, shard.number, table, [])


_UNIQUE = pa.Table.from_pylist(
    [{"number": -1, "outcome": "keep", "reason": "unique", "score": None, "evidence": "{}"}], schema=SAID
)


def _numbered(answer: Resolution, rows: pa.Table, numbers: Numbers) -> Numbers:
    """Pairs of a partition as numbers of records: two rows."""
    found = np.stack([numbers[side] for side in answer.alike])
    if not answer.pairs:
        return found
    people = rows["record"].cast(pa.string()).combine_chunks()
    sides = (pa.array(side, pa.string()) for side in zip(*answer.pairs, strict=True))
    named = np.stack([numbers[pc.index_in(side, value_set=people).to_numpy()] for side in sides])
    return np.concatenate([found, named], axis=1)
