"""`sterling monitor --endpoint`: every generation's model answers one frozen tail of real items, and a check judges."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sterling.collapse.models import Generation, Tail, Verdict, changes, equal_draws, evidence, levels, verdict
from sterling.errors import BudgetSpent, InputError
from sterling.models.money.prices import price_of
from sterling.models.money.purse import opened
from sterling.pipeline.corpora import corpus_texts
from sterling.pipeline.examination.answering import Examinee, Sat, Told, sit
from sterling.pipeline.examination.items import Paper, TailItem, read_paper
from sterling.records import Fault
from sterling.registry import Check, RecordCheck
from sterling.stats import Evidence

_LOST = 3
"""Items shown that the first generation solves and a later one never does."""


@dataclass(frozen=True, slots=True)
class Exam:
    """What is asked, how often, and who judges."""

    tail: str
    """A file that `sterling check` reads: prompts with references."""
    check: Check
    samples: int = 8
    """Answers to each item. Several tell whether right answers differ, and cost as many times as much."""
    real: str | None = None
    """Frozen real text that says which words are rare, where the tail has no column `band`."""
    usd: float | None = None
    """What may be spent under the name of this tail, now and by earlier examinations."""


class Examination(NamedTuple):
    """Generations of a model, by what they answer."""

    paper: Paper
    sat: tuple[Sat, ...]
    verdicts: tuple[Verdict, ...]
    """Of each generation after the first."""
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...]
    lost: Mapping[str, Sequence[TailItem]]
    """By generation: some items that the first one solves in half of its answers or more, and this one in none."""


def examine(examinees: Sequence[Examinee], exam: Exam, told: Told = lambda *_: None) -> Examination:
    """Ask every generation, judge its answers, and compare each later one with the first.

    Answers are kept in the journal as they come, so an examination that was stopped goes on where it was and pays
    nothing twice. InputError for a check, a tail or an endpoint that cannot be used; NotAnswered when a generation
    answers nothing; BudgetSpent when the next answer might cost more than is left.
    """
    _require(examinees, exam)
    needs = exam.check.needs if isinstance(exam.check, RecordCheck) else frozenset()
    paper = read_paper(exam.tail, needs, None if exam.real is None else corpus_texts(exam.real))
    with opened(f"monitor {Path(exam.tail).name}", exam.usd):
        try:
            sat = tuple(sit(one, paper.items, exam.check, exam.samples, told) for one in examinees)
        except BudgetSpent as spent:
            raise BudgetSpent(spent.spent, spent.cap, spent.wanted, "the answers so far are kept") from None
    return _compared(examinees, exam, paper, sat)


def _require(examinees: Sequence[Examinee], exam: Exam) -> None:
    if not isinstance(exam.check, RecordCheck):
        what = f"check `{exam.check.name_in_recipe}` compares records with each other, and judges no answer"
        raise InputError(what, mend="name one that does: math, tests, sql, json_schema, ...")
    names = Counter(one.name for one in examinees)
    if twice := next((name for name, n in names.items() if n > 1), None):
        raise InputError(f"two generations are called `{twice}`", mend="--endpoint NAME=URL#MODEL names each")
    for one in examinees:
        if exam.usd is not None and price_of(one.endpoint).price is None:
            what = f"there is a budget, and nobody has said what `{one.endpoint.model}` costs"
            mend = "describe it as '{endpoint: URL, model: NAME, price: {input: ..., output: ...}}'"
            raise InputError(what, where=f"--endpoint {one.name}", mend=mend)


def _compared(examinees: Sequence[Examinee], exam: Exam, paper: Paper, sat: Sequence[Sat]) -> Examination:
    tail, generations = paper.tail, [one.generation for one in sat]
    draws = {band: equal_draws(tail, generations, band) for band in tail.names}
    found: list[Evidence] = []
    verdicts: list[Verdict] = []
    for number, generation in enumerate(generations, 1):
        found += levels(tail, generation, number, draws, exam.samples)
        if number > 1:
            changed = changes(tail, generations[0], generation, draws)
            verdicts.append(verdict(changed))
            found += evidence(generation.name, number, generations[0].name, changed, verdicts[-1])
    lost = {one.name: list(islice(_lost(paper, generations[0], one), _LOST)) for one in generations[1:]}
    notes = (*_notes(examinees, exam, paper, sat), *_alike(generations))
    return Examination(paper, tuple(sat), tuple(verdicts), tuple(found), notes, lost)


def _lost(paper: Paper, first: Generation, later: Generation) -> Iterator[TailItem]:
    """From the rarest band on."""
    rank = {band: -place for place, band in enumerate(paper.tail.order)}
    for item in sorted(paper.items, key=lambda item: rank[paper.tail.bands[item.id]]):
        before, after = first.answers.get(item.id), later.answers.get(item.id)
        if before and after and 2 * before.passed >= before.judged and not after.passed:
            yield item


def _notes(examinees: Sequence[Examinee], exam: Exam, paper: Paper, sat: Sequence[Sat]) -> Iterator[str]:
    """What a reader must know before any number."""
    if len({str(sorted(one.endpoint.sampling.items())) for one in examinees}) > 1:
        yield "the generations are asked with different sampling: what differs may be the setting, not the model"
    for one in examinees:
        if exam.samples > 1 and one.endpoint.sampling.get("temperature") == 0:
            yield f"{one.name}: at temperature 0 all samples are one answer, and say nothing of variety"
    for each in sat:
        yield from (f"{each.generation.name}: {note}" for note in _missing(each, len(paper.items) * exam.samples))


def _missing(sat: Sat, asked: int) -> Iterator[str]:
    """Answers that are no right ones for another reason than being wrong."""
    owed = Counter(fault.reason for fault in sat.faults if fault.owed)
    gone = Counter(fault.reason for fault in sat.faults if not fault.owed)
    if owed:
        yield f"{owed.total():,} of {asked:,} answers are owed ({', '.join(owed)}): run the same command again"
    if gone:
        yield f"{gone.total():,} of {asked:,} answers are left out ({', '.join(gone)})"
    if cut := sat.reasons.get("truncated"):
        yield f"{cut:,} answers were cut off and count as not right: raise `max_tokens`"
    if unsure := sat.reasons.get("not_comparable"):
        yield f"{unsure:,} answers are in a form that the check cannot compare: not verified"


def _alike(generations: Sequence[Generation]) -> Iterator[str]:
    for at, one in enumerate(generations):
        for other in generations[:at]:
            if one.answers == other.answers and any(len(found.forms) > 1 for found in one.answers.values()):
                yield f"{one.name} answered exactly as {other.name}: is it the same model?"


def as_json(found: Examination) -> dict[str, Any]:
    """The whole of it, for programs."""
    tail: Tail = found.paper.tail
    names = [one.generation.name for one in found.sat]
    return {
        "items": len(found.paper.items),
        "bands": {band: len(tail.items(band)) for band in tail.names},
        "banded_by": found.paper.banded,
        "notes": list(found.notes),
        "rows_left_out": [_plain(fault) for fault in found.paper.faults],
        "generations": [
            {"name": one.generation.name, "reasons": dict(one.reasons), "from_journal": one.paid_before,
             "faults": [_plain(fault) for fault in one.faults]}
            for one in found.sat
        ],
        "verdicts": [
            {"name": name, "stage": said.stage, "why": said.why, "lost": [item.id for item in found.lost[name]]}
            for name, said in zip(names[1:], found.verdicts, strict=True)
        ],
        "evidence": [one.to_json() for one in found.evidence],
    }  # fmt: skip


def _plain(fault: Fault) -> dict[str, Any]:
    return {
        "where": fault.where, "boundary": fault.boundary, "reason": fault.reason, "message": fault.message,
        "attempts": fault.attempts, "owed": fault.owed,
    }  # fmt: skip
