"""The check `sql`: a query is executed on several databases and must give what the reference query gives."""

import importlib.util
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sterling.errors import MissingExtra
from sterling.records import Boundary, Family, Fault, Record, records_of
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.sandbox import Limits, Outcome, Program, Sandbox, shared_sandbox
from sterling.sandbox.conversation import printable
from sterling.verify.programs.program import completion_of, last_block
from sterling.verify.programs.references import said_by
from sterling.verify.queries.rows import Result, difference

_TAKES = 500
_MOST_MISSES = 8
_INSIDE = Path(__file__).with_name("inside")
_SCRIPT = re.compile(r"[^\s;]+\.sql")
_OUTPUT = 4 << 20
_PRELOAD = ("sterling_sql.engine", "sterling_sql.misses")
_IMPORT = "from sterling_sql import engine, misses"
_REASONS = {
    "syntax_error", "not_a_query", "sql_error", "too_complex", "too_many_rows", "memory", "bad_database"
}  # fmt: skip
_ENDED = {"stalled": "timeout", "not_plain": "too_many_rows", "output": "too_many_rows", "raised": "sql_error"}


class SqlReference(BaseModel):
    """What the check needs a record to say."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    sql: str = Field(min_length=1)
    """The right query."""
    databases: list[str] = Field(min_length=1, max_length=100)
    """Scripts of CREATE and INSERT statements, or paths of `.sql` files as the recipe would write them."""
    dialect: str = Field(default="duckdb", pattern="^[a-z0-9]+$")
    """sqlglot's name of the dialect of both queries and of the scripts."""
    ordered: bool | None = None
    """Whether the order of the rows counts; None means that it does where the right query ends in ORDER BY."""


class _Task(NamedTuple):
    """A query to be executed, with everything that decides its result."""

    scripts: tuple[str, ...]
    dialect: str
    limits: Limits
    most_rows: int


class _Answer(NamedTuple):
    """What a query gave on every database, or why it did not."""

    reason: str | None
    detail: str = ""
    database: int | None = None
    results: tuple[Result, ...] = ()
    ordered: bool = False
    steady: bool = True
    """Whether the rows do not depend on the order in which the tables hold theirs."""


@register("check", "sql")
class Sql(RecordCheck):
    """Keeps a record whose query gives the rows of the reference query on every database of the reference.

    Reference: `sql`, `databases` (scripts of CREATE and INSERT, or paths of `.sql` files), and if wanted `dialect`
    (sqlglot's name; queries and scripts are translated to DuckDB's) and `ordered`. The query is the completion's last
    code block, else the whole completion. Rows are compared as a multiset, or in their order where the reference query
    ends in `ORDER BY` (rows that tie there may come in any order among themselves) or `ordered` says so; what counts as
    equal is in `sterling.verify.queries.rows`.

    Drops `different` (rows, order, or number of columns), `syntax_error`, `not_a_query` (something else than one
    SELECT), `sql_error`, `too_complex`, `too_many_rows`, `timeout`, `memory`, `crashed`, `exited`, `refused`. Flags
    `nothing_shown` when the reference query gives no row on any database: an equal result proves nothing then; and
    `ambiguous_reference` when the rows differ, but those of the reference query do so itself as soon as its tables hold
    their rows in another order (a LIMIT without a total order, `random()`). A reference query or script that fails
    itself is a fault, `bad_reference`.

    Traps: two queries that agree on one database may agree by chance, and a wrong one often does: give several, in
    which each condition of the query decides about some row. Evidence says on how many the wanted result is empty and
    how many distinct results there are. A translated query keeps the meaning that sqlglot gives it: SQLite's loose
    types and integer division are where that goes wrong. A query without `ORDER BY` of its own may give the wanted
    order here and not elsewhere.

    Not guaranteed: that the query is right on a database that was not tried.
    """

    family: ClassVar[Family] = "execution"
    needs: ClassVar[frozenset[str]] = frozenset({"sql"})
    version: ClassVar[int] = 1

    cpu_s: int = Field(default=10, ge=1, le=600)
    """CPU seconds per query, all databases and their scripts together."""
    memory_mb: int = Field(default=1024, ge=128)
    """Address space per query; DuckDB itself keeps to half of it."""
    most_rows: int = Field(default=10_000, ge=1, le=100_000)
    """Rows that a result may have."""
    tolerance: float = Field(default=1e-9, ge=0, le=0.1)
    """Relative difference at which floats still count as equal."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference cannot be understood or executed, or the sandbox fails."""
        return [self._judge(record) for record in records_of(batch)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """The reference query with one thing changed: a comparison, a literal, a condition, a join, DISTINCT, MIN/MAX.

        Only changes that give other rows than the reference on databases with made-up rows; the databases of the
        reference may still not tell them apart, which is what the measurement is for.
        """
        try:
            reference = SqlReference.model_validate(dict(record.reference or {}))
            task = self._task(reference)
        except (ValidationError, OSError, ValueError):
            return ()
        call = _call(
            "misses.misses", task.scripts, reference.sql, task.dialect, self.memory_mb // 2, seed, _MOST_MISSES
        )
        value = _sandbox(task.limits).evaluate(Program(_IMPORT), call).value
        return [_near_miss(record, kind, sql) for kind, sql in value] if isinstance(value, list) else ()

    def _judge(self, record: Record) -> Ruling | Fault:
        try:
            reference = SqlReference.model_validate(dict(record.reference or {}))
            task = self._task(reference)
        except (ValidationError, OSError, ValueError) as error:
            return _fault(record, "user_code", "bad_reference", said_by(error))
        try:
            wanted = _right(task, reference.sql)
            if wanted.reason is not None:
                return _fault(record, "user_code", "bad_reference", f"{wanted.reason}: {wanted.detail}")
            given = _answer(task, last_block(completion_of(record)).strip(), ranked=False)
        except OSError as error:
            return _fault(record, "sandbox", "sandbox_failed", str(error))
        ordered = wanted.ordered if reference.ordered is None else reference.ordered
        return self._compared(wanted, given, ordered, _sandbox(task.limits).tier)

    def _task(self, reference: SqlReference) -> _Task:
        scripts = tuple(self._script(database) for database in reference.databases)
        return _Task(scripts, reference.dialect, Limits(self.cpu_s, self.memory_mb, _OUTPUT), self.most_rows)

    def _script(self, database: str) -> str:
        if not _SCRIPT.fullmatch(database):
            return database
        return Path(self.locate(database)).read_text(encoding="utf-8")

    def _compared(self, wanted: _Answer, given: _Answer, ordered: bool, tier: str) -> Ruling:
        evidence = {"tier": tier, **_strength(wanted)}
        if given.reason is not None:
            said = {"detail": given.detail[:_TAKES], "database": given.database}
            return Ruling("drop", given.reason, 0.0, evidence | said)
        pairs = list(zip(wanted.results, given.results, strict=True))
        found = [difference(mine, theirs, ordered=ordered, tolerance=self.tolerance) for mine, theirs in pairs]
        wrong = [(number, one) for number, one in enumerate(found) if one is not None]
        if wrong and not wanted.steady:
            return Ruling("flag", "ambiguous_reference", None, evidence)
        if wrong:
            number, first = wrong[0]
            shown = {"database": number, "differs": first.reason, "missing": first.missing, "surplus": first.surplus}
            return Ruling("drop", "different", 1 - len(wrong) / len(pairs), {**evidence, **shown})
        if evidence["empty"] == len(pairs):
            return Ruling("flag", "nothing_shown", None, evidence)
        return Ruling("keep", "same_rows", 1.0, evidence)


def _strength(wanted: _Answer) -> dict[str, int]:
    """How much equal results say."""
    empty = sum(not result.rows for result in wanted.results)
    distinct = len({repr(result.rows) for result in wanted.results})
    return {"databases": len(wanted.results), "empty": empty, "distinct": distinct}


# Execution ------------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=256)
def _right(task: _Task, sql: str) -> _Answer:
    """Cached because several completions of one question share its reference."""
    return _answer(task, sql, ranked=True)


def _answer(task: _Task, sql: str, *, ranked: bool) -> _Answer:
    call = _call("engine.answers", task.scripts, sql, task.dialect, task.limits.memory_mb // 2, task.most_rows, ranked)
    return _understood(_sandbox(task.limits).evaluate(Program(_IMPORT), call))


def _call(name: str, *arguments: object) -> str:
    return f"{name}{arguments!r}"


def _understood(outcome: Outcome) -> _Answer:
    """The report of a process that may be hostile, taken apart with care."""
    match outcome.status, outcome.value:
        case "ok", {"reason": None, "ordered": bool(ordered), "results": list(results)}:
            try:
                steady = all(result.get("steady", True) for result in results)
                return _Answer(None, results=tuple(map(_result, results)), ordered=ordered, steady=steady)
            except (TypeError, KeyError, ValueError, AttributeError):
                return _Answer("refused", "a result that no honest process sends")
        case "ok", {"reason": str(reason), "detail": str(detail), "database": None | int() as database}:
            return _Answer(reason if reason in _REASONS else "refused", printable(detail), database)
        case "ok", _:
            return _Answer("refused", "a report that no honest process sends")
    return _Answer(_ENDED.get(outcome.status, outcome.status), outcome.detail)


def _result(plain: dict[str, Any]) -> Result:
    columns, rows, runs = plain["columns"], plain["rows"], plain.get("runs")
    if not isinstance(columns, int) or any(len(row) != columns for row in rows):
        raise ValueError("rows of another width")
    if runs is not None and sum(runs) != len(rows):
        raise ValueError("runs of another length")
    return Result(columns, [list(row) for row in rows], runs)


def _sandbox(limits: Limits) -> Sandbox:
    """One whose zygote has the engine running. MissingExtra without DuckDB or sqlglot."""
    return shared_sandbox(limits, 0, packages=(*_installed(), str(_INSIDE)), preload=_PRELOAD)


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """The folders that DuckDB and sqlglot are installed in. They are not imported here: only the sandbox needs them."""
    found = [importlib.util.find_spec(name) for name in ("duckdb", "sqlglot")]
    places = [spec.origin for spec in found if spec is not None and spec.origin is not None]
    if len(places) < len(found):
        raise MissingExtra("the check `sql`", "sql")
    return tuple(dict.fromkeys(str(Path(place).parent.parent) for place in places))


# Records --------------------------------------------------------------------------------------------------------------
def _near_miss(record: Record, kind: str, sql: str) -> NearMiss:
    said = f"```sql\n{sql}\n```"
    payload = dict(record.payload)
    if isinstance(payload.get("completion"), list):
        payload["completion"] = [{"role": "assistant", "content": said}]
    elif "messages" in payload:
        payload["messages"] = [*_before_answer(payload["messages"]), {"role": "assistant", "content": said}]
    else:
        payload["text" if "text" in payload else "completion"] = said
    spoilt = Record.real(
        payload, source=record.source, row=record.row, origin=record.origin, role=record.role,
        reference=record.reference, tags=record.tags,
    )  # fmt: skip
    return NearMiss(spoilt, kind)


def _before_answer(messages: Sequence[Any]) -> list[Any]:
    last = max((n for n, message in enumerate(messages) if message.get("role") == "assistant"), default=len(messages))
    return list(messages[:last])


def _fault(record: Record, boundary: Boundary, reason: str, message: str) -> Fault:
    return Fault(record.id, boundary, reason, message[:_TAKES], record=record.id)
