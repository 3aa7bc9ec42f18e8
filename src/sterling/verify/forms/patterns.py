r"""Regular expressions that cost time in proportion to the text, whatever the pattern and whatever the text.

Python's `re` backtracks, and `(a+)+$` on thirty letters takes minutes; whoever writes a pattern or a text could stop a
run. The engine here is Rust's `regex`, through jsonschema-rs, and guarantees linear time. Its dialect: ECMA 262's
classes (`\d` and `\w` are ASCII; `\p{L}` is any letter), `$` is the end of the text and not of its last line, `.` is
anything but a newline, and flags stand in the pattern (`(?i)`, `(?m)`, `(?s)`, `(?x)`). It has no look-around and no
back-references, and `\Z` is written `\z`.
"""

from collections.abc import Callable
from functools import lru_cache

from sterling.errors import MissingExtra


class BadPattern(ValueError):
    """A pattern that the engine cannot match in linear time, or not at all."""


@lru_cache(maxsize=512)
def linear(pattern: str, *, whole: bool = False) -> Callable[[str], bool]:
    """Says of a text whether the pattern is found in it, or matches the whole of it. BadPattern for no pattern.

    UnicodeEncodeError for a text with a lone surrogate.
    """
    alone = _compiled(pattern)  # by itself first: `a)|(?:b` must not become a pattern by what is put around it
    return _compiled(rf"\A(?:{pattern})\z") if whole else alone


def _compiled(pattern: str) -> Callable[[str], bool]:
    try:
        import jsonschema_rs  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("matching patterns in linear time", "schema") from None
    options = jsonschema_rs.RegexOptions()
    try:
        schema = jsonschema_rs.validator_for({"pattern": pattern}, offline=True, pattern_options=options)
    except (ValueError, RecursionError):
        raise BadPattern(f"{pattern[:100]!r} is no pattern that can be matched in linear time") from None
    return schema.is_valid
