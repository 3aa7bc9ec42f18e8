"""The running text of a record, and how a long one is cut into passages."""

# ruff: noqa: RUF001 - the full stops of other scripts are meant
import re
from collections.abc import Mapping

from sterling.records import Record, digest, payload_text

_ENDS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])"),
    re.compile(r"\s+"),
)
"""Where a cut hurts least: after a paragraph, a line, a sentence, a word."""
_UNREAD = frozenset({"rejected", "label", "tools"})


def document_of(record: Record) -> str:
    """What can be read in a record: its text, or prompt and answer one below the other. "" for rows of a table.

    Of a preference only the chosen answer, of an unpaired one with a bad label only the prompt.
    """
    payload = {key: value for key, value in record.payload.items() if key not in _UNREAD}
    if record.payload.get("label") is False:
        payload.pop("completion", None)
    return "" if record.format == "table" else payload_text(payload).strip()


def passages_of(text: str, longest: int) -> list[str]:
    """The text in pieces of at most `longest` characters, which joined are the text again.

    Cut at the last end of a paragraph in the second half of a piece, else of a line, a sentence, a word, else anywhere.
    """
    pieces, start = [], 0
    while len(text) - start > longest:
        cut = _cut(text[start : start + longest])
        pieces.append(text[start : start + cut])
        start += cut
    return [*pieces, text[start:]]


def extract(text: str, longest: int, chance: str) -> str:
    """One of the passages of a text; which one, `chance` decides. Short last ones are not taken where others are."""
    pieces = [piece.strip() for piece in passages_of(text, longest)]
    whole = [piece for piece in pieces if 2 * len(piece) >= longest] or pieces
    return whole[int(digest(chance)[:8], 16) % len(whole)]


def grounds(*passages: str) -> Mapping[str, list[str]]:
    """The `reference` that the check `grounded` holds a text against."""
    return {"passages": [passage for passage in passages if passage]}


def _cut(window: str) -> int:
    for end in _ENDS:
        cuts = [found.end() for found in end.finditer(window) if 2 * found.end() >= len(window)]
        if cuts:
            return cuts[-1]
    return len(window)
