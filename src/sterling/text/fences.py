"""Fenced code in Markdown, found line by line: the cost grows with the length of the text and with nothing else."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[^\s`]*)[^`]*\Z")


class Block(NamedTuple):
    """One fenced code block."""

    language: str
    """First word after the opening fence, in lower case; often empty."""
    body: str
    closed: bool
    """False where the text ends before the closing fence."""


class Split(NamedTuple):
    """A text as Markdown divides it."""

    prose: str
    """The lines outside of all blocks."""
    blocks: tuple[Block, ...]


def split(text: str) -> Split:
    """Prose and code blocks of a text, by CommonMark's rules for fences at the left margin.

    Blocks inside list items (indented by four or more) and indented code are prose here.
    """
    prose: list[str] = []
    blocks: list[Block] = []
    lines = iter(text.split("\n"))
    for line in lines:
        opening = _OPENING.match(line.rstrip("\r"))
        if opening is None:
            prose.append(line)
        else:
            blocks.append(_block(opening, lines))
    return Split("\n".join(prose), tuple(blocks))


def _block(opening: re.Match[str], lines: Iterator[str]) -> Block:
    fence = opening["fence"]
    body: list[str] = []
    for line in lines:
        if _closes(line, fence):
            return Block(opening["language"].lower(), "\n".join(body), closed=True)
        body.append(line)
    return Block(opening["language"].lower(), "\n".join(body), closed=False)


def _closes(line: str, fence: str) -> bool:
    mark = line.strip()
    indented = len(line) - len(line.lstrip(" ")) > 3
    return not indented and len(mark) >= len(fence) and not mark.strip(fence[0])
