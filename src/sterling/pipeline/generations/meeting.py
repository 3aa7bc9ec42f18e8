"""This run's anchor against every real record that earlier generations read, by the digest of the payload."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, read_batch
from sterling.engine.step import Step
from sterling.pipeline.generations.erasing import Erasures
from sterling.pipeline.generations.known import HELD_BACK, TRAIN, Keys, Known, Row, keys_of, role_bits
from sterling.records.files import write_parquet
from sterling.release import ANCHOR, EarlierRelease
from sterling.stats import Evidence, count
from sterling.text.lookup import positions

MET = pa.schema([("first", pa.int32()), ("times", pa.int64()), ("last", pa.bool_())])
"""Beside each anchor record: the generation that first read it, how many mixes held it, whether the last one did."""
_READ = ("id", "content", "role", "origin", "source", "row")
_SHOWN = 5

Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class _Seen:
    """Some records, counted, with the first of them."""

    n: int = 0
    examples: list[dict[str, str]] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch, which: Flags) -> None:
        """The rows of a batch that are marked."""
        self.n += int(which.sum())
        for at in np.flatnonzero(which)[: _SHOWN - len(self.examples)].tolist():
            self.examples.append({name: batch.column(name)[at].as_py() for name in ("source", "row", "role")})


@dataclass(slots=True)
class Reunion:
    """What became of the real records of earlier generations."""

    erased_ids: frozenset[str] = frozenset()
    """Every id that an erased record ever had."""
    earlier: int = 0
    """Different payloads that earlier generations read, without erased ones."""
    human: int = 0
    new_human: int = 0
    vanished: _Seen = field(default_factory=_Seen)
    trained_on: _Seen = field(default_factory=_Seen)
    held_back: _Seen = field(default_factory=_Seen)
    still_read: _Seen = field(default_factory=_Seen)
    erased: int = 0
    """Payloads of real records that erasures name."""
    named: frozenset[str] = frozenset()
    """What of the erasures some real record answers to."""

    def evidence(self, erasures: Erasures, unknown: int) -> list[Evidence]:
        """For the policy: `anchor.vanished`, `anchor.moved.*`, `anchor.erased`, `anchor.new_human`."""
        same = "by the digest of the payload, in any role"
        return [
            _told("anchor.vanished", self.vanished, f"earlier anchor records that this run did not read, {same}",
                  of=self.earlier),
            _told("anchor.moved.trained_on", self.trained_on, "records held back before that this run trains on"),
            _told("anchor.moved.held_back", self.held_back, "records trained on before that this run holds back"),
            _told("anchor.erased", self.still_read, "erased records that this run has read all the same",
                  erased=self.erased, unknown=unknown, by=list(erasures.by)),
            Evidence("anchor.new_human", self.new_human, self.human, None,
                     "records of human origin that no earlier generation had, of all of human origin"),
        ]  # fmt: skip


def meet(step: Step, old: EarlierRelease, anchors: Sequence[Shard], erasures: Erasures, generation: int) -> Reunion:
    """Hold the two against each other; writes `met` beside each shard of the anchor, and `before`.

    Streams both sides. Held in memory: 22 bytes for each payload that was ever read, 16 for each record of this run.
    """
    known = Known.of(map(Row.of, old.anchors()))
    found = Reunion()
    gone = _erased(old, erasures, found)
    ids, contents = _meet_each(step, anchors, known, found, gone, generation)
    _look_back(step, old, found, gone, ids, contents)
    return found


def _erased(old: EarlierRelease, erasures: Erasures, found: Reunion) -> frozenset[str]:
    """Digests of the payloads that were erased; whoever is named by an id is looked up."""
    if not erasures.named:
        return frozenset()
    rows = [(id_, content) for id_, content in _identities(old) if not erasures.named.isdisjoint({id_, content})]
    contents = erasures.contents | {content for _, content in rows}
    found.erased_ids = erasures.ids | {id_ for id_, content in _identities(old) if content in contents}
    found.erased = len({content for _, content in rows})
    found.named = frozenset(one for row in rows for one in row)
    return frozenset(contents)


def _identities(old: EarlierRelease) -> Iterator[tuple[str, str]]:
    for batch in old.anchors():
        yield from zip(*(batch.column(name).to_pylist() for name in ("id", "content")), strict=True)


def _meet_each(
    step: Step, anchors: Sequence[Shard], known: Known, found: Reunion, gone: frozenset[str], generation: int
) -> tuple[Keys, Keys]:
    """Keys of the ids and of the payloads of this run's anchor, each sorted."""
    ids, contents = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for shard in anchors:
        batch = read_batch(shard.records, _READ)
        keys = keys_of(batch.column("content"))
        at = known.find(keys)
        write_parquet(step.part("met", shard.number), _met(known, at, generation))
        _moved(batch, known, at, found)
        if gone:
            found.still_read.add(batch, _among(batch.column("content"), gone))
        human = np.array([origin == "human" for origin in batch.column("origin").to_pylist()], np.bool_)
        found.human += int(human.sum())
        found.new_human += int((human & (at < 0)).sum())
        ids.append(keys_of(batch.column("id")))
        contents.append(keys)
    return np.sort(np.concatenate(ids)), np.unique(np.concatenate(contents))


def _met(known: Known, at: npt.NDArray[np.int64], generation: int) -> pa.Table:
    if not len(known.keys):
        columns = [np.full(len(at), generation), np.zeros(len(at)), np.zeros(len(at), np.bool_)]
    else:
        columns = [
            np.where(at >= 0, known.first[at], generation), np.where(at >= 0, known.times[at], 0),
            (at >= 0) & known.last[at],
        ]  # fmt: skip
    types = [(column, one.type) for column, one in zip(columns, MET, strict=True)]
    return pa.table([pa.array(column).cast(kind) for column, kind in types], schema=MET)


def _moved(batch: pa.RecordBatch, known: Known, at: npt.NDArray[np.int64], found: Reunion) -> None:
    """Records that were on one side of the line between training and what it is measured by, and are on the other."""
    if not len(known.keys):
        return
    now, before = role_bits(batch.column("role")), np.where(at >= 0, known.roles[at], 0)
    found.trained_on.add(batch, (at >= 0) & (now == TRAIN) & ((before & TRAIN) == 0))
    found.held_back.add(batch, (at >= 0) & (now != TRAIN) & ((before & HELD_BACK) == 0))


def _look_back(
    step: Step, old: EarlierRelease, found: Reunion, gone: frozenset[str], ids: Keys, contents: Keys
) -> None:
    """Who is missing; and the rows that stay known although this run has no record of that id."""
    every, lost = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for number, batch in enumerate(old.anchors()):
        keys = keys_of(batch.column("content"))
        stays = ~_among(batch.column("content"), gone)
        here = positions(contents, keys) >= 0
        found.vanished.add(batch, stays & ~here & _first_of(keys))
        lost.append(keys[stays & ~here])
        every.append(np.unique(keys[stays]))
        apart = stays & (positions(ids, keys_of(batch.column("id"))) < 0)
        write_parquet(step.part("before", number), _before(batch, here).filter(pa.array(apart)))
    found.vanished.n = len(np.unique(np.concatenate(lost)))
    found.earlier = len(np.unique(np.concatenate(every)))


def _before(batch: pa.RecordBatch, here: Flags) -> pa.Table:
    changed: Mapping[str, Any] = {"last": np.zeros(batch.num_rows, np.bool_), "here": here}
    columns = [pa.array(changed[one.name]) if one.name in changed else batch.column(one.name) for one in ANCHOR]
    return pa.table(columns, schema=ANCHOR)


def _first_of(keys: Keys) -> Flags:
    """Of equal keys the first."""
    first = np.zeros(len(keys), np.bool_)
    first[np.unique(keys, return_index=True)[1]] = True
    return first


def _among(column: pa.StringArray, named: frozenset[str]) -> Flags:
    found = pc.is_in(column, value_set=pa.array(sorted(named), pa.string()))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def _told(name: str, seen: _Seen, method: str, **more: Any) -> Evidence:
    return count(name, seen.n, method, **more, examples=seen.examples)
