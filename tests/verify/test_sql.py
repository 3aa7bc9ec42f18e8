"""The check `sql`: what it keeps, what it drops and why, and what it cannot be made to do."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from sterling.errors import MissingExtra
from sterling.records import Fault, Record, batch_of
from sterling.registry import Ruling
from sterling.verify import sql as room
from sterling.verify.queries.rows import Result, difference
from sterling.verify.sql import Sql

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

TABLES = "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INT, town TEXT);"
ONE = (
    TABLES + "INSERT INTO people VALUES (1,'Ann',30,'Oslo'),(2,'Bob',41,'Rome'),(3,'Cy',30,'Oslo'),(4,'Di',NULL,'Rome')"
)
TWO = TABLES + "INSERT INTO people VALUES (1,'Zed',29,'Oslo'),(2,'Bob',50,'Bonn')"
ADULTS = "SELECT name, age FROM people WHERE age >= 30"


def record(completion: str, gold: str = ADULTS, databases: tuple[str, ...] = (ONE, TWO), **reference: Any) -> Record:
    said = {"sql": gold, "databases": list(databases), **reference}
    return Record.real({"prompt": "q", "completion": completion}, source="s", row="r", origin="human", reference=said)


def judged(completion: str, gold: str = ADULTS, databases: tuple[str, ...] = (ONE, TWO), **reference: Any) -> Ruling:
    said = Sql(cpu_s=2).judge(batch_of([record(completion, gold, databases, **reference)]), None)[0]
    assert isinstance(said, Ruling), said
    return said


def fault(completion: str, gold: str, databases: tuple[str, ...] = (ONE,), **reference: Any) -> Fault:
    said = Sql(cpu_s=2).judge(batch_of([record(completion, gold, databases, **reference)]), None)[0]
    assert isinstance(said, Fault), said
    return said


@pytest.mark.parametrize(
    "query",
    [
        ADULTS,
        f"```sql\n{ADULTS};\n```",
        "SELECT p.name AS n, p.age AS a FROM people p WHERE NOT p.age < 30",
        "WITH old AS (SELECT * FROM people WHERE age > 29) SELECT name, age FROM old ORDER BY 1 DESC",
        "SELECT name, CAST(age AS DOUBLE) FROM people WHERE age >= 30",
        "SELECT name, CAST(age AS DECIMAL(9, 2)) FROM people WHERE age >= 30",
    ],
)
def test_the_same_rows_in_any_order_and_under_any_name_are_kept(query: str) -> None:
    ruling = judged(query)
    assert (ruling.outcome, ruling.reason, ruling.score) == ("keep", "same_rows", 1.0)
    assert {key: ruling.evidence[key] for key in ("databases", "empty", "distinct")} == {
        "databases": 2, "empty": 0, "distinct": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "differs"),
    [
        ("SELECT name, age FROM people WHERE age > 30", "rows"),
        ("SELECT age, name FROM people WHERE age >= 30", "rows"),
        ("SELECT name FROM people WHERE age >= 30", "columns"),
        ("SELECT name, CAST(age AS TEXT) FROM people WHERE age >= 30", "rows"),
        ("SELECT name, age >= 30 FROM people WHERE age >= 30", "rows"),
        (f"{ADULTS} UNION ALL {ADULTS}", "rows"),
        ("SELECT name, NULL FROM people WHERE age >= 30", "rows"),
    ],
)
def test_other_rows_are_dropped(query: str, differs: str) -> None:
    ruling = judged(query)
    assert (ruling.outcome, ruling.reason, ruling.evidence["differs"]) == ("drop", "different", differs)


def test_evidence_names_the_first_database_that_differs_and_its_rows() -> None:
    ruling = judged("SELECT name, age FROM people WHERE age IN (30, 41)")
    assert (ruling.score, ruling.evidence["database"]) == (0.5, 1)
    assert (ruling.evidence["missing"], ruling.evidence["surplus"]) == (["'Bob', 50"], [])


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("I do not know.", "syntax_error"),
        ("", "not_a_query"),
        ("SELECT 1; SELECT 2", "not_a_query"),
        ("DROP TABLE people", "not_a_query"),
        ("WITH gone AS (DELETE FROM people RETURNING name, age) SELECT * FROM gone", "not_a_query"),
        ("SELECT name, age INTO other FROM people", "not_a_query"),
        ("COPY people TO '/tmp/people.csv'", "not_a_query"),
        ("ATTACH '/tmp/x.db' AS x", "not_a_query"),
        ("SET enable_external_access = true", "not_a_query"),
        ("SELECT nothing FROM people", "sql_error"),
        ("SELECT error('stop'), 1 FROM people", "sql_error"),
        ("SELECT * FROM read_text('/etc/passwd')", "sql_error"),
        ("SELECT * FROM '/etc/passwd'", "sql_error"),
        ("SELECT * FROM read_csv('http://127.0.0.1/x')", "sql_error"),
        ("SELECT * FROM range(10000000)", "too_many_rows"),
        ("SELECT repeat('x', 2000000000), 1", "memory"),
        ("SELECT sum(a.range * b.range), 1 FROM range(1000000) a, range(1000000) b", "timeout"),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*), 1 FROM t", "timeout"),
        ("SELECT " + "(" * 100 + "1" + ")" * 100, "too_complex"),
        ("SELECT " + "1," * 20_000 + "1", "too_complex"),
        ("SELECT " + "NOT " * 4000 + "true", "syntax_error"),
        ("SELECT 1\x00", "syntax_error"),
    ],
)
def test_what_is_no_query_or_does_not_run_is_dropped_with_its_reason(query: str, reason: str) -> None:
    ruling = judged(query)
    assert (ruling.outcome, ruling.reason) == ("drop", reason)


def test_nothing_in_evidence_can_control_a_terminal() -> None:
    assert judged("SELECT '\x1b[31m' FROM nowhere").evidence["detail"].isprintable()


# Order ----------------------------------------------------------------------------------------------------------------
def test_order_counts_where_the_reference_sorts() -> None:
    gold = f"{ADULTS} ORDER BY age"
    assert judged("SELECT name, age FROM people WHERE age >= 30 ORDER BY age, name DESC", gold).outcome == "keep"
    assert judged(f"{ADULTS} ORDER BY age DESC", gold).evidence["differs"] == "order"
    assert judged(f"{ADULTS} ORDER BY age DESC", gold, ordered=False).outcome == "keep"
    assert judged(f"{ADULTS} ORDER BY age DESC", ADULTS, ordered=True).evidence["differs"] == "order"


@pytest.mark.parametrize(
    "gold",
    [
        "SELECT name, age AS years FROM people WHERE age >= 30 ORDER BY years",
        "SELECT name, age FROM people WHERE age >= 30 ORDER BY 2",
        "SELECT name, age FROM people WHERE age >= 30 ORDER BY people.age + 1",
        "SELECT DISTINCT name, age FROM people WHERE age >= 30 ORDER BY age",
        "SELECT name, max(age) FROM people WHERE age >= 30 GROUP BY name ORDER BY max(age)",
    ],
)
def test_rows_that_tie_may_come_in_any_order(gold: str) -> None:
    for order in ("name", "name DESC"):
        assert judged(f"{ADULTS} ORDER BY age, {order}", gold).outcome == "keep"
    assert judged(f"{ADULTS} ORDER BY age DESC, name", gold).evidence["differs"] == "order"


# References -----------------------------------------------------------------------------------------------------------
def test_an_empty_result_proves_nothing() -> None:
    gold = "SELECT name FROM people WHERE age > 99"
    assert judged("SELECT town FROM people WHERE false", gold)[:2] == ("flag", "nothing_shown")
    assert judged("SELECT name FROM people", gold)[:2] == ("drop", "different")


def test_a_reference_that_depends_on_the_order_of_storage_refutes_nobody() -> None:
    gold = "SELECT name FROM people LIMIT 1"
    assert judged("SELECT name FROM people ORDER BY name DESC LIMIT 1", gold)[:2] == ("flag", "ambiguous_reference")
    assert judged("SELECT max(name) FROM people", "SELECT min(name) FROM people")[:2] == ("drop", "different")


def test_a_reference_that_fails_itself_is_a_fault() -> None:
    assert fault("SELECT 1", "SELECT nothing FROM people").message.startswith("sql_error")
    assert fault("SELECT 1", "SELECT 1", ("CREATE TABEL t",)).message.startswith("bad_database")
    assert fault("SELECT 1", "SELECT 1", ("COPY (SELECT 1) TO '/tmp/x'",)).message.startswith("bad_database")
    assert fault("SELECT 1", "SELECT 1", dialect="no such").reason == "bad_reference"
    assert fault("SELECT 1", "SELECT 1", dialect="nosuch").reason == "bad_reference"
    assert fault("SELECT 1", "SELECT 1", ()).reason == "bad_reference"
    assert fault("SELECT 1", "SELECT 1", ("missing.sql",)).reason == "bad_reference"


def test_a_database_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text(ONE)
    check = Sql.model_validate({"cpu_s": 2}, context={"base": tmp_path})
    said = check.judge(batch_of([record(ADULTS, databases=("one.sql",))]), None)[0]
    assert said.reason == "same_rows"


def test_another_dialect_is_translated() -> None:
    script = "CREATE TABLE t(`a` INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, NULL)"
    gold = "SELECT IFNULL(b, 'none') FROM t"
    assert judged("SELECT COALESCE(`b`, 'none') FROM t", gold, (script,), dialect="mysql").outcome == "keep"
    assert judged("SELECT `b` FROM t", gold, (script,), dialect="mysql").reason == "different"


def test_one_answer_cannot_reach_the_next() -> None:
    """Each query has a process of its own."""
    for _ in range(2):
        assert (
            judged("SELECT count(*) FROM duckdb_databases() WHERE NOT internal", "SELECT 1", (ONE,)).outcome == "drop"
        )
        assert judged(ADULTS).outcome == "keep"


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    room._installed.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=re.escape("pip install 'sterling[sql]'")):
        room._installed()
    room._installed.cache_clear()


# Near misses ----------------------------------------------------------------------------------------------------------
def test_near_misses_are_wrong_and_of_many_kinds() -> None:
    gold = "SELECT town, MAX(age) FROM people WHERE age >= 30 AND name <> 'Bob' GROUP BY town ORDER BY town LIMIT 3"
    misses = Sql().spoil(record(gold, gold), 3)
    kinds = {miss.kind for miss in misses}
    assert {"operator", "literal", "aggregate", "dropped_condition", "direction"} <= kinds
    assert len({miss.record.id for miss in misses}) == len(misses)
    reasons = {said.reason for said in Sql().judge(batch_of([miss.record for miss in misses]), None)}
    assert "different" in reasons
    assert reasons <= {"different", "same_rows", "sql_error"}


def test_near_misses_repeat_with_the_seed() -> None:
    first, again, other = (Sql().spoil(record(ADULTS), seed) for seed in (1, 1, 2))
    assert first == again
    assert [miss.record.payload for miss in other] != [miss.record.payload for miss in first]


def test_a_change_that_changes_nothing_is_no_near_miss() -> None:
    """`id` is a key: DISTINCT, and a duplicate condition, decide about no row."""
    gold = "SELECT id FROM people"
    assert "distinct" not in {miss.kind for miss in Sql().spoil(record(gold, gold), 1)}


def test_nothing_can_be_spoilt_without_a_right_reference() -> None:
    assert Sql().spoil(record("x", "SELECT nothing FROM people"), 1) == []
    assert Sql().spoil(record("x", "SELECT 1", ()), 1) == ()


# Equality -------------------------------------------------------------------------------------------------------------
def same(one: list[Any], other: list[Any], tolerance: float = 1e-9) -> bool:
    results = (Result(len(rows[0]), rows) for rows in (one, other))
    return difference(*results, ordered=False, tolerance=tolerance) is None


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (None, None, True), (None, 0, False), (None, "", False), (None, "None", False),
        (1, 1.0, True), (1, ("decimal", "1.00"), True), (1, True, False), (1, "1", False), (0, False, False),
        (0.1 + 0.2, 0.3, True), (0.3, ("decimal", "0.3"), True), (0.3, 0.3001, False), (10**30, 10**30 + 1, False),
        (float("nan"), float("nan"), True), (float("nan"), None, False), (float("inf"), float("inf"), True),
        (float("inf"), float("-inf"), False), (-0.0, 0.0, True), (b"a", "a", False), ("a", "a ", False),
        ([1, 2], [2, 1], False), ([1.0, None], [1, None], True), ({"keys": ["a"]}, {"keys": ["a"]}, True),
        (("decimal", "NaN"), float("nan"), True), (("decimal", "rubbish"), 1, False),
    ],
)  # fmt: skip
def test_values(one: Any, other: Any, equal: bool) -> None:
    assert same([[one]], [[other]]) is equal
    assert same([[other]], [[one]]) is equal
    assert same([["x", one], ["y", one]], [["y", other], ["x", other]]) is equal


def test_many_nearly_equal_rows_find_their_partners() -> None:
    rows = [[n % 7, n / 3] for n in range(1000)]
    near = [[key, value * (1 + 1e-12)] for key, value in reversed(rows)]
    assert same(rows, near)
    assert not same(rows, [*near[:-1], [near[-1][0], 0.5]])
    assert not same(rows, near, tolerance=0)
