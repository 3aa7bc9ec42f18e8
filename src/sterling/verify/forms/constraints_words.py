"""Constraints on which words and phrases stand in a text, and where."""

import unicodedata
from typing import Annotated

from pydantic import Field, field_validator

from sterling.text.languages import LANGUAGES, identify
from sterling.verify.forms.constraints import Constraint, Failure, named
from sterling.verify.forms.counting import lines, paragraphs, words
from sterling.verify.forms.finding import appearances, composed
from sterling.verify.forms.patterns import BadPattern, linear

_TAKES = 80
Phrase = Annotated[str, Field(pattern=r"\S", max_length=1_000)]
Phrases = Annotated[list[Phrase], Field(min_length=1, max_length=100)]


@named("keywords")
class Keywords(Constraint):
    """All of these stand in the text, as whole words and without regard to case: `cat` is not in `cats`."""

    all_of: Phrases

    def check(self, text: str) -> Failure | None:
        """None when none is missing."""
        missing = [phrase for phrase in self.all_of if not appearances(phrase, text)]
        return Failure("all of the keywords", f"not {missing[:5]}") if missing else None


@named("forbidden_words")
class ForbiddenWords(Constraint):
    """None of these stands in the text as a whole word, whatever its case. `cats` passes where `cat` is forbidden."""

    none_of: Phrases

    def check(self, text: str) -> Failure | None:
        """None when there is none of them."""
        there = [phrase for phrase in self.none_of if appearances(phrase, text)]
        return Failure("none of the words", f"{there[:5]}") if there else None

    def spoil(self, text: str) -> str | None:
        """With one of them at the end."""
        return f"{text}\n\n{self.none_of[0]}"


@named("starts_with")
class StartsWith(Constraint):
    """The text begins with exactly this phrase, after white space only; case and quotes count."""

    phrase: Phrase

    def check(self, text: str) -> Failure | None:
        """None when it does."""
        found = text.lstrip()
        return None if found.startswith(self.phrase.strip()) else Failure(self.phrase[:_TAKES], found[:_TAKES])

    def spoil(self, text: str) -> str | None:
        """With a line before it."""
        return None if self.phrase.strip().startswith("~") else f"~\n{text}"


@named("ends_with")
class EndsWith(Constraint):
    """The text ends with exactly this phrase, before white space only; a full stop more is one too many."""

    phrase: Phrase

    def check(self, text: str) -> Failure | None:
        """None when it does."""
        found = text.rstrip()
        return None if found.endswith(self.phrase.strip()) else Failure(self.phrase[:_TAKES], found[-_TAKES:])

    def spoil(self, text: str) -> str | None:
        """With a line after it."""
        return None if self.phrase.strip().endswith("~") else f"{text}\n~"


@named("first_word")
class FirstWord(Constraint):
    """The paragraph of this number (from 1) begins with this word, whatever its case and the marks before it.

    A heading or a title above counts as a paragraph where a blank line follows it.
    """

    word: Annotated[str, Field(min_length=1, max_length=100)]
    paragraph: int = Field(default=1, ge=1)

    @field_validator("word")
    @classmethod
    def _is_one(cls, word: str) -> str:
        if words(word) != [word]:
            raise ValueError("must be one word, without punctuation around it")
        return word

    def check(self, text: str) -> Failure | None:
        """None when it does. A text with fewer paragraphs does not."""
        blocks = paragraphs(text)
        first = words(blocks[self.paragraph - 1])[:1] if len(blocks) >= self.paragraph else []
        met = first and composed(first[0]) == composed(self.word)
        return None if met else Failure(self.word, first[0][:_TAKES] if first else "no such paragraph")

    def spoil(self, text: str) -> str | None:
        """With paragraphs before it that begin otherwise."""
        other = "So" if composed(self.word) != "so" else "But"
        return f"{other} it is.\n\n" * self.paragraph + text if self.paragraph < 100 else None


@named("postscript")
class Postscript(Constraint):
    """A line at the end begins with the marker (`P.S.`, `P.P.S.`) and says something; at most five lines may follow.

    `P.P.S.` does not stand in for `P.S.`, nor a mention in the middle of a line; case does not matter.
    """

    marker: Phrase = "P.S."

    def check(self, text: str) -> Failure | None:
        """None when there is one."""
        marker = composed(self.marker.strip())
        for line in lines(text)[-6:]:
            begin, found, rest = composed(line).lstrip(" \t*_>").partition(marker)
            if found and not begin and words(rest):
                return None
        return Failure(f"a line `{self.marker[:_TAKES]} ...` at the end", "none")

    def spoil(self, text: str) -> str | None:
        """With more text after it."""
        return text + "\n\nSo it goes." * 6 if composed(self.marker.strip()[0]) != "s" else None


@named("one_of")
class OneOf(Constraint):
    """The whole text is one of these options, white space around it aside. `Yes.` is not `Yes`."""

    options: Phrases

    def check(self, text: str) -> Failure | None:
        """None when it is."""
        met = text.strip() in [option.strip() for option in self.options]
        return None if met else Failure("one of the options", text.strip()[:_TAKES])

    def spoil(self, text: str) -> str | None:
        """Two options, which are none."""
        both = f"{self.options[0]} or {self.options[-1]}"
        return None if self.check(both) is None else both


class _Pattern(Constraint):
    """Finds a pattern; the dialect is in `sterling.verify.forms.patterns`."""

    regex: Annotated[str, Field(min_length=1, max_length=1_000)]

    @field_validator("regex")
    @classmethod
    def _is_linear(cls, regex: str) -> str:
        try:
            linear(regex)
        except BadPattern as error:
            raise ValueError(str(error)) from None
        return regex

    def _found(self, text: str) -> bool:
        return linear(self.regex)(text)


@named("pattern")
class Pattern(_Pattern):
    """A regular expression is found somewhere in the text. One that matches nothing at all is found in every text."""

    def check(self, text: str) -> Failure | None:
        """None when it is."""
        return None if self._found(text) else Failure(self.regex[:_TAKES], "no match")


@named("forbidden_pattern")
class ForbiddenPattern(_Pattern):
    """A regular expression is found nowhere in the text. One that matches nothing at all forbids every text."""

    def check(self, text: str) -> Failure | None:
        """None when it is not."""
        return Failure(f"no {self.regex[:_TAKES]}", "a match") if self._found(text) else None


@named("language")
class Language(Constraint):
    """The text is written in this language (ISO 639-1), as `text.languages` tells: by script and small words.

    A text that is short, mixed, or in a language that is not on the list stays undecided, which is neither met nor
    missed. Related languages are told apart by their small words only, and a quotation may outweigh a short answer.
    """

    language: str

    @field_validator("language")
    @classmethod
    def _is_known(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"cannot be told here; these can: {' '.join(sorted(LANGUAGES))}")
        return language

    def check(self, text: str) -> Failure | None:
        """None when it is this one."""
        found = identify(text)
        if found is None:
            return Failure(self.language, "cannot be told", undecided=True)
        return None if found == self.language else Failure(self.language, found)


@named("repeats_prompt")
class RepeatsPrompt(Constraint):
    """The text begins with `prompt`, word for word and mark for mark, and then goes on to say something.

    White space counts as one space wherever it stands, because nobody can see more.
    """

    prompt: Annotated[str, Field(pattern=r"\S", max_length=20_000)]

    def check(self, text: str) -> Failure | None:
        """None when it does."""
        asked, said = (" ".join(unicodedata.normalize("NFC", part).split()) for part in (self.prompt, text))
        if not said.startswith(asked):
            return Failure("the prompt first", said[:_TAKES])
        return None if words(said[len(asked) :]) else Failure("the prompt, then an answer", "the prompt alone")

    def spoil(self, text: str) -> str | None:
        """The prompt alone."""
        return self.prompt
