"""The check `judge`: one model, or a panel of them, judges by a rubric."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import pyarrow as pa
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.models import Endpoint, ModelRef, lineage
from sterling.records import Fault, Record, digest, records_of
from sterling.registry import FitContext, ModelCheck, NearMiss, Ruling, register
from sterling.stats import Evidence
from sterling.verify.judging.bias import length_correlation, order_dependence
from sterling.verify.judging.hearing import Unheard, template
from sterling.verify.judging.member import Vote, votes
from sterling.verify.judging.rubric import Rubric, is_file, rubric_text
from sterling.verify.judging.seats import Seats, equal_seats, measured_seats, refusal
from sterling.verify.judging.subject import Subject, subject_of, turned, unasked


class Court(NamedTuple):
    """What every record is judged with."""

    rubric: Rubric
    seats: Seats


@register("check", "judge")
class Judge(ModelCheck):
    """Has answers marked by a rubric, and preferences compared in both orders, by a model that did not write them.

    An answer (completion, last assistant message, text) is marked on `scale`: keeps `meets_rubric`, drops
    `below_threshold`. With `criteria` each is marked by itself and the lowest mark counts. An unpaired preference is
    held to its label: keeps `label_confirmed`, drops `label_contradicted`. A preference is put twice, chosen first and
    chosen second: keeps `chosen_preferred`, drops `rejected_preferred`, and flags `order_dependent` or `tied`, which
    are kept and verify nothing. Drops without asking: `empty_answer` (blank, punctuation, or only the opening of an
    answer) and `equal_answers`. A panel that comes to no decision flags `panel_split`.

    A judgement that fails is a fault of the boundary `provider` and never a score: the reason is that of
    `sterling.models`, or `unparsable_judgement` after one more try. In a panel a member whose judgement fails for good
    abstains; while a member owes an answer, or when half of the weight is silent, the record has that fault.

    Evidence has each judge's raw scores by sample, or by order of the pair (share of verdicts for `chosen`), its
    reasons (500 characters each), and the digests of prompt and rubric. `conclude` tells how often the order changed a
    verdict, and how marks go with length.

    Traps it is built against: order (o1-mini changes 31 % of its verdicts when a pair is swapped, claude-3-haiku 50 %);
    openings that fool judges (`:` or `Thought process:`, arXiv 2507.08794); a verdict forged in the answer; panels
    that are worse than their best member (five judges on LLMBar's adversarial pairs: 24 % by majority, against 77 %);
    a judge that prefers its own family, which the engine keeps apart.

    Not guaranteed: that an order in the answer moves no judge (it is fenced and announced, and some models obey
    nevertheless); that a judge is right, for which there is `gold`; that length and style have no influence, which the
    prompt asks for and only measuring shows. Error rates measured on the gold that the weights came from are a little
    too good.
    """

    version: ClassVar[int] = 1

    model: ModelRef | None = None
    """The judge."""
    models: tuple[ModelRef, ...] = ()
    """Instead of `model`: a panel, weighted by accuracy on `gold`; equal weights without it."""
    rubric: str = Field(min_length=1)
    """What makes an answer good: the text itself, or the name of a `.md` or `.txt` file."""
    criteria: Mapping[str, str] = {}
    """Marked one by one: name and what it asks for."""
    scale: tuple[float, float] = (1, 5)
    """Lowest and highest mark."""
    threshold: float = 4
    """Lowest mark that is kept; of several samples the mean counts. Preferences do not use it."""
    with_reference: bool = False
    """Show the judge `reference.answer` where there is one."""
    samples: int = Field(default=1, ge=1, le=100)
    """Verdicts asked for each look. More than one says something only at a temperature above 0."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        low, high = self.scale
        if (self.model is None) == (not self.models) or len(self.models) == 1:
            raise _wrong("`judge` takes one `model`, or at least two `models` as a panel", "name one or the other")
        if not low < self.threshold <= high:
            raise _wrong(f"threshold {self.threshold:g} would keep all or nothing", f"above {low:g}, up to {high:g}")
        why = refusal(self.models, self.same_family)
        if why:
            raise _wrong(
                why, "take other models, or say `family:` of each; `same_family: accept` seats a family together"
            )
        return self

    def families(self) -> frozenset[str]:
        """Of every judge, with those that they were distilled from. Empty when nobody knows them."""
        return frozenset().union(*(lineage(endpoint) for endpoint in self._members()))

    def reads(self) -> Sequence[str]:
        """The rubric's file."""
        return [self.locate(self.rubric.strip())] if is_file(self.rubric) else []

    def fit(self, context: FitContext) -> Court:
        """The rubric, and the weights of a panel: each member is asked about the gold.

        InputError when the rubric can't be read or the gold is too little; SterlingError when a member owes answers.
        """
        text = rubric_text(self.locate(self.rubric.strip())) if is_file(self.rubric) else self.rubric
        rubric = Rubric(text, self.criteria, *self.scale)
        members = self._members()
        if len(members) == 1 or self.gold is None:
            return Court(rubric, equal_seats(members))
        seats = measured_seats(members, self.locate(self.gold), lambda asked: self._votes(members, asked, rubric))
        return Court(rubric, seats)

    def measure(self, state: Court) -> Sequence[Evidence]:
        """Of a panel: accuracy of each member, effective votes, and what it adds to its best member."""
        return state.seats.evidence

    def judge(self, batch: pa.RecordBatch, state: Court) -> list[Ruling | Fault]:
        """One ruling or fault a row; a failure costs its own row only."""
        records = list(records_of(batch))
        subjects = [subject_of(record) for record in records]
        early = [unasked(subject) for subject in subjects]
        asked = [(record, subject) for record, subject, said in zip(records, subjects, early, strict=True) if not said]
        heard = self._votes(state.seats.members, [subject for _, subject in asked], state.rubric)
        late = iter([
            self._ruling(record, subject, said, state)
            for (record, subject), said in zip(asked, zip(*heard, strict=True), strict=True)
        ])  # fmt: skip
        return [said or next(late) for said in early]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """A preference the wrong way round. What misses a rubric by little can't be made without a model."""
        return turned(record)

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """For each judge: the share of verdicts that changed with the order, and how marks go with length."""
        said = [one for batch, verdicts in judged for one in _said(batch, verdicts)]
        models = dict.fromkeys(member.model for member in self._members())
        return [e for model in models for e in _habits(model, [one for one in said if one.model == model])]

    def _members(self) -> tuple[Endpoint, ...]:
        return self.models or ((self.model,) if self.model else ())

    def _votes(
        self, members: Sequence[Endpoint], subjects: Sequence[Subject], rubric: Rubric
    ) -> list[list[Vote | Unheard]]:
        """For each member its vote on each subject."""
        shown = [s if self.with_reference else s._replace(reference=None) for s in subjects]
        return [votes(member, shown, rubric, self.threshold, self.samples) for member in members]

    def _ruling(self, record: Record, subject: Subject, said: Sequence[Vote | Unheard], court: Court) -> Ruling | Fault:
        ruling = court.seats.ruling(record.id, subject, said)
        if isinstance(ruling, Fault):
            return ruling
        name = "judge_pair" if subject.is_pair else "judge_point"
        digests = {"template": template(name).digest, "rubric": digest(court.rubric.text)}
        return ruling._replace(evidence={**ruling.evidence, **digests})


def _wrong(what: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})


class _Said(NamedTuple):
    """What one judge said of one record, in numbers."""

    model: str
    score: float
    orders: tuple[float, float] | None
    """Of a pair."""
    length: int
    """Characters of the answer."""


def _said(batch: pa.RecordBatch, verdicts: pa.Table) -> Iterator[_Said]:
    for record, evidence in zip(records_of(batch), verdicts["evidence"].to_pylist(), strict=True):
        heard = [judge for judge in json.loads(evidence).get("judges", ()) if "vote" in judge]
        length = len(subject_of(record).answers[0]) if heard else 0
        for judge in heard:
            first, second = judge.get("orders", (None, None))
            yield _Said(judge["model"], judge["score"], None if first is None else (first, second), length)


def _habits(model: str, said: Sequence[_Said]) -> Iterator[Evidence]:
    orders = [one.orders for one in said if one.orders is not None]
    marked = [one for one in said if one.orders is None]
    if orders:
        yield order_dependence("judge.order_dependent", model, orders)
    if marked:
        scores, lengths = [one.score for one in marked], [one.length for one in marked]
        yield length_correlation("judge.length_correlation", scores, lengths, model=model)
