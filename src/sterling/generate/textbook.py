"""`textbook`: one subject of a real passage, written for many audiences in many formats."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from sterling.generate.seeds.passages import document_of, extract, grounds
from sterling.generate.writing.elimination import refuse_apology, refuse_copied_prompt, refuse_same_words
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Models
from sterling.records import Fault, Record
from sterling.registry import Task, register
from sterling.text.templates import Template

AUDIENCES: Mapping[str, str] = {
    "child": "children of about ten, who are curious and know no technical terms",
    "pupil": "pupils of a secondary school, who know the basics and have to understand it well enough to use it",
    "student": "students in their first years of the subject, who are used to exact terms and to reasoning in steps",
    "professional": "people who work in the field, who know the basics by heart and want what is easily got wrong",
}
"""Name and description of each audience."""
FORMATS: Mapping[str, str] = {
    "textbook": "a section of a textbook that leads from what is known to what is new, and ends with two questions to "
    "test oneself, each with its answer",
    "article": "an article for a magazine or blog that begins with a question worth asking and answers it",
    "story": "a story in which people without names meet the matter in their own lives, think it through, and come to "
    "understand it",
}
"""Name and description of each format."""


@register("strategy", "textbook")
class Textbook(GridStrategy):
    """A text about what a real passage is about, in one cell of a grid of audiences and formats.

    The grid (4 x 3 unless you say otherwise) is what keeps texts on one subject apart, and the passage is what ties
    them to the world: Cosmopedia, built so after phi-1 (Gunasekar et al., arXiv 2306.11644), reports under 1 % near
    duplicates. One section for each task; `per_seed: 12` puts a seed through the whole grid. From a document longer
    than `passage` one extract is taken, drawn anew for each cell.

    The extract is in `reference.passages`. The prompt allows explanations beyond it, and no name, number, date or
    quotation that is not in it, so that the check `grounded` can look these up; its entailment model will not find
    every explanation in so short a passage, and a `judge` of another family is the better verifier of them.

    Any format is a document (see `rephrase`). Rows of tables are left out, and documents shorter than `shortest`.
    Faults: `unchanged`, `refused`, `copied_prompt`.

    Not guaranteed: that explanations are right. A textbook says wrong things as calmly as right ones.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("textbook",)

    audiences: Mapping[str, str] = Field(default=AUDIENCES, min_length=1)
    """Name of an audience, and how it is described to the model."""
    formats: Mapping[str, str] = Field(default=FORMATS, min_length=1)
    """Name of a format, and how it is described to the model."""
    passage: int = Field(default=2_000, ge=200)
    """Characters of a document that are shown."""
    shortest: int = Field(default=100, ge=1)
    """Characters of a document below which there is nothing to write about."""

    def cells(self) -> Sequence[Cell]:
        """Every audience with every format."""
        return [_cell(audience, form) for audience in self.audiences.items() for form in self.formats.items()]

    def suits(self, record: Record) -> bool:
        """Whether there is enough of it."""
        return len(document_of(record)) >= self.shortest

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """One text for the cell's audience, in its format."""
        passage = extract(document_of(task.seeds[0]), self.passage, f"{task.spec['seed']}/{task.row}")
        asked = {"passage": passage, "audience": task.spec["audience"], "format": task.spec["format"]}
        prompt = self.prompt("textbook")
        answer = await models.say(self.model, prompt.fill(**asked))
        refuse_same_words(answer.text, passage)
        refuse_apology(answer.text, passage)
        refuse_copied_prompt(answer.text, passage, prompt, *map(Template.of, (asked["audience"], asked["format"])))
        cell = task.spec["cell"]
        draft = Draft(
            {"text": answer.text.strip()},
            [Writer(self.model, answer)],
            [prompt],
            reference=grounds(passage),
            tags=("task:textbook", f"cell:{cell}", *task.spec["tags"]),
            decided=self.decided_of(task),
        )
        return [draft.record("textbook", task, source)]


def _cell(audience: tuple[str, str], form: tuple[str, str]) -> Cell:
    names = (f"audience:{audience[0]}", f"format:{form[0]}")
    return Cell(f"{audience[0]}/{form[0]}", {"audience": audience[1], "format": form[1], "tags": names})
