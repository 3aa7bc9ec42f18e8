import json
from pathlib import Path

import pytest

from sterling.errors import InputError
from sterling.pipeline.generations.erasing import read_erasures

GOOD = {"id": "0" * 32, "because": "asked for", "by": "A. Officer"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "no JSON"),
        ("[]", "a row is an object"),
        (json.dumps({"because": "x", "by": "y"}), "`id` is missing"),
        (json.dumps(GOOD | {"content": "0" * 32}), "names one record"),
        (json.dumps({"id": "0" * 32, "by": "y"}), "`because` is missing"),
        (json.dumps(GOOD | {"by": " "}), "`by` is missing"),
        (json.dumps(GOOD | {"id": "row 7"}), "`id` is no digest"),
        (json.dumps(GOOD | {"when": "today"}), "no key `when`"),
    ],
)
def test_a_row_that_does_not_say_it_all_is_refused_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "erased.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message) as refused:
        read_erasures(path)
    assert refused.value.where == f"{path}:3"
    assert refused.value.mend


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_erasures(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no JSONL file"):
        read_erasures(tmp_path / "binary")


def test_erasures_name_records_by_id_or_by_content(tmp_path: Path) -> None:
    path = tmp_path / "erased.jsonl"
    other = {"content": "1" * 32, "because": "asked for", "by": "B. Officer"}
    path.write_text(f"{json.dumps(GOOD)}\n{json.dumps(other)}\n", encoding="utf-8")
    found = read_erasures(path)
    assert found.by == ("A. Officer", "B. Officer")
    assert (set(found.ids), set(found.contents)) == ({"0" * 32}, {"1" * 32})
