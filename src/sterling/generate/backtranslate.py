"""`backtranslate`: what people asked, through another language and back, so that the same is asked in other words."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.languages.names import Language, language_of
from sterling.generate.languages.translating import Translator
from sterling.generate.seeds.seeding import prompt_of
from sterling.generate.seeds.wording import has_tools, with_request
from sterling.generate.writing.elimination import refuse_apology, refuse_same_words
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Endpoint, ModelRef, Models
from sterling.records import UNPROVEN, Fault, Record, payload_text
from sterling.registry import Task, register

_RUN = frozenset({"tests", "cases", "stdin_cases"})
_OF_ANOTHER = frozenset({"round_trip", "passages"})
"""Keys of a seed's reference that speak of its own wording."""


@register("strategy", "backtranslate")
class Backtranslate(GridStrategy):
    """A paraphrase of a real text, made by translating it into a pivot language and back.

    Of a pair, a chat or a preference only the first thing that a user says is paraphrased: the human answer stays, and
    with it the seed's reference. It agrees with the answer whatever became of the question, so what verified the seed
    can refute the paraphrase and does not verify it (`unproven: carried_answer`); the record is `synthetic`. Of a
    `text` everything is paraphrased. Each pivot is a cell, and distant ones change more words; `back` may be another
    model than the one that went there.

    The reference has what the check `translation` compares: `source_text`, the seed as text (`source_of: record`), and
    `language` as well as `source_language`, which are the same; `pivot_text` is what was said on the way. Near
    duplicates are told by the paraphrase alone (`view`), or a shared answer would make a duplicate of every one.

    Left out: seeds longer than `longest`, rows of tables, records with tools, seeds in the pivot language when there is
    no other, and programs that are continued. Faults: `unchanged` (the words came back as they were), `refused`,
    `copied_prompt`.

    Not guaranteed: that the paraphrase asks for the same. A pivot without gender, tense or articles loses them.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("translate", "translate_context")

    pivots: tuple[Language, ...] = Field(default=("de", "fr", "ru", "zh", "tr"), min_length=1)
    """ISO 639 codes of the languages to go through."""
    language: Language = "en"
    """Of the seeds that have no tag `language:`."""
    back: ModelRef | None = None
    """Translates back. Unsaid, `model` does so itself."""
    longest: int = Field(default=8_000, ge=1)
    """Characters that are paraphrased at all."""

    def cells(self) -> Sequence[Cell]:
        """One cell a pivot."""
        return [Cell(pivot, {}) for pivot in self.pivots]

    def cells_of(self, record: Record) -> Sequence[Cell]:
        """Every language but the seed's own."""
        return [cell for cell in self.cells() if cell.name != language_of(record, self.language)]

    def suits(self, record: Record) -> bool:
        """Whether there is prose to paraphrase that fits."""
        said = _said(record)
        program = (record.reference or {}).get("program") == "continue"
        fits = said is not None and len(said) <= self.longest
        return fits and not has_tools(record) and not program and bool(self.cells_of(record))

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The seed with its text or prompt in other words."""
        (seed,) = task.seeds
        language, pivot = language_of(seed, self.language), task.spec["cell"]
        said = _said(seed) or ""
        there = await self._translator(models, self.model).translated(said, pivot)
        back_by = self.back or self.model
        back = await self._translator(models, back_by).translated(there.text, language)
        refuse_same_words(back.text, said)
        refuse_apology(back.text, said)
        draft = Draft(
            with_request(seed, back.text.strip()),
            [
                *(Writer(back_by, answer) for answer in back.answers[:1]),
                *(Writer(self.model, answer) for answer in there.answers[:1]),
            ],
            [self.prompt(name) for name in self.prompts_used],
            reference=_reference(seed, language) | {"pivot_language": pivot, "pivot_text": there.text},
            tags=("task:backtranslate", f"cell:{pivot}", f"language:{language}"),
            decided=self.decided_of(task),
            view=back.text.strip(),
        )
        return [draft.record("backtranslate", task, source)]

    def _translator(self, models: Models, endpoint: Endpoint) -> Translator:
        return Translator(models, endpoint, self.prompt("translate"), self.prompt("translate_context"))

    @model_validator(mode="after")
    def _goes_elsewhere(self) -> Self:
        if {*self.pivots} == {self.language}:
            what = f"`pivots:` names only `{self.language}`, which the seeds are in"
            mend = "name another one, or say in `language:` which one the seeds are in"
            raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
        return self


def _said(record: Record) -> str | None:
    """What is paraphrased; None where there is nothing."""
    text = record.payload.get("text")
    return prompt_of(record) if text is None else text if text.strip() else None


def _reference(seed: Record, language: str) -> dict[str, Any]:
    """The seed's, with what the check `translation` compares; without, where `language` is that of a program."""
    own = {name: value for name, value in (seed.reference or {}).items() if name not in _OF_ANOTHER}
    compared = {"source_text": payload_text(seed.payload), "source_of": "record"}
    compared |= {"source_language": language, "language": language}
    carried = {UNPROVEN: "carried_answer"} if own else {}
    return (own if _RUN & own.keys() else own | compared) | carried
