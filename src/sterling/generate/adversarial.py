"""`adversarial`: the cases that real data has few of, and inputs that try a system, in the manner of that data."""

import heapq
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, zip_longest
from typing import Any, ClassVar, NamedTuple

from pydantic import Field, field_validator

from sterling.generate.seeds.formats import FORMATS
from sterling.generate.seeds.gaps import KINDS, Kind, gaps, shown_text
from sterling.generate.seeds.hostile import HOSTILE, NAMES
from sterling.generate.seeds.passages import extract
from sterling.generate.seeds.seeding import chat_of, inherited
from sterling.generate.seeds.wording import has_tools
from sterling.generate.writing.elimination import refuse_apology, refuse_copied_prompt
from sterling.generate.writing.grid import poor_cells
from sterling.generate.writing.making import Draft, Writer
from sterling.models import ModelRef, Models, ModelStrategy, Unanswered
from sterling.recipes.problems import nearest
from sterling.records import Fault, Record, content_text, digest
from sterling.registry import Past, Task, register

_MOST_SEEDS = 20_000
_SHOWN = 1_500
"""Characters of an example."""
_MESSAGE, _TEXT = ("messages that an assistant was sent", "message"), ("texts", "text")


class Case(NamedTuple):
    """One kind of case that is wanted."""

    name: str
    """`formats/table`, `hostile/injection`."""
    wanted: str
    answer: str | None = None
    """What a good answer does, where that needs saying."""
    near: tuple[Record, ...] = ()
    tags: tuple[str, ...] = ()


@register("strategy", "adversarial")
class Adversarial(ModelStrategy):
    """Edge cases: rare tags, missing combinations of tags, thin topics, rare formats, and hostile inputs.

    What is missing is found in the seeds (`sterling.generate.seeds.gaps`), and is the same for the same seeds. A model
    is shown some real ones and writes one more of the missing kind; then it, or `answerer`, answers. What a good answer
    to a hostile input does is said to the one who answers, and not kept. Seeds that are texts make texts without
    answers; rows of tables and records with tools are left out.

    Faults: a case that has not the format it was to have (`not_of_kind`), a `copied` example, `refused` (a case, not an
    answer: to decline may be right), `copied_prompt`. Whether a case is of any other kind, and its answer good, is for
    checks and people: a judge's rubric can ask for what is wanted.

    Not guaranteed: that a gap of the data is one of life; that a made-up case resembles those that occur. That is
    measured on real edge cases that generation never saw.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("adversarial_case", "adversarial_answer")

    answerer: ModelRef | None = None
    """Who answers; unsaid, `model`."""
    gaps: tuple[Kind, ...] = KINDS
    """Which gaps are looked for."""
    hostile: tuple[str, ...] = NAMES
    """Which kinds of hostile input are written; `[]` for none."""
    shown: int = Field(default=3, ge=1, le=20)
    """Real examples that the model is shown. They are the record's parents."""
    per_case: int = Field(default=4, ge=1, le=1000)
    """Cases of each kind where `count` is not given."""

    def cases(self, seeds: Sequence[Record]) -> list[Case]:
        """Every kind that is wanted, of the five sorts in turn."""
        found = gaps(seeds, self.gaps)
        sorts = [[Case(g.name, g.wanted, None, g.near, g.tags) for g in found if g.kind == kind] for kind in KINDS]
        sorts.append([Case(f"hostile/{h.name}", h.wanted, h.answer) for h in HOSTILE if h.name in self.hostile])
        return [case for row in zip_longest(*sorts) for case in row if case is not None]

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Each kind of case in turn, over and over; those that yield little come last in their turn."""
        usable = (record for record in seeds if record.format != "table" and not has_tools(record))
        sample = heapq.nsmallest(_MOST_SEEDS, usable, key=lambda record: (digest(str(seed), record.id), record.id))
        poor = poor_cells(past)
        cases = sorted(self.cases(sample), key=lambda case: case.name in poor) if sample else []
        wanted = self.per_case * len(cases) if self.count is None else max(0, self.count - past.kept)
        turns = count() if self.count is not None and cases else range(self.per_case)
        fresh = ((case, turn) for turn in turns for case in cases if f"{case.name}/{turn}" not in past.tried)
        for _, (case, turn) in zip(range(wanted), fresh, strict=False):
            yield self._task(case, turn, sample, seed)

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """A case, and its answer where somebody asks something."""
        first, spec = task.seeds[0], task.spec
        things, thing = _TEXT if chat_of(first) is None else _MESSAGE
        examples = [extract(shown_text(record), _SHOWN, record.id) for record in task.seeds]
        prompt = self.prompt("adversarial_case").fill(
            things=things, thing=thing, wanted=spec["wanted"], examples="\n\n---\n\n".join(examples)
        )
        said = await models.say(self.model, prompt, sample=spec["turn"])
        case = said.text.strip()
        _refuse(case, examples, spec["cell"])
        refuse_copied_prompt(case, "\n".join(examples), self.prompt("adversarial_case"))
        writers, payload = [Writer(self.model, said)], {"text": case}
        if (chat := chat_of(first)) is not None:
            asked = _asked(chat, case)
            answer = await self._answered(asked, spec, models)
            payload = _payload(first, asked, case, answer.answer.text.strip())
            writers.insert(0, answer)
        prompts = [self.prompt(name) for name in self.prompts_used]
        draft = Draft(payload, writers, prompts, decided={"turn": spec["turn"]})
        return [replace(draft.record("adversarial", task, source), tags=_tags(task))]

    async def _answered(self, asked: list[dict[str, Any]], spec: Mapping[str, Any], models: Models) -> Writer:
        """What the case is answered with, and by whom."""
        answerer = self.answerer or self.model
        answer = await models.say(answerer, self._instructed(asked, spec), sample=spec["turn"])
        refuse_copied_prompt(answer.text, asked[-1]["content"], self.prompt("adversarial_answer"))
        return Writer(answerer, answer)

    def _task(self, case: Case, turn: int, sample: Sequence[Record], seed: int) -> Task:
        row = f"{case.name}/{turn}"
        spec = {"cell": case.name, "wanted": case.wanted, "answer": case.answer, "tags": list(case.tags)}
        shown = _examples(case, sample, self.shown, random.Random(f"{seed}:{row}"))  # noqa: S311 - a sample, no secret
        return Task(row, shown, {**spec, "turn": turn, "seed": seed})

    def _instructed(self, asked: list[dict[str, Any]], spec: Mapping[str, Any]) -> list[dict[str, Any]]:
        """With what a good answer does, in the system's message."""
        if spec["answer"] is None:
            return asked
        told = self.prompt("adversarial_answer").fill(wanted=spec["wanted"], answer=spec["answer"]).strip()
        if asked[0]["role"] == "system":
            return [{**asked[0], "content": f"{content_text(asked[0]['content'])}\n\n{told}"}, *asked[1:]]
        return [{"role": "system", "content": told}, *asked]

    @field_validator("hostile")
    @classmethod
    def _known(cls, hostile: tuple[str, ...]) -> tuple[str, ...]:
        for name in hostile:
            if name not in NAMES:
                raise ValueError(f"there is no kind of hostile input `{name}`; {nearest(name, NAMES)}")
        return hostile


def _examples(case: Case, sample: Sequence[Record], most: int, chance: random.Random) -> tuple[Record, ...]:
    """Records near the gap first, then any others; all of them messages, or all of them texts."""
    near = chance.sample(case.near, min(most, len(case.near)))
    rest = chance.sample(sample, min(len(sample), 4 * most))
    every = list({record.id: record for record in (*near, *rest)}.values())
    first = every[0]
    alike = [record for record in every if (chat_of(record) is None) == (chat_of(first) is None)]
    return tuple(alike[:most])


def _refuse(case: str, examples: Sequence[str], cell: str) -> None:
    refuse_apology(case, "\n".join(examples))
    if case in examples:
        raise Unanswered.because("copied", "it is one of the examples")
    wanted = next((one for one in FORMATS if cell == f"formats/{one.name}"), None)
    if wanted is not None and not wanted.fits(case):
        raise Unanswered.because("not_of_kind", f"this is not so: {wanted.wanted}")


def _asked(chat: Sequence[dict[str, Any]], case: str) -> list[dict[str, Any]]:
    """What stands before the first message of the user, and the case in its place."""
    before = []
    for turn in chat:
        if turn.get("role") == "user":
            break
        before.append(turn)
    return [*before, {"role": "user", "content": case}]


def _payload(first: Record, asked: list[dict[str, Any]], case: str, answer: str) -> dict[str, Any]:
    said = {"role": "assistant", "content": answer}
    if "prompt" not in first.payload:
        return {"messages": [*asked, said]}
    if isinstance(first.payload["prompt"], str):
        return {"prompt": case, "completion": answer}
    return {"prompt": asked, "completion": [said]}


def _tags(task: Task) -> tuple[str, ...]:
    """The kind, and of the examples' tags only those that all of them have."""
    cell: str = task.spec["cell"]
    every = [inherited(record) for record in task.seeds]
    shared = [tag for tag in every[0] if all(tag in other for other in every)]
    edge = cell.partition("/")[2]
    return tuple(dict.fromkeys(("task:adversarial", f"cell:{cell}", f"edge:{edge}", *task.spec["tags"], *shared)))
