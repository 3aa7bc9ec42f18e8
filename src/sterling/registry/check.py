"""`Check`: whose judgement it is, and what it says of records one by one or against each other."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from sterling.records import Family, Fault, Outcome, Record
from sterling.registry.part import Part
from sterling.stats import Evidence

Stream = Callable[[], Iterator[pa.RecordBatch]]
"""Batches of `records.SCHEMA`, streamed anew at each call, in an order that does not depend on how shards are cut."""


def nothing() -> Iterator[pa.RecordBatch]:
    """A stream without batches."""
    return iter(())


class FitContext(NamedTuple):
    """What a check may look at before it judges."""

    protected: Stream = nothing
    """The anchor's records in role `test`."""
    anchor: Stream = nothing
    """The anchor's records in role `train`, of every origin, whatever any check said of them."""
    pool: Stream = nothing
    """What still stands and is about to be judged, and for a set check also what earlier rounds settled, first."""


class Check(Part):
    """Says keep, drop or flag, and why. Register subclasses of `RecordCheck` or `SetCheck`."""

    family: ClassVar[Family]
    """Whose judgement it is; decides whether a keep verifies."""
    asks_once: ClassVar[bool] = False
    """It asks models in `fit` alone: its questions do not grow with the records, and a preview asks them all."""
    human: Literal["flag", "drop"] = "flag"
    """What a drop means for a human record: the anchor stays whole unless the recipe says otherwise."""
    concludes_from: ClassVar[Sequence[str] | None] = None
    """Columns of `records.SCHEMA`, `id` among them, that `conclude` reads; None means that it may read any."""

    def may_drop(self) -> bool:
        """Whether any ruling under these options can be a drop. False for a check that keeps and flags at most.

        A record that it fails to judge is dropped all the same, as the fault says.
        """
        return True

    def fit(self, context: FitContext) -> Any:
        """State that every batch is judged with: picklable, the same for any number of shards. None if not needed."""
        return None

    def measure(self, state: Any) -> Sequence[Evidence]:
        """Evidence about the check itself, once per run: how large the benchmark is, which tier the sandbox reached."""
        return ()

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """Evidence about the population: records of each shard beside their verdicts (`VERDICT_SCHEMA`), in order.

        `state` is what `fit` gave. Called once a step, after every shard is judged, without gold and without records
        that did not concern it.
        """
        return ()


class Seed(NamedTuple):
    """A record of which it is known whether it is good: mixed blind into a check's input, it measures the check."""

    record: Record
    good: bool
    kind: str = "given"
    """How a bad one is wrong, as far as that is known."""
    writer: str | None = None
    """The model that wrote it, if one did."""


class NearMiss(NamedTuple):
    """A wrong answer made on purpose of a right one, as like it as possible."""

    record: Record
    """The right record with another payload or reference."""
    kind: str
    """How it was made: `off_by_one`, `swapped_unit`, `a_or_b`."""


class Ruling(NamedTuple):
    """What a check says of one record. The engine makes a `Verdict` of it: whose record, which check, which family."""

    outcome: Outcome
    reason: str
    """A code in snake_case."""
    score: float | None = None
    evidence: Mapping[str, Any] = {}
    """What a doubter needs to see it for himself. JSON values."""


class RecordCheck(Check):
    """Judges each record by itself."""

    needs: ClassVar[frozenset[str]] = frozenset()
    """Keys of `reference` of which a record must have one to be judged; empty means that every record is."""
    gold: str | None = None
    """File of labelled rows, mixed blind into the input to measure this check: `gold` is `good` or `bad`."""
    near_misses: int = Field(default=0, ge=0, le=100_000)
    """So many near misses join the gold: of human records of the holdout role, and of others where those are few."""
    max_false_accept_rate: float | None = Field(default=None, gt=0, lt=1)
    """The run fails its gate when the 95 % upper bound of the measured rate is above this."""
    max_false_reject_rate: float | None = Field(default=None, gt=0, lt=1)
    """The same for good records that the check flags or drops."""

    @abstractmethod
    def judge(self, batch: pa.RecordBatch, state: Any) -> Sequence[Ruling | Fault]:
        """One ruling or fault for each row of a batch of `records.SCHEMA`, in order."""

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """Near misses of a record that is right: wrong, and hard to tell. None where that can't be done.

        How certain it is that they are wrong, each check says: a changed digit is, a mutant that answers otherwise on
        some input is so only if the task has that input.
        """
        return ()


class ModelCheck(RecordCheck):
    """Asks models. The engine runs it in one process, and lets it verify only what another family made.

    A record whose maker shares a family with the check's models is not put before it: it is flagged `same_family`.
    One whose maker's family is unknown is judged, but a keep does not verify it.
    """

    family: ClassVar[Family] = "model"
    same_family: Literal["refuse", "accept"] = "refuse"
    """`accept` asks a judge about its own family's work; that keep verifies nothing, and the policy wants a waiver."""
    human_too: bool = False
    """Ask about human records as well. They need no verification, and each question is paid for."""

    @abstractmethod
    def families(self) -> frozenset[str]:
        """Families of all models that are asked, those that they were distilled from included."""


class RowPairs(NamedTuple):
    """Pairs of rows of a partition, the better record's row and the worse one's: two arrays of one length."""

    better: npt.NDArray[np.int64]
    worse: npt.NDArray[np.int64]

    @classmethod
    def none(cls) -> "RowPairs":
        """No pair."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))


_NO_PAIRS = RowPairs.none()


class Resolution(NamedTuple):
    """What one partition told: rulings at once, or pairs that must be confirmed by reading."""

    rulings: Sequence[tuple[str, Ruling]] = ()
    """(record's id, what is said of it)."""
    pairs: Sequence[tuple[str, str]] = ()
    """(better, worse) record ids by rank."""
    alike: RowPairs = _NO_PAIRS
    """The same as `pairs`, for a check that proposes millions."""
    equal: RowPairs = _NO_PAIRS
    """Pairs that need no reading: each worse one goes as `removed_as`, once, with similarity 1."""


class SetCheck(Check):
    """Judges records against each other, with no phase that sees the whole collection.

    emit: each batch to rows under partition keys. resolve: each partition to rulings, or to pairs. confirm: pairs to
    exact similarities by reading both texts. A record that no phase drops is kept with reason `unique`.

    Evidence of a removal: `kept`, the record that stays, whose rank is better by the `rule` (`earlier`: settled before,
    `human`, `verified`, `shallower`, or the lower `id`); `cluster`, how many records that one stands for, itself
    included; and `at`, where it lies, if it is from `against`.
    """

    removed_as: ClassVar[str] = "duplicate"
    """Reason of a removal that follows from confirmed pairs."""
    against: str | tuple[str, ...] = ()
    """Files, folders (releases) or patterns of earlier data. Their records are compared with, stay, and are not judged:
    what is like one of them goes, whatever its rank."""

    def columns_read(self) -> Sequence[str] | None:
        """Columns of `records.SCHEMA` that `emit`, `view` and `confirm_rows` read; None means that they may read any.

        Fewer are read from disk where they are named: the two that the engine needs are there besides.
        """
        return None

    def rows_per_record(self) -> int:
        """How many rows `emit` makes of a record, about: into how many partitions the rows are cut follows from it."""
        return 1

    @abstractmethod
    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """Rows of `row` (int32, index into the batch), `partition` (uint64), and columns of the check's own.

        The engine adds `record` (its id, as a dictionary), `rank` (int64, lower stays), `head` (uint64, the first eight
        bytes of the id) and `protected` (bool: kept whatever is said). Columns that repeat a value for many rows may be
        dictionaries, too. Rows of one record lie in one chunk of a partition.
        """

    @abstractmethod
    def resolve(self, partition: pa.Table) -> Resolution:
        """All rows with equal `partition` are here, and others may be: group by your own columns."""

    def view(self, batch: pa.RecordBatch) -> list[str]:
        """The text of each row that `confirm` reads."""
        raise TypeError(f"{type(self).__name__} returns pairs, so it must say which text it compares")

    def confirm(self, pairs: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> list[float | None]:
        """The true similarity of each pair, or None when it is below the threshold."""
        raise TypeError(f"{type(self).__name__} returns pairs, so it must confirm them")

    def confirm_rows(self, batch: pa.RecordBatch, pairs: RowPairs, state: Any) -> npt.NDArray[np.float64]:
        """`confirm` for rows of a batch of `columns_read` and `id`; NaN where that says None.

        `state` is what `fit` gave. By itself it asks `view` and `confirm`: a check that confirms
        millions of pairs does better with columns.
        """
        ids = batch.column("id").to_pylist()
        named = [(ids[one], ids[other]) for one, other in zip(*(side.tolist() for side in pairs), strict=True)]
        scores = self.confirm(named, dict(zip(ids, self.view(batch), strict=True)))
        return np.array([math.nan if score is None else score for score in scores], np.float64)
