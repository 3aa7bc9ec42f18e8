r"""Whether an answer is the expected one, and if not, whether that is known.

First the cheap tiers (`verify.numbers.equality`), then kinds: answers of different kinds are different, tuples,
intervals, sets, lists and relations are compared member by member, and what remains, two single expressions, is put
before the symbolic tier where there is one (`sterling.verify.numbers.symbolic`).

`different` is said only of what is known to differ: other numbers, other units of the same number, other kinds, other
members. Two texts, an expression that nobody evaluated, `5` for `5 km` are `not_comparable`.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from sterling.verify.numbers.equality import MAX_ANSWER, Tier, Value, equal_values, same, tidy, value_of
from sterling.verify.numbers.expressions import evaluate
from sterling.verify.numbers.shapes import MAX_PARTS, Kind, Shape, shape_of, too_expensive
from sterling.verify.numbers.symbolic import Answered

Said = Literal["equal", "different", "not_comparable", "too_expensive"]


class Comparison(NamedTuple):
    """The outcome, and what it rests on."""

    said: Said
    tier: Tier | None = None
    """Of equal answers: the most expensive tier that was needed."""
    why: str = ""
    """Of others: `unit`, `kind`, `members`, the guard of the symbolic tier that refused, or what is too expensive."""


class Tiers(Protocol):
    """Who is asked about two expressions."""

    def ask(self, answer: str, expected: str) -> Answered:
        """Whether they are the same."""
        ...


def compare(answer: str, expected: str, symbolic: Tiers | None = None) -> Comparison:
    """The final answer of a solution against that of the reference. Without `symbolic`, expressions stay open."""
    mine, theirs = value_of(answer), value_of(expected)
    if mine is not None and theirs is not None:
        return _numbers(mine, theirs)
    if same(answer, expected):
        return _EXACT
    if len(expected) > MAX_ANSWER:
        return Comparison("not_comparable", None, "length")
    cost = too_expensive(answer)
    if cost:
        return Comparison("too_expensive", None, cost)
    return _by_shape(shape_of(answer), shape_of(expected), symbolic)


_EXACT = Comparison("equal", "exact")
_RATIONAL = Comparison("equal", "rational")
_DIFFERENT = Comparison("different")


def _numbers(mine: Value, theirs: Value) -> Comparison:
    equal = equal_values(mine, theirs)
    if equal:
        return _RATIONAL
    if equal is False and mine.number != theirs.number:
        return _DIFFERENT
    return Comparison("not_comparable" if equal is None else "different", None, "unit")


_FRAMED: frozenset[Kind] = frozenset({"tuple", "interval", "set", "union"})
_MANY = _FRAMED | {"several"}
_SINGLE: frozenset[Kind] = frozenset({"number", "expression", "letter", "matrix"})
_UNKNOWN = Comparison("not_comparable", None, "kind")


def _by_shape(mine: Shape, theirs: Shape, symbolic: Tiers | None) -> Comparison:
    if mine.kind == theirs.kind and mine.text == theirs.text:
        return _EXACT  # in brackets, `(C)`
    if "relation" in {mine.kind, theirs.kind}:
        return _relations(mine, theirs, symbolic)
    if mine.kind in _SINGLE and theirs.kind in _SINGLE:
        return _expressions(mine, theirs, symbolic)
    if mine.kind == theirs.kind:
        return _alike(mine, theirs, symbolic)
    return _unlike(mine, theirs)


def _alike(mine: Shape, theirs: Shape, symbolic: Tiers | None) -> Comparison:
    if mine.kind in _MANY:
        return _members(mine, theirs, symbolic)
    words = {tidy(shape.text).lower() for shape in (mine, theirs)}
    if any(words <= pair for pair in _OPPOSITES):
        return Comparison("different", None, "members")
    return Comparison("not_comparable", None, mine.kind)


_OPPOSITES = ({"yes", "no"}, {"true", "false"}, {"even", "odd"}, {"positive", "negative"})


def _unlike(mine: Shape, theirs: Shape) -> Comparison:
    """Different kinds are different, unless one might be another way to write the other."""
    kinds = {mine.kind, theirs.kind}
    if "words" in kinds or "empty" in kinds or kinds & {"expression", "letter", "matrix"}:
        open_ended = mine.kind not in {"empty", "calculus", "elided"}
        return Comparison("not_comparable" if open_ended else "different", None, "kind")
    if "several" in kinds and kinds & _FRAMED:
        return _UNKNOWN
    if "number" in kinds and len(mine.parts) == len(theirs.parts) == 1:
        return _UNKNOWN
    if kinds == {"union", "interval"}:
        return _UNKNOWN
    return Comparison("different", None, "kind")


def _members(mine: Shape, theirs: Shape, symbolic: Tiers | None) -> Comparison:
    if not all(0 < len(shape.parts) <= MAX_PARTS for shape in (mine, theirs)):
        return Comparison("not_comparable", None, "members")
    if mine.kind in {"tuple", "interval"}:
        if mine.frame != theirs.frame or len(mine.parts) != len(theirs.parts):
            return Comparison("different", None, "members")
        return _together([compare(*pair, symbolic) for pair in zip(mine.parts, theirs.parts, strict=True)])
    ordered = len(mine.parts) == len(theirs.parts) and mine.kind == "several"
    if ordered and all(same(*pair) for pair in zip(mine.parts, theirs.parts, strict=True)):
        return _RATIONAL
    return _unordered(mine, theirs, symbolic)


def _together(members: Sequence[Comparison]) -> Comparison:
    """Equal if all are, different if one is."""
    for said in ("too_expensive", "different", "not_comparable"):
        found = next((member for member in members if member.said == said), None)
        if found:
            return found._replace(why=found.why or "members")
    tiers = [member.tier for member in members]
    return Comparison("equal", "symbolic" if "symbolic" in tiers else "rational" if "rational" in tiers else "exact")


def _unordered(mine: Shape, theirs: Shape, symbolic: Tiers | None) -> Comparison:
    """Sets, unions and lists: each member must have exactly one partner. The order of a list may matter."""
    table = [[compare(one, other, symbolic) for one in mine.parts] for other in theirs.parts]
    columns = [list(column) for column in zip(*table, strict=True)]
    partners = [[cell for cell in line if cell.said == "equal"] for line in (*table, *columns)]
    if all(len(found) == 1 for found in partners):
        total = _together([found[0] for found in partners])
        return total if mine.kind != "several" else Comparison("not_comparable", None, "order")
    if any(all(cell.said == "different" for cell in line) for line in (*table, *columns)):
        return Comparison("different", None, "members")
    expensive = next((cell for line in table for cell in line if cell.said == "too_expensive"), None)
    return expensive or Comparison("not_comparable", None, "members")


def _relations(mine: Shape, theirs: Shape, symbolic: Tiers | None) -> Comparison:
    """`x = 5` for 5 and the other way round; the same sides in either order; all else is open."""
    if mine.kind == theirs.kind and len(mine.parts) == len(theirs.parts) == 2:
        return _sides(mine, theirs, symbolic)
    named, plain = (mine, theirs) if mine.kind == "relation" else (theirs, mine)
    if plain.kind == "relation" or not _assigns(named):
        return Comparison("not_comparable", None, "relation")
    texts = (named.parts[1], plain.text)
    return compare(*(texts if named is mine else texts[::-1]), symbolic)


def _assigns(shape: Shape) -> bool:
    name = shape.parts[0]
    return (
        shape.frame in {"=", "∈"}
        and len(shape.parts) == 2
        and len(name) == 1
        and name.isalpha()
        and bool(shape.parts[1])
    )


_TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


def _sides(mine: Shape, theirs: Shape, symbolic: Tiers | None) -> Comparison:
    """Different only where both give a value to the same name: an equation may be written in many ways."""
    if mine.frame == theirs.frame:
        pairs = [compare(*pair, symbolic) for pair in zip(mine.parts, theirs.parts, strict=True)]
        together = _together(pairs)
        if together.said in {"equal", "too_expensive"} or (_assigns(mine) and pairs[0].said == "equal"):
            return together
    if _TURNED.get(mine.frame, mine.frame) == theirs.frame:
        turned = _together([compare(*pair, symbolic) for pair in zip(mine.parts[::-1], theirs.parts, strict=True)])
        if turned.said == "equal":
            return turned
    return Comparison("not_comparable", None, "relation")


def _expressions(mine: Shape, theirs: Shape, symbolic: Tiers | None) -> Comparison:
    """By value where both are plain arithmetic, else by the symbolic tier."""
    if mine.kind == theirs.kind == "letter":
        return Comparison("different", None, "members")
    one, other = evaluate(mine.text), evaluate(theirs.text)
    if one and other and not (one.percent or other.percent):
        return _answered(mine) if one.value == other.value else _DIFFERENT
    if symbolic is None:
        return Comparison("not_comparable", None, "expression")
    answered = symbolic.ask(mine.text, theirs.text)
    if answered.said == "unknown":
        return Comparison("not_comparable", None, answered.why)
    if answered.said == "equal":
        said_back = mine.kind != "number" and (one or theirs.kind == "number")
        return Comparison("not_comparable", None, "unevaluated") if said_back else _SYMBOLIC
    return Comparison(answered.said, None, answered.why)


_SYMBOLIC = Comparison("equal", "symbolic")


def _answered(mine: Shape) -> Comparison:
    """Equal values of a calculation: only a number answers it. `2+3` for 5 may be the task, said back."""
    if mine.kind == "number":
        return _RATIONAL
    return Comparison("not_comparable", None, "unevaluated")
