"""The check `reward`: a reward model's score against a threshold, or of one answer against the other."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import pyarrow as pa
from pydantic import Field

from sterling.models import Failure, ModelRef, Scores, classify, insist, lineage
from sterling.records import Fault, Record, records_of
from sterling.registry import ModelCheck, NearMiss, Ruling, register
from sterling.stats import Evidence
from sterling.verify.judging.bias import length_correlation
from sterling.verify.judging.hearing import Unheard
from sterling.verify.judging.subject import Subject, subject_of, turned, unasked


@register("check", "reward")
class Reward(ModelCheck):
    """Scores answers by a reward model or classifier behind vLLM's `/classify`, `/score` or `/pooling`.

    An answer is held to `threshold`, an absolute number on the model's own scale: keeps `above_threshold` (or on it),
    drops `below_threshold`, flags `no_threshold` unasked where the recipe names none. An unpaired preference is held to
    its label: keeps `label_confirmed`, drops `label_contradicted`. Of a preference both answers are scored: keeps
    `chosen_scores_higher` by more than `margin`, drops `rejected_scores_higher`, flags `within_margin` (kept, verifies
    nothing). Drops without asking: `empty_answer` and `equal_answers`, as the check `judge`. The verdict's score is the
    model's, of a preference the difference; evidence has all of them.

    A judgement that fails is a fault of the boundary `provider`; so are several numbers where `output` does not say
    which one counts (`not_scalar`).

    Traps: a reward model's scores are comparable between answers to one prompt, hardly between prompts, so one
    threshold is stricter for some prompts than for others: measure it with `gold`. There is no way to keep the best of
    several answers: picking the highest score is what a generator learns to exploit first, and it makes the kept share
    depend on how much was sampled. Reward models like length: `conclude` reports how scores go with it.

    Not guaranteed: that a score means the same at another revision of the model; that a chat template at the server is
    the one that the model was trained with.
    """

    version: ClassVar[int] = 1

    model: ModelRef
    """The reward model. Its address is without `/v1` for `classify` and `pooling`."""
    route: Literal["classify", "score", "pooling"] = "classify"
    """`score` gets the task and the answer as two texts, the others a chat."""
    output: int | None = Field(default=None, ge=0)
    """Which number counts, from 0, where the model gives several: the class that means good."""
    threshold: float | None = None
    """Lowest score that is kept. Preferences do not use it."""
    margin: float = Field(default=0.0, ge=0)
    """By how much `chosen` must score above `rejected`, at least."""

    def families(self) -> frozenset[str]:
        """Of the model, with those that it was distilled from. Empty when nobody knows them."""
        return lineage(self.model)

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling or fault a row; a failure costs its own row only."""
        records = list(records_of(batch))
        subjects = [subject_of(record) for record in records]
        early = [self._unasked(subject) for subject in subjects]
        asked = [subject for subject, said in zip(subjects, early, strict=True) if said is None]
        late = iter(self._scores(asked))
        return [
            said or self._ruling(record.id, subject, next(late))
            for record, subject, said in zip(records, subjects, early, strict=True)
        ]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """A preference the wrong way round."""
        return turned(record)

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """How scores go with the length of answers; both answers of a preference count."""
        seen = [one for batch, verdicts in judged for one in _scored(batch, verdicts)]
        if not seen:
            return ()
        scores, lengths = zip(*seen, strict=True)
        return [length_correlation("reward.length_correlation", scores, lengths, model=self.model.model)]

    def _unasked(self, subject: Subject) -> Ruling | None:
        if self.threshold is None and not subject.is_pair:
            return Ruling("flag", "no_threshold")
        return unasked(subject)

    def _scores(self, subjects: Sequence[Subject]) -> Iterator[list[float] | Unheard]:
        """For each subject the scores of its answers, or the first failure among them."""
        asked = [self._question(subject, answer) for subject in subjects for answer in subject.answers]
        said = iter(insist(self.model, classify(self.model, asked, route=self.route)) if asked else ())
        for subject in subjects:
            scores = [self._score(next(said)) for _ in subject.answers]
            failed = [one for one in scores if isinstance(one, Unheard)]
            yield max(failed, key=lambda one: one.owed) if failed else [s for s in scores if isinstance(s, float)]

    def _question(self, subject: Subject, answer: str) -> str | tuple[str, str] | list[Mapping[str, str]]:
        if self.route == "score":
            return subject.task, answer
        return [*subject.turns, {"role": "assistant", "content": answer}] if subject.turns else answer

    def _score(self, said: Scores | Failure) -> float | Unheard:
        if isinstance(said, Failure):
            return Unheard(said.reason, said.message, said.attempts, said.owed)
        which = (0 if len(said.values) == 1 else None) if self.output is None else self.output
        if which is None or which >= len(said.values):
            return Unheard("not_scalar", f"{len(said.values)} numbers, and `output` is {self.output}", 1, owed=False)
        return said.values[which]

    def _ruling(self, record: str, subject: Subject, scores: list[float] | Unheard) -> Ruling | Fault:
        if isinstance(scores, Unheard):
            return scores.fault(record)
        ruling = self._preference(*scores) if subject.is_pair else self._point(scores[0], subject.label)
        return ruling._replace(evidence={"scores": scores, "model": self.model.model, "route": self.route})

    def _preference(self, chosen: float, rejected: float) -> Ruling:
        if chosen - rejected > self.margin:
            return Ruling("keep", "chosen_scores_higher", chosen - rejected)
        if rejected > chosen:
            return Ruling("drop", "rejected_scores_higher", chosen - rejected)
        return Ruling("flag", "within_margin", chosen - rejected)

    def _point(self, score: float, label: bool | None) -> Ruling:
        good = self.threshold is not None and score >= self.threshold
        if label is not None:
            return (
                Ruling("keep", "label_confirmed", score)
                if good == label
                else Ruling("drop", "label_contradicted", score)
            )
        return Ruling("keep", "above_threshold", score) if good else Ruling("drop", "below_threshold", score)


class _Scored(NamedTuple):
    """One answer's score and its length in characters."""

    score: float
    length: int


def _scored(batch: pa.RecordBatch, verdicts: pa.Table) -> Iterator[_Scored]:
    for record, evidence in zip(records_of(batch), verdicts["evidence"].to_pylist(), strict=True):
        scores = json.loads(evidence).get("scores", ())
        yield from map(_Scored, scores, map(len, subject_of(record).answers))
