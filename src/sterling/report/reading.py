"""Numbers and texts, made for reading: rounded, clipped, and safe to encode."""

import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sterling.stats import Evidence, Interval

if TYPE_CHECKING:
    import markupsafe

_NONE = "\u2013"
_NOT_TEXT = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "\ufffd")


def number(value: float | None) -> str:
    """A number for reading: whole ones with separators, others to four significant digits."""
    if value is None:
        return _NONE
    return _fixed(value, _decimals(value))


def _fixed(value: float, decimals: int | None) -> str:
    return f"{value:.3g}" if decimals is None else f"{value:,.{decimals}f}"


def _decimals(value: float) -> int | None:
    """How many decimals four significant digits need, without trailing zeros; None where only an exponent will do."""
    if not math.isfinite(value) or (value != 0 and not 1e-4 <= abs(value) < 1e15):
        return None
    if float(value).is_integer():
        return 0
    digits = f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
    return len(digits.partition(".")[2].rstrip("0"))


def percent(share: float | None) -> str:
    """A share for reading, with one decimal; small shares are not rounded to nothing, large ones not to all."""
    if share is None:
        return _NONE
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %"


class Difference(NamedTuple):
    """A difference for reading, with a sign and as many decimals as its interval bears."""

    value: str
    span: str
    """Both ends of its interval; empty where there is none."""


def difference(value: float | None, interval: Interval | None, as_percent: bool = False) -> Difference:
    """Rounded to about a hundredth of the width of its interval; without one, to three significant digits."""
    if value is None or not math.isfinite(value):
        return Difference(_NONE if value is None else number(value), "")
    scale, unit = (100, " %") if as_percent else (1, "")
    width = scale * (abs(value) if interval is None else max(interval.high - interval.low, abs(value) / 1_000))
    known = math.isfinite(width) and width > 0
    finest = 1 if interval is not None else 2
    decimals = min(9, max(int(as_percent), finest - math.floor(math.log10(width)))) if known else 1
    told = [_signed(end * scale, decimals) + unit for end in (value, *(interval or ()))]
    return Difference(told[0], " to ".join(told[1:]))


def _signed(value: float, decimals: int) -> str:
    size = f"{abs(value):,.{decimals}f}"
    return size if not size.strip("0.,") else ("\u2212" if value < 0 else "+") + size


def span(evidence: Evidence, as_percent: bool = False) -> str:
    """The interval of a number for reading, both ends with equally many decimals."""
    if evidence.interval is None:
        return ""
    if as_percent:
        return f"{percent(evidence.interval.low)} to {percent(evidence.interval.high)}"
    needed = [_decimals(end) for end in evidence.interval]
    decimals = None if None in needed else max(d for d in needed if d is not None)
    return " to ".join(_fixed(end, decimals) for end in evidence.interval)


def clip(text: object, limit: int) -> str:
    """Text that is safe to encode and to show, cut to a number of characters with the rest counted."""
    whole = str(text)
    head = whole[:limit].encode(errors="replace").decode().translate(_NOT_TEXT)
    return head if len(whole) <= limit else f"{head}… (+ {len(whole) - limit:,} characters)"


def words(name: str) -> str:
    """A name in snake_case as words."""
    return name.replace("_", " ")


def prose(text: str) -> "markupsafe.Markup":
    """A sentence with its `names` set as code. Everything else in it stays text."""
    import markupsafe  # noqa: PLC0415 - comes with jinja2

    return markupsafe.Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(markupsafe.escape(text))))  # noqa: S704 - escaped


def told(value: Any) -> str:
    """Evidence or inputs of any shape in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {told(member)}" for key, member in value.items() if member is not None)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
