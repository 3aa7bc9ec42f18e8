"""One text into another language by a model, passage by passage, with what stands before it for context."""

import re
from typing import NamedTuple

from sterling.generate.languages.names import name_of
from sterling.generate.seeds.passages import passages_of
from sterling.generate.writing.elimination import refuse_apology, refuse_copied_prompt
from sterling.models import Answer, Endpoint, Models, Unanswered
from sterling.text.templates import Template

_PASSAGE = 4_000
"""Characters that are translated at once."""
_BEFORE = 1_000
"""Characters of what stands before that are shown."""
_LONGER = 6
"""Times as many characters as the original, beside a passage's worth: more is no translation, and goes no further."""
_LETTER = re.compile(r"[^\W\d_]")


class Translated(NamedTuple):
    """A text in another language."""

    text: str
    answers: tuple[Answer, ...] = ()
    """None for a text without letters, which stays as it is."""


class Translator(NamedTuple):
    """A model that translates."""

    models: Models
    endpoint: Endpoint
    prompt: Template
    """With places for `language`, `context` and `text`."""
    context: Template
    """With a place for `before`. Left out where nothing stands before."""

    async def translated(self, text: str, language: str, before: str = "") -> Translated:
        """The text in this language. Unanswered when a part of it is refused. White space around it stays."""
        pieces = passages_of(text, _PASSAGE)
        befores = [before, *pieces]
        done = await self.models.together(
            *(self._piece(piece, language, ahead) for piece, ahead in zip(pieces, befores, strict=False))
        )
        return Translated("".join(one.text for one in done), tuple(answer for one in done for answer in one.answers))

    async def _piece(self, piece: str, language: str, before: str) -> Translated:
        core = piece.strip()
        if not _LETTER.search(core):
            return Translated(piece)
        context = self.context.fill(before=before.strip()[-_BEFORE:]) if before.strip() else ""
        asked = self.prompt.fill(language=name_of(language), context=context, text=core)
        answer = await self.models.say(self.endpoint, asked)
        if not language.startswith("en"):  # where somebody apologises in English, that may be the translation
            refuse_apology(answer.text, core)
        refuse_copied_prompt(answer.text, f"{core}\n{before}", self.prompt, self.context)
        if len(answer.text) > _LONGER * len(core) + _PASSAGE:
            raise Unanswered.because("too_long", f"{len(answer.text):,} characters for {len(core):,}")
        return Translated(piece.replace(core, answer.text.strip()), (answer,))
