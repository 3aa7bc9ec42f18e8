"""`evolve`: real prompts made harder, or turned into rarer ones of the same domain, generation by generation."""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.seeds.seeding import prompt_of
from sterling.generate.writing.elimination import (
    refuse_apology,
    refuse_copied_prompt,
    refuse_empty_words,
    refuse_same_words,
)
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.generate.writing.pairing import chat_for, paired
from sterling.models import Models, Unanswered
from sterling.records import Fault, Record, digest
from sterling.registry import Task, register
from sterling.text.templates import Template

DEPTH: Mapping[str, str] = {
    "constrain": "Add one or two requirements that an answer has to meet, of the kind that people really have: a "
    "limit, an exception, a format, something to avoid.",
    "deepen": "Ask more of it on the point it is about: causes, limits, trade-offs, what happens in unusual cases.",
    "concretise": "Put something definite in place of what is general in it: a certain situation, certain quantities, "
    "a certain kind of person or thing.",
    "reason": "Make an answer depend on several steps, of which each needs the result of the one before, where now one "
    "step is enough.",
    "complicate_input": "Give it material to work on, written out in full: a table, a JSON document, a piece of code, "
    "a log, a formula or a short text, whichever belongs to its subject.",
}
"""Operators that make a prompt harder. The five kinds are those of WizardLM (Xu et al., arXiv 2304.12244)."""
BREADTH: Mapping[str, str] = {
    "broaden": "It is about as long and as hard, asks for something else, and an answer to the first is none to it.",
}
"""Operators that write another prompt of the same domain, on something asked less often."""
_SAID = re.compile(r"\b(same|different)\b")


class Step(NamedTuple):
    """One generation of a prompt."""

    operator: str
    prompt: str


@register("strategy", "evolve")
class Evolve(GridStrategy):
    """Evol-Instruct: a real prompt goes through a named operator, and the model answers what comes of it.

    Each operator is a cell of the grid and a tag `operator:`. With `generations: 3` the prompt of a task goes through
    three operators in a row, the first its cell's and the others drawn, and only the last prompt is answered; the
    ones between stand in `maker.sampling` (`operators`, `evolved`), so they are in the release. To keep and check every
    generation, chain entries instead: `seeds:` of the second names the first.

    A failed evolution is a fault, and comes back in another cell with `rounds`. `unchanged`: the words are the seed's.
    `no_gain`: the model finds that both ask for the same under the same conditions (asked as in the paper, since any
    measure of likeness would take a long prompt with one more constraint for no change; `compare: false` saves the
    question). `copied_prompt`: wording of our prompt. `unparsable`: the comparison was answered otherwise.
    `refused`, `says_nothing`: a text declines in fewer than 80 words, or is small words alone (`generate.elimination`).

    The seed is the first thing that a user says in it, after its system message, which stays; later turns are left
    behind. Seeds in which nobody asks anything (texts, tables) and those with tools are left out. The seed's reference
    is not the new prompt's, and does not come along.

    Not guaranteed: that a harder prompt can be answered at all, or that the answer is right.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("evolve_depth", "evolve_breadth", "evolve_compare")

    depth: Mapping[str, str] = DEPTH
    """Name and instruction of each operator that makes a prompt harder."""
    breadth: Mapping[str, str] = BREADTH
    """Name and instruction of each operator that writes another prompt of the same domain."""
    generations: int = Field(default=1, ge=1, le=10)
    """Operators that a prompt goes through in one task."""
    compare: bool = True
    """Ask the model whether an evolved prompt asks for anything else than the one before."""

    def cells(self) -> Sequence[Cell]:
        """One cell an operator."""
        return [Cell(name, {}) for name in self._operators]

    def suits(self, record: Record) -> bool:
        """Whether somebody asks something in it, without tools."""
        return prompt_of(record) is not None and "tools" not in record.payload

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The last generation of the seed's prompt, and its answer."""
        (seed,) = task.seeds
        steps = await self._evolution(task, models)
        prompt = steps[-1].prompt
        answer = await models.say(self.model, chat_for(seed, prompt))
        refuse_apology(answer.text, prompt)
        refuse_empty_words(answer.text)
        cell, operators = task.spec["cell"], [step.operator for step in steps]
        between = [step.prompt for step in steps[:-1]]
        draft = Draft(
            paired(seed, prompt, answer),
            [Writer(self.model, answer)],
            [self.prompt(name) for name in self.prompts_used],
            tags=("task:evolve", f"cell:{cell}", *(f"operator:{name}" for name in operators)),
            decided={
                **self.decided_of(task, *(self._operators[name] for name in operators)),
                "operators": operators,
                **({"evolved": between} if between else {}),
            },
        )
        return [draft.record("evolve", task, source)]

    async def _evolution(self, task: Task, models: Models) -> list[Step]:
        steps: list[Step] = []
        prompt = prompt_of(task.seeds[0]) or ""
        for operator in self._drawn(task):
            prompt = await self._evolved(prompt, operator, models)
            steps.append(Step(operator, prompt))
        return steps

    async def _evolved(self, prompt: str, operator: str, models: Models) -> str:
        """The prompt after one operator. Unanswered where that failed."""
        template = self.prompt("evolve_depth" if operator in self.depth else "evolve_breadth")
        instruction = self._operators[operator]
        answer = await models.say(self.model, template.fill(operator=instruction, request=prompt))
        evolved = answer.text.strip()
        refuse_same_words(evolved, prompt)
        refuse_copied_prompt(evolved, prompt, template, Template.of(instruction))
        refuse_apology(evolved, prompt)
        refuse_empty_words(evolved)
        if self.compare:
            await self._refuse_no_gain(prompt, evolved, models)
        return evolved

    async def _refuse_no_gain(self, before: str, after: str, models: Models) -> None:
        asked = self.prompt("evolve_compare").fill(before=before, after=after)
        said = _SAID.findall((await models.say(self.model, asked)).text.lower())
        if not said:
            raise Unanswered.because("unparsable", "the comparison says neither `same` nor `different`")
        if said[-1] == "same":
            raise Unanswered.because("no_gain", "the model finds that it asks for the same as before")

    def _drawn(self, task: Task) -> list[str]:
        """The cell's operator, then others by chance, none twice in a row."""
        drawn = [str(task.spec["cell"])]
        for generation in range(1, self.generations):
            others = [name for name in self._operators if name != drawn[-1]] or drawn[-1:]
            chance = digest(str(task.spec["seed"]), task.row, str(generation))
            drawn.append(others[int(chance[:8], 16) % len(others)])
        return drawn

    @property
    def _operators(self) -> Mapping[str, str]:
        return {**self.breadth, **self.depth}

    @model_validator(mode="after")
    def _has_operators(self) -> Self:
        shared = sorted(self.depth.keys() & self.breadth.keys())
        if shared or not self._operators:
            what = f"`{shared[0]}` is in both `depth:` and `breadth:`" if shared else "there is no operator"
            mend = "give one of them another name" if shared else "name one in `depth:` or `breadth:`"
            raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
        return self
