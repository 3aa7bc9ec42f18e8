"""What the whole recipe would cost, told from a preview: its own usage for each task, times the tasks that are wanted.

The interval of an entry speaks of how its tasks differ, and of nothing else: that the preview's records are like the
others is assumed. Bounds of sums are the sums of bounds, which is wider than 95 %.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sterling.engine.judge import NOT_CONCERNED
from sterling.engine.shards import fates
from sterling.engine.step import Step
from sterling.ledger import Stage
from sterling.models.money.bills import Asked
from sterling.pipeline.evidence.costs import SIDES, asked_by, time_of_people
from sterling.pipeline.generating import Walked
from sterling.pipeline.job import Job
from sterling.recipes import Entry
from sterling.records import Record
from sterling.registry import Past, Source, Strategy
from sterling.sources.anchor import anchor_records
from sterling.stats import Evidence, Interval, mean

_MOST_ROWS = 200_000
"""Rows of an anchor that are read to count its seeds; a recipe with more of them says `count:`."""
_RECUSED = "same_family"


class Scaled(NamedTuple):
    """One strategy entry, in the preview and in the whole."""

    tasks: int
    """Done in the preview."""
    wanted: float | None
    """In the whole; None when nobody can tell."""
    made: int
    """Records in the preview."""


def estimates(job: Job, walked: Walked) -> Iterator[Evidence]:
    """Nothing for a real run, and for a recipe that asks no model."""
    if job.preview is None or not asked_by(job.recipe):
        return
    scales = {entry.name: _scaled(job, walked, entry) for entry in job.recipe.generate}
    parts = [*_generators(job, scales), *_checks(job, scales)]
    yield from parts
    sides = [_total(f"estimate.{side}.usd", [e for e in parts if _is(e, kind, "usd")]) for kind, side in SIDES.items()]
    people = list(time_of_people(job, "estimate"))
    yield from (*sides, *people)
    yield _total("estimate.total.usd", [*sides, *people])
    yield _total("estimate.hours", [e for e in parts if e.name.endswith(".hours")])


def _generators(job: Job, scales: dict[str, Scaled]) -> Iterator[Evidence]:
    for entry in job.recipe.generate:
        asked = [one for stage in _stages(job, "generate", entry.name) for one in _asked(stage)]
        scale = scales[entry.name]
        if asked:
            units: dict[str, list[Asked]] = {}
            for one in asked:
                units.setdefault(one.unit, []).append(one)
            units |= {f"silent {n}": [] for n in range(scale.tasks - len(units))}
            yield from _scale(job, f"estimate.generate.{entry.name}", [*units.values()], scale.wanted, "tasks")


def _checks(job: Job, scales: dict[str, Scaled]) -> Iterator[Evidence]:
    growth = _growth(scales)
    for entry in job.recipe.checks:
        stages = _stages(job, "check", entry.name)
        asked = [one for stage in stages for one in _asked(stage)]
        if asked and entry.part.asks_once:
            first = next(filter(None, map(_asked, stages)))
            name = f"estimate.check.{entry.name}"
            yield from _scale(job, name, [[one] for one in first], float(len(first)), "questions")
            continue
        rows = sum(_put_before(stage) for stage in stages if stage.walk)
        humans = sum(_put_before(stage) for stage in stages if not stage.walk)
        gold = sum(one["n"] for stage in stages for one in stage.summary.get("gold", ()))
        if asked and rows + humans + gold:
            each, new, old = len(asked) / (rows + humans + gold), _times_as_many(rows, growth), _grown(job, humans)
            whole = None if new is None or old is None else each * (new + old + gold)
            yield from _scale(job, f"estimate.check.{entry.name}", [[one] for one in asked], whole, "questions")


def _times_as_many(rows: int, growth: float | None) -> float | None:
    return 0.0 if not rows else None if growth is None else rows * growth


def _growth(scales: dict[str, Scaled]) -> float | None:
    """How many times as many records the whole makes."""
    made = sum(scale.made for scale in scales.values())
    wholes = [s.made * s.wanted / s.tasks if s.wanted is not None and s.tasks else None for s in scales.values()]
    return None if None in wholes or not made else sum(w for w in wholes if w is not None) / made


def _grown(job: Job, humans: int) -> float | None:
    """Human records that a check would be asked about in the whole."""
    if not humans:
        return 0.0
    seeds = _seeds(job, job.recipe.anchor)
    read = sum(stage.summary["records"] for stage in job.trail.stages if stage.kind == "anchor")
    return None if seeds is None or not read else humans * len(seeds) / read


def _scale(
    job: Job, name: str, units: Sequence[Sequence[Asked]], wanted: float | None, what: str
) -> Iterator[Evidence]:
    """Money, tokens and hours of the whole, from what each unit of the preview took."""
    models = sorted({one.model for unit in units for one in unit})
    inputs = {"models": models, what: wanted, "previewed": len(units)}
    unpriced = any(one.bill.usd is None for unit in units for one in unit)
    usd = [math.fsum(one.bill.usd or 0.0 for one in unit) for unit in units]
    yield _times(mean(f"{name}.usd", [] if unpriced else usd, f"USD of each of {what} in the preview"), wanted, inputs)
    for column, field in (("prompt_tokens", "prompt"), ("completion_tokens", "completion")):
        values = [float(sum(getattr(one.bill, field) for one in unit)) for unit in units]
        yield _times(mean(f"{name}.{column}", values, f"tokens of each of {what} in the preview"), wanted, inputs)
    seconds = [_seconds(job, unit) for unit in units]
    timed = [one for one in seconds if one is not None]
    yield _times(mean(f"{name}.hours", timed, "latency of each over its model's concurrency"), wanted, inputs)


def _times(one: Evidence, wanted: float | None, inputs: dict[str, Any]) -> Evidence:
    """The mean of a unit as the sum of all."""
    if wanted is None:
        return Evidence(
            one.name, None, one.n, None, f"{one.method}; how many are wanted is unknown: say `count`", inputs
        )
    if one.value is None:
        return Evidence(one.name, None, one.n, None, one.method, inputs)
    span = None if one.interval is None else Interval(*(max(0.0, end) * wanted for end in one.interval))
    return Evidence(one.name, one.value * wanted, one.n, span, f"{one.method}, times the {wanted:,.0f} wanted", inputs)


def _total(name: str, parts: Sequence[Evidence]) -> Evidence:
    n, method = sum(part.n for part in parts), "the sum of its parts, and of their bounds"
    values = [part.value for part in parts if part.value is not None]
    if len(values) < len(parts):
        return Evidence(name, None, n, None, f"{method}; some are unknown", {"known": sum(values)})
    bounds = [part.interval for part in parts if part.interval is not None]
    whole = len(bounds) == sum(part.value != 0 for part in parts) and bounds
    span = Interval(sum(b.low for b in bounds), sum(b.high for b in bounds)) if whole else None
    return Evidence(name, sum(values), n, span, method)


def _scaled(job: Job, walked: Walked, entry: Entry[Strategy]) -> Scaled:
    stages = _stages(job, "generate", entry.name)
    made = sum(stage.summary["records"] for stage in stages)
    tasks = sum(_done(job, stage) for stage in stages)
    standing = sum(fate.standing for shard in walked.made for fate in fates(shard, entry.name))
    first = entry.part.count if entry.part.count is not None else _tasks(job, entry.part)
    if first is None or not tasks:
        return Scaled(tasks, None if first is None else float(first), made)
    lost = 1 - standing / tasks if entry.part.count is not None else 0.0
    return Scaled(tasks, first * math.fsum(lost**turn for turn in range(entry.part.rounds)), made)


def _done(job: Job, stage: Stage) -> int:
    """Tasks of a step."""
    step = Step(job.trail.run / stage.folder, stage.number, stage.name, stage.address)
    return sum(len((step.said(shard) or {"tasks": ()})["tasks"]) for shard in range(stage.summary["shards"]))


def _tasks(job: Job, strategy: Strategy) -> int | None:
    """Tasks of the first round over all seeds, counted by drawing them; None when they cannot be told beforehand."""
    seeds = _seeds(job, [source for source in job.recipe.anchor if strategy.seeds in {None, source.name}])
    return None if seeds is None else sum(1 for _ in strategy.tasks(seeds, Past(), job.recipe.seed)) or None


def _seeds(job: Job, sources: Sequence[Source]) -> list[Record] | None:
    """Every record of the train role; None where there are none, very many, or where reading them needs the network."""
    if any("://" in repr(source.model_dump()) for source in sources):
        return None
    found = (one for source in sources for one in anchor_records(source, job.recipe.roles.shares))
    seeds = list(islice((r for r in found if isinstance(r, Record) and r.role == "train"), _MOST_ROWS + 1))
    return seeds if 0 < len(seeds) <= _MOST_ROWS else None


def _seconds(job: Job, unit: Sequence[Asked]) -> float | None:
    """Hours that one unit takes of the whole run's time; None where an answer's latency was not measured."""
    places = {(e.identity, e.model): e.concurrency for _, e in asked_by(job.recipe)}
    if any(one.seconds is None for one in unit):
        return None
    return math.fsum((one.seconds or 0.0) / places.get((one.service, one.model), 1) for one in unit) / 3600


def _put_before(stage: Stage) -> int:
    """Records that a check was asked about."""
    tally = stage.summary["tally"]
    spared = sum(reasons.get(NOT_CONCERNED, 0) + reasons.get(_RECUSED, 0) for reasons in tally.values())
    return int(sum(sum(reasons.values()) for reasons in tally.values()) - spared)


def _stages(job: Job, kind: str, name: str) -> list[Stage]:
    return [stage for stage in job.trail.stages if (stage.kind, stage.name) == (kind, name)]


def _asked(stage: Stage) -> list[Asked]:
    return [Asked.from_json(plain) for plain in stage.summary.get("asked", ())]


def _is(one: Evidence, kind: str, measure: str) -> bool:
    return one.name.startswith(f"estimate.{kind}.") and one.name.endswith(f".{measure}")
