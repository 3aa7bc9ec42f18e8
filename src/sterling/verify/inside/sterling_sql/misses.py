"""Near misses of a query, kept only where a richer database tells them from it. Loaded inside the sandbox, by name."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
from sqlglot import exp

from .engine import Query, Refusal, blunt, connection, enter, is_steady, lock, read, rows_of, runs, tables

_ROWS = 40
"""Rows that a table is given on top of its own."""
_MOST = 1000
_SWAPS: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.GT: (exp.GTE, exp.LT),
    exp.GTE: (exp.GT, exp.LTE),
    exp.LT: (exp.LTE, exp.GT),
    exp.LTE: (exp.LT, exp.GTE),
    exp.And: (exp.Or,),
    exp.Or: (exp.And,),
    exp.Add: (exp.Sub,),
    exp.Sub: (exp.Add,),
}
_AGGREGATES: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.Min: (exp.Max,),
    exp.Max: (exp.Min,),
    exp.Sum: (exp.Avg,),
    exp.Avg: (exp.Sum,),
}


class Miss(NamedTuple):
    """A changed query."""

    kind: str
    sql: str


def misses(scripts: Sequence[str], query: str, dialect: str, memory_mb: int, seed: int, wanted: int) -> list[list[str]]:
    """(kind, query in the same dialect) of up to `wanted` changes, each of another kind as long as there are some.

    Certainly wrong, because on one of two databases with rows made up for their tables it gives other rows.
    """
    lock(memory_mb)
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    try:
        gold = read(query, dialect)
        places = [enter(f"d{n}", scripts[n % len(scripts)], dialect, n) for n in range(max(2, len(scripts)))]
        for number, place in enumerate(places):
            _use(place)
            grow(seed + number, [literal.this for literal in gold.tree.find_all(exp.Literal)])
        told = _Told(places, gold)
    except Refusal:
        return []
    found: list[list[str]] = []
    for kind, sql in _varied(list(_changes(gold.tree, dialect)), chance):
        if len(found) < wanted and told.apart(sql, dialect):
            found.append([kind, sql])
    return found


def grow(seed: int, literals: Sequence[str] = ()) -> None:
    """Add rows to every table of the current database: values of its columns, values near the literals, NULLs.

    A row that a constraint refuses is left out.
    """
    chance = random.Random(seed)  # noqa: S311
    for table, columns in tables().items():
        known = {name: _values(table, name) for name, _ in columns}
        for _ in range(_ROWS):
            row = [_drawn(kind, known[name], literals, chance) for name, kind in columns]
            places = ", ".join(f"CAST(? AS {kind})" for _, kind in columns)
            try:
                connection.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608 - quoted by the engine
            except duckdb.Error:
                continue


def _values(table: str, column: str) -> list[Any]:
    few = f"SELECT DISTINCT {column} FROM {table} ORDER BY 1 LIMIT 50"  # noqa: S608
    return [row[0] for row in connection.execute(few).fetchall()]


def _drawn(kind: str, known: list[Any], literals: Sequence[str], chance: random.Random) -> Any:
    dice = chance.random()
    if dice < 0.05:
        return None
    if known and dice < 0.45:
        return chance.choice(known)
    near = [literal for literal in literals if _is_number(literal) == _is_numeric(kind)]
    if near and dice < 0.8:
        return _near(chance.choice(near), kind, chance)
    return _made(kind, chance)


def _near(literal: str, kind: str, chance: random.Random) -> Any:
    return (
        float(literal) + chance.choice((-1, 0, 0, 1))
        if _is_numeric(kind)
        else literal.replace("%", chance.choice("ab"))
    )


def _made(kind: str, chance: random.Random) -> Any:
    if _is_numeric(kind):
        return chance.randrange(1000)
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"20{chance.randrange(10, 30)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    if kind == "BOOLEAN":
        return chance.random() < 0.5
    return "".join(chance.choice("abcdexyz") for _ in range(chance.randrange(1, 6)))


def _is_numeric(kind: str) -> bool:
    return any(part in kind for part in ("INT", "DECIMAL", "DOUBLE", "FLOAT", "NUMERIC"))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# Telling apart --------------------------------------------------------------------------------------------------------
class _Right(NamedTuple):
    """What the right query gives on one of the richer databases."""

    place: str
    rows: list[list[Any]]
    runs: list[int]
    """Lengths of the runs of rows that may come in any order among themselves."""


class _Told:
    """Tells other queries from the right one."""

    def __init__(self, places: Sequence[str], gold: Query) -> None:
        self._seen = {gold.text}
        self._rights = [right for place in places if (right := _right(place, gold)) is not None]

    def apart(self, sql: str, dialect: str) -> bool:
        """Whether this query was not met before, runs everywhere, and gives other rows somewhere."""
        try:
            changed = read(sql, dialect).text
            if changed in self._seen:
                return False
            self._seen.add(changed)
            told = [_differs(right, changed) for right in self._rights]  # on all, since it must run on all
        except Refusal:
            return False
        return any(told)


def _right(place: str, gold: Query) -> _Right | None:
    """None where the right query itself depends on the order in which the tables hold their rows."""
    _use(place)
    names, rows = rows_of(gold.text, _MOST)
    whole = [len(rows)]
    lengths = whole if gold.tree.args.get("order") is None else runs(gold, names, rows)
    return None if lengths is None or not is_steady(gold.text, rows) else _Right(place, rows, lengths)


def _differs(right: _Right, sql: str) -> bool:
    _use(right.place)
    rows = rows_of(sql, _MOST)[1]
    if len(rows) != len(right.rows):
        return True
    start = 0
    for length in right.runs:
        part = slice(start, start + length)
        if blunt(rows[part]) != blunt(right.rows[part]):
            return True
        start += length
    return False


def _use(place: str) -> None:
    connection.execute(f"USE {place}")


# Changes --------------------------------------------------------------------------------------------------------------
def _varied(all_changes: list[Miss], chance: random.Random) -> Iterator[Miss]:
    """One of each kind, then another of each, in an order that only chance decides."""
    chance.shuffle(all_changes)
    turns: dict[str, int] = {}
    ranked = []
    for number, miss in enumerate(all_changes):
        turns[miss.kind] = turns.get(miss.kind, 0) + 1
        ranked.append((turns[miss.kind], number, miss))
    yield from (miss for _, _, miss in sorted(ranked))


def _changes(tree: exp.Expr, dialect: str) -> Iterator[Miss]:
    for number, node in enumerate(tree.walk()):
        for kind, replacement in _changed(node):
            copy = tree.copy()
            target = next(it for at, it in enumerate(copy.walk()) if at == number)
            changed = replacement(target)
            if changed is not target:
                target.replace(changed)
            yield Miss(kind, copy.sql(dialect=dialect))


_Change = tuple[str, Callable[[exp.Expr], exp.Expr]]


def _changed(node: exp.Expr) -> Iterator[_Change]:
    for other in _SWAPS.get(type(node), ()):
        yield "operator", lambda it, other=other: other(this=it.this.copy(), expression=it.expression.copy())  # type: ignore[misc]
    for other in _AGGREGATES.get(type(node), ()):
        yield "aggregate", lambda it, other=other: other(this=it.this.copy())  # type: ignore[misc]
    if isinstance(node, exp.Literal):
        yield from _literals(node)
    if isinstance(node, exp.And | exp.Or):
        yield "dropped_condition", lambda it: it.this.copy()
        yield "dropped_condition", lambda it: it.expression.copy()
    if isinstance(node, exp.Ordered):
        yield "direction", lambda it: _with(it, desc=not it.args.get("desc"), nulls_first=None)
    if isinstance(node, exp.Join):
        yield from _joins(node)
    if isinstance(node, exp.Select):
        yield from _clauses(node)
    if isinstance(node, exp.Count) and not isinstance(node.this, exp.Distinct | exp.Star):
        yield "distinct", lambda it: exp.Count(this=exp.Distinct(expressions=[it.this.copy()]))


def _literals(node: exp.Literal) -> Iterator[_Change]:
    if node.is_string:
        yield "literal", lambda it: exp.Literal.string(it.this[:-1] if len(it.this) > 1 else it.this + "a")
    elif node.this.isdigit():
        yield "literal", lambda it: exp.Literal.number(int(it.this) + 1)
        yield "literal", lambda it: exp.Literal.number(abs(int(it.this) - 1))
    else:
        yield "literal", lambda it: exp.Literal.number(float(it.this) * 2)


def _joins(node: exp.Join) -> Iterator[_Change]:
    if node.args.get("side"):
        yield "join", lambda it: _with(it, side=None, kind=None)
    elif node.args.get("on") is not None:
        yield "join", lambda it: _with(it, side="LEFT", kind=None)
    if node.args.get("on") is not None:
        yield "dropped_condition", lambda it: _with(it, on=exp.true())


def _clauses(node: exp.Select) -> Iterator[_Change]:
    yield "distinct", lambda it: _with(it, distinct=None if it.args.get("distinct") else exp.Distinct())
    if node.args.get("where"):
        yield "dropped_condition", lambda it: _with(it, where=None)
    if node.args.get("having"):
        yield "dropped_condition", lambda it: _with(it, having=None)
    if node.args.get("limit"):
        yield "limit", lambda it: _with(it, limit=None)
    if len(node.expressions) > 1:
        yield "columns", lambda it: _with(it, expressions=[*it.expressions[1:], it.expressions[0]])


def _with(node: exp.Expr, **arguments: Any) -> exp.Expr:
    for key, value in arguments.items():
        node.set(key, value)
    return node
