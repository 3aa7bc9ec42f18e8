"""Rows out of each kind of file: what is read, what one bad row costs, and what stops the reading."""

import csv
import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.errors import SourceError
from sterling.records import Fault
from sterling.sources import Row, read_rows, streams

ROWS = [{"text": 'first, "quoted"\nsecond line', "n": 1}, {"text": "naïve ☕", "n": 2}]


def read(path: Path) -> tuple[list[Row], list[Fault]]:
    found = list(read_rows(str(path)))
    return [r for r in found if isinstance(r, Row)], [f for f in found if isinstance(f, Fault)]


def told(path: Path) -> list[tuple[str, str, str]]:
    faults = read(path)[1]
    assert all(f.boundary == "source" for f in faults)
    return [(f.where, f.reason, f.message) for f in faults]


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as error:
        list(read_rows(str(path)))
    assert error.value.exit_code == 2
    return str(error.value)


def jsonl(path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def json_array(path: Path) -> None:
    path.write_text(json.dumps(ROWS, indent=2))


def json_object(path: Path) -> None:
    path.write_text(json.dumps({"version": "1", "tags": ["a"], "nothing": [], "data": ROWS, "by": {"x": [1]}}))


def csv_file(path: Path, delimiter: str = ",") -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["text", "n"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)


def tsv_file(path: Path) -> None:
    csv_file(path, "\t")


def parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


def arrow_stream(path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table)


def arrow_file(path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


KINDS: list[tuple[str, Callable[[Path], None], list[str]]] = [
    ("a.jsonl", jsonl, ["1", "2"]),
    ("a.json", jsonl, ["1", "2"]),
    ("a.json", json_array, ["1", "2"]),
    ("a.json", json_object, ["1", "2"]),
    ("a.csv", csv_file, ["2", "4"]),
    ("a.tsv", tsv_file, ["2", "4"]),
    ("a.parquet", parquet, ["1", "2"]),
    ("a.arrow", arrow_stream, ["1", "2"]),
    ("a.arrow", arrow_file, ["1", "2"]),
]


@pytest.mark.parametrize("codec", ["", ".gz", ".zst"])
@pytest.mark.parametrize(("name", "write", "places"), KINDS)
def test_every_kind_of_file_gives_the_same_rows(
    tmp_path: Path, name: str, write: Callable[[Path], None], places: list[str], codec: str
) -> None:
    plain, path = tmp_path / "plain", tmp_path / (name + codec)
    write(plain)
    data = plain.read_bytes()
    path.write_bytes(
        gzip.compress(data) if codec == ".gz" else pa.compress(data, "zstd", asbytes=True) if codec else data
    )
    rows, faults = read(path)
    assert faults == []
    assert [row.where for row in rows] == [f"{path.name}:{place}" for place in places]
    numbers = [row["n"] for row in ROWS] if "sv" not in name else ["1", "2"]
    assert [dict(row.values) for row in rows] == [
        {"text": row["text"], "n": n} for row, n in zip(ROWS, numbers, strict=True)
    ]


def test_a_folder_is_read_in_order_and_names_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".hidden").mkdir()
    jsonl(tmp_path / "b" / "two.jsonl")
    jsonl(tmp_path / "one.jsonl")
    jsonl(tmp_path / ".hidden" / "no.jsonl")
    jsonl(tmp_path / ".no.jsonl")
    (tmp_path / "notes.txt").write_text("not data")
    (tmp_path / "sheet.xlsx").write_bytes(b"PK")
    rows, _ = read(tmp_path)
    assert [row.where for row in rows] == ["b/two.jsonl:1", "b/two.jsonl:2", "one.jsonl:1", "one.jsonl:2"]


def test_a_folder_of_documents_gives_one_row_each(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n")
    (tmp_path / "b.txt").write_text("text")
    (tmp_path / "c.txt").write_bytes(b"caf\xe9")
    (tmp_path / "d.txt").write_bytes(b"")
    assert read(tmp_path)[0] == [Row({"text": "# Title\n"}, "a.md"), Row({"text": "text"}, "b.txt")]
    assert told(tmp_path) == [
        ("c.txt", "invalid_utf8", "byte 4 is not UTF-8"),
        ("d.txt", "empty_file", "the file has no bytes"),
    ]


def test_a_document_beyond_the_limit_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * (streams.MAX_LINE + 1))
    assert told(tmp_path) == [("a.txt", "text_too_long", "the document is longer than 16 MiB")]


BAD_LINES = [
    (b"{'a': 1}", "bad_json", "Expecting property name enclosed in double quotes at column 2"),
    (b'{"a": 1', "bad_json", "Expecting ',' delimiter at column 8"),
    (b'{"a": "caf\xe9"}', "invalid_utf8", "byte 11 of the line is not UTF-8"),
    (b'{"a": "\\ud83d"}', "lone_surrogate", "half of a surrogate pair, which UTF-8 cannot write"),
    (b'{"a": {"b\\uDE00": 1}}', "lone_surrogate", "half of a surrogate pair, which UTF-8 cannot write"),
    (b"[1, 2]", "not_an_object", "there is a list where an object should be"),
    (b'"text"', "not_an_object", "there is a string where an object should be"),
    (b"null", "not_an_object", "there is null where an object should be"),
    (b'{"a": NaN}', "not_finite", "NaN is not JSON; write null, or leave the row out"),
    (b'{"a": -Infinity}', "not_finite", "-Infinity is not JSON; write null, or leave the row out"),
    (b'{"a":' + b"[" * 100_000, "bad_json", "nested too deeply"),
    (b'{"a":' + b"9" * 5000 + b"}", "bad_json", None),
]


@pytest.mark.parametrize(("line", "reason", "message"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_costs_only_itself(tmp_path: Path, line: bytes, reason: str, message: str | None) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n": 1}\n' + line + b'\r\n\n   \n{"n": 2, "pair": "\\ud83d\\ude00"}')
    rows, _ = read(path)
    assert rows == [Row({"n": 1}, "a.jsonl:1"), Row({"n": 2, "pair": "😀"}, "a.jsonl:5")]
    [(where, told_reason, told_message)] = told(path)
    assert (where, told_reason) == ("a.jsonl:2", reason)
    assert message in (None, told_message)


def test_a_line_of_100_mb_is_skipped_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"n": 1}\n{"text": "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n{"n": 2}\n')
    tracemalloc.start()
    try:
        rows, faults = read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [row.where for row in rows] == ["a.jsonl:1", "a.jsonl:3"]
    assert [(f.where, f.reason, f.message) for f in faults] == [
        ("a.jsonl:2", "line_too_long", "the line is longer than 16 MiB")
    ]
    assert peak < 48 << 20


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(), JSON_VALUES, max_size=3), min_size=1, max_size=5), st.sampled_from([None, 1])
)
def test_json_is_read_as_json_reads_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], indent: int | None
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8")
    assert [row.values for row in read(path)[0]] == rows
    path.write_text(json.dumps({"a": 1, "rows": rows, "z": [1.5]}, indent=indent), encoding="utf-8")
    assert [row.values for row in read(path)[0]] == rows
    lines = path.with_suffix(".jsonl")
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert [row.values for row in read(lines)[0]] == rows


def test_a_large_json_array_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    rows = [{"n": n, "text": "é" * 500} for n in range(30_000)]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    assert path.stat().st_size > 30_000_000
    tracemalloc.start()
    try:
        numbers = [row.values["n"] for row in read_rows(str(path)) if isinstance(row, Row)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert numbers == list(range(30_000))
    assert peak < 16 << 20


def test_bad_elements_of_a_json_array_cost_only_themselves(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'[{"n": 1}, 7, {"a": NaN}, {"a": "caf\xe9"}, {"a": "\\ud800"}, {"n": 2}]')
    assert read(path)[0] == [Row({"n": 1}, "a.json:1"), Row({"n": 2}, "a.json:6")]
    assert [(where, reason) for where, reason, _ in told(path)] == [
        ("a.json:2", "not_an_object"), ("a.json:3", "not_finite"),
        ("a.json:4", "invalid_utf8"), ("a.json:5", "lone_surrogate"),
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["[", '{"meta": 1, "rows": ['])
@pytest.mark.parametrize("end", ["", ', {"n": 3, "text": "cut o', ",", ', {"n": tru', ', {"n": "\\u12'])
def test_a_json_array_that_ends_too_early_keeps_its_rows(tmp_path: Path, start: str, end: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(start + '{"n": 1}, {"n": 2}' + end)
    assert [row.values["n"] for row in read(path)[0]] == [1, 2]
    assert told(path) == [("a.json:3", "truncated", "the file ends inside the array; rows before it stand")]


BROKEN_JSON = [
    ('[{"n": 1}, {"n" 2}, {"n": 3}]', "Expecting ':' delimiter"),
    ('[{"n": 1} {"n": 3}]', "expected one of , ]"),
    ('[{"n": 1}] [', "something follows the end"),
    ('"text"', "the file holds neither an array nor an object"),
    ("{}", "it holds one object without an array of objects; its keys: none"),
    ('{"a": 1, "b": []}', "it holds one object without an array of objects; its keys: `a`, `b`"),
    ('{"a": [{"n": 1}], "b": [{"n": 1}]}', "both `a` and `b` are arrays of objects"),
    ('{"a": 1, "b": [1, ', "it ends before an array of objects begins"),
]


@pytest.mark.parametrize(("text", "what"), BROKEN_JSON)
def test_json_that_breaks_in_the_middle_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert refused(path) == (
        f"{path}: the JSON cannot be read: {what}\n"
        "  mend: mend the file, or write one object a line (.jsonl), where a bad row costs only itself"
    )


def test_an_element_of_a_json_array_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"n": 1}, {"text": "' + "x" * (streams.MAX_LINE + 5_000_000) + '"}]')
    assert "the JSON cannot be read: a value is longer than 16 MiB" in refused(path)


def test_a_bad_csv_record_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n1,2\n3\n4,caf\xe9\n"5" x,6\n\n7,"8\n9"\n10,11,12\n13,14\n15,"16\n17,18\n')
    rows, _ = read(path)
    assert rows == [
        Row({"a": "1", "b": "2"}, "a.csv:2"),
        Row({"a": "7", "b": "8\n9"}, "a.csv:7"),
        Row({"a": "13", "b": "14"}, "a.csv:10"),
    ]
    assert told(path) == [
        ("a.csv:3", "wrong_cells", "1 cells where the header names 2"),
        ("a.csv:4", "invalid_utf8", "byte 6 of line 4 is not UTF-8"),
        ("a.csv:5", "bad_csv", "',' expected after '\"'; the row is lost up to line 5"),
        ("a.csv:9", "wrong_cells", "3 cells where the header names 2"),
        ("a.csv:11", "bad_csv", "a quote is never closed; the row is lost up to line 12"),
    ]


def test_a_csv_line_beyond_the_limit_costs_only_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_LINE", 1000)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1," + "x" * 2000 + '\n2,"y\n' + "z" * 2000 + '\n"\n3,4\n')
    assert read(path)[0] == [Row({"a": "3", "b": "4"}, "a.csv:6")]
    assert [(where, reason) for where, reason, _ in told(path)] == [
        ("a.csv:2", "line_too_long"), ("a.csv:3", "line_too_long"),
    ]  # fmt: skip


def test_a_csv_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n" + "x" * 1_000_000 + "\n")
    assert len(read(path)[0][0].values["a"]) == 1_000_000


@pytest.mark.parametrize(
    ("header", "what"),
    [
        (b"a,b,a\n1,2,3\n", "two columns are called `a`"),
        (b"a,caf\xe9\n1,2\n", "the header cannot be read: byte 6 of line 1 is not UTF-8"),
        (b'"a" x,b\n1,2\n', "the header cannot be read: ',' expected after '\"'"),
    ],
)
def test_a_broken_csv_header_is_refused(tmp_path: Path, header: bytes, what: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(header)
    assert refused(path) == f"{path}:1: {what}\n  mend: the first line names each column once, in UTF-8"


def test_a_parquet_string_that_is_not_utf8_costs_only_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    strings = pa.array([b"one", b"caf\xe9", b"three"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": strings}), path)
    assert read(path)[0] == [Row({"text": "one"}, "a.parquet:1"), Row({"text": "three"}, "a.parquet:3")]
    assert told(path) == [("a.parquet:2", "invalid_utf8", "a string is not UTF-8")]


def test_a_date_that_python_cannot_hold_costs_only_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"day": pa.array([0, 2**30, 1], pa.int32()).view(pa.date32())}), path)
    assert [row.where for row in read(path)[0]] == ["a.parquet:1", "a.parquet:3"]
    [(where, reason, message)] = told(path)
    assert (where, reason) == ("a.parquet:2", "wrong_type")
    assert message.startswith("a value is beyond what Python holds: ")


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("left", [0, 3, 100, -10])
def test_a_truncated_parquet_or_arrow_file_is_refused(tmp_path: Path, name: str, left: int) -> None:
    path = tmp_path / name
    (parquet if name == "a.parquet" else arrow_file)(path)
    path.write_bytes(path.read_bytes()[:left])
    message = refused(path)
    assert message.startswith(f"{path}: the {name.removeprefix('a.').capitalize()} file cannot be read")
    assert message.endswith("\n  mend: it is cut off or broken; fetch or write it again")


def test_a_parquet_file_with_a_broken_page_is_refused_with_the_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"n": list(range(10_000))})
    pq.write_table(
        table, path, row_group_size=5_000, use_dictionary=False, write_page_checksum=True, compression="zstd"
    )
    data = bytearray(path.read_bytes())
    second = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data[second : second + 200] = b"\xff" * 200
    path.write_bytes(data)
    seen: list[Row | Fault] = []
    with pytest.raises(SourceError, match=r"cannot be read beyond row \d+: "):
        seen.extend(read_rows(str(path)))
    assert len(seen) > 0


def test_a_parquet_file_in_gzip_that_is_cut_is_refused(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet")
    path = tmp_path / "a.parquet.gz"
    path.write_bytes(gzip.compress((tmp_path / "a.parquet").read_bytes())[:-20])
    assert refused(path) == (
        f"{path}: the gzip file cannot be read: Truncated compressed stream\n"
        "  mend: it is cut off or broken; fetch or write it again"
    )


@pytest.mark.parametrize(("name", "first"), [("a.jsonl", 1), ("a.csv", 2)])
@pytest.mark.parametrize("codec", [".gz", ".zst"])
def test_a_compressed_file_that_is_cut_keeps_the_rows_before_the_cut(
    tmp_path: Path, name: str, first: int, codec: str
) -> None:
    lines = [
        json.dumps({"n": n, "text": f"{n * 7919}"}) if "json" in name else f"{n},{n * 7919}" for n in range(20_000)
    ]
    data = "\n".join(lines if "json" in name else ["n,text", *lines]).encode() + b"\n"
    whole = gzip.compress(data) if codec == ".gz" else pa.compress(data, "zstd", asbytes=True)
    path = tmp_path / (name + codec)
    path.write_bytes(whole[: len(whole) * 3 // 4] if codec == ".gz" else whole[:-50])
    rows, _ = read(path)
    assert len(rows) > 1000
    assert [int(row.values["n"]) for row in rows] == list(range(len(rows)))
    assert rows[-1].where == f"{name}{codec}:{len(rows) - 1 + first}"
    kind = "gzip" if codec == ".gz" else "zstd"
    assert told(path) == [
        (
            f"{name}{codec}",
            "truncated",
            f"the {kind} file is cut off or broken: Truncated compressed stream; rows before it stand",
        )
    ]


def test_what_is_no_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(b'{"n": 1}\n' * 20)
    assert refused(path) == (
        f"{path}: the file is no gzip file: zlib inflate failed: incorrect header check\n"
        "  mend: fetch or compress it again"
    )


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.txt"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    assert refused(path) == f"{path}: the file is empty\n  mend: name a file that has rows"


@pytest.mark.parametrize(("name", "data"), [("a.jsonl", b"\n \n"), ("a.csv", b"a,b\n"), ("a.json", b"[]")])
def test_a_file_without_rows_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert refused(path) == f"{path}: there is not one row in it\n  mend: name a file that has rows"


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    jsonl(path)

    def denied(*_: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sterling.sources.rows.open_text", denied)
    assert refused(path) == f"{path}: the file cannot be read: Permission denied\n  mend: make it readable for you"


def test_rows_come_before_the_file_has_been_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    jsonl(path)
    assert next(read_rows(str(path))) == Row(ROWS[0], "a.jsonl:1")
