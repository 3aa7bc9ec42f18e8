"""`self_instruct`: real requests are shown, the model writes new ones of their kind, and answers them."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import ClassVar

from pydantic import BaseModel, Field

from sterling.generate.seeds.seeding import drawn, prompt_of
from sterling.generate.writing.elimination import refuse_apology, refuse_copied_prompt, refuse_empty_words
from sterling.generate.writing.making import Draft, Writer
from sterling.generate.writing.pairing import chat_for, paired
from sterling.models import Models, ModelStrategy, Unanswered
from sterling.records import Fault, Record, digest
from sterling.registry import Past, Task, register
from sterling.text import plain_words

_HELD = 2_000
"""Requests of its own that are held to be shown."""
_LONGEST = 1_500
"""Characters of a request that are shown."""


class Requests(BaseModel):
    """What the model writes."""

    requests: list[str] = Field(min_length=1)
    """Each as a person would type it."""


@register("strategy", "self_instruct")
class SelfInstruct(ModelStrategy):
    """Self-Instruct (Wang et al., arXiv 2212.10560): new requests of the kind that people really made.

    A task shows `shown` real requests of different topics, and from the second round on `own` verified ones that it
    wrote itself (6 and 2, as in the paper); `rounds` divide `count` between them for that purpose. The model writes
    `batch` new requests in one structured answer, as Alpaca did, and answers each in a question of its own. Whatever
    was shown is a parent of all of them. One record for each request, in the form of the first seed: strings or a
    chat, behind its system message.

    **Needs the check `novelty`**, the gate that the method lives by: a request with a ROUGE-L of 0.7 or more to one
    that is there already is dropped. Without it a model soon repeats what it is shown and itself; the lint says so.

    Seeds in which nobody asks anything (texts, tables) and those with tools are left out. Without `count`, each seed is
    shown once, in the first round. Faults of one request: `repeated` (in the words of one that was shown, or of another
    in the same answer), `copied_prompt`, `says_nothing`, `refused`; of a whole task: `unparsable`.

    Not guaranteed: that people ask such things. New requests are less diverse than real ones, and lean towards what the
    model likes to answer; compare their topics with the anchor's.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("self_instruct",)

    shown: int = Field(default=6, ge=1, le=50)
    """Real requests that a task shows."""
    own: int = Field(default=2, ge=0, le=50)
    """Verified requests of its own that it shows beside them, once there are some."""
    batch: int = Field(default=5, ge=1, le=50)
    """Requests that are asked for at once."""
    rare: float = Field(default=0.0, ge=0, le=1)
    """Share of the seeds that are taken from the smallest topics of the anchor first; 0 leaves it to chance."""

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """So many as it takes to write what is still wanted, each with other seeds."""
        real = drawn(filter(_asks, seeds), self.count, seed, self.rare)
        own = heapq.nsmallest(_HELD, filter(_asks, past.own()), key=lambda record: digest(str(seed), record.id))
        wanted = self._wanted(len(real), past)
        numbered = zip(count(), _companies(real, self.shown, seed), _companies(own, self.own, seed), strict=False)
        untried = (task for task in numbered if _row(task[0]) not in past.tried)
        for left, (number, people, mine) in zip(range(wanted if real else 0, 0, -self.batch), untried, strict=False):
            spec = {"number": number, "wanted": min(self.batch, left), "seed": seed}
            yield Task(_row(number), (*people, *mine), spec)

    def _wanted(self, real: int, past: Past) -> int:
        """Requests of this round: an even share of what is still wanted, so that later rounds can show earlier ones."""
        if self.count is None:
            return self.batch * max(0, -(-real // self.shown) - len(past.tried))
        return -(-(self.count - past.kept) // max(1, self.rounds - past.round + 1))

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The new requests of one task, answered; or of each why it is none."""
        shown = [prompt_of(seed) or "" for seed in task.seeds]
        asked = self.prompt("self_instruct").fill(count=str(task.spec["wanted"]), examples=_listed(shown))
        filled = await models.fill(self.model, asked, Requests, sample=task.spec["number"])
        requests = [request.strip() for request in filled.value.requests][: task.spec["wanted"]]
        parts = (task._replace(row=f"{task.row}/{place}") for place in range(len(requests)))
        befores = ([*shown, *requests[:place]] for place in range(len(requests)))
        answered = map(partial(self._answered, source, models), parts, requests, befores)
        return await models.together(*answered)

    async def _answered(
        self, source: str, models: Models, part: Task, request: str, before: Sequence[str]
    ) -> Record | Fault:
        """The record of one request, or why it is none."""
        prompt = self.prompt("self_instruct")
        try:
            _refuse_repeated(request, before)
            refuse_empty_words(request)
            refuse_copied_prompt(request, "\n".join(before), prompt)
            answer = await models.say(self.model, chat_for(part.seeds[0], request))
            refuse_apology(answer.text, request)
        except Unanswered as none:
            return none.fault(part.row)
        draft = Draft(
            paired(part.seeds[0], request, answer),
            [Writer(self.model, answer)],
            [prompt],
            tags=("task:self_instruct",),
            decided={"number": part.spec["number"]},
        )
        return draft.record("self_instruct", part, source)


def _refuse_repeated(request: str, before: Sequence[str]) -> None:
    if plain_words(request) in map(plain_words, before):
        raise Unanswered.because("repeated", "the same words were shown, or stand in this answer before")


def _asks(record: Record) -> bool:
    return prompt_of(record) is not None and "tools" not in record.payload


def _row(number: int) -> str:
    return f"requests-{number}"


def _companies(records: Sequence[Record], size: int, seed: int) -> Iterator[tuple[Record, ...]]:
    """Without end: the next so many, all in turn before one comes again, and then in other company."""
    parade = _parade(records, seed)
    while True:
        company: dict[str, Record] = {}
        while len(company) < min(size, len(records)):
            one = next(parade)
            company.setdefault(one.id, one)
        yield tuple(company.values())


def _parade(records: Sequence[Record], seed: int) -> Iterator[Record]:
    for lap in count():
        yield from sorted(records, key=lambda record: digest(str(seed), str(lap), record.id)) if lap else records


def _listed(texts: Iterable[str]) -> str:
    return "\n\n".join(f"<request>\n{text.strip()[:_LONGEST]}\n</request>" for text in texts)
