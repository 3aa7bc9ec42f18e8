"""`procedural`: the answer solves the item of reasoning-gym that the record names."""

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sterling.records import Family, Fault, Record, texts
from sterling.registry import FitContext, NearMiss, RecordCheck, Ruling, register
from sterling.sandbox.gym import Gym, Item, Scored, Trouble, known_datasets, library_version
from sterling.sandbox.gym.table import UNKNOWN
from sterling.stats import Evidence, proportion
from sterling.verify.completions import answer_of, answering, answers

_SHOWN = 200
_LONGEST = 20_000
"""Characters of an answer that is scored."""
_TAGGED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_OTHER = {"Yes": "No", "True": "False", "on": "off", "0": "1"}


class _Named(BaseModel):
    """What of `reference.procedural` decides the item."""

    model_config = ConfigDict(frozen=True, strict=True)

    dataset: str
    level: int | None = None
    config: Mapping[str, Any] = {}
    seed: int = Field(ge=0, lt=2**32)

    def item(self) -> Item:
        """The item."""
        return Item(self.dataset, self.level, self.config, self.seed)


@register("check", "procedural")
class Procedural(RecordCheck):
    """Builds the item of `reference.procedural` anew, in the sandbox, and scores the answer as the table says.

    The answer is what the last `<answer>` of the completion holds, as reasoning-gym asks of models, else the whole
    completion. How it is scored, and why, is in `sterling/sandbox/gym/datasets.yaml`: by the dataset's own
    `score_answer` where that was read and found sound; by comparing numbers or calculating exactly where it accepts
    what is wrong; by comparing lines with the library's answer where that is the only one.

    Keeps `correct`. Drops `partial` (with the score), `wrong`, `too_long`, `too_expensive`, `unreadable` (the scorer
    raised), `ambiguous_answer` (`<answer>` twice, with different content). Flags `other_answer` (of a dataset with
    several right answers, another one than is known: it may be right), `faulty_dataset`, `not_reproduced` (the record
    does not hold the question that is built here: another release of the library, or an edited record),
    `no_completion`, `no_reference`. Faults: `bad_reference`, `not_built`, `sandbox_failed`.

    Traps: a keep says that the answer is right, not that what is said around it is. Spelling matters where lines are
    compared: `1/2` is not `0.5`. A completion that is labelled as the worse one is judged like any other.
    """

    family: ClassVar[Family] = "symbolic"
    needs: ClassVar[frozenset[str]] = frozenset({"procedural"})
    version: ClassVar[int] = 1

    cpu_s: int = Field(default=20, ge=1, le=600)
    """CPU seconds to build an item and score an answer."""

    def fit(self, context: FitContext) -> Any:
        """Nothing to learn. MissingExtra when reasoning-gym is not installed."""
        library_version()

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where an item cannot be built. MissingExtra and SandboxUnavailable pass through."""
        gym = Gym(self.cpu_s)
        columns = (batch.column("id").to_pylist(), batch.column("reference").to_pylist(), texts(batch), answers(batch))
        return [self._row(gym, *row) for row in zip(*columns, strict=True)]

    def measure(self, state: Any) -> Sequence[Evidence]:
        """Which sandbox held the library, and which release it was."""
        method = f"items are built anew and answers scored with reasoning-gym {library_version()}, CPU seconds for each"
        return [Evidence("procedural.cpu_s", self.cpu_s, 1, None, method, {"sandbox": Gym(self.cpu_s).tier})]

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """How many right answers may have been turned away, for their dataset has several."""
        reasons = [reason for _, table in judged for reason in table.column("reason").to_pylist()]
        method = "answers that differ from the known one, of datasets with several, among all that were judged"
        return [proportion("procedural.other_answer", reasons.count("other_answer"), len(reasons), method)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """The same with another digit, two letters of a word changed round, or the other word of a pair.

        Kinds are `digit`, `swapped` and `flipped`. Only of datasets with exactly one answer, so that each is wrong
        whatever a scorer says of it.
        """
        told, said = _named(json.dumps((record.reference or {}).get("procedural"))), answer_of(record)
        if told is None or said is None or known_datasets().get(told.dataset, UNKNOWN).answers != "exact":
            return ()
        found = _TAGGED.findall(said) or [said]
        before, _, after = said.rpartition(found[-1])
        rng = random.Random(f"{seed}: {said}")  # noqa: S311 - not for secrets
        misses = {wrong: kind for kind, wrong in _misses(found[-1], rng) if wrong != found[-1]}
        return [NearMiss(answering(record, before + wrong + after), kind) for wrong, kind in misses.items()]

    def _row(self, gym: Gym, record: str, reference: str | None, text: str, said: str | None) -> Ruling | Fault:
        told = _MISSING if reference is None else json.loads(reference).get("procedural", _MISSING)
        if told is _MISSING:
            return Ruling("flag", "no_reference")
        named = _named(json.dumps(told))
        if named is None:
            what = "`procedural` needs `dataset` (text), `seed` (number), and may have `level` and `config`"
            return Fault(record, "user_code", "bad_reference", what, record=record)
        if said is None:
            return Ruling("flag", "no_completion")
        if known_datasets().get(named.dataset, UNKNOWN).answers == "faulty":
            return Ruling("flag", "faulty_dataset", None, {"because": known_datasets()[named.dataset].because})
        return _judged(gym, record, named.item(), text, said)


_MISSING = object()


def _judged(gym: Gym, record: str, item: Item, text: str, said: str) -> Ruling | Fault:
    tagged = {found.strip() for found in _TAGGED.findall(said)}
    if len(tagged) > 1:
        return Ruling("drop", "ambiguous_answer", 0.0, {"answers": sorted(found[:_SHOWN] for found in tagged)[:3]})
    answer = tagged.pop() if tagged else said
    if len(answer) > _LONGEST:
        return Ruling("drop", "too_long", 0.0, {"characters": len(answer)})
    try:
        scored = gym.judge(item, answer)
        if isinstance(scored, Trouble):
            return _troubled(gym, record, item, scored)
    except OSError as error:
        return Fault(record, "sandbox", "sandbox_failed", str(error)[:500], record=record)
    return _ruled(item, scored, text, answer)


def _ruled(item: Item, scored: Scored, text: str, answer: str) -> Ruling:
    row = known_datasets().get(item.dataset, UNKNOWN)
    evidence = {"dataset": item.dataset, "seed": item.seed, "answer": answer[:_SHOWN], "by": row.by}
    if " ".join(scored.question.split()) not in " ".join(text.split()):
        return Ruling("flag", "not_reproduced", None, {**evidence, "release": library_version()})
    if scored.score == 1.0:
        return Ruling("keep", "correct", 1.0, evidence)
    evidence["expected"] = (scored.answer or "")[:_SHOWN]
    if row.answers == "open":
        return Ruling("flag", "other_answer", None, {**evidence, "because": row.because})
    return Ruling("drop", "partial" if scored.score > 0 else "wrong", scored.score, evidence)


def _troubled(gym: Gym, record: str, item: Item, trouble: Trouble) -> Ruling | Fault:
    """Whose fault it is: the item's, if it cannot be built without an answer either."""
    built = gym.build(item)
    if isinstance(built, Trouble):
        what = f"{item.dataset}: {built.reason}: {built.message}"[:500]
        return Fault(record, "user_code", "not_built", what, record=record)
    reason = "too_expensive" if trouble.is_lost else "unreadable"
    return Ruling(
        "drop", reason, 0.0, {"dataset": item.dataset, "ended": trouble.reason, "said": trouble.message[:_SHOWN]}
    )


@lru_cache(maxsize=4096)
def _named(told: str) -> _Named | None:
    try:
        return _Named.model_validate_json(told)
    except ValidationError:
        return None


# Near misses ----------------------------------------------------------------------------------------------------------
def _misses(answer: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    if answer.strip() in {*_OTHER, *_OTHER.values()}:
        flipped = _OTHER | {other: one for one, other in _OTHER.items()}
        yield "flipped", flipped[answer.strip()]
        return
    if numbers := list(re.finditer(r"[0-9]+", answer)):
        place = rng.choice(numbers)
        at = place.start() + rng.randrange(min(4, len(place[0])))
        other = rng.choice([digit for digit in "123456789" if digit != answer[at]])
        yield "digit", answer[:at] + other + answer[at + 1 :]
    pairs = [at.start() for at in re.finditer(r"(?=([A-Za-z])(?!\1)[A-Za-z])", answer)]
    if pairs and len(answer.split()) == 1:
        at = rng.choice(pairs)
        yield "swapped", answer[:at] + answer[at + 1] + answer[at] + answer[at + 2 :]
