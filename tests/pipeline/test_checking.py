import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sterling
from sterling.errors import InputError, SourceError
from sterling.pipeline.checking import configured, parse_options

ROWS: list[dict[str, Any]] = [
    {"id": "a", "prompt": "2+2?", "completion": "A: 4", "reference": {"answer": "4"}},
    {"id": "b", "prompt": "2+2?", "completion": "A: 5", "reference": {"answer": "4"}},
    {"id": "c", "prompt": "2+2?", "completion": "A: 4"},
    {"id": "d", "prompt": "2+2?"},
    {
        "id": "e",
        "prompt": [{"role": "user", "content": "2+2?"}],
        "completion": [{"role": "assistant", "content": "A: 4"}],
        "reference": {"answer": "4"},
    },
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_one_verdict_a_row_in_order(tmp_path: Path) -> None:
    answers = sterling.check("math", write(tmp_path / "in.jsonl", ROWS))
    assert [(a["id"], a["index"], a["outcome"], a["reason"]) for a in answers] == [
        ("a", 0, "keep", "equal"), ("b", 1, "drop", "different"), ("c", 2, "flag", "no_reference"),
        ("d", 3, "flag", "no_reference"), ("e", 4, "keep", "equal"),
    ]  # fmt: skip
    assert set(answers[0]) == {"id", "index", "outcome", "reason", "score", "evidence"}


def test_a_bad_row_is_a_fault_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    lines = [json.dumps(ROWS[0]), "{broken", json.dumps({"nothing": 1}), json.dumps(ROWS[1])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    answers = sterling.check("math", path)
    assert [(a["index"], a["outcome"]) for a in answers] == [(0, "keep"), (1, "fault"), (2, "fault"), (3, "drop")]
    assert answers[1]["reason"] == "bad_json"
    assert answers[1]["evidence"]["where"] == "in.jsonl:2"


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_input_and_output_in_each_format(tmp_path: Path, suffix: str) -> None:
    rows = [{"text": "the same words again and again, said once more"}] * 2 + [{"text": "something else altogether"}]
    source = tmp_path / f"in{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), source)
    else:
        write(source, rows)
    output = tmp_path / f"out{suffix}"
    sterling.check("near_duplicates", source, output, threshold=0.7)
    found = pq.read_table(output).to_pylist() if suffix == ".parquet" else [
        json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()
    ]  # fmt: skip
    assert [row["outcome"] for row in found] == ["keep", "drop", "keep"] or [row["outcome"] for row in found] == [
        "drop", "keep", "keep",
    ]  # fmt: skip
    evidence = next(row["evidence"] for row in found if row["outcome"] == "drop")
    kept = (json.loads(evidence) if isinstance(evidence, str) else evidence)["kept"]
    assert kept in {row["id"] for row in found if row["outcome"] == "keep"}


def test_compressed_input(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "a"}\n{"text": "a"}\n'))
    assert sorted(a["outcome"] for a in sterling.check("exact_duplicates", path)) == ["drop", "keep"]


def test_rows_in_memory() -> None:
    assert [a["outcome"] for a in sterling.check("math", ROWS[:2])] == ["keep", "drop"]


def test_more_rows_than_a_shard_keep_their_order(tmp_path: Path) -> None:
    rows = [{"prompt": "?", "completion": f"A: {n % 3}", "reference": {"answer": "0"}} for n in range(2_500)]
    answers = sterling.check("math", write(tmp_path / "in.jsonl", rows))
    assert [a["index"] for a in answers] == list(range(2_500))
    assert [a["outcome"] for a in answers] == ["drop" if n % 3 else "keep" for n in range(2_500)]


def test_an_unknown_check_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"there is no check `maths`\n  mend: did you mean `math`\?"):
        sterling.check("maths", ROWS)


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"check `near_duplicates`: `treshold`: .*\n  mend: did you mean `threshold`"):
        sterling.check("near_duplicates", ROWS, treshold=0.7)


def test_one_text_is_a_list_of_one_where_the_option_is_a_list() -> None:
    said = configured("contamination", parse_options(["columns=question", "against=evals.jsonl"]))
    assert (said.columns, said.against) == (("question",), "evals.jsonl")  # type: ignore[attr-defined]
    assert configured("contamination", {"columns": ["a", "b"]}).columns == ("a", "b")  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="`length_ratio`: input should be a valid tuple"):
        configured("translation", {"length_ratio": "2"})


def test_the_output_is_never_the_input(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", ROWS)
    before = path.read_bytes()
    with pytest.raises(InputError, match="the output is the input"):
        sterling.check("math", path, path)
    assert path.read_bytes() == before


def test_one_row_is_no_list_of_rows() -> None:
    with pytest.raises(InputError, match="one mapping is no list of rows"):
        sterling.check("math", ROWS[0])  # type: ignore[arg-type]


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"in\.jsonl"):
        sterling.check("math", tmp_path / "in.jsonl")


def test_an_output_that_is_neither_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write \.csv\n  mend: use \.jsonl or \.parquet"):
        sterling.check("math", ROWS, tmp_path / "out.csv")


def test_what_is_kept_is_named_by_the_users_own_id() -> None:
    rows = [{"id": "A", "text": "the very same"}, {"id": "B", "text": "the very same"}]
    answers = {a["id"]: a for a in sterling.check("exact_duplicates", rows)}
    dropped = next(a for a in answers.values() if a["outcome"] == "drop")
    assert dropped["evidence"]["kept"] in {"A", "B"} - {dropped["id"]}


def test_a_prompt_that_stops_in_the_middle_of_a_function() -> None:
    row = {
        "prompt": "def add(a, b):\n",
        "completion": "    return a + b\n",
        "reference": {
            "tests": "def check(c):\n    assert c(1, 2) == 3\n", "entry_point": "add", "program": "continue",
        },
    }  # fmt: skip
    wrong = row | {"completion": "    return a - b\n"}
    assert [a["outcome"] for a in sterling.check("tests", [row, wrong])] == ["keep", "drop"]


def test_parquet_gives_every_row_the_keys_of_all(tmp_path: Path) -> None:
    program = {"tests": "assert f() == 1", "entry_point": "f", "program": "continue"}
    rows = [
        {"prompt": "2+2?", "completion": "A: 4", "reference": {"answer": "4"}},
        {"prompt": "def f():\n", "completion": "    return 1\n", "reference": program},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    assert [a["reason"] for a in sterling.check("math", tmp_path / "in.parquet")] == ["equal", "no_reference"]
    assert [a["reason"] for a in sterling.check("tests", tmp_path / "in.parquet")] == ["no_reference", "passed"]


def test_a_missing_input_leaves_no_output(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"in\.jsonl"):
        sterling.check("math", tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert not list(tmp_path.iterdir())


def test_rows_of_other_libraries_and_rows_that_are_none() -> None:
    import numpy as np

    rows: list[Any] = [
        {"id": np.int64(7), "text": "the same words"}, {"text": "\ud800"}, None, {"text": "the same words"},
    ]  # fmt: skip
    answers = sterling.check("exact_duplicates", rows)
    assert [a["outcome"] for a in answers if a["index"] in {1, 2}] == ["fault", "fault"]
    assert sorted(a["outcome"] for a in answers if a["index"] in {0, 3}) == ["drop", "keep"]
    assert sterling.check("math", []) == []


def test_tests_that_nobody_can_run_refute_nobody() -> None:
    row = {"prompt": "p", "completion": "def f(): return 1", "reference": {"tests": "assert f( ==", "entry_point": "f"}}
    [answer] = sterling.check("tests", [row])
    assert (answer["outcome"], answer["reason"]) == ("fault", "bad_reference")


def test_contamination_with_nothing_is_no_check() -> None:
    with pytest.raises(InputError, match=r"there are no roles without a recipe\n  mend: .*against=FILE"):
        sterling.check("contamination", ROWS)


def test_an_option_said_twice_has_both_values() -> None:
    assert parse_options(["against=a.jsonl", "ngram=8", "against=b.jsonl"]) == {
        "against": ["a.jsonl", "b.jsonl"],
        "ngram": 8,
    }


def test_a_lacking_option_is_named() -> None:
    with pytest.raises(InputError, match=r"`labels`: field required\n  mend: say --option labels="):
        configured("classifier", {})
