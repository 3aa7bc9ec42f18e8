"""Every filter weighed for what it does to the tails, over the records that were generated."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from sterling.curate.tails import BANDS, Survival, band_survival, worst_group
from sterling.engine.judge import NOT_CONCERNED
from sterling.engine.shards import Shard, read_batch
from sterling.pipeline.job import Job
from sterling.records import texts
from sterling.stats import Evidence
from sterling.text import plain_words
from sterling.text.clusters import Clusters, vectors
from sterling.text.rarity import DocumentFrequencies

_SAMPLE = 5_000
"""Texts from which bands and clusters are learnt."""
_CLUSTERS = 20
Group = tuple[str, str, str]
"""(check, `band` | `cluster` | `tag`, which)."""


class Groups(NamedTuple):
    """How records are told apart."""

    frequencies: DocumentFrequencies
    edges: tuple[float, ...]
    """Rarity in bits at which the next band begins."""
    clusters: Clusters
    names: tuple[str, ...]
    """Of the clusters: the words that tell each from the others."""


class _Seen(NamedTuple):
    frequencies: DocumentFrequencies
    sample: list[str]


@dataclass(frozen=True, slots=True)
class Look:
    """First pass over a shard: which words are rare, and some texts to learn from."""

    share: float
    seed: int

    def __call__(self, shard: Shard) -> _Seen:
        """Frequencies and a sample of one shard."""
        chance = random.Random(f"{self.seed}:{shard.number}")  # noqa: S311 - a sample, not a secret
        every = texts(read_batch(shard.records))
        frequencies = DocumentFrequencies()
        frequencies.add(every)
        return _Seen(frequencies, [text for text in every if chance.random() < self.share])


@dataclass(frozen=True, slots=True)
class Weigh:
    """Second pass: who was judged, and who was left, by check and group."""

    groups: Groups

    def __call__(self, shard: Shard) -> tuple[Counter[Group], Counter[Group]]:
        """Counts before and after of one shard."""
        batch = read_batch(shard.records)
        every = texts(batch)
        bands = [BANDS[int(np.searchsorted(self.groups.edges, self.groups.frequencies.rarity(t)))] for t in every]
        homes = [self.groups.names[home] for home in self.groups.clusters.assign(vectors(every))]
        tags: list[list[str]] = batch.column("tags").to_pylist()
        where = {
            record: [("band", band), ("cluster", home), *(("tag", tag) for tag in own)]
            for record, band, home, own in zip(batch.column("id").to_pylist(), bands, homes, tags, strict=True)
        }
        return _counted(shard, where)


def tails(job: Job, made: Sequence[Shard]) -> Iterator[Evidence]:
    """For each check that dropped something: survival by band, and the worst cluster and tag."""
    dropping = {s.name for s in job.trail.stages if s.kind == "check" and s.summary["tally"].get("drop")}
    if not made or not dropping:
        return
    before, after = Counter[Group](), Counter[Group]()
    for judged, left in job.use.crew.map(Weigh(_groups(job, made)), made, len(made)):
        before.update(judged)
        after.update(left)
    for entry in job.recipe.checks:
        if entry.name in dropping and any(check == entry.name for check, _, _ in before):
            yield from band_survival(entry.name, _part(before, after, entry.name, "band"))
            for kind in ("cluster", "tag"):
                yield from worst_group(entry.name, kind, _part(before, after, entry.name, kind))


def _groups(job: Job, made: Sequence[Shard]) -> Groups:
    n = sum(s.summary["records"] for s in job.trail.stages if s.kind == "generate")
    seen = list(job.use.crew.map(Look(min(1.0, _SAMPLE / max(1, n)), job.recipe.seed), made, len(made)))
    frequencies = DocumentFrequencies()
    for one in seen:
        frequencies.merge(one.frequencies)
    sample = sorted(text for one in seen for text in one.sample)
    rarities = [frequencies.rarity(text) for text in sample] or [0.0]
    edges = tuple(float(edge) for edge in np.quantile(rarities, [0.25, 0.5, 0.75]))
    clusters = Clusters.of(vectors(sample), _CLUSTERS, job.recipe.seed)
    homes = clusters.assign(vectors(sample)).tolist()
    return Groups(frequencies, edges, clusters, tuple(_name(sample, homes, home) for home in range(_CLUSTERS)))


def _name(sample: Sequence[str], homes: Sequence[int], home: int) -> str:
    """The three words that stand in more of a cluster's texts than of the others, and its number."""
    inside, outside = Counter[str](), Counter[str]()
    for text, where in zip(sample, homes, strict=True):
        (inside if where == home else outside).update(set(plain_words(text)))
    size = max(1, homes.count(home))
    rest = max(1, len(homes) - size)
    telling = sorted(inside, key=lambda word: (outside[word] / rest - inside[word] / size, word))[:3]
    return f"{' '.join(telling)} ({home})"


def _counted(shard: Shard, where: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[Counter[Group], Counter[Group]]:
    before, after = Counter[Group](), Counter[Group]()
    for path in shard.verdicts:
        table = pq.read_table(path, columns=["record", "check", "outcome"], filters=[("reason", "!=", NOT_CONCERNED)])
        for record, check, outcome in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
            groups = [(check, kind, name) for kind, name in where[record]]
            before.update(groups)
            after.update(groups if outcome != "drop" else ())
    return before, after


def _part(before: Counter[Group], after: Counter[Group], check: str, kind: str) -> dict[str, Survival]:
    return {name: Survival(n, after[c, k, name]) for (c, k, name), n in before.items() if (c, k) == (check, kind)}
