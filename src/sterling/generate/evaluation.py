"""`evaluation`: questions with a key, made from real texts by a model that has no part in what they will measure."""

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.seeds.passages import document_of, extract, grounds
from sterling.generate.writing.elimination import refuse_copied_prompt
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Endpoint, ModelRef, Models, Unanswered, families, lineage
from sterling.records import UNPROVEN, Fault, Record
from sterling.registry import Task, register

SKILLS: Mapping[str, str] = {
    "recall": "a fact that the text states",
    "inference": "a conclusion that takes two steps or more from what the text states",
    "comparison": "how two things in the text differ, or what they have in common",
    "application": "what follows for a new case to which something that the text says applies",
}
"""Name of what an item asks for, and how it is described to the model. In the manner of Bloom's taxonomy of 1956."""
_LETTERS = "ABCDEFGHIJ"
_LONGEST_ANSWER = 80
"""Characters of a short answer."""
_LOOKS_BACK = re.compile(r"\b(?:the|this|above)\s+(?:given\s+)?(?:text|passage|excerpt)\b", re.IGNORECASE)
_ALONE = "The question stands by itself: it will be asked without the text, so it names what it is about."
_BESIDE = "It will be asked with the text beside it."
_SHORT = "Give the answer alone, after ####."
_LETTER = "Give the letter of the right answer alone, after ####."

Kind = Literal["short", "choice"]
_Said = Annotated[str, Field(min_length=1)]


class Short(BaseModel):
    """What a model fills in for a question with a short answer."""

    question: _Said
    answer: _Said


class Choice(BaseModel):
    """What a model fills in for a question with options."""

    question: _Said
    answer: _Said
    wrong: list[_Said]


class Item(NamedTuple):
    """A question as it is put, and its key."""

    asked: str
    answer: str
    """A letter where there are options."""
    choices: tuple[str, ...] = ()


@register("strategy", "evaluation")
class Evaluation(GridStrategy):
    """Items for an evaluation set: questions with a short answer or with options, from passages of real texts.

    Kinds of item x what they ask for is the grid. `reference` holds the key as `answer` (the letter where there are
    options), the options as `choices`, and the passage as `passages`. Each item says how to answer, after ####, which
    is where the check `math` looks. Options are in an order that depends on the run's seed and the row alone.

    Who writes the items must share no family with what they measure: `not_families` are those of the training set's
    generator, `under_test` the models that will be measured. A recipe in which they share one is refused, and so is one
    where a lineage is unknown.

    Faults: `refers_to_text` (a question that leans on a text which is not shown; English phrases only), `long_answer`,
    `same_options`, `copied_prompt`. Whether the key is right, an item hard, or its answer leaked is for checks: a judge
    of a third family, `solved` with several models, `answer_leaks`.

    Not guaranteed: that a model which was trained on the same real text does not know the answer by heart.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("evaluation_short", "evaluation_choice")
    only_named: ClassVar[frozenset[str]] = frozenset({"under_test"})

    kinds: tuple[Kind, ...] = Field(default=("short", "choice"), min_length=1)
    skills: Mapping[str, str] = Field(default=SKILLS, min_length=1)
    """Name of what an item asks for, and how it is described to the model."""
    choices: int = Field(default=4, ge=2, le=len(_LETTERS))
    """Options of an item, the right one among them."""
    with_passage: bool = False
    """Put the passage into the prompt: reading is measured then, and not knowledge."""
    longest: int = Field(default=3_000, ge=200)
    """Characters of a passage; longer texts give one of their passages."""
    not_families: tuple[str, ...] = ()
    """Families of the models that wrote the training set: `[qwen, llama]`."""
    under_test: tuple[ModelRef, ...] = ()
    """The models that the set will measure. They are not asked."""

    def cells(self) -> Sequence[Cell]:
        """Kind x skill."""
        return [
            Cell(f"{kind}/{name}", {"kind": kind, "skill": skill})
            for name, skill in self.skills.items() for kind in self.kinds
        ]  # fmt: skip

    def suits(self, record: Record) -> bool:
        """Whether there is a text to ask about."""
        return bool(document_of(record))

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """One item."""
        (seed,), spec = task.seeds, task.spec
        passage = extract(document_of(seed), self.longest, task.row)
        kind: Kind = spec["kind"]
        prompt = self.prompt(f"evaluation_{kind}")
        values = {"skill": spec["skill"], "passage": passage, "setting": _BESIDE if self.with_passage else _ALONE}
        more = {"wrong": str(self.choices - 1)} if kind == "choice" else {}
        form = await models.fill(self.model, prompt.fill(**values, **more), Choice if kind == "choice" else Short)
        refuse_copied_prompt(form.value.question, passage, prompt)
        item = self._item(form.value, random.Random(f"{spec['seed']}:{task.row}"))  # noqa: S311 - an order, no secret
        choices = {"choices": list(item.choices)} if item.choices else {}
        draft = Draft(
            {
                "prompt": f"{passage}\n\n{item.asked}" if self.with_passage else item.asked,
                "completion": f"#### {item.answer}",
            },
            [Writer(self.model, form.answer)],
            [prompt],
            reference={"answer": item.answer, **choices, **grounds(passage), UNPROVEN: "own_key"},
            tags=("task:evaluation", f"cell:{spec['cell']}", f"item:{kind}"),
            decided=self.decided_of(task),
            view=item.asked,
        )
        return [draft.record("evaluation", task, source)]

    def _item(self, form: Short | Choice, chance: random.Random) -> Item:
        question, answer = form.question.strip(), form.answer.strip()
        if not self.with_passage and _LOOKS_BACK.search(question):
            raise Unanswered.because("refers_to_text", f"it leans on a text that is not shown: {question[:200]}")
        if isinstance(form, Choice):
            return _with_options(question, answer, [one.strip() for one in form.wrong], self.choices, chance)
        if len(answer) > _LONGEST_ANSWER:
            raise Unanswered.because("long_answer", f"an answer of {len(answer)} characters: {answer[:100]}")
        return Item(f"{question}\n\n{_SHORT}", answer)

    @model_validator(mode="after")
    def _measures_strangers(self, info: ValidationInfo) -> Self:
        with families.added(_file(info)):
            tested = self._tested()
            if tested:
                _refuse_relatives(self.model, tested)
        return self

    def _tested(self) -> dict[str, frozenset[str]]:
        """Families that the items must not come from, by who has them."""
        known = families.registry()
        wrote = {f"`{word}` (wrote the training set)": known.called(word) for word in self.not_families}
        return wrote | {f"`{one.model}` (under test)": lineage(one) for one in self.under_test}


def _with_options(question: str, answer: str, wrong: Sequence[str], wanted: int, chance: random.Random) -> Item:
    options = [answer, *wrong[: wanted - 1]]
    if len({one.casefold() for one in options}) < wanted:
        raise Unanswered.because("same_options", f"fewer than {wanted} options that differ: {options}")
    chance.shuffle(options)
    listed = "\n".join(f"{letter}) {text}" for letter, text in zip(_LETTERS, options, strict=False))
    return Item(f"{question}\n\n{listed}\n\n{_LETTER}", _LETTERS[options.index(answer)], tuple(options))


def _file(info: ValidationInfo) -> Path | None:
    """The recipe's own file of families."""
    context = info.context or {}
    named: Any = context.get("families")
    return Path(context["base"]) / named if isinstance(named, str) and "base" in context else None


def _refuse_relatives(writer: Endpoint, tested: Mapping[str, frozenset[str]]) -> None:
    own = lineage(writer)
    for whose, theirs in {f"`{writer.model}` (writes the items)": own, **tested}.items():
        if not theirs:
            what = f"the family of {whose} is unknown, so nobody can say that they share none"
            raise _wrong(what, "say its `family:` under `models:`, or add it to the registry: `families: FILE`")
    for whose, theirs in tested.items():
        if shared := sorted(own & theirs):
            what = f"`{writer.model}` writes the items, and {whose} is a relative of it: {', '.join(shared)}"
            raise _wrong(what, "let a model of another family write them")


def _wrong(what: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
