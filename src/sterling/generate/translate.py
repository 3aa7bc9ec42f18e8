"""`translate`: real records in other languages, with the original and a round trip for the check that compares them."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.languages.names import Language, language_of
from sterling.generate.languages.translating import Translated, Translator
from sterling.generate.seeds.wording import has_tools, texts_in, with_texts
from sterling.generate.writing.grid import Cell, GridStrategy
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Endpoint, ModelRef, Models, Unanswered
from sterling.records import UNPROVEN, Fault, Record, payload_text
from sterling.registry import Task, register
from sterling.text import plain_words

_HOLDS = ("sql", "databases", "json_schema")
"""What of a reference holds in any language. Not tests: with them, `language` is that of a program."""
_LETTER = re.compile(r"[^\W\d_]")


@register("strategy", "translate")
class Translate(GridStrategy):
    """A real record in one of the named languages: every text of it, turn by turn, each with what stands before it.

    The prompt asks to leave code, placeholders, addresses and numbers as they are. In a second question the translation
    is put back into the language that it came from, by `checker` where one is named: a model that reads its own
    mistakes back the way it made them shows less. The reference has what the check `translation` compares:
    `source_text` and `round_trip` (all that the record says: `source_of: record`), `source_language`, `language`. Of
    the seed's reference comes along what holds in any language: queries, schemas, an `answer` without letters. These
    were carried over with the text, so agreeing with them refutes nothing but a lost answer, and verifies nothing.

    Long texts are translated by passages of 4,000 characters. Seeds longer than `longest` are left out, rows of tables,
    records with tools or calls of tools, seeds in the target language, and programs that are continued. A record's tag
    `language:` is the target. Faults: `unchanged`, `refused`, `copied_prompt`, of any part.

    Not guaranteed: that a fluent text says the same. Negations, idioms, and names with a form of their own in the other
    language survive a round trip wrongly translated.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("translate", "translate_context")

    languages: tuple[Language, ...] = Field(min_length=1)
    """ISO 639 codes of the languages to translate into: `[de, sw, pt-BR]`."""
    language: Language = "en"
    """Of the seeds that have no tag `language:`."""
    checker: ModelRef | None = None
    """Makes the round trip. Unsaid, `model` does so itself."""
    longest: int = Field(default=30_000, ge=1)
    """Characters of a seed that is translated at all."""

    def cells(self) -> Sequence[Cell]:
        """One cell a language."""
        return [Cell(language, {}) for language in self.languages]

    def cells_of(self, record: Record) -> Sequence[Cell]:
        """Every language but the seed's own."""
        return [cell for cell in self.cells() if cell.name != language_of(record, self.language)]

    def suits(self, record: Record) -> bool:
        """Whether it is prose that fits, and not in every target language already."""
        fits = record.format != "table" and 0 < len(payload_text(record.payload).strip()) <= self.longest
        return fits and not has_tools(record) and not _is_program(record) and bool(self.cells_of(record))

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The seed in the language of the task's cell."""
        (seed,) = task.seeds
        origin, target = language_of(seed, self.language), task.spec["cell"]
        there = await self._all(texts_in(seed.payload), target, self._translator(models, self.model))
        payload = with_texts(seed.payload, [one.text for one in there])
        if plain_words(payload_text(payload)) == plain_words(payload_text(seed.payload)):
            raise Unanswered.because("unchanged", "the text came back in the language that it had")
        back_by = self.checker or self.model
        back = await self._all([one.text for one in there], origin, self._translator(models, back_by))
        draft = Draft(
            payload,
            [Writer(self.model, answer) for one in there for answer in one.answers][:1],
            [self.prompt(name) for name in self.prompts_used],
            reference={
                **_holding(seed.reference or {}),
                "source_text": payload_text(seed.payload),
                "source_of": "record",
                "source_language": origin,
                "language": target,
                "round_trip": payload_text(with_texts(payload, [one.text for one in back])),
            },
            tags=("task:translate", f"cell:{target}", f"language:{target}"),
            decided={**self.decided_of(task), **({"checker": self.checker.model} if self.checker else {})},
        )
        return [draft.record("translate", task, source)]

    def _translator(self, models: Models, endpoint: Endpoint) -> Translator:
        return Translator(models, endpoint, self.prompt("translate"), self.prompt("translate_context"))

    @staticmethod
    async def _all(texts: Sequence[str], language: str, by: Translator) -> list[Translated]:
        """Each text, with the one before it for context."""
        pairs = pairwise(["", *texts])
        return await by.models.together(*(by.translated(text, language, before) for before, text in pairs))

    @model_validator(mode="after")
    def _goes_elsewhere(self) -> Self:
        if {*self.languages} == {self.language}:
            what = f"`languages:` names only `{self.language}`, which the seeds are in"
            mend = "name another one, or say in `language:` which one the seeds are in"
            raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
        return self


def _is_program(record: Record) -> bool:
    """Whether prompt and completion together are code."""
    return (record.reference or {}).get("program") == "continue"


def _holding(reference: Mapping[str, Any]) -> dict[str, Any]:
    """What of the seed's reference holds for its translation; it agrees whatever was made of the question."""
    kept = {key: reference[key] for key in _HOLDS if key in reference}
    answer = reference.get("answer")
    exact = isinstance(answer, str) and not _LETTER.search(answer)
    held = {**kept, "answer": answer} if exact else kept
    return held | ({UNPROVEN: "carried_answer"} if held else {})
