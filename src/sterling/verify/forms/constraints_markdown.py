"""Constraints on how many Markdown things there are: items, headings, spans, rows, blocks. Bounds are within range."""

import re
from typing import ClassVar

from pydantic import Field

from sterling.text.fences import split
from sterling.verify.forms.constraints import Counted, named
from sterling.verify.forms.finding import composed


@named("bullets")
class Bullets(Counted):
    """List items outside of code that begin with `-`, `*`, `+` or `•` and a space, at any depth.

    A thematic break (`---`, `* * *`) is none, `**bold**` at the start of a line is none, and neither is `-5` nor a
    numbered item.
    """

    one_more: ClassVar[str] = "\n\n- more"
    marks: ClassVar[str] = "-*+•‣▪"

    def count(self, text: str) -> int:
        """Items."""
        return sum(bool(_BULLET.match(line)) and not _RULE.match(line) for line in _prose_lines(text))


@named("numbered_items")
class NumberedItems(Counted):
    """List items outside of code that begin with a number and `.` or `)`. That they count 1, 2, 3 is not checked."""

    one_more: ClassVar[str] = "\n\n1. more"
    marks: ClassVar[str] = "0123456789"

    def count(self, text: str) -> int:
        """Items."""
        return sum(bool(_NUMBERED.match(line)) for line in _prose_lines(text))


@named("headings")
class Headings(Counted):
    """Markdown headings (`#` to `######` and a space) outside of code. `#hashtag` is none, underlined ones neither."""

    one_more: ClassVar[str] = "\n\n# More"
    marks: ClassVar[str] = "#"

    def count(self, text: str) -> int:
        """Headings."""
        return sum(bool(_HEADING.match(line)) for line in _prose_lines(text))


@named("sections")
class Sections(Counted):
    """Lines that begin with a marker and a number: `Section 1`, `SECTION 2`, `## Section 3:` for the marker `Section`.

    Other numbers than 1, 2, 3 in order are no sections, so `Section 2` twice counts once. Case does not matter.
    """

    marker: str = Field(min_length=1, max_length=100)

    def count(self, text: str) -> int:
        """Sections numbered in order from 1."""
        marker, reached = composed(self.marker), 0
        for line in composed(text).split("\n"):
            begin, found, rest = line.lstrip(" \t#*_").partition(marker)
            number = re.match(r"\s{0,3}([0-9]{1,4})(?![0-9])", rest)
            if found and not begin and number and int(number[1]) == reached + 1:
                reached += 1
        return reached

    def spoil(self, text: str) -> str | None:
        """Without digits there is no section; after the last, one more."""
        if self.at_most is not None and self.at_most < 1_000:
            return text + "".join(f"\n\n{self.marker} {n}" for n in range(1, self.at_most + 2))
        return "".join(mark for mark in text if not mark.isdigit())


@named("highlights")
class Highlights(Counted):
    """Spans between `*` or between `**` on one line: `*so*`, `**so**`. `2 * 3 * 4` is none, a bullet none."""

    one_more: ClassVar[str] = "\n\n*more*"
    marks: ClassVar[str] = "*"

    def count(self, text: str) -> int:
        """Spans."""
        return sum(len(_HIGHLIGHT.findall(line)) for line in _prose_lines(text))


@named("placeholders")
class Placeholders(Counted):
    """Square brackets with a name inside, `[address]`. Links `[x](y)`, check boxes `[x]` and notes `[1]` are none."""

    one_more: ClassVar[str] = "\n\n[more here]"
    marks: ClassVar[str] = "["

    def count(self, text: str) -> int:
        """Placeholders."""
        inside = _PLACEHOLDER.findall(text)
        return sum(len(name.strip()) > 1 and any(mark.isalpha() for mark in name) for name in inside)


@named("table_rows")
class TableRows(Counted):
    """Rows of Markdown tables below their line of dashes. Header and dashes are none; without dashes it is no table."""

    one_more: ClassVar[str] = "\n\n| a |\n|---|\n| b |"
    marks: ClassVar[str] = "|"

    def count(self, text: str) -> int:
        """Rows."""
        rows, inside, before = 0, False, ""
        for line in _prose_lines(text):
            is_row = "|" in line
            rows += inside and is_row
            inside = is_row and (inside or (bool(_DASHES.match(line.strip())) and "|" in before))
            before = line
        return rows


@named("code_blocks")
class CodeBlocks(Counted):
    """Fenced code blocks that are closed, of one `language` where it is named (the first word after the fence)."""

    language: str | None = Field(default=None, min_length=1, max_length=40)
    marks: ClassVar[str] = "`~"

    def count(self, text: str) -> int:
        """Blocks."""
        wanted = None if self.language is None else self.language.lower()
        return sum(b.closed and wanted in {None, b.language} for b in split(text).blocks)

    def spoil(self, text: str) -> str | None:
        """No fence at all where one is asked for."""
        return "".join(mark for mark in text if mark not in self.marks) if self.at_least else None


_BULLET = re.compile(r"[ \t]*[-*+•‣▪][ \t]+\S")
_RULE = re.compile(r"[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,})\Z")
_NUMBERED = re.compile(r"[ \t]*[0-9]{1,9}[.)][ \t]+\S")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+[^\s#]")
_HIGHLIGHT = re.compile(r"(?<![*\\])(\*{1,3})(?![\s*])[^*\n]{0,2000}(?<!\s)\1(?!\*)")
_PLACEHOLDER = re.compile(r"\[([^\[\]\n]{1,200})\](?!\()")
_DASHES = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*+\|?\Z")


def _prose_lines(text: str) -> list[str]:
    return split(text).prose.split("\n")
