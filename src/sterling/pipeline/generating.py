"""One round of generation: every strategy that has its turn is asked for what it still owes."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa

from sterling.engine.produce import Chunk, Propose, ProposeTogether, chunks, commit_tasks
from sterling.engine.shards import Shard, fates, scores, standing
from sterling.engine.step import Step
from sterling.errors import NotAnswered, SourceError
from sterling.models import depth_of, endpoints_of
from sterling.pipeline.anchoring import gathered, made_by, rows_per_shard
from sterling.pipeline.job import Assignment, Job, asks, perform
from sterling.recipes import Entry, Recipe
from sterling.records import Fault, Record, records_of
from sterling.records.places import read_parquet
from sterling.registry import Past, Strategy, Task
from sterling.stats import Evidence

TASKS_PER_SHARD = 200
"""A task may run code or ask a model, so a shard of them is smaller than one of plain records."""


class Walked(NamedTuple):
    """Every shard that has been through the checks."""

    anchors: tuple[Shard, ...]
    made: tuple[Shard, ...]
    inherited: tuple[Shard, ...] = ()
    """Synthetic records of earlier generations."""

    @property
    def shards(self) -> tuple[Shard, ...]:
        """All of them, the anchor first, then what is inherited."""
        return (*self.anchors, *self.inherited, *self.made)


def last_walk(recipe: Recipe) -> int:
    """How often the way is walked after the anchor was checked."""
    return max((entry.part.rounds + _begins_after(recipe, entry) for entry in recipe.generate), default=0)


class Turn(NamedTuple):
    """A strategy entry in one of its rounds."""

    entry: Entry[Strategy]
    walk: int
    """How often the way has been walked; the entry's own count of rounds is in `past`."""
    past: Past


def generate_round(job: Job, walked: Walked, number: int) -> tuple[Shard, ...]:
    """What every strategy whose turn it is makes in this walk, numbered on from what there is."""
    inputs = job.trail.addresses
    made: list[Shard] = []
    for entry in job.recipe.generate:
        round_ = number - _begins_after(job.recipe, entry)
        if 1 <= round_ <= entry.part.rounds:
            turn = Turn(entry, number, _past(job, entry, walked, round_))
            if _owes(job, turn):
                made += _generate(job, turn, walked, inputs, len(walked.shards) + len(made))
    return tuple(made)


def concluded(job: Job, walked: Walked) -> Iterator[Evidence]:
    """What each strategy says of all that it made."""
    for entry in job.recipe.generate:
        if type(entry.part).conclude is not Strategy.conclude:
            for one in entry.part.conclude(_past(job, entry, walked, entry.part.rounds + 1)):
                yield replace(one, inputs={"strategy": entry.name, **one.inputs})


def _owes(job: Job, turn: Turn) -> bool:
    """Whether it has not brought what is wanted; at first everybody is asked once."""
    wanted = _wanted(job, turn.entry)
    return turn.past.round == 1 or wanted is None or turn.past.kept < wanted


def _wanted(job: Job, entry: Entry[Strategy]) -> int | None:
    """Records wanted of a strategy: all that it can make if neither the recipe nor a preview says how many."""
    return min((n for n in (entry.part.count, job.preview) if n is not None), default=None)


def _begins_after(recipe: Recipe, entry: Entry[Strategy]) -> int:
    """Walks before its first round: one that starts from another strategy's records waits for their checks."""
    named = [other for other in recipe.generate if other.name == entry.part.seeds]
    return 1 + _begins_after(recipe, named[0]) if named else 0


def _generate(job: Job, turn: Turn, walked: Walked, inputs: list[str], first: int) -> list[Shard]:
    entry, past = turn.entry, turn.past
    question = asks(entry.part, seed=job.recipe.seed, round=past.round, limit=job.preview, entry=entry.name)
    if taught := {one.trained_on: depth_of(one) for one in endpoints_of(entry.part) if one.trained_on is not None}:
        question["taught"] = taught
    folder = f"generate-{entry.name}-round{past.round}"
    most = _most(job, entry, past)
    units = None if most is None else -(-most // _tasks_per_shard(job))
    given = Assignment("generate", entry.name, folder, question, inputs, turn.walk, units)
    step, summary = perform(job, given, partial(_ask, job, turn, walked))
    _refuse_silence(entry, step, summary)
    return made_by(step, summary, first)


def _ask(job: Job, turn: Turn, walked: Walked, step: Step) -> dict[str, Any]:
    entry, past = turn.entry, turn.past
    seeds = _Counted(partial(_seeds, entry, walked), entry.part.suits)
    tasks = islice(entry.part.tasks(seeds, past, job.recipe.seed), _most(job, entry, past))
    markers = list(_propose(job, entry, step, tasks))
    _refuse_bad_rows(entry, markers)
    if not markers and past.round == 1 and seeds.count is not None:
        markers.append(_idle(step, entry, seeds.count))
    return {**gathered(markers), **seeds.told}


class _Counted:
    """Seeds on their way to a strategy, read anew at each iteration and counted at the first."""

    def __init__(self, stream: Callable[[], Iterator[Record]], suits: Callable[[Record], bool | None]) -> None:
        self._stream = stream
        self._suits = suits
        self._fit: Counter[bool | None] = Counter()
        self.count: int | None = None
        """How many it has looked at; None when it asked for none, as one that reads a file of its own does."""

    def __iter__(self) -> Iterator[Record]:
        if self.count is not None:
            yield from self._stream()
            return
        self.count = 0
        for number, seed in enumerate(self._stream(), 1):
            self.count = number
            self._fit[self._suits(seed)] += 1
            yield seed

    @property
    def told(self) -> dict[str, int]:
        """For the step's summary: seeds looked at, and those that do not suit where the strategy says so."""
        if self.count is None:
            return {}
        return {"seeds": self.count, **({} if None in self._fit else {"unsuited": self._fit[False]})}


def _idle(step: Step, entry: Entry[Strategy], seeds: int) -> dict[str, Any]:
    """The fault of a strategy that found nothing to do in its seeds: it must not pass for one that did its work."""
    reason, said = "no_seeds", "no record of the train role that it could start from has come through the checks"
    if seeds:
        does = f"gives `{entry.part.name_in_recipe}` anything to do; docs/strategies.md says what it takes"
        reason, said = "no_seed_suits", f"none of {seeds:,} seeds {does}"
    return commit_tasks(step, Chunk(0, []), [[Fault(entry.name, "source", reason, said)]])


def _most(job: Job, entry: Entry[Strategy], past: Past) -> int | None:
    """Tasks that are asked at most: a strategy need not count by itself."""
    wanted = _wanted(job, entry)
    return None if wanted is None else max(0, wanted - past.kept)


def _refuse_bad_rows(entry: Entry[Strategy], markers: Sequence[Mapping[str, Any]]) -> None:
    """The same rule as for a source: a mistake in the mapping must not pass for an empty file."""
    bad, every = sum(m["bad_rows"] for m in markers), sum(m["records"] + m["faults"] for m in markers)
    cut = entry.part.max_bad_share < 1 and any(marker["cut"] for marker in markers)
    if cut or bad > entry.part.max_bad_share * every:
        first = [said for marker in markers for said in marker["first_bad"]][:3]
        raise SourceError(
            f"{bad:,} of {every:,} rows of `{entry.name}` are bad{', and the file is cut off' if cut else ''}; "
            f"max_bad_share is {entry.part.max_bad_share:g}:\n    " + "\n    ".join(first),
            mend="correct the rows or `columns:`, or raise `max_bad_share`",
        )


def _refuse_silence(entry: Entry[Strategy], step: Step, summary: Mapping[str, Any]) -> None:
    """A provider that answered nobody is down: what the run would go on with is not what the recipe asks for."""
    if not summary["records"] and summary["faults"] and len(summary["owed"]) == summary["faults"]:
        first = read_parquet(step.part("faults", 0), columns=["message"])["message"][0].as_py()
        raise NotAnswered(f"`{entry.name}` got no answer to any of {summary['faults']:,} tasks: {first}")


def _propose(job: Job, entry: Entry[Strategy], step: Step, tasks: Iterator[Task]) -> Iterator[dict[str, Any]]:
    units = (Chunk(number, chunk) for number, chunk in chunks(tasks, _tasks_per_shard(job)))
    if entry.part.together:
        markers = ProposeTogether(step, entry.part, entry.name)(units)
    else:
        markers = job.use.crew.map(Propose(step, entry.part, entry.name), units)
    for marker in markers:
        job.use.watch.advance(marker["records"])
        yield marker


def _tasks_per_shard(job: Job) -> int:
    return min(TASKS_PER_SHARD, rows_per_shard(job.recipe))


def _seeds(entry: Entry[Strategy], walked: Walked) -> Iterator[Record]:
    """Records of the anchor that the entry names, or the verified ones of the strategy that it names."""
    for shard in walked.anchors:
        for record in records_of(standing(shard).batch):
            if entry.part.seeds is None or record.source == entry.part.seeds:
                yield record
    if entry.part.seeds is not None:
        yield from _verified_of(entry.part.seeds, walked)


def _verified_of(name: str, walked: Walked) -> Iterator[Record]:
    """What a strategy entry made that stands and is verified."""
    for shard in walked.made:
        batch, verified, _ = standing(shard)
        for record in records_of(batch.filter(pa.array(verified))):
            if record.source == name:
                yield record


def _verified(shards: Sequence[Shard]) -> Iterator[str]:
    for shard in shards:
        batch, verified, _ = standing(shard)
        yield from (record for record, good in zip(batch.column("id").to_pylist(), verified, strict=True) if good)


def _past(job: Job, entry: Entry[Strategy], walked: Walked, turn: int) -> Past:
    made = [fate for shard in walked.made for fate in fates(shard, entry.name)]
    heard = entry.part.hears
    said = {} if heard is None else {k: v for shard in walked.shards for k, v in scores(shard, heard).items()}
    kept = sum(fate.standing for fate in made)
    verified = frozenset(_verified(walked.shards if entry.part.seeds else walked.anchors))
    own = partial(_verified_of, entry.name, walked)
    return Past(turn, verified, kept, frozenset(tried(job, entry.name)), made, said, own)


def tried(job: Job, name: str) -> Iterator[str]:
    """Every task of a strategy that has been done, the faulty ones too: asked again they would end the same."""
    for stage in job.trail.stages:
        if (stage.kind, stage.name) == ("generate", name):
            step = Step(job.trail.run / stage.folder, stage.number, stage.name, stage.address)
            for shard in range(stage.summary["shards"]):
                yield from (step.said(shard) or {})["tasks"]
