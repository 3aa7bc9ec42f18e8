"""What the trail adds up to: the lines of the report, and evidence that no single step could have known."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sterling.engine.judge import NOT_CONCERNED
from sterling.engine.shards import Shard, read_batch, total
from sterling.ledger import Stage
from sterling.pipeline.job import Job
from sterling.pipeline.mixing import Mixed
from sterling.records import ROLES, VERIFYING, records_of
from sterling.records.places import read_parquet
from sterling.registry import Check
from sterling.report.model import AnchorLine, Slice, StepLine
from sterling.stats import Evidence, count, proportion

Tally = Mapping[str, Mapping[str, int]]


def anchor_lines(job: Job) -> tuple[AnchorLine, ...]:
    """What each anchor gave."""
    stages = {stage.name: stage.summary for stage in job.trail.stages if stage.kind == "anchor"}
    return tuple(
        AnchorLine(
            source.name, source.origin, source.attested_by, source.attested_because,
            source.licence, stages[source.name]["facts"], stages[source.name]["records"],
            stages[source.name]["faults"], stages[source.name]["roles"],
        )
        for source in job.recipe.anchor
    )  # fmt: skip


def step_lines(stages: Sequence[Stage]) -> tuple[StepLine, ...]:
    """One line a step in the order in which records went through them, rounds added up."""
    lines = [_anchor_line(s) for s in stages if s.kind == "anchor"]
    lines += [_tally_line("roles", s.summary["tally"]) for s in stages if s.kind == "roles"]
    lines += [_inherited_line(s) for s in stages if s.kind == "continues"]
    for name in dict.fromkeys(s.name for s in stages if s.kind == "generate"):
        lines.append(_generate_line(name, [s.summary for s in stages if s.kind == "generate" and s.name == name]))
    checks = [s for s in stages if s.kind in {"check", "recheck"}]
    for name in dict.fromkeys(s.name for s in checks):
        tallies = [s.summary["tally"] for s in checks if s.name == name]
        lines.append(_tally_line(f"check:{name}", total(tallies)))
    lines += [_tally_line("mix", s.summary["tally"]) for s in stages if s.kind == "mix"]
    return tuple(lines)


def release_line(mixed: Mixed) -> StepLine:
    """The last step: what the mix kept, leaves."""
    n = sum(mixed.summary["tally"].get("keep", {}).values())
    return StepLine("release", n, n, 0)


def composition(mixed: Mixed) -> tuple[Slice, ...]:
    """The mixture by origin, strategy and depth."""
    return tuple(Slice(**part) for part in mixed.summary["composition"])


class Author(NamedTuple):
    """Who made some records, as acceptance is counted by it."""

    strategy: str
    model: str | None
    terms: str | None
    family: str | None = None
    service: str | None = None
    revision: str | None = None
    beside: tuple[str, ...] = ()
    """Names of the other models that had a part in the records."""


Counts = Counter[tuple[Author, str, str]]
"""Records by (maker, check, outcome)."""


@dataclass(frozen=True, slots=True)
class CountByMaker:
    """Outcomes of each check by who made the records, for one shard of synthetic records."""

    def __call__(self, shard: Shard) -> Counts:
        """Records by (maker, check, outcome)."""
        makers = dict(_makers(shard))
        counts: Counts = Counter()
        for path in shard.verdicts:
            table = read_parquet(
                path, columns=["record", "check", "outcome"], filters=[("reason", "!=", NOT_CONCERNED)]
            )
            rows = zip(*(table[name].to_pylist() for name in table.column_names), strict=True)
            counts.update((makers[record], check, outcome) for record, check, outcome in rows if record in makers)
        return counts


def by_maker(job: Job, made: Sequence[Shard]) -> Counts:
    """Outcomes of each check by maker over everything that was generated."""
    whole: Counts = Counter()
    for counts in job.use.crew.map(CountByMaker(), made, len(made)):
        whole.update(counts)
    return whole


def acceptance(counts: Counts) -> Iterator[Evidence]:
    """The share of each maker's records that each check let pass (keep or flag), with its interval."""
    led: Counts = Counter()
    for (maker, check, outcome), n in counts.items():
        led[maker._replace(beside=()), check, outcome] += n
    for maker, check in sorted({(m, c) for m, c, _ in led if c != "mix"}, key=str):
        outcomes = {outcome: n for (m, c, outcome), n in led.items() if (m, c) == (maker, check)}
        n = sum(outcomes.values())
        passed = n - outcomes.get("drop", 0)
        yield proportion(
            f"check.{check}.accepted", passed, n, "records of this maker that the check kept or flagged",
            strategy=maker.strategy, model=maker.model,
        )  # fmt: skip


def oracles(job: Job) -> Iterator[Evidence]:
    """How many human records pass the verifying checks: the others are no oracles, and nothing is made from them."""
    checks: Mapping[str, Check] = {entry.name: entry.part for entry in job.recipe.checks}
    for stage in job.trail.stages:
        if stage.kind == "check" and stage.walk == 0 and checks[stage.name].family in VERIFYING:
            tally = stage.summary["tally"]
            passed = sum(n for reason, n in tally.get("keep", {}).items() if reason != NOT_CONCERNED)
            found = [(reason, n) for o in ("flag", "drop") for reason, n in tally.get(o, {}).items()]
            failed = sum(n for reason, n in found if reason not in {"no_reference", "other_language"})
            if passed + failed:
                method = "anchor records with something to check that pass; the others are not used as oracles"
                yield proportion(f"oracles.{stage.name}", passed, passed + failed, method)


def roles(job: Job) -> Iterator[Evidence]:
    """How many records each role came to hold: shares hold in expectation only, and over groups."""
    held: Counter[str] = Counter()
    for stage in job.trail.stages:
        if stage.kind == "anchor":
            held.update(stage.summary["roles"])
    for role in ROLES:
        yield count(f"anchor.role.{role}", held[role], "anchor records of this role, all anchors together")


def unseen(job: Job) -> Iterator[Evidence]:
    """By entry and kind: records out of which characters were taken that nobody sees, or in which strange ones are."""
    records: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], list[str]] = {}
    for stage in job.trail.stages:
        for tag, told in stage.summary.get("unseen", {}).items():
            key = (stage.kind, stage.name, tag)
            records[key] += told["records"]
            first.setdefault(key, told["first"])
    for (kind, name, tag), n in sorted(records.items()):
        done, _, sort = tag.partition(":")
        method = "records out of which they were taken" if done == "stripped" else "records that have them"
        yield count(
            f"invisible.{kind}.{name}.{tag.replace(':', '.')}", n, method, sort=sort, first=first[kind, name, tag]
        )


def measured(job: Job) -> Iterator[Evidence]:
    """What the steps themselves left as evidence; of a check that was walked several times, its last word."""
    every = (e for stage in job.trail.stages for e in stage.summary.get("evidence", ()))
    found = {(e["name"], e["inputs"].get("check")): e for e in every}
    yield from (Evidence.from_json(plain) for plain in found.values())


def _makers(shard: Shard) -> Iterator[tuple[str, Author]]:
    for record in records_of(read_batch(shard.records)):
        if record.maker is not None:
            by = record.maker
            beside = tuple(by.sampling.get("with", ()))
            yield record.id, Author(by.strategy, by.model, by.terms, by.family, by.service, by.revision, beside)


def _anchor_line(stage: Stage) -> StepLine:
    read, bad = stage.summary["records"], stage.summary["faults"]
    return StepLine(f"anchor:{stage.name}", read + bad, read, bad, reasons=stage.summary["reasons"])


def _inherited_line(stage: Stage) -> StepLine:
    """Synthetic records of earlier generations that come in here."""
    return _tally_line(f"continues:{stage.name}", stage.summary["tally"])


def _generate_line(name: str, summaries: Sequence[Mapping[str, Any]]) -> StepLine:
    made, faults = sum(s["records"] for s in summaries), sum(s["faults"] for s in summaries)
    reasons: Counter[str] = Counter()
    for summary in summaries:
        reasons.update(summary["reasons"])
    return StepLine(
        f"generate:{name}", made, made, 0, reasons=dict(sorted(reasons.items())),
        requested=made + faults, produced=made, faults=faults,
    )  # fmt: skip


def _tally_line(name: str, tally: Tally) -> StepLine:
    keep, flag, drop = (sum(tally.get(outcome, {}).values()) for outcome in ("keep", "flag", "drop"))
    reasons = Counter(tally.get("drop", {})) + Counter(tally.get("flag", {}))
    unconcerned = tally.get("keep", {}).get(NOT_CONCERNED, 0)
    return StepLine(name, keep + flag + drop, keep + flag, drop, flag, dict(sorted(reasons.items())), unconcerned)
