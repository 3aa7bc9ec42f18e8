import json
from pathlib import Path
from typing import Any

import pytest

from sterling.errors import SourceError
from sterling.sources import gold_seeds


def write(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_rows_with_their_label(tmp_path: Path) -> None:
    path = write(
        tmp_path / "gold.jsonl",
        {"prompt": "1+1", "completion": "2", "reference": {"answer": "2"}, "gold": "good", "model": "qwen3-8b"},
        {"prompt": "1+1", "completion": "3", "reference": {"answer": "2"}, "gold": "bad", "kind": "off_by_one"},
        {"prompt": "1+2", "completion": "3", "gold": True},
    )
    seeds = gold_seeds(path)
    assert [(s.good, s.kind, s.writer) for s in seeds] == [
        (True, "given", "qwen3-8b"), (False, "off_by_one", None), (True, "given", None)
    ]  # fmt: skip
    assert seeds[0].record.payload == {"prompt": "1+1", "completion": "2"}
    assert seeds[0].record.reference == {"answer": "2"}


@pytest.mark.parametrize(
    "row", [{"text": "a"}, {"text": "a", "gold": "fine"}, {"text": "a", "gold": None}, {"text": "a", "gold": ["good"]}]
)
def test_a_row_without_label_is_refused_with_its_line(tmp_path: Path, row: dict[str, Any]) -> None:
    path = write(tmp_path / "gold.jsonl", {"text": "x", "gold": "good"}, row)
    with pytest.raises(SourceError, match=r"gold\.jsonl:2: no_label") as refused:
        gold_seeds(path)
    assert refused.value.mend is not None


def test_a_copy_is_no_second_trial(tmp_path: Path) -> None:
    row = {"prompt": "1+1", "completion": "2", "reference": {"answer": "2"}, "gold": "good"}
    assert len(gold_seeds(write(tmp_path / "gold.jsonl", *[row] * 300))) == 1
    with pytest.raises(SourceError, match=r"gold\.jsonl:1 says the opposite of the same row"):
        gold_seeds(write(tmp_path / "gold.jsonl", row, row | {"gold": "bad"}))


def test_a_row_that_the_check_cannot_judge_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "gold.jsonl", {"prompt": "1+1", "completion": "2", "gold": "good"})
    with pytest.raises(SourceError, match=r"gold\.jsonl:1: its `reference` has no `answer`"):
        gold_seeds(path, {"answer"})


def test_a_row_that_is_no_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gold\.jsonl: there is none of the columns"):
        gold_seeds(write(tmp_path / "gold.jsonl", {"question": "x", "gold": "good"}))
