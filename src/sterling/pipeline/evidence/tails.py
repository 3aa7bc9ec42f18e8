"""Every filter weighed for what it does to the tails: among the records that were generated, and among the anchor's.

Two passes over the shards, however many checks there are: the first counts in how many records each type occurs, the
second says of each record how rare it is and looks up what every check did with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.curate.impact.chance import MOST_HOLDERS, Holders, vanished
from sterling.curate.impact.tails import Survival, Weighed, tail_impact
from sterling.engine.shards import Shard
from sterling.pipeline.evidence.rareness import PAIR_BITS, TAG_BITS, WORD_BITS, Fate, Groups, Look, Told, Weigh
from sterling.pipeline.job import Job
from sterling.stats import Evidence
from sterling.text import plain_words
from sterling.text.clusters import Clusters
from sterling.text.directions import directions
from sterling.text.kernels import kernels
from sterling.text.rarity import Seen, held_pairs, held_words, mean_bits, share_alone

_SAMPLE = 2_000
"""Texts from which bands and clusters are learnt: those with the smallest ids."""
_CLUSTERS = 20
_PAIRS = 1 << 22
"""Pairs of words that are counted, about: of larger collections only one in 2^n, so that few share a bucket."""
_PAIRS_EACH = 128
_TRACKED = 1 << 17
"""Rare word types whose holders are followed, at most."""
_SMALL_CLUSTERS = 0.1


@dataclass(slots=True)
class _Sum:
    """One check over all shards."""

    before: Counter[tuple[str, str]] = field(default_factory=Counter)
    after: Counter[tuple[str, str]] = field(default_factory=Counter)
    judged: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    dropped: list[npt.NDArray[np.uint64]] = field(default_factory=list)

    def add(self, one: Fate) -> None:
        self.before.update(one.before)
        self.after.update(one.after)
        self.judged.append(one.judged)
        self.dropped.append(one.dropped)

    def part(self, kind: str) -> dict[str, Survival]:
        """Before and after in each group of a kind."""
        return {name: Survival(n, self.after[of, name]) for (of, name), n in self.before.items() if of == kind}


def tails(job: Job, shards: Sequence[Shard], among: str = "") -> Iterator[Evidence]:
    """For each check that dropped some of these records: survival by group against random drops."""
    dropping = _dropping(job, anchor=bool(among))
    if not shards or not dropping:
        return
    sums: dict[str, _Sum] = {}
    held: list[Told] = []
    groups = _groups(job, shards, anchor=bool(among))
    for told in job.use.crew.map(Weigh(groups), shards, len(shards)):
        for check, fate in told.fates.items():
            if check in dropping:
                sums.setdefault(check, _Sum()).add(fate)
        held.append(told._replace(fates={}))
    holdings = _holdings(held)
    for entry in job.recipe.checks:
        if entry.name in sums:
            yield from tail_impact(entry.name, _weighed(sums[entry.name], holdings, job.recipe.seed), among)


def _dropping(job: Job, anchor: bool) -> set[str]:
    checks = [s for s in job.trail.stages if s.kind == "check" and (s.walk == 0) == anchor]
    return {s.name for s in checks if s.summary["tally"].get("drop")}


def _groups(job: Job, shards: Sequence[Shard], anchor: bool) -> Groups:
    kind = "anchor" if anchor else "generate"
    records = max(1, sum(s.summary["records"] for s in job.trail.stages if s.kind == kind))
    thin = max(0, (records * _PAIRS_EACH // _PAIRS).bit_length())
    words, pairs, tags = Seen(WORD_BITS), Seen(PAIR_BITS, np.uint8), Seen(TAG_BITS)
    sample: list[tuple[str, str]] = []
    for seen in job.use.crew.map(Look(min(1.0, _SAMPLE / records), thin), shards, len(shards)):
        for whole, part in ((words, seen.words), (pairs, seen.pairs), (tags, seen.tags)):
            whole.add(part.buckets.astype(np.int64), part.times.astype(np.int64))
        sample += seen.sample
    texts = [text for _, text in sorted(sample)]
    hashes = kernels().word_hashes(pa.array(texts, pa.large_string()))
    own, n = held_words(hashes, WORD_BITS), len(texts)
    alone = share_alone(held_pairs(hashes, PAIR_BITS, thin), pairs, n)
    towards = directions(own, n)
    clusters = Clusters.of(towards, _CLUSTERS, job.recipe.seed)
    rare = int(np.count_nonzero((words.counts > 0) & (words.counts <= MOST_HOLDERS)))
    return Groups(
        records, thin, words, pairs, tags, _quantiles(mean_bits(own, words, records, n), 0.25, 0.5, 0.75),
        max(1e-9, *_quantiles(alone, 0.75)), clusters, _named(texts, clusters.assign(towards).tolist()),
        1 << (rare // _TRACKED).bit_length(),
    )  # fmt: skip


def _weighed(of: _Sum, held: Holders, seed: int) -> Weighed:
    """One check's groups."""
    whole = of.part("all")[""]
    clusters = of.part("cluster")
    marks = {name: part for name, part in of.part("mark").items() if part.before}
    groups = marks | {"rare_clusters": _smallest(clusters, whole.before)}
    judged, dropped = (np.unique(np.concatenate([_NOBODY, *keys])) for keys in (of.judged, of.dropped))
    mine = np.isin(held.rows, judged)
    rows = Holders(np.unique(held.types[mine], return_inverse=True)[1], np.searchsorted(judged, held.rows[mine]))
    types = vanished(rows, np.isin(judged, dropped), whole.before, whole.before - whole.after, seed)
    return Weighed(whole, of.part("band"), groups, clusters, of.part("tag"), types)


def _smallest(clusters: Mapping[str, Survival], whole: int) -> Survival:
    """The smallest clusters, of a tenth of the records together; the smallest one at least."""
    before = after = 0
    for _, part in sorted(clusters.items(), key=lambda one: (one[1].before, one[0])):
        if before and before + part.before > _SMALL_CLUSTERS * whole:
            break
        before, after = before + part.before, after + part.after
    return Survival(before, after)


def _holdings(held: Sequence[Told]) -> Holders:
    """All holdings, by type and record: the same in whatever order the shards came."""
    types = np.concatenate([np.empty(0, np.uint32), *(one.types for one in held)]).astype(np.int64)
    holders = np.concatenate([_NOBODY, *(one.holders for one in held)])
    order = np.lexsort((holders, types))
    return Holders(types[order], holders[order])


def _quantiles(values: npt.NDArray[np.float64], *at: float) -> tuple[float, ...]:
    return tuple(float(edge) for edge in np.quantile(values if len(values) else [0.0], at))


def _named(sample: Sequence[str], homes: Sequence[int]) -> tuple[str, ...]:
    """Of each cluster the three words that stand in more of its texts than of the others, and its number."""
    said = [set(plain_words(text)) for text in sample]
    every = Counter(word for words in said for word in words)
    return tuple(_name(said, every, homes, home) for home in range(_CLUSTERS))


def _name(said: Sequence[set[str]], every: Counter[str], homes: Sequence[int], home: int) -> str:
    inside = Counter(word for words, where in zip(said, homes, strict=True) if where == home for word in words)
    size = max(1, homes.count(home))
    rest = max(1, len(homes) - size)
    telling = nsmallest(3, inside, lambda word: ((every[word] - inside[word]) / rest - inside[word] / size, word))
    return f"{' '.join(telling)} ({home})"


_NOBODY = np.empty(0, np.uint64)
