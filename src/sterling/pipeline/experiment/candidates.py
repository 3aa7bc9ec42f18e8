"""What an experiment is made from: the records of a run as they stand before the mix, and what became of the others."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.engine.shards import Shard, read_batch, read_verdicts, standing
from sterling.errors import InputError
from sterling.experiment import Example, example_of
from sterling.pipeline.generating import Walked
from sterling.pipeline.mixing import unverified
from sterling.recipes import Recipe
from sterling.records import digest, records_of
from sterling.registry import Item
from sterling.text import Hashes, count_tokens, plain_words, token_hashes, window_hashes
from sterling.text.lookup import positions

MOST_TOKENS = 2_000_000
"""Of real documents, and as many of synthetic ones, that arms are drawn from: beyond that they are sampled."""
MOST_TEST_TOKENS = 500_000
UNVERIFIED = "unverified"
"""In the place of a check: nothing verified it, so the mix leaves it out."""
_RUN = 13
"""Words in a row that training must not share with the test, where the recipe's own check says nothing else."""
_MARK = "sterling: sample of an experiment"


class Document(NamedTuple):
    """A record that an arm may be fed."""

    example: Example
    tokens: int
    real: bool
    source: str
    """The anchor or the strategy."""
    row: str
    tags: tuple[str, ...]
    dropped_by: str = ""
    """The check that dropped it; empty for what stands. Checks behind it never saw it."""
    age: int = 0
    """Generations since a synthetic record was written; 0 for what this run made, and for real ones."""


class Candidates(NamedTuple):
    """Everything that an experiment is made from."""

    test: Sequence[Document]
    """Real records of the test role."""
    groups: Sequence[str] | None
    """What each of them belongs to, where the recipe says `split_by`."""
    pool: Sequence[Document]
    """Real records of the train role and all synthetic candidates, those that were dropped as well."""
    shared: int
    """Documents that are left out because they share a run of words with the test."""
    run: int
    """How many words."""
    sampled: bool = False
    """Whether there is more text than an experiment reads."""


def candidates(recipe: Recipe, walked: Walked, ages: Mapping[int, int] | None = None) -> Candidates:
    """Read from the shards of a run. What is too much for memory is sampled, the same documents each time.

    Synthetic records of earlier generations are candidates as they are of the mix: `ages` says by shard number how many
    generations ago they were written, and what is too old for `mix.generations` is left out.

    Only records that are attested as human count as real. A document that shares a run of words with a test document
    trains no arm: leaving out the check that keeps them apart would else look like help.
    """
    test = _sampled((d for shard in walked.anchors for d in _tests(shard)), MOST_TEST_TOKENS)
    real = _sampled((d for shard in walked.anchors for d in _judged(shard, recipe, real=True)), MOST_TOKENS)
    old = ages or {}
    born = [(shard, old.get(shard.number, 0)) for shard in (*walked.inherited, *walked.made)]
    young = [(shard, age) for shard, age in born if age < (recipe.mix.generations or age + 1)]
    made = _sampled((d for shard, age in young for d in _judged(shard, recipe, real=False, age=age)), MOST_TOKENS)
    run = _run(recipe)
    protected = Protected.of([one.example.text for one in test], run)
    pool = [one for one in (*real, *made) if not protected.touches(one.example.text)]
    sampled = any(sum(one.tokens for one in some) >= MOST_TOKENS for some in (real, made))
    return Candidates(test, _groups(recipe, test), pool, len(real) + len(made) - len(pool), run, sampled)


def _tests(shard: Shard) -> Iterator[Document]:
    batch = read_batch(shard.records)
    mine = pc.and_(pc.equal(batch.column("role"), "test"), pc.equal(batch.column("origin"), "human"))
    for record in records_of(batch.filter(mine)):
        example = example_of(record)
        yield Document(example, count_tokens(example.text), True, record.source, record.row, record.tags)


def _judged(shard: Shard, recipe: Recipe, *, real: bool, age: int = 0) -> Iterator[Document]:
    """Records of the train role, with what dropped them."""
    batch, dropped = read_batch(shard.records), _dropped(shard)
    wanted = pc.equal(batch.column("role"), "train")
    if real:
        wanted = pc.and_(wanted, pc.equal(batch.column("origin"), "human"))
    else:
        dropped |= dict.fromkeys(_bare(shard, recipe), UNVERIFIED)
    for record in records_of(batch.filter(wanted)):
        example = example_of(record)
        fate = dropped.get(record.id, "")
        yield Document(example, count_tokens(example.text), real, record.source, record.row, record.tags, fate, age)


def _dropped(shard: Shard) -> dict[str, str]:
    """Which check dropped a record."""
    found: dict[str, str] = {}
    for path in shard.verdicts:
        table = read_verdicts(path)
        drops = table.filter(pc.equal(table["outcome"], "drop"))
        found |= dict(zip(drops["record"].to_pylist(), drops["check"].to_pylist(), strict=True))
    return found


def _bare(shard: Shard, recipe: Recipe) -> Sequence[str]:
    """Records that stand, and that the mix leaves out because nothing verified them."""
    batch, verified, _ = standing(shard, ("id", "origin"))
    bare = unverified(recipe, batch.column("origin"), pa.array(verified))
    ids: list[str] = batch.column("id").filter(bare).to_pylist()
    return ids


def _sampled(documents: Iterable[Document], most: int) -> list[Document]:
    """Those with the lowest digests, until there are so many tokens; in the order of these digests."""
    chosen: list[tuple[int, int, Document]] = []
    tokens = 0
    for number, one in enumerate(documents):
        place = -int(digest(_MARK, one.example.id)[:13], 16)
        if not one.tokens or (tokens >= most and place < chosen[0][0]):
            continue
        heapq.heappush(chosen, (place, -number, one))
        tokens += one.tokens
        while tokens - chosen[0][2].tokens >= most:
            tokens -= heapq.heappop(chosen)[2].tokens
    return [one for *_, one in sorted(chosen, key=lambda each: each[:2], reverse=True)]


def _run(recipe: Recipe) -> int:
    """As long as the recipe's own contamination check has it: code repeats short runs by habit."""
    own = [
        getattr(entry.part, "ngram", None) for entry in recipe.checks if entry.part.name_in_recipe == "contamination"
    ]
    lengths = [max(one) if isinstance(one, tuple) else one for one in own if one is not None]
    return max(lengths, default=_RUN)


@dataclass(frozen=True, slots=True)
class Protected:
    """The test's runs of words, and its texts that are shorter than one."""

    run: int
    runs: Hashes
    wholes: Hashes

    @classmethod
    def of(cls, texts: Iterable[str], run: int) -> "Protected":
        """Words are compared without case and punctuation."""
        hashes = [token_hashes(plain_words(text)) for text in texts]
        nothing = np.empty(0, np.uint64)
        runs = np.unique(np.concatenate([nothing, *(window_hashes(one, run) for one in hashes)]))
        wholes = np.unique(np.concatenate([nothing, *(window_hashes(one, len(one)) for one in hashes if len(one))]))
        return cls(run, runs, wholes)

    def touches(self, text: str) -> bool:
        """Whether a text shares a run with one of them, or equals one."""
        words = token_hashes(plain_words(text))
        if not len(words):
            return False
        pairs = ((self.runs, self.run), (self.wholes, len(words)))
        return any(bool((positions(known, window_hashes(words, n)) >= 0).any()) for known, n in pairs)


def _groups(recipe: Recipe, test: Sequence[Document]) -> Sequence[str] | None:
    """What test documents belong to, read again from sources with `split_by`; None where nothing says so.

    A record does not hold its group, since it may name a person. A source that cannot be read any more leaves its
    records standing for themselves.
    """
    wanted = {(one.source, one.row) for one in test}
    found: dict[tuple[str, str], str] = {}
    for source in recipe.anchor:
        if source.split_by is None or "://" in repr(source.model_dump()):
            continue
        try:
            items = (item for item in source.read() if isinstance(item, Item))
            found |= {
                (source.name, item.row): item.group
                for item in items
                if item.group is not None and (source.name, item.row) in wanted
            }
        except InputError:
            continue
    if not found:
        return None
    return [found.get((one.source, one.row), f"\t{one.source}\t{one.row}") for one in test]
