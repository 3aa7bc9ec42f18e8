"""One spelling for every value, so that equal values have equal digests on every machine."""

import hashlib
import json
from typing import Any

Json = None | bool | int | float | str | list[Any] | dict[str, Any]
"""What JSON can say. NaN and infinities are not in it."""


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces and no escapes beyond what JSON needs. ValueError on NaN or infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(*parts: str | bytes) -> str:
    """BLAKE2b-128 over the length-prefixed parts, as 32 hexadecimal digits.

    UnicodeEncodeError for a string with a lone surrogate, which no UTF-8 file can hold.
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()
