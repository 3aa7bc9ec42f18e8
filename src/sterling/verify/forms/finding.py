"""Words and phrases in a text: whole ones, without regard to case, however their accents are composed."""

import re
import unicodedata
from functools import lru_cache

_JOINED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]")
"""Scripts that write no spaces between words."""


def composed(text: str) -> str:
    """The text with its case folded and its accents composed, as texts are compared here."""
    return unicodedata.normalize("NFC", text.casefold())


def appearances(phrase: str, text: str) -> int:
    """How often a phrase stands in a text as whole words. White space inside of it may be any white space."""
    return sum(1 for _ in _finder(phrase).finditer(composed(text)))


@lru_cache(maxsize=2048)
def _finder(phrase: str) -> re.Pattern[str]:
    parts = composed(phrase).split()
    if not parts:
        return re.compile(r"(?!)")
    before = r"(?<!\w)" if _needs_edge(parts[0][0]) else ""
    after = r"(?!\w)" if _needs_edge(parts[-1][-1]) else ""
    return re.compile(before + r"\s+".join(map(re.escape, parts)) + after)


def _needs_edge(mark: str) -> bool:
    return mark.isalnum() and not _JOINED.match(mark)
