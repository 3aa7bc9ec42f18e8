"""`semantic_duplicates`: records whose embeddings point the same way, whatever their words."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from sterling.curate.meaning.drawing import drawn
from sterling.curate.meaning.embedders import Embedding, ServedEmbedder, Static, embedder_for, found
from sterling.curate.meaning.leaders import MARGIN, Alike, alike
from sterling.errors import InputError, SterlingError
from sterling.records import COMPARED, Family, compared, compared_column
from sterling.registry import FitContext, Resolution, RowPairs, Ruling, SetCheck, register
from sterling.registry.check import Stream
from sterling.stats import Evidence, count, proportion
from sterling.text.cells import CELL, Cells, Small, cells_for, lengths_of, small
from sterling.text.embedding import Embedder

_DIMENSIONS = 256
"""Of the offline embedding: at 128 the random part of a cosine is half as large again."""
_SAMPLE = 16_384
"""Records that centres are computed from."""
_READ = 8_192
"""Of these, texts that the offline embedding is fitted to."""
_BORDER = 0.05
"""By how much less cosine with its second centre a record lies in both cells: of pairs at 0.95 one in 600 is missed."""
_NOWHERE = -1
"""The cell of what could not be embedded."""


class Fitted(NamedTuple):
    """What all records are placed by."""

    embedder: Embedder
    cells: Cells
    records: int
    """That stood when this was fitted."""
    refused: Mapping[str, str]
    """Records that the endpoint gave no vector for, and why."""
    nearest: tuple[int, int]
    """Of pairs of the sample at the threshold: how many share a cell, and how many there are."""


@register("check", "semantic_duplicates")
class SemanticDuplicates(SetCheck):
    """Drops a record whose embedding has a cosine of at least `threshold` with that of a better kept one.

    After SemDeDup (Abbas et al., arXiv 2303.09540): spherical k-means puts records into cells, and those of one cell
    are compared. Here a record near a border lies in two cells, and a pair is confirmed by embedding both texts again,
    in double precision. A removal names a record that stays; its score is their cosine.

    The offline embedding (`text.embedding`) knows no meaning. It hears other spelling, order, template and a few other
    words, and is deaf to a paraphrase in other words; and two tasks on one long passage are nearly one text to it. So
    the default threshold is high. With a real model 0.9 to 0.95 is usual: look at removals before you trust it.

    Evidence `semantic_duplicates.cell_recall` says how many pairs of a sample share a cell. A record for which an
    endpoint gave no vector is flagged `not_embedded`; while it owes one, the run stops and may be run again.

    Traps: a text without words is like nothing; numbers weigh as much as other words, so the same problem with other
    numbers may go; what is long and shared outweighs what differs, for which records declare a `view`.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"
    removed_as: ClassVar[str] = "semantic_duplicate"

    threshold: float = Field(default=0.95, ge=0.5, le=1)
    """Cosine from which a record counts as a duplicate."""
    embedding: Embedding = "offline"
    """`offline`, `{model2vec: PATH}` or `{endpoint: NAME}`."""
    keep: Literal["ranked", "farthest"] = "ranked"
    """Who stays. `ranked`: human before synthetic, verified before not, shallower before deeper, as in every check.
    `farthest`: of synthetic ones the one farthest from the centre of its cell, as in SemDeDup; records in two cells
    are then compared in the nearer alone, and only what is surely above the threshold goes."""

    def require(self) -> None:
        """InputError or MissingExtra without the model that `embedding` names."""
        if isinstance(self.embedding, Static):
            found(self.embedding.model2vec, self.locate)

    def columns_read(self) -> Sequence[str]:
        """What `emit` and `confirm` read."""
        return COMPARED

    def rows_per_record(self) -> int:
        """About half lie in two cells."""
        return 2

    def fit(self, context: FitContext) -> Fitted:
        """The embedding and the cells. An endpoint is asked for every vector here, in one process."""
        refused = self._asked(context.pool)
        sample = drawn(context.pool, _SAMPLE)
        embedder = embedder_for(self.embedding, sample.texts[:_READ], _DIMENSIONS, self.locate)
        vectors = small(embedder.embed(sample.texts))
        vectors = vectors[vectors.any(axis=1)]
        cells = Cells.of(vectors, cells_for(sample.records))
        return Fitted(embedder, cells, sample.records, refused, self._shared(cells, vectors))

    def emit(self, batch: pa.RecordBatch, state: Fitted) -> pa.Table:
        """A row for each cell of each record: `cell`, `near` (cosine with its centre) and the `vector`, one byte a
        dimension.
        """
        vectors = _placed(batch, state)
        homes = state.cells.homes(vectors, 0.0 if self.keep == "farthest" else _BORDER)
        told = vectors.any(axis=1)
        both = told & (homes.second >= 0) & (self.keep == "ranked")
        refused = pc.is_in(batch.column("id"), value_set=pa.array([*state.refused], pa.string())).to_numpy(False)
        first, second, lost = np.flatnonzero(told), np.flatnonzero(both), np.flatnonzero(refused & ~told)
        rows = np.concatenate((first, second, lost))
        order = np.argsort(rows, kind="stable")
        cell = np.concatenate((homes.first[first], homes.second[second], np.full(len(lost), _NOWHERE)))[order]
        return _table(rows[order], cell, homes.nearness, vectors)

    def resolve(self, partition: pa.Table) -> Resolution:
        """Pairs of each cell, or of `keep: farthest` what goes; a flag for what could not be embedded."""
        cell = partition["cell"].to_numpy()
        lost = partition["record"].cast(pa.string()).filter(pa.array(cell == _NOWHERE)).to_pylist()
        rulings = [(record, _NOT_EMBEDDED) for record in sorted(lost)]
        members = _ordered(partition, np.flatnonzero(cell != _NOWHERE), by_rank=self.keep == "ranked")
        pairs = _pairs(members, self.threshold)
        if self.keep == "ranked":
            return Resolution(rulings, alike=RowPairs(*(members.rows[side] for side in pairs)))
        return Resolution([*rulings, *self._removed(members, pairs)])

    def confirm_rows(self, batch: pa.RecordBatch, pairs: RowPairs, state: Fitted) -> npt.NDArray[np.float64]:
        """Cosines of the embeddings, summed in double precision; NaN below the threshold."""
        vectors = state.embedder.embed(compared_column(batch)).astype(np.float64)
        one, other = (vectors[side] for side in pairs)
        lengths = lengths_of(one) * lengths_of(other)
        cosines = np.minimum(1.0, np.einsum("ij,ij->i", one, other) / np.where(lengths > 0, lengths, 1))
        return np.where(cosines >= self.threshold, cosines, np.nan)

    def measure(self, state: Fitted) -> Sequence[Evidence]:
        """By what was compared, in how many cells, and how many alike pairs of the sample share one."""
        inputs: dict[str, Any] = {"embedding": state.embedder.name, "threshold": self.threshold, "keep": self.keep}
        shared = f"share of pairs at the threshold, of {CELL:,} records at most, that lie in one cell"
        cells = count("semantic_duplicates.cells", len(state.cells.centres), "k-means cells", **inputs)
        return [cells, proportion("semantic_duplicates.cell_recall", *state.nearest, shared, **inputs)]

    def _asked(self, pool: Stream) -> dict[str, str]:
        """Every text of the pool to the endpoint, if there is one. SterlingError while it owes an answer."""
        if not isinstance(self.embedding, Static) and self.embedding != "offline":
            embedder = ServedEmbedder(self.embedding.endpoint)
            return {record: said for batch in pool() for record, said in _refused(embedder, batch)}
        return {}

    def _shared(self, cells: Cells, sample: Small) -> tuple[int, int]:
        some = sample[:CELL]
        homes = cells.homes(some, 0.0 if self.keep == "farthest" else _BORDER)
        better, worse = alike(some, np.ones(len(some), np.bool_), self.threshold)
        one, other = homes.first[better], homes.first[worse]
        same = one == other
        if self.keep == "ranked":
            also, too = homes.second[better], homes.second[worse]
            same |= (also == other) | (one == too) | ((also == too) & (also >= 0))
        return int(same.sum()), len(same)

    def _removed(self, members: "_Members", pairs: Alike) -> list[tuple[str, Ruling]]:
        """Each that is surely like a leader, for the most similar one."""
        lengths = lengths_of(members.vectors)
        left, right = (members.vectors[side].astype(np.int64) for side in pairs)
        cosines = np.einsum("ij,ij->i", left, right) / (lengths[pairs.better] * lengths[pairs.worse])
        sure = np.flatnonzero(cosines >= self.threshold + MARGIN)
        _, first = np.unique(pairs.worse[sure], return_index=True)
        mine = sure[first]
        kept, gone = members.names(pairs.better[mine]), members.names(pairs.worse[mine])
        told = zip(gone, kept, cosines[mine].tolist(), strict=True)
        return [(worse, Ruling("drop", self.removed_as, cosine, {"kept": best})) for worse, best, cosine in told]


_NOT_EMBEDDED = Ruling(
    "flag", "not_embedded", None, {"mend": "the endpoint refused this text; shorten it, or leave it"}
)


class _Members(NamedTuple):
    """Rows of a partition, cell after cell in the order in which records stay."""

    rows: npt.NDArray[np.int64]
    """Where each lies in the partition."""
    cells: npt.NDArray[np.int32]
    vectors: Small
    protected: npt.NDArray[np.bool_]
    records: pa.StringArray

    def names(self, rows: npt.NDArray[np.int64]) -> list[str]:
        named: list[str] = self.records.take(pa.array(rows)).to_pylist()
        return named


def _placed(batch: pa.RecordBatch, state: Fitted) -> Small:
    """As wide as the centres, where no text has a vector too. InputError for an endpoint that changed its mind."""
    vectors, width = small(state.embedder.embed(compared_column(batch))), state.cells.centres.shape[1]
    if not vectors.any():
        return np.zeros((len(vectors), width), np.int8)
    if vectors.shape[1] != width:
        what = f"{state.embedder.name}: vectors of {width} and of {vectors.shape[1]} dimensions"
        raise InputError(what, mend="say `revision` of the endpoint, so that it is one model")
    return vectors


def _table(
    rows: npt.NDArray[np.int64], cell: npt.NDArray[np.int64], near: npt.NDArray[np.float64], vectors: Small
) -> pa.Table:
    width = vectors.shape[1]
    drawn_ = np.ascontiguousarray(vectors[rows])
    columns = {
        "row": rows.astype(np.int32),
        "partition": cell.astype(np.int64).astype(np.uint64),
        "cell": cell.astype(np.int32),
        "near": near[rows].astype(np.float32),
        "vector": pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(rows), [None, pa.py_buffer(drawn_)]),
    }
    return pa.table(columns)


def _ordered(partition: pa.Table, rows: npt.NDArray[np.int64], *, by_rank: bool) -> _Members:
    """By cell, then by rank and id; or the protected first, then those farthest from the centre."""
    there = partition.take(pa.array(rows))
    keyed = there.append_column("name", there["record"].cast(pa.string()))
    keyed = keyed.append_column("spare", pc.invert(there["protected"]).cast(pa.int8()))
    by = ["cell", "rank", "name"] if by_rank else ["cell", "spare", "near", "name"]
    order = pc.sort_indices(keyed, sort_keys=[(key, "ascending") for key in by])
    taken = keyed.select(["cell", "vector", "protected", "name"]).take(order).combine_chunks()
    column = taken["vector"].combine_chunks()
    width = column.type.byte_width
    data = np.frombuffer(column.buffers()[1], np.int8)[column.offset * width : (column.offset + len(column)) * width]
    protected = taken["protected"].combine_chunks().to_numpy(zero_copy_only=False)
    cells, names = taken["cell"].to_numpy(), taken["name"].combine_chunks()
    return _Members(rows[order.to_numpy()], cells, data.reshape(-1, width), protected, names)


def _pairs(members: _Members, threshold: float) -> Alike:
    """Of each cell."""
    borders = np.flatnonzero(np.diff(members.cells, prepend=-1, append=-1))
    found_ = [Alike(np.empty(0, np.int64), np.empty(0, np.int64))]
    for start, end in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        one = alike(members.vectors[start:end], members.protected[start:end], threshold)
        found_.append(Alike(one.better + start, one.worse + start))
    return Alike(*(np.concatenate(side) for side in zip(*found_, strict=True)))


def _refused(embedder: ServedEmbedder, batch: pa.RecordBatch) -> list[tuple[str, str]]:
    _, failed = embedder.ask(compared(batch))
    owed = [failure for failure in failed.values() if failure.owed]
    if owed:
        said = f"`{embedder.endpoint.model}` owes {len(owed)} of {batch.num_rows} embeddings"
        raise SterlingError(
            f"{said} ({owed[0].reason}: {owed[0].message})\n  mend: run again when it answers; what came is kept"
        )
    ids = batch.column("id")
    return [(ids[at].as_py(), failure.reason) for at, failure in failed.items()]
