"""How rare each record is, shard by shard: what weighing the filters reads, in two passes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sterling.curate.impact.chance import MOST_HOLDERS
from sterling.curate.impact.tails import BANDS, LEAST
from sterling.engine.judge import NOT_CONCERNED
from sterling.engine.shards import Shard, read_batch
from sterling.records import COMPARED, text_column
from sterling.records.places import open_parquet
from sterling.text import Hashes, token_hashes
from sterling.text.clusters import Clusters
from sterling.text.directions import directions
from sterling.text.invisible import MARKED, STRIPPED
from sterling.text.kernels import kernels
from sterling.text.rarity import Held, Seen, held, held_pairs, held_words, mean_bits, share_alone

WORD_BITS, PAIR_BITS, TAG_BITS = 22, 24, 16
"""Buckets: 16 MiB, 16 MiB and 256 KiB."""
_RARE_TAG = 0.01
_READ = ("id", "tags", *COMPARED)
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


class Counted(NamedTuple):
    """Distinct buckets, and in how many texts each occurs."""

    buckets: npt.NDArray[np.uint32]
    times: npt.NDArray[np.uint32]


class Looked(NamedTuple):
    """What the first pass says of one shard."""

    words: Counted
    pairs: Counted
    tags: Counted
    sample: list[tuple[str, str]]
    """(id, text)."""


class Groups(NamedTuple):
    """How records are told apart."""

    records: int
    thin: int
    words: Seen
    pairs: Seen
    tags: Seen
    edges: tuple[float, ...]
    """Rarity in bits at which the next band begins."""
    alone: float
    """Share of pairs that no other record has, from which a record is in the group `rare_ngrams`."""
    clusters: Clusters
    names: tuple[str, ...]
    """Of the clusters: the words that tell each from the others."""
    tracked: int
    """Of the rare word types those are followed whose bucket is a multiple of this."""


class Fate(NamedTuple):
    """What one check did in one shard, or in all."""

    before: Mapping[tuple[str, str], int]
    """Judged records by (kind of group, group)."""
    after: Mapping[tuple[str, str], int]
    judged: npt.NDArray[np.uint64]
    """Of the records that hold a tracked type: the first 64 bits of their ids."""
    dropped: npt.NDArray[np.uint64]


class Told(NamedTuple):
    """What the second pass says of one shard."""

    fates: Mapping[str, Fate]
    """By check."""
    types: npt.NDArray[np.uint32]
    """Tracked types, for each holding."""
    holders: npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Look:
    """First pass over a shard: which types are rare, and some texts to learn from."""

    share: float
    thin: int

    def __call__(self, shard: Shard) -> Looked:
        """Frequencies and a sample of one shard."""
        batch = read_batch(shard.records, _READ)
        texts = text_column(batch)
        hashes = kernels().word_hashes(texts)
        ids = batch.column("id").to_pylist()
        drawn = [int(id_[:8], 16) < self.share * 2**32 for id_ in ids]
        some = texts.filter(pa.array(drawn, pa.bool_())).to_pylist()
        return Looked(
            _counted(held_words(hashes, WORD_BITS)),
            _counted(held_pairs(hashes, PAIR_BITS, self.thin)),
            _counted(_held_tags(batch)),
            list(zip([id_ for id_, mine in zip(ids, drawn, strict=True) if mine], some, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Weigh:
    """Second pass: who was judged, and who was left, by check and group."""

    groups: Groups

    def __call__(self, shard: Shard) -> Told:
        """The records of one shard, each told by its groups."""
        batch = read_batch(shard.records, _READ)
        hashes = kernels().word_hashes(text_column(batch))
        words = held_words(hashes, WORD_BITS)
        kinds = self._kinds(batch, hashes, words)
        counts = self.groups.words.counts[words.buckets]
        rare = (counts <= MOST_HOLDERS) & (words.buckets % self.groups.tracked == 0)
        keys = np.array([int(id_[:16], 16) for id_ in batch.column("id").to_pylist()], np.uint64)
        holds = np.zeros(batch.num_rows, np.bool_)
        holds[words.texts[rare]] = True
        fates = {check: _fate(kinds, keys, holds, *said) for check, *said in _said(shard, batch.column("id"))}
        return Told(fates, words.buckets[rare].astype(np.uint32), keys[words.texts[rare]])

    def _kinds(self, batch: pa.RecordBatch, hashes: Sequence[Hashes], words: Held) -> "_Kinds":
        groups, n = self.groups, batch.num_rows
        seen = groups.words.counts[words.buckets]
        band = np.searchsorted(groups.edges, mean_bits(words, groups.words, groups.records, n))
        hapax = np.bincount(words.texts[seen == 1], minlength=n) > 0
        alone = share_alone(held_pairs(hashes, PAIR_BITS, groups.thin), groups.pairs, n)
        tags = _held_tags(batch)
        few = groups.tags.counts[tags.buckets] <= max(LEAST, _RARE_TAG * groups.records)
        rare_tag = np.bincount(tags.texts[few], minlength=n) > 0
        marks = {"hapax": hapax, "rare_ngrams": alone >= groups.alone, "rare_tags": rare_tag}
        homes = groups.clusters.assign(directions(words, n))
        return _Kinds(band, homes, groups.names, marks, _tags(batch))


class _Kinds(NamedTuple):
    """The groups of each record of a shard."""

    band: Numbers
    home: Numbers
    names: tuple[str, ...]
    marks: Mapping[str, Flags]
    tags: pa.ListArray

    def counts(self, mine: Flags) -> dict[tuple[str, str], int]:
        """How many of some records are in each group."""
        found = {("all", ""): int(np.count_nonzero(mine))}
        found |= {("band", band): n for band, n in zip(BANDS, _times(self.band[mine], len(BANDS)), strict=True)}
        homes = zip(self.names, _times(self.home[mine], len(self.names)), strict=True)
        found |= {("cluster", name): n for name, n in homes if n}
        found |= {("mark", name): int(np.count_nonzero(mark & mine)) for name, mark in self.marks.items()}
        tags = pc.value_counts(pc.list_flatten(self.tags.filter(pa.array(mine)))).to_pylist()
        return found | {("tag", one["values"]): one["counts"] for one in tags}


def _fate(kinds: _Kinds, keys: npt.NDArray[np.uint64], holds: Flags, judged: Flags, dropped: Flags) -> Fate:
    return Fate(kinds.counts(judged), kinds.counts(judged & ~dropped), keys[judged & holds], keys[dropped & holds])


def _said(shard: Shard, ids: pa.StringArray) -> Iterator[tuple[str, Flags, Flags]]:
    """(check, who was judged, who was dropped) for each check that had a say about a record of the shard."""
    for path in shard.verdicts:
        verdicts = open_parquet(path).read(["record", "check", "outcome", "reason"], use_threads=False)
        mine = verdicts.filter(pc.not_equal(verdicts["reason"], NOT_CONCERNED))
        if mine.num_rows:
            rows = pc.index_in(mine["record"].combine_chunks(), value_set=ids).to_numpy()
            judged, dropped = np.zeros(len(ids), np.bool_), np.zeros(len(ids), np.bool_)
            judged[rows] = True
            dropped[rows] = pc.equal(mine["outcome"], "drop").to_numpy()
            yield mine["check"][0].as_py(), judged, dropped


def _tags(batch: pa.RecordBatch) -> pa.ListArray:
    """The tags that the data has: what the import noted of invisible characters is no property of a subject."""
    tags = batch.column("tags")
    flat = pc.list_flatten(tags)
    noted = pc.or_(pc.starts_with(flat, STRIPPED), pc.starts_with(flat, MARKED)).to_numpy(zero_copy_only=False)
    if not noted.any():
        return tags
    ends = np.cumsum(pc.fill_null(pc.list_value_length(tags), 0).to_numpy(zero_copy_only=False))
    kept = np.concatenate([[0], np.cumsum(~noted)])
    offsets = kept[np.concatenate([[0], ends])].astype(np.int32)
    return pa.ListArray.from_arrays(offsets, flat.filter(pa.array(~noted)))


def _held_tags(batch: pa.RecordBatch) -> Held:
    """Each tag is hashed once, however many records have it."""
    tags = _tags(batch)
    flat = pc.list_flatten(tags).dictionary_encode()
    hashes = token_hashes(flat.dictionary.to_pylist())[flat.indices.to_numpy()]
    lengths = pc.fill_null(pc.list_value_length(tags), 0).to_numpy()
    return held(hashes, np.repeat(np.arange(batch.num_rows), lengths), TAG_BITS)


def _counted(held: Held) -> Counted:
    buckets, times = np.unique(held.buckets, return_counts=True)
    return Counted(buckets.astype(np.uint32), times.astype(np.uint32))


def _times(codes: Numbers, kinds: int) -> list[int]:
    found: list[int] = np.bincount(codes, minlength=kinds).tolist()
    return found
