"""The inside of symbolic comparison. Found by this name in the sandbox, where `sterling` itself does not exist.

Two judges must agree before two expressions are called equal: Math-Verify, and their values at four points to 30
digits. Math-Verify alone takes 1.414214 for the square root of 2; values alone prove nothing.
"""

import logging
from typing import Any

from latex2sympy2_extended import NormalizationConfig  # type: ignore[import-untyped,unused-ignore]
from math_verify import LatexExtractionConfig, parse, verify  # type: ignore[import-untyped,unused-ignore]
from sympy import Basic, MatrixBase, N, Rational  # type: ignore[import-untyped,unused-ignore]

logging.disable(logging.CRITICAL)  # it warns that its own time limit is off; the sandbox has one
_AS_WRITTEN = NormalizationConfig(
    basic_latex=True, units=False, malformed_operators=True, nits=False, boxed="none", equations=False
)
"""Units are not to be dropped: `m` is a letter here, or the answer would not have come so far."""
_READ = [LatexExtractionConfig(boxed_match_priority=-1, normalization_config=_AS_WRITTEN)]
_POINTS = ((3, 7), (-5, 3), (11, 4), (-2, 9))
_DIGITS = 30
_NEAR = Rational(1, 10**20)


def compare(expected: str, answer: str) -> dict[str, Any]:
    """`read`: whether both are expressions; `same` by Math-Verify; `near` by value, None where there is none."""
    theirs, mine = _expression(expected), _expression(answer)
    if theirs is None or mine is None:
        return {"read": False, "same": False, "near": None, "letters": []}
    letters = [sorted(str(symbol) for symbol in side.free_symbols) for side in (theirs, mine)]
    near = _near(_exact(theirs), _exact(mine))
    same = near is not False and bool(verify(theirs, mine, timeout_seconds=None))
    return {"read": True, "same": same, "near": near, "letters": letters}


def _expression(text: str) -> Any:
    found = parse(f"${text}$", extraction_config=_READ, fallback_mode="no_fallback", parsing_timeout=None)
    return found[0] if len(found) == 1 and isinstance(found[0], Basic | MatrixBase) else None


def _exact(expression: Any) -> Any:
    """Decimals as the rationals they are written as."""
    return expression.replace(lambda part: part.is_Float, lambda part: Rational(str(part)))


def _near(theirs: Any, mine: Any) -> bool | None:
    if isinstance(theirs, MatrixBase) or isinstance(mine, MatrixBase):
        if getattr(theirs, "shape", None) != getattr(mine, "shape", None):
            return False
        return _all(_near(one, other) for one, other in zip(theirs, mine, strict=True))
    names = sorted({*theirs.free_symbols, *mine.free_symbols}, key=str)
    return _all(_near_at(theirs, mine, names, point) for point in (_POINTS if names else _POINTS[:1]))


def _all(judged: Any) -> bool | None:
    every = list(judged)
    return False if False in every else None if None in every else True


def _near_at(theirs: Any, mine: Any, names: list[Any], point: tuple[int, int]) -> bool | None:
    places = {name: Rational(point[0] + at, point[1]) for at, name in enumerate(names)}
    one, other = (N(side.subs(places), _DIGITS) for side in (theirs, mine))
    if not (one.is_number and other.is_number and one.is_finite and other.is_finite):
        return None
    return bool(abs(one - other) <= _NEAR * max(1, abs(one)))


compare(r"\frac{\sqrt{2}x}{3}", r"2x^2+1")  # so that the grammar is built before the first job
