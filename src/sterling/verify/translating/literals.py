"""What a translator copies letter by letter: addresses, code, placeholders, markup."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from sterling.text.fences import split

_KINDS = {
    "url": re.compile(r"https?://[^\s<>\"')\]}]+|\bwww\.[^\s<>\"')\]}]+"),
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "code": re.compile(r"(?<!`)`([^`\n]+)`(?!`)"),
    "placeholder": re.compile(
        r"\{\{\s*[\w.]+\s*\}\}|\$\{[\w.]+\}|\{[\w.]*\}|%\([\w.]+\)[sdif]\b|%(?:\d\$)?[sd]\b(?!\w)"
    ),
    "tag": re.compile(r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>"),
    "model": re.compile(r"(?<![\w.-])(?=[A-Za-z0-9-]*[0-9])[A-Z][A-Za-z]*-?[0-9][A-Za-z0-9]*(?![\w-])"),
}
"""In the order in which they are taken out of a text. `model`: `COVID-19`, `B2B`, `H2O`."""
_END = ".,;:!?"


class Parted(NamedTuple):
    """A text taken apart."""

    prose: str
    """What is translated, with blanks for what is not."""
    literals: Counter[tuple[str, str]]
    """(kind, how it is written)."""
    blocks: int
    """Fenced code blocks. Their comments may be translated, so what is in them is not compared."""


def parted(text: str) -> Parted:
    """The prose of a text, and what is no prose."""
    prose, blocks = split(text)
    literals: Counter[tuple[str, str]] = Counter()
    for kind, pattern in _KINDS.items():
        found = list(_found(kind, pattern, prose))
        literals.update((kind, said) for said, _, _ in found)
        for _, start, end in found:
            prose = prose[:start] + " " * (end - start) + prose[end:]
    return Parted(prose, literals, len(blocks))


def lost(source: Parted, target: Parted) -> list[tuple[str, str]]:
    """Literals that the source has more often than the target; a name with digits counts once, since prose may say
    `it` for it."""
    missing = source.literals - target.literals
    return sorted((kind, said) for kind, said in missing if kind != "model" or (kind, said) not in target.literals)


def _found(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int, int]]:
    for match in pattern.finditer(text):
        if kind == "tag":
            yield re.sub(r"\s.*", "", match[0].strip("<>/"), flags=re.DOTALL), *match.span()
        elif kind == "url":
            said = match[0].rstrip(_END)
            yield said, match.start(), match.start() + len(said)
        else:
            yield " ".join((match[1] if kind == "code" else match[0]).split()), *match.span()
