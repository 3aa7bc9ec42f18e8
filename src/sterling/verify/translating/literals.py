"""What a translator copies letter by letter: addresses, code, placeholders, markup."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from sterling.text.fences import split

_QUOTES = "<>\"')\\]}\u2018-\u201f\u00ab\u00bb\uff09\u300d\u3002\uff0c"
_KINDS = {
    "url": re.compile(rf"https?://[^\s{_QUOTES}]+|\bwww\.[^\s{_QUOTES}]+"),
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "code": re.compile(r"(?<!`)`([^`\n]+)`(?!`)"),
    "placeholder": re.compile(
        r"\{\{\s*[\w.]+\s*\}\}|\$\{[\w.]+\}|\{[\w.]*\}|%\([\w.]+\)[sdif]"
        r"|(?<![0-9])%(?:\d\$)?[-+0#]?[0-9]*(?:\.[0-9]+)?(?:[lzj]?[du]|[sifxc])(?![a-z])"
    ),
    "tag": re.compile(r"</?(?P<name>[A-Za-z][\w-]*)(?:\s[^<>]*)?/?>"),
    "model": re.compile(
        r"(?<![A-Za-z0-9_.-])(?=[A-Za-z-]*[0-9])[A-Z][A-Za-z]*-?[0-9](?:[A-Za-z0-9]|\.(?=[0-9]))*(?![A-Za-z0-9])"
    ),
}
"""In the order in which they are taken out of a text. `model`: `COVID-19`, `B2B`, `H2O`, which stay in it."""
_END = ".,;:!?"


class Parted(NamedTuple):
    """A text taken apart."""

    prose: str
    """What is translated, with blanks for what is not."""
    text: str
    """All of it."""
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
        for _, start, end in found if kind != "model" else ():
            prose = prose[:start] + " " * (end - start) + prose[end:]
    return Parted(prose, text, literals, len(blocks))


def lost(source: Parted, target: Parted) -> list[tuple[str, str]]:
    """Literals that the target has less often than the source, letter by letter and wherever they stand.

    A name with digits has to be there only once, since prose may say `it` for it.
    """
    packed = _PLACE.sub("%", " ".join(target.text.split()))
    wanted = ((kind, said, 1 if kind == "model" else n) for (kind, said), n in source.literals.items())
    return sorted((kind, said) for kind, said, n in wanted if packed.count(said) < n)


_PLACE = re.compile(r"%[0-9]\$")
"""`%2$s`: another order of the same placeholders."""


def _found(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int, int]]:
    closed = frozenset(_CLOSING.findall(text)) if kind == "tag" else frozenset[str]()
    for match in pattern.finditer(text):
        said, (start, end) = " ".join((match[1] if kind == "code" else match[0]).split()), match.span()
        if kind == "tag":
            said = match["name"]
            if said not in closed | _VOID:
                continue
        elif kind == "url":
            said = match[0].rstrip(_END)
            end = start + len(said)
        elif kind == "placeholder":
            said = _PLACE.sub("%", said)
        yield said, start, end


_CLOSING = re.compile(r"</([A-Za-z][\w-]*)\s*>")
_VOID = frozenset({"br", "hr", "img", "input"})
"""Tags that nothing closes. `<file>` in a message is no tag: it may be translated."""
