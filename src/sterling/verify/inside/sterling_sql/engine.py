"""Runs queries on databases in memory. Loaded inside the sandbox, by name, before the first job.

The engine is started here, at the import, and each job has a forked copy of it. Started inside the cage it would end
the process, because it looks for its memory limit in `/proc`; and the start costs more than most queries. It has no
threads: `threads` counts the caller itself, and `async_threads`, for files that nobody can open here, are off.

Query and scripts are hostile. DuckDB refuses files, network and extensions (`enable_external_access`), and a change of
that (`lock_configuration`); behind it stands the cage, which refuses them to the whole process. What is reported can
be forged by who breaks out of DuckDB, but not to the wanted rows: those are computed in another job.
"""

import contextlib
import datetime
import decimal
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": "1",
    "async_threads": "0",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}
LONGEST, DEEPEST = 20_000, 60
"""Characters of a query, and levels of brackets in it."""
_TAKES = 300
_NATIVE = "duckdb"

connection = duckdb.connect(":memory:", config=_SETTINGS)


class Refusal(Exception):
    """Why there is no result: a reason code, and a sentence."""

    def __init__(self, reason: str, detail: object, database: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.database = reason, str(detail), database

    def to_plain(self) -> dict[str, Any]:
        """What crosses to the parent."""
        return {"reason": self.reason, "detail": self.detail[:_TAKES], "database": self.database}


class Query(NamedTuple):
    """A query that has been looked at."""

    tree: exp.Expr
    text: str
    """In DuckDB's dialect."""


def answers(
    scripts: Sequence[str], query: str, dialect: str, memory_mb: int, most_rows: int, ranked: bool
) -> dict[str, Any]:
    """The rows of the query on each database; with `ranked`, how long the runs of rows that tie in `ORDER BY` are."""
    lock(memory_mb)
    try:
        wanted = read(query, dialect)
        places = [enter(f"d{number}", script, dialect, number) for number, script in enumerate(scripts)]
        found = [_result(wanted, place, most_rows, ranked) for place in places]
    except Refusal as refusal:
        return refusal.to_plain()
    return {"reason": None, "ordered": wanted.tree.args.get("order") is not None, "results": found}


def lock(memory_mb: int) -> None:
    """The last settings, and then none any more."""
    connection.execute(f"SET memory_limit = '{int(memory_mb)}MB'")
    connection.execute("SET lock_configuration = true")


def read(query: str, dialect: str) -> Query:
    """Exactly one statement that only reads; Refusal otherwise."""
    if len(query) > LONGEST or _depth(query) > DEEPEST:
        raise Refusal("too_complex", f"more than {LONGEST} characters or {DEEPEST} levels of brackets")
    if "\0" in query:
        raise Refusal("syntax_error", "a NUL, at which one parser stops and another goes on")
    tree = _only(_parsed(query, dialect))
    if not isinstance(tree, exp.Query) or tree.find(exp.DML, exp.DDL, exp.Command, exp.Into):
        raise Refusal("not_a_query", f"the statement is a {type(tree).__name__}, not a query")
    text = query if dialect == _NATIVE else tree.sql(dialect=_NATIVE)
    _confirm(text)
    return Query(tree, text)


def enter(name: str, script: str, dialect: str, number: int) -> str:
    """A new database of this name, filled by the script; it is the current one afterwards."""
    connection.execute(f"ATTACH ':memory:' AS {name}")
    connection.execute(f"USE {name}")
    try:
        connection.execute(script if dialect == _NATIVE else _translated(script, dialect))
    except (duckdb.Error, sqlglot.errors.SqlglotError, RecursionError) as mishap:
        raise Refusal("bad_database", f"database {number}: {mishap}", number) from None
    finally:
        _home(name)
    return name


def rows_of(text: str, most_rows: int) -> tuple[list[str], list[list[Any]]]:
    """Names of the columns, and the rows as plain data. Refusal with the reason."""
    try:
        cursor = connection.execute(text)
        rows = cursor.fetchmany(most_rows + 1)
    except (duckdb.OutOfMemoryException, MemoryError) as mishap:
        raise Refusal("memory", mishap) from None
    except (duckdb.Error, RuntimeError, ValueError, OverflowError) as mishap:
        raise Refusal("sql_error", mishap) from None
    if len(rows) > most_rows:
        raise Refusal("too_many_rows", f"more than {most_rows} rows")
    return [column[0] for column in cursor.description or ()], [[plain(value) for value in row] for row in rows]


def is_steady(text: str, rows: list[list[Any]]) -> bool:
    """Whether the query gives the same rows when the current database's tables hold theirs in another order."""
    for table in tables():
        with contextlib.suppress(duckdb.Error):  # a constraint may forbid to empty a table
            connection.execute(f"CREATE OR REPLACE TEMP TABLE turned AS SELECT * FROM {table} ORDER BY rowid DESC")  # noqa: S608
            connection.execute(f"BEGIN; DELETE FROM {table}; INSERT INTO {table} SELECT * FROM turned; COMMIT")  # noqa: S608
        with contextlib.suppress(duckdb.Error):
            connection.execute("ROLLBACK")
    try:
        return blunt(rows_of(text, len(rows))[1]) == blunt(rows)
    except Refusal:
        return False


def blunt(rows: list[list[Any]]) -> list[str]:
    """Rows as a sorted multiset, floats with fewer digits than they have: another order of summing is no difference."""
    return sorted(repr([float(f"{it:.9g}") if isinstance(it, float) else it for it in row]) for row in rows)


def tables() -> dict[str, list[tuple[str, str]]]:
    """(quoted name, type) of the columns of each table of the current database, by its quoted name."""
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal AND table_name IN "
        "(SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()) "
        "ORDER BY table_oid, column_index"
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        found.setdefault(_quoted(table), []).append((_quoted(column), kind))
    return found


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect=_NATIVE)


def plain(value: Any) -> Any:
    """A value as the protocol can carry it. Decimals are tuples, so that no column can be taken for one."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    if isinstance(value, decimal.Decimal):
        return ("decimal", str(value))
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {"keys": [plain(key) for key in value], "values": [plain(part) for part in value.values()]}
    if isinstance(value, datetime.date | datetime.time | datetime.datetime):
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    return str(value) if isinstance(value, datetime.timedelta | uuid.UUID) else repr(value)


def _result(query: Query, place: str, most_rows: int, ranked: bool) -> dict[str, Any]:
    _home(place)
    try:
        names, rows = rows_of(query.text, most_rows)
    except Refusal as refusal:
        raise Refusal(refusal.reason, refusal.detail, int(place[1:])) from None
    if not ranked:
        return {"columns": len(names), "rows": rows}
    ranks = runs(query, names, rows)
    return {"columns": len(names), "rows": rows, "runs": ranks, "steady": is_steady(query.text, rows)}


def _home(name: str) -> None:
    # A script may have gone elsewhere, or have left a transaction open.
    with contextlib.suppress(duckdb.Error):
        connection.execute("ROLLBACK")
    try:
        connection.execute(f"USE {name}")
    except duckdb.Error as mishap:
        raise Refusal("bad_database", mishap, int(name[1:])) from None


# Reading --------------------------------------------------------------------------------------------------------------
def _parsed(text: str, dialect: str) -> list[exp.Expr | None]:
    try:
        return sqlglot.parse(text, read=dialect)
    except sqlglot.errors.ParseError as mishap:
        first = mishap.errors[0] if mishap.errors else {}
        raise Refusal("syntax_error", f"{first.get('description')}, line {first.get('line')}") from None
    except Exception as mishap:  # noqa: BLE001 - a parser in Python fails in many ways at what was never SQL
        raise Refusal("syntax_error", mishap) from None


def _only(trees: list[exp.Expr | None]) -> exp.Expr:
    statements = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(statements) != 1:
        raise Refusal("not_a_query", f"{len(statements)} statements instead of one")
    return statements[0]


def _confirm(text: str) -> None:
    """DuckDB's own parser has the last word: two parsers may read one text in two ways."""
    try:
        statements = connection.extract_statements(text)
    except (duckdb.Error, RuntimeError) as mishap:
        raise Refusal("syntax_error", mishap) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Refusal("not_a_query", "DuckDB reads something else in it than one SELECT")


def _depth(query: str) -> int:
    deepest = level = 0
    for letter in query:
        level += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, level)
    return deepest


def _translated(script: str, dialect: str) -> str:
    return ";\n".join(tree.sql(dialect=_NATIVE) for tree in sqlglot.parse(script, read=dialect) if tree is not None)


# Ranks ----------------------------------------------------------------------------------------------------------------
def runs(query: Query, names: list[str], rows: list[list[Any]]) -> list[int] | None:
    """Lengths of the runs of rows with equal sort keys; None where the keys cannot be had."""
    order = query.tree.args.get("order")
    if order is None:
        return None
    keys: list[int] = []
    extras: list[exp.Expr] = []
    for ordered in order.expressions:
        place = _place(query.tree, ordered.this, names)
        if place is None and not _takes_more(query.tree):
            return None
        keys.append(len(names) + len(extras) if place is None else place)
        extras += [_meant(query.tree, ordered.this)] if place is None else []
    wide = _widened(query, extras, rows) if extras else rows
    return None if wide is None else _lengths([[row[key] for key in keys] for row in wide])


def _place(tree: exp.Expr, key: exp.Expr, names: list[str]) -> int | None:
    """The output column that a sort key is, where that is certain."""
    if isinstance(key, exp.Literal) and not key.is_string:
        return int(key.this) - 1 if 0 < int(key.this) <= len(names) else None
    if isinstance(key, exp.Column) and not key.table and not _takes_more(tree):
        same = [at for at, name in enumerate(names) if name.lower() == key.name.lower()]
        return same[0] if len(same) == 1 else None
    return None


def _takes_more(tree: exp.Expr) -> bool:
    """Whether another output column would not change which rows there are."""
    return isinstance(tree, exp.Select) and not tree.args.get("distinct")


def _meant(tree: exp.Expr, key: exp.Expr) -> exp.Expr:
    # ORDER BY prefers the name of an output, the list of outputs prefers that of a column.
    if isinstance(key, exp.Column) and not key.table:
        for output in tree.expressions:
            inner = output.this if isinstance(output, exp.Alias) else None
            if isinstance(inner, exp.Expr) and output.alias.lower() == key.name.lower():
                return inner.copy()
    return key.copy()


def _widened(query: Query, extras: list[exp.Expr], rows: list[list[Any]]) -> list[list[Any]] | None:
    tree = query.tree.copy()
    for number, extra in enumerate(extras):
        tree.append("expressions", exp.alias_(extra, f"sterling_key_{number}"))
    try:
        _, wide = rows_of(tree.sql(dialect=_NATIVE), len(rows))
    except (Refusal, sqlglot.errors.SqlglotError, RecursionError):
        return None
    # Ties may come in another order; what does not even have the same rows has been misread.
    same = sorted(map(repr, rows)) == sorted(repr(row[: -len(extras)]) for row in wide)
    return wide if same else None


def _lengths(keys: Sequence[Sequence[Any]]) -> list[int]:
    lengths: list[int] = []
    before: Sequence[Any] | None = None
    for key in keys:
        if before is not None and repr(key) == repr(before):
            lengths[-1] += 1
        else:
            lengths.append(1)
        before = key
    return lengths


def _warm() -> None:
    """Do once what every job does: most of the first time is loading, and each job would pay it again."""
    place = enter("warm", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'x')", _NATIVE, 0)
    text = "SELECT t.b AS n, COUNT(*) FROM t JOIN t AS u ON t.a = u.a WHERE t.a >= 1 GROUP BY 1 ORDER BY n LIMIT 2"
    rows_of(read(text, _NATIVE).text, 1)
    connection.execute("USE memory")
    connection.execute(f"DETACH {place}")


_warm()
