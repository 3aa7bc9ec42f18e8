"""`rephrase`: real documents in other words, so that a model meets what they say in more than one form."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sterling.generate.grid import Cell, GridStrategy
from sterling.generate.making import Draft, Writer
from sterling.models import Models, Unanswered
from sterling.records import Fault, Record, text_of
from sterling.registry import Task, register

STYLES: Mapping[str, str] = {
    "plain": "simple words and short sentences, for a reader who is new to the subject",
    "encyclopedia": "the sober, precise prose of an encyclopedia",
    "dialogue": "questions and answers between two people, one of whom knows the subject",
    "technical": "terse notes for an expert, with every technical term kept",
    "lesson": "a lesson that builds up the matter step by step",
}
"""Name and instruction of each style. The first four follow WRAP (Maini et al., arXiv 2401.16380) in kind."""


@register("strategy", "rephrase")
class Rephrase(GridStrategy):
    """A real document written anew in one of several styles, with nothing added and nothing lost.

    The document stays in `reference.passages`, so that the check `grounded` can hold the text against it: a model may
    still leave things out or turn them round. About a third of a mix is the ratio at which published runs gained most.
    Documents longer than `longest` are left out, for an answer would be cut off or a summary.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("rephrase",)

    styles: Mapping[str, str] = STYLES
    """Name of a style, and how it is described to the model."""
    longest: int = 6_000
    """Characters of a document that is rephrased as a whole."""

    def cells(self) -> Sequence[Cell]:
        """One cell a style."""
        return [Cell(name, {"style": style}) for name, style in self.styles.items()]

    def suits(self, record: Record) -> bool:
        """Whether it is a document that fits."""
        return 0 < len(text_of(record).strip()) <= self.longest

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The document in the style of the task's cell."""
        (seed,) = task.seeds
        passage = text_of(seed)
        prompt = self.prompt("rephrase")
        answer = await models.say(self.model, prompt.fill(style=task.spec["style"], passage=passage))
        if answer.text.strip() == passage.strip():
            raise Unanswered.because("unchanged", "the text came back as it was")
        draft = Draft(
            {"text": answer.text.strip()},
            [Writer(self.model, answer)],
            [prompt],
            reference=_grounds(passage),
            tags=("task:rephrase", f"cell:{task.spec['cell']}"),
            decided={"cell": task.spec["cell"]},
        )
        return [draft.record("rephrase", task, source)]


def _grounds(passage: str) -> dict[str, Any]:
    """What `grounded` reads."""
    return {"passages": [passage]}
