"""Constraints on how much of something there is. All bounds belong to the range: `at_most: 100` accepts 100."""

import unicodedata
from typing import ClassVar

from pydantic import Field, field_validator

from sterling.verify.forms.constraints import Constraint, Counted, Failure, named
from sterling.verify.forms.counting import lines, paragraphs, sentences, words
from sterling.verify.forms.finding import appearances, composed


@named("words")
class Words(Counted):
    """Words by `sterling.verify.forms.counting.words`: `don't` and `3.5` are one, each Chinese character is one."""

    one_more: ClassVar[str] = " word"

    def count(self, text: str) -> int:
        """Words."""
        return len(words(text))

    def spoil(self, text: str) -> str | None:
        """One word too many, or one too few."""
        return super().spoil(text) or (" ".join(words(text)[: self.at_least - 1]) if self.at_least else None)


@named("sentences")
class Sentences(Counted):
    """Sentences by `verify.forms.counting.sentences`: `Dr. Smith paid 3.5 dollars.` is one; list items count."""

    one_more: ClassVar[str] = "\n\nIt is so."

    def count(self, text: str) -> int:
        """Sentences."""
        return len(sentences(text))


@named("paragraphs")
class Paragraphs(Counted):
    """Blocks between blank lines or `***`. A heading with a blank line after it counts, and so does a list."""

    one_more: ClassVar[str] = "\n\nMore."

    def count(self, text: str) -> int:
        """Paragraphs."""
        return len(paragraphs(text))

    def spoil(self, text: str) -> str | None:
        """One too many, or a single line where more than one is asked for."""
        return super().spoil(text) or (" ".join(text.split()) if self.at_least > 1 else None)


@named("lines")
class Lines(Counted):
    """Lines with anything but white space. How an editor wraps a long line does not matter."""

    one_more: ClassVar[str] = "\nMore."

    def count(self, text: str) -> int:
        """Lines."""
        return len(lines(text))

    def spoil(self, text: str) -> str | None:
        """One too many, or a single line where more than one is asked for."""
        return super().spoil(text) or (" ".join(text.split()) if self.at_least > 1 else None)


@named("characters")
class Characters(Counted):
    """Code points without the white space around the text, spaces inside included.

    An emoji may be several, and an accent one more where it is not composed; bytes and what one sees differ.
    """

    one_more: ClassVar[str] = "x"

    def count(self, text: str) -> int:
        """Code points."""
        return len(text.strip())

    def spoil(self, text: str) -> str | None:
        """One too many, or one too few."""
        return super().spoil(text) or (text.strip()[: self.at_least - 1] if self.at_least else None)


@named("capital_words")
class CapitalWords(Counted):
    """Words all in capital letters, of two letters or more: `NASA`, `E-MAIL`, `B2B`. `I` and `A` are none."""

    one_more: ClassVar[str] = " WORD"

    def count(self, text: str) -> int:
        """Words."""
        return sum(word.isupper() and sum(map(str.isalpha, word)) > 1 for word in words(text))

    def spoil(self, text: str) -> str | None:
        """One too many, or none."""
        return super().spoil(text) or (text.lower() if self.at_least else None)


@named("keyword_count")
class KeywordCount(Counted):
    """How often a word or phrase stands in the text, as a whole word and without regard to case.

    `cat` is not in `cats` or `concatenate`; it is in `cat's`. Inflected forms are other words.
    """

    keyword: str = Field(pattern=r"\S", max_length=200)

    def count(self, text: str) -> int:
        """Appearances that do not overlap."""
        return appearances(self.keyword, text)

    def spoil(self, text: str) -> str | None:
        """One too many."""
        many = self.at_most is not None and self.at_most < 1_000
        return text + f"\n\n{self.keyword}" * ((self.at_most or 0) + 1) if many else None


@named("letter_count")
class LetterCount(Counted):
    """How often one letter stands in the text, without regard to case. `é` is another letter than `e`."""

    letter: str

    @field_validator("letter")
    @classmethod
    def _is_one(cls, letter: str) -> str:
        if len(unicodedata.normalize("NFC", letter)) != 1 or letter.isspace():
            raise ValueError("must be one character")
        return letter

    def count(self, text: str) -> int:
        """Appearances."""
        return composed(text).count(composed(self.letter))

    def spoil(self, text: str) -> str | None:
        """One too many, or none."""
        if self.at_most is not None and self.at_most < 1_000:
            return text + " " + self.letter * (self.at_most + 1)
        without = composed(text).replace(composed(self.letter), "")
        return None if self.count(without) else without


@named("sentence_words")
class SentenceWords(Constraint):
    """No sentence has more than `at_most` words. An empty text meets nothing."""

    at_most: int = Field(ge=1)

    def check(self, text: str) -> Failure | None:
        """None when the longest sentence is short enough."""
        longest = max((len(words(sentence)) for sentence in sentences(text)), default=0)
        return None if 0 < longest <= self.at_most else Failure(f"at most {self.at_most} in each", f"{longest:,}")

    def spoil(self, text: str) -> str | None:
        """One sentence more, which is too long."""
        return f"{text}\n\nIt is{' very' * self.at_most} long."


@named("distinct_words")
class DistinctWords(Constraint):
    """At least this share of the words are different ones, without regard to case. Long texts repeat words anyway."""

    at_least: float = Field(gt=0, le=1)

    def check(self, text: str) -> Failure | None:
        """None when the share is reached. A text without words has none."""
        found = [word.casefold() for word in words(text)]
        share = len(set(found)) / len(found) if found else 0.0
        return None if share >= self.at_least else Failure(f"at least {self.at_least:g}", f"{share:.3g}")
