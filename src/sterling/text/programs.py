"""The program that a record says, by its payload and its reference."""

from collections.abc import Mapping
from typing import Any

from sterling.records import Record, content_text, payload_text
from sterling.text.fences import split


def program_of(record: Record) -> str:
    """What `reference.program` names: `continue` is prompt + completion, `replace` the completion's last code block.

    `replace` is the default. A completion without a code block is taken whole; a block that is never closed (a
    truncated answer) ends with the text. Of messages, the contents count.
    """
    prompt, completion = _text(record.payload.get("prompt")), completion_of(record)
    if (record.reference or {}).get("program") == "continue":
        return prompt + completion
    return last_block(completion)


def completion_of(record: Record) -> str:
    """The answer: `completion`, or the last message of the assistant, or the text of the whole payload."""
    if "completion" in record.payload:
        return _text(record.payload["completion"])
    said = [m for m in record.payload.get("messages") or () if m.get("role") == "assistant"]
    return str(said[-1].get("content") or "") if said else payload_text(record.payload)


def prompt_of(record: Record) -> str:
    """The text of `prompt`; empty when there is none."""
    return _text(record.payload.get("prompt"))


def last_block(text: str) -> str:
    """The inside of the last fenced code block, or the whole text when there is none."""
    blocks = split(text).blocks
    if not blocks:
        return text
    return f"{blocks[-1].body}\n" if blocks[-1].closed else blocks[-1].body


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts: list[Mapping[str, Any]] = list(value or ())
    return "".join(content_text(message.get("content")) for message in parts)
