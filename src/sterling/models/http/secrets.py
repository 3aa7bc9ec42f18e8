"""Keeps keys out of everything that is written or shown."""

import base64
import json
import os
import re
from collections.abc import Iterable
from urllib.parse import quote

from sterling.errors import InputError
from sterling.models.endpoint import Endpoint
from sterling.models.mocking import stand_in

MASK = "[redacted]"
_SHORTEST = 8
"""A shorter key is a placeholder (`EMPTY`, `none`), and masking it would tear words out of answers."""
_LOOKS_SECRET = re.compile(
    r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{6,}|\b(?:sk|pk|hf|gsk|xai)[-_][\w-]{12,}|(?<=://)[^/\s@]+@"
)
"""What other people's messages may hold: authorisation headers, keys of the usual make, credentials in addresses."""


class Secrets:
    """The key of one endpoint, and how to mask it. Its repr tells nothing."""

    __slots__ = ("_key", "_spellings")

    def __init__(self, key: str | None) -> None:
        self._key = key
        self._spellings = tuple(_spellings(key)) if key and len(key) >= _SHORTEST else ()

    def __repr__(self) -> str:
        return "Secrets(…)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a key is not pickled")

    def headers(self) -> dict[str, str]:
        """What says who asks."""
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    def mask(self, text: str) -> str:
        """The text without the key, however it was spelled."""
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, MASK)
        return text

    def quote(self, text: str, limit: int = 400) -> str:
        """Someone else's text for a message: without this key or anything that looks like one, on one line, capped."""
        masked = _LOOKS_SECRET.sub(MASK, self.mask(text[: 4 * limit + 4096]))
        line = " ".join(masked.split())
        return line if len(line) <= limit else line[: limit - 1] + "…"


def _spellings(key: str) -> Iterable[str]:
    """Longest first, so that no tail of a longer spelling is left over."""
    encoded = base64.b64encode(key.encode()).decode()
    forms = {key, json.dumps(key)[1:-1], quote(key, safe=""), encoded, encoded.rstrip("=")}
    return sorted(forms, key=len, reverse=True)


def secrets_of(endpoint: Endpoint) -> Secrets:
    """The key that `key_env` names; none in a rehearsal. InputError when it is not set, or is no key.

    No frame that raises holds the key, since some tracebacks print local variables.
    """
    name = endpoint.key_env
    if name is None or stand_in.address() is not None:
        return Secrets(None)
    if problem := _problem(name):
        raise InputError(f"{name} {problem}", mend=f"export {name}=… with the key of {endpoint.identity}")
    return Secrets(os.environ[name].strip())


def _problem(name: str) -> str | None:
    key = os.environ.get(name, "").strip()
    if not key:
        return "is not set, or empty"
    return None if key.isascii() and key.isprintable() else "holds characters that no HTTP header can"
