"""Claims: the answer of a record, in one spelling, cut into what can be judged by itself."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from sterling.records import Record, content_text

MAX_CLAIMS = 200
"""Of one answer. More are not judged in part: the answer is flagged."""
MAX_ANSWER = 100_000
"""Characters of an answer above which it is not read."""
_TYPED = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
)
_RAISED = re.compile("(?<=[0-9])([\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)")
_VULGAR = re.compile("([0-9]?)([\u00bc-\u00be\u2150-\u215e])")
_GAPPED = re.compile("(?<=[0-9])[\u00a0\u2007\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


def plain(text: str) -> str:
    """A text in the spelling in which claims and passages are compared: NFKC, straight quotes, one kind of dash.

    Traps of NFKC alone: `10²` would become 102 (here `10^2`), `1½` would become 11/2 (here `1 1/2`), and a thin space
    between thousands would part the number. Zero-width characters go; digits of other scripts become ASCII.
    """
    if text.isascii():
        return text.replace("`", "'")
    text = _RAISED.sub(r"^\1", _GAPPED.sub("", text))
    text = _VULGAR.sub(lambda found: f"{found[1]} {found[2]}" if found[1] else found[2], text)
    text = unicodedata.normalize("NFKC", text.translate(_TYPED)).replace("\u2044", "/").translate(_TYPED)
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)


def answer_text(record: Record) -> str | None:
    """What is held against passages: the completion, else `chosen`, the last assistant message, or the text.

    None where the record has no answer, or one that is no text.
    """
    payload = record.payload
    for key in ("completion", "chosen", "text"):
        if payload.get(key) is not None:
            return _said(payload[key])
    return _said(payload.get("messages"))


def with_answer(record: Record, answer: str) -> Mapping[str, Any] | None:
    """The payload with another answer; None where the answer is not one string."""
    payload = record.payload
    for key in ("completion", "chosen", "text"):
        if isinstance(payload.get(key), str):
            return {**payload, key: answer}
    messages = payload.get("completion", payload.get("messages"))
    if not isinstance(messages, list) or _last_assistant(messages) is None:
        return None
    at = max(n for n, message in enumerate(messages) if _speaks(message))
    if not isinstance(messages[at].get("content"), str):
        return None
    changed = [*messages[:at], {**messages[at], "content": answer}, *messages[at + 1 :]]
    return {**payload, "completion" if "completion" in payload else "messages": changed}


def claims_of(answer: str) -> list[str]:
    """The sentences and list items of a `plain` answer, at most `MAX_CLAIMS + 1` of them.

    A line ends a claim; its list mark (`-`, `2.`, `#`, `|`) is no part of it, so the number of an item is no number of
    the claim. A full stop ends none within a quotation, after an initial or a known abbreviation, or before a small
    letter.
    """
    claims = (claim for line in answer.splitlines() for claim in _sentences(_unmarked(line)))
    return list(islice((claim for claim in claims if _WORD.search(claim)), MAX_CLAIMS + 1))


def _said(answer: Any) -> str | None:
    if isinstance(answer, str):
        return answer
    message = _last_assistant(answer) if isinstance(answer, list) else None
    return None if message is None else content_text(message.get("content")) or None


def _last_assistant(messages: list[Any]) -> Mapping[str, Any] | None:
    return next((message for message in reversed(messages) if _speaks(message)), None)


def _speaks(message: Any) -> bool:
    return isinstance(message, Mapping) and message.get("role") == "assistant"


_WORD = re.compile(r"\w")
_MARK = re.compile(r"\s*(?:(?:[-*+>#|]+|\(?[0-9]{1,3}[.)](?=\s)|\(?[a-zA-Z][.)](?=\s))\s*)*")
_STOP = re.compile(r"[.!?\u3002]+[\"')\]*_]*(?=\s|$)|\u3002")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"'])(?:[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Mt|Gen|Col|Lt|Capt|Rev|Hon|Gov|Sen|Rep"
    r"|No|Nos|vs|etc|e\.g|i\.e|cf|ca|approx|est|Fig|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)


def _unmarked(line: str) -> str:
    found = _MARK.match(line)
    return line[found.end() if found else 0 :].rstrip(" \t|*#")


def _sentences(line: str) -> Iterator[str]:
    start, quoted = 0, line.count('"') % 2 == 0
    opened, seen = 0, 0
    for stop in _STOP.finditer(line):
        opened += line.count('"', seen, stop.end())
        seen = stop.end()
        if not (quoted and opened % 2) and _ends(line, start, stop):
            yield line[start : stop.end()].strip()
            start = stop.end()
    yield line[start:].strip()


def _ends(line: str, start: int, stop: re.Match[str]) -> bool:
    after = line[stop.end() : stop.end() + 2].strip()
    if stop[0] == "." and (after[:1].islower() or _ABBREVIATED.search(line, max(start, stop.end() - 12), stop.end())):
        return not after
    return True
