"""One generation's model asked about every item of a tail, and its answers judged."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sterling.collapse.models import Answers, Generation, solution_form
from sterling.errors import NotAnswered
from sterling.models import Answer, Endpoint, Failure, Question, ask, insist
from sterling.models.money.purse import purpose
from sterling.pipeline.answers import Answer as Ruled
from sterling.pipeline.checking import check_rows
from sterling.pipeline.examination.items import TailItem
from sterling.records import Boundary, Fault, Record
from sterling.registry import Check
from sterling.verify.programs.continuing import continuing

_AT_ONCE = 2_000
"""Answers that are held in memory together, about."""
_USABLE = frozenset({"stop", "length", "tool_calls"})
_UNDONE = frozenset({"empty"})
"""A failure that is the model's own doing: an answer that is not right. Others are the provider's, and no answer."""
_NOT_JUDGED = frozenset({"no_reference", "other_language", "bad_reference", "same_family"})
_REFUSALS = frozenset({400, 415, 422, 501})
"""How servers say that they know no `logprobs`."""
_PROBES = 3
_BOUNDARIES: tuple[Boundary, ...] = ("provider", "sandbox", "user_code")
Told = Callable[[str, int, int], object]
"""Takes a generation's name, how many items are done, and of how many."""


class Examinee(NamedTuple):
    """A generation and where it answers."""

    name: str
    endpoint: Endpoint


class Sat(NamedTuple):
    """What came of one generation's examination."""

    generation: Generation
    faults: tuple[Fault, ...]
    """Answers that never came or could not be judged."""
    reasons: Mapping[str, int]
    """Of all answers, by what the check said; `truncated` and `empty` beside."""
    paid_before: int
    """Answers that the journal had."""


def _apart(one: Examinee) -> Examinee:
    """The generation's name stands for the revision: two servers on this machine may call their models alike."""
    revision = one.endpoint.revision or one.name
    return one._replace(endpoint=one.endpoint.model_copy(update={"revision": revision}))


def sit(one: Examinee, items: Sequence[TailItem], check: Check, samples: int, told: Told) -> Sat:
    """Ask so many samples of every item, and judge them. NotAnswered where nothing came that could be judged."""
    one = _apart(one)
    with purpose(f"monitor:{one.name}"):
        sampling = _sampling(one.endpoint, items)
        taken = _Taken()
        rest = iter(items)
        while chunk := list(islice(rest, max(1, _AT_ONCE // samples))):
            taken.add(check, _asked(one.endpoint, chunk, samples, sampling))
            taken.items += len(chunk)
            told(one.name, taken.items, len(items))
    if not taken.answers:
        first = taken.faults[0]
        what = f"`{one.name}` got no answer that could be judged to any of {len(items):,} items"
        raise NotAnswered(f"{what}: {first.reason}: {first.message}")
    return Sat(Generation(one.name, taken.answers), tuple(taken.faults), taken.reasons, taken.known)


class _Taken:
    """What has been judged so far."""

    def __init__(self) -> None:
        self.answers: dict[str, Answers] = {}
        self.faults: list[Fault] = []
        self.reasons: Counter[str] = Counter()
        self.known = self.items = 0

    def add(self, check: Check, given: "Sequence[_Given]") -> None:
        self.known += sum(isinstance(said, Answer) and said.from_journal for _, said in given)
        for item, judged in _judged(check, given):
            if isinstance(judged, Fault):
                self.faults.append(judged)
            else:
                self.reasons[judged.reason] += 1
                self.answers[item.id] = self.answers.get(item.id, Answers(0, 0)).plus(judged.answers)


def _sampling(endpoint: Endpoint, items: Sequence[TailItem]) -> Mapping[str, Any]:
    """Log-probabilities are asked for where the first questions show that the server knows them."""
    wanted: dict[str, Any] = {"logprobs": True}
    if endpoint.batch or "logprobs" in endpoint.sampling:
        return {}
    said = ask(endpoint, [Question(item.chat, wanted) for item in items[:_PROBES]], finish_ok=_USABLE)
    refused = any(isinstance(one, Failure) and not one.owed and one.status in _REFUSALS for one in said)
    return {} if refused and not any(isinstance(one, Answer) for one in said) else wanted


_Given = tuple[TailItem, Answer | Failure]


def _asked(endpoint: Endpoint, items: Sequence[TailItem], samples: int, sampling: Mapping[str, Any]) -> list[_Given]:
    whose = [item for item in items for _ in range(samples)]
    questions = [Question(item.chat, sampling, sample) for item in items for sample in range(samples)]
    said = insist(endpoint, ask(endpoint, questions, finish_ok=_USABLE))
    return list(zip(whose, said, strict=True))


class _Judged(NamedTuple):
    answers: Answers
    reason: str


def _judged(check: Check, given: Sequence[_Given]) -> Iterator[tuple[TailItem, _Judged | Fault]]:
    """What each answer is worth. Equal answers to one item are put before the check once."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for item, said in given:
        if isinstance(said, Answer) and said.finish != "length":
            rows.setdefault((item.id, _key(said)), _row(item, said))
    ruled = dict(zip(rows, check_rows(check, list(rows.values())), strict=True))
    for item, said in given:
        if isinstance(said, Failure):
            yield item, _without(item, said)
        elif said.finish == "length":
            yield item, _Judged(_wrong(said), "truncated")
        else:
            ruling = ruled[item.id, _key(said)]
            if ruling.outcome == "fault" or ruling.reason in _NOT_JUDGED:
                yield item, _unjudged(item, ruling)
            else:
                yield item, _Judged(_worth(item, said, passed=ruling.outcome == "keep"), ruling.reason)


def _unjudged(item: TailItem, ruling: Ruled) -> Fault:
    """Of the row where that cannot be judged by, else of the check."""
    if ruling.reason in _NOT_JUDGED:
        return Fault(item.id, "source", ruling.reason, "the check cannot judge by this row's reference")
    said = ruling.evidence
    boundary: Boundary = next((one for one in _BOUNDARIES if one == said.get("boundary")), "sandbox")
    return Fault(item.id, boundary, ruling.reason, str(said.get("fault", ""))[:500])


def _without(item: TailItem, failure: Failure) -> _Judged | Fault:
    """A failure of the provider is no answer, and owed; an empty answer is the model's."""
    if failure.reason in _UNDONE and failure.answer is not None:
        return _Judged(_wrong(failure.answer), failure.reason)
    message, attempts = failure.message, max(1, failure.attempts)
    return Fault(item.id, "provider", failure.reason, message, attempts, owed=failure.owed)


def _wrong(said: Answer) -> Answers:
    bits, tokens = bits_of(said.logprobs)
    return Answers(1, 0, {}, bits, tokens)


def _worth(item: TailItem, said: Answer, *, passed: bool) -> Answers:
    bits, tokens = bits_of(said.logprobs)
    form = {solution_form(item.form, said.text, item.question): 1} if passed else {}
    return Answers(1, int(passed), form, bits, tokens)


def bits_of(logprobs: Any) -> tuple[float, int]:
    """(sum of -log2 p, tokens) of what a server sent as `logprobs`; (0, 0) where it sent nothing of the kind."""
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    found = [one.get("logprob") for one in content or () if isinstance(one, Mapping)]
    known = [float(one) for one in found if isinstance(one, int | float) and math.isfinite(one)]
    return -math.fsum(known) / math.log(2), len(known)


def _key(said: Answer) -> str:
    return f"{said.text}\n{said.tool_calls}" if said.tool_calls else said.text


def _row(item: TailItem, said: Answer) -> dict[str, Any]:
    """The item with this answer, as `sterling check` reads it."""
    text = said.text
    if item.reference.get("program") == "continue":
        payload = {"prompt": item.prompt, "completion": ""}
        record = Record.real(payload, source="tail", row=item.id, origin="unknown", reference=item.reference)
        text = continuing(record, text)
    turn = {"role": "assistant", "content": text, **({"tool_calls": [*said.tool_calls]} if said.tool_calls else {})}
    plain = isinstance(item.prompt, str) and not said.tool_calls
    row = {"prompt": item.prompt, "completion": text} if plain else {"prompt": [*item.chat], "completion": [turn]}
    return row | {"reference": dict(item.reference)}
