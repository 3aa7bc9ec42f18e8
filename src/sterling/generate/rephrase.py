"""`rephrase`: real documents in other words, so that a model meets what they say in more than one form."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from sterling.generate.seeds.passages import document_of, grounds, passages_of
from sterling.generate.writing.elimination import refuse_apology, refuse_copied_prompt, refuse_same_words
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Answer, Models
from sterling.records import Fault, Record
from sterling.registry import Task, register
from sterling.text.templates import Template

STYLES: Mapping[str, str] = {
    "plain": "simple words and short sentences, for a reader who is new to the subject",
    "encyclopedia": "the sober, precise prose of an encyclopedia",
    "dialogue": "questions and answers between two people, one of whom knows the subject",
    "technical": "terse notes for an expert, with every technical term kept",
    "lesson": "a lesson that builds up the matter step by step",
    "questions": "a list of questions of different kinds (open, yes or no, a choice of four, a comparison), each "
    "followed by its answer",
    "facts": "a list of single facts, each a sentence that is understood without the others",
}
"""Name and instruction of each style. The first four follow WRAP (Maini et al., arXiv 2401.16380) in kind, the last two
Nemotron-CC (Su et al., arXiv 2412.02595)."""


@register("strategy", "rephrase")
class Rephrase(GridStrategy):
    """A real document written anew in one of several styles, with nothing added and nothing lost.

    A document is cut into passages of at most `passage` characters, each is put before the model by itself, and the
    answers are joined: models leave things out of long texts (WRAP took 300 tokens at a time). The passages stay in
    `reference.passages`, so that the check `grounded` can hold the text against them: a model may still leave things
    out or turn them round. About a third of a mix is the ratio at which published runs gained most, and in one round:
    what is rephrased again drifts.

    Any format is a document: of a pair prompt and answer, of a chat all turns, of a preference the chosen answer. Rows
    of tables are left out, and documents longer than `longest`. Faults, of any passage: `unchanged`, `refused`,
    `copied_prompt`.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("rephrase",)

    styles: Mapping[str, str] = Field(default=STYLES, min_length=1)
    """Name of a style, and how it is described to the model."""
    passage: int = Field(default=2_000, ge=200)
    """Characters that are rephrased at once."""
    longest: int = Field(default=30_000, ge=200)
    """Characters of a document that is rephrased at all."""

    def cells(self) -> Sequence[Cell]:
        """One cell a style."""
        return [Cell(name, {"style": style}) for name, style in self.styles.items()]

    def suits(self, record: Record) -> bool:
        """Whether it is a document that fits."""
        return 0 < len(document_of(record)) <= self.longest

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The document in the style of the task's cell."""
        passages = self._passages(task.seeds[0])
        style, cell = task.spec["style"], task.spec["cell"]
        answers = await models.together(*(self._anew(passage, style, models) for passage in passages))
        draft = Draft(
            {"text": "\n\n".join(answer.text.strip() for answer in answers)},
            [Writer(self.model, answers[0])],
            [self.prompt("rephrase")],
            reference=grounds(*passages),
            tags=("task:rephrase", f"cell:{cell}"),
            decided=self.decided_of(task),
        )
        return [draft.record("rephrase", task, source)]

    async def _anew(self, passage: str, style: str, models: Models) -> Answer:
        prompt = self.prompt("rephrase")
        answer = await models.say(self.model, prompt.fill(style=style, passage=passage))
        refuse_same_words(answer.text, passage)
        refuse_apology(answer.text, passage)
        refuse_copied_prompt(answer.text, passage, prompt, Template.of(style))
        return answer

    def _passages(self, record: Record) -> list[str]:
        pieces = (piece.strip() for piece in passages_of(document_of(record), self.passage))
        return [piece for piece in pieces if piece]
