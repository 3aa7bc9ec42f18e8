"""How `filters.py` asks a check, by what a run fits and judges with, and how it counts what is said."""

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from benchmarks.filters_texts import Corpus, Row, humans, mean_bytes, texts

from sterling.curate.pairs.settle import settle_places
from sterling.engine.apply import Pool, Resources, apply
from sterling.engine.shards import Shard, read_verdicts
from sterling.engine.step import Step
from sterling.records import Fault, Record, batch_of
from sterling.records.files import write_parquet
from sterling.registry import FitContext, RecordCheck, Ruling, SetCheck
from sterling.stats import Evidence, clopper_pearson

_ROWS = 1_000
_TOLD = 3
"""Reasons that a line names."""
HEADS = ("n", "dropped", "flagged", f"most frequent of what struck ({_TOLD} at most)")


class Said(NamedTuple):
    """What a check says of one record."""

    outcome: str
    why: tuple[str, ...]
    """Its reason, or every rule, kind or category that struck."""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A check that judges each record by itself, and what it learnt."""

    check: RecordCheck
    state: Any
    cpu_s: float
    """That it learnt for."""

    @classmethod
    def of(cls, check: RecordCheck, anchor: Sequence[Record] = (), pool: Sequence[Record] = ()) -> "Fitted":
        """As a run fits it: the anchor in role train, and what is about to be judged."""
        context = FitContext(anchor=partial(batches, anchor), pool=partial(batches, pool))
        before = time.process_time()
        state = check.fit(context)
        return cls(check, state, time.process_time() - before)

    def said(self, records: Sequence[Record]) -> list[Said]:
        """Of each record, in order."""
        return [_said(one) for one in self.answers(records)]

    def answers(self, records: Sequence[Record]) -> Iterator[Ruling | Fault]:
        """The same as the check gives them."""
        return (one for batch in batches(records) for one in self.check.judge(batch, self.state))

    def evidence(self) -> Sequence[Evidence]:
        """What it found out about itself."""
        return self.check.measure(self.state)

    def tell_speed(self, documents: Sequence[str]) -> None:
        """Print documents per CPU-second of `judge`, after a warm-up."""
        ready = list(batches(humans(texts(documents))))
        self.check.judge(ready[0], self.state)
        before = time.process_time()
        for batch in ready:
            self.check.judge(batch, self.state)
        spent = time.process_time() - before
        fitted = f"; fitted in {self.cpu_s:.1f} CPU-s" if self.cpu_s > 0.1 else ""
        print(
            f"\n{len(documents) / spent:,.0f} documents of {mean_bytes(documents):,.0f} bytes per CPU-second{fitted}\n",
            flush=True,
        )


class Whole(NamedTuple):
    """What a check of records against each other says of all of them, and what it cost."""

    said: Mapping[str, Said]
    """By record."""
    cpu_s: float
    """Fitting, exchange between its phases, reading and writing included."""


def together(check: SetCheck, records: Sequence[Record]) -> Whole:
    """Every phase of a check of records against each other, by the engine, in this process."""
    with tempfile.TemporaryDirectory(prefix="sterling-filters-") as name:
        folder = Path(name)
        shards = [Shard(number, folder / f"{number}.parquet") for number in range(-(-len(records) // _ROWS))]
        for shard, batch in zip(shards, batches(records), strict=True):
            write_parquet(shard.records, pa.Table.from_batches([batch]))
        step = Step.at(folder, 0, "filter", {}, [])
        before = cpu_s()
        apply("filter", check, step, Pool(shards), FitContext(), Resources(settle=settle_places))
        spent = cpu_s() - before
        verdicts = pa.concat_tables(read_verdicts(step.part("verdicts", shard.number)) for shard in shards)
    told = zip(*(verdicts[name].to_pylist() for name in ("record", "outcome", "reason")), strict=True)
    return Whole({record: Said(outcome, (reason,)) for record, outcome, reason in told}, spent)


def batches(records: Sequence[Record]) -> Iterator[pa.RecordBatch]:
    """Records by thousands."""
    return (batch_of(records[at : at + _ROWS]) for at in range(0, len(records), _ROWS))


def cpu_s() -> float:
    """Of this process and of those that it has waited for."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def tell(what: str, rows: Iterable[tuple[str, Sequence[Said]]]) -> None:
    """Print a table of how many were struck, a line for each name."""
    tell_table(what, HEADS, ((name, struck(said)) for name, said in rows))


def tell_corpora(fitted: Fitted, corpora: Iterable[Corpus]) -> None:
    """What the check says of texts of people."""
    tell("texts of people", ((one.name, fitted.said(one.records)) for one in corpora))


def tell_planted(fitted: Fitted, planted: Mapping[str, Sequence[Row]]) -> None:
    """What it says of planted ones, by kind."""
    tell("planted", ((kind, fitted.said(humans(rows))) for kind, rows in planted.items()))


def tell_table(what: str, heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print a table in Markdown, line by line as it comes."""
    print(f"\n| {what} | " + " | ".join(heads) + " |\n|" + "---|" * (len(heads) + 1))
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def struck(said: Sequence[Said]) -> list[str]:
    """The cells of a line under `HEADS`."""
    outcomes = Counter(one.outcome for one in said)
    why = Counter(reason for one in said if one.outcome != "keep" for reason in one.why)
    ordered = sorted(why.items(), key=lambda one: (-one[1], one[0]))[:_TOLD]
    told = ", ".join(f"{reason} {n}" for reason, n in ordered)
    return [f"{len(said):,}", share(outcomes["drop"], len(said)), share(outcomes["flag"], len(said)), told]


def share(hits: int, n: int) -> str:
    """With 95 % by Clopper and Pearson."""
    if not n:
        return "none there"
    low, high = clopper_pearson(hits, n)
    return f"{hits / n:.2%} [{low:.2%}, {high:.2%}]"


def _said(answer: Ruling | Fault) -> Said:
    """A fault counts as a drop, as it does in a run."""
    if isinstance(answer, Fault):
        return Said("drop", (f"fault: {answer.reason}",))
    listed = next((answer.evidence[key] for key in ("struck", "kinds", "categories") if key in answer.evidence), None)
    return Said(answer.outcome, (answer.reason,) if listed is None else tuple(listed), answer.score)
