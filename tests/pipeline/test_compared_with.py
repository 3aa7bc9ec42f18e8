import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import sterling
from sterling.errors import InputError, SourceError

WORDS = "a record of the first release has words enough to be told from every other one by its grams of five words"


def verdicts(run: Path, check: str) -> list[dict[str, Any]]:
    files = sorted(run.glob(f"steps/*-check-{check}*/verdicts/*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return [row | {"evidence": json.loads(row["evidence"])} for row in rows]


def released(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every row of a release, and where it lies."""
    return [
        (f"{file.relative_to(folder.parent.parent)}:{n + 1}", row)
        for file in sorted((folder / "data").rglob("*.parquet"))
        for n, row in enumerate(pq.read_table(file).to_pylist())
    ]


@pytest.mark.parametrize("check", ["exact_duplicates", "near_duplicates"])
def test_what_an_earlier_release_holds_is_not_released_again(write_recipe: Any, tmp_path: Path, check: str) -> None:
    first = sterling.run(write_recipe(12, 8), out=tmp_path)
    assert first.release is not None
    held = {row["id"]: (place, row) for place, row in released(first.release)}
    checks = [{"check": "math"}, {"check": check, "against": "releases/small"}]
    again = write_recipe(12, 8, name="again", checks=[*checks, {"check": "contamination", "against": ["test"]}])
    run = sterling.run(again, out=tmp_path)
    said = {row["record"]: row for row in verdicts(tmp_path / "runs" / "again", check)}
    assert held
    for record, (place, row) in held.items():
        outcome = "flag" if row["origin"] == "human" else "drop"
        assert (said[record]["outcome"], said[record]["evidence"]["rule"]) == (outcome, "earlier")
        assert said[record]["evidence"]["at"] == place
        assert said[record]["evidence"]["kept"] == record
    (told,) = [e for e in run.report["evidence"] if e["name"] == f"{check}.against"]
    assert (told["value"], told["inputs"]["unread"]) == (len(held), 0)


def test_files_and_patterns_are_compared_with_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    for n in range(2):
        rows = [{"text": f"{WORDS} {n} {m}"} for m in range(3)]
        text = "".join(json.dumps(row) + "\n" for row in rows) + "no row\n"
        (tmp_path / "old" / f"part-{n}.jsonl").write_text(text, encoding="utf-8")
    for against, count in (
        ("old/part-1.jsonl", 1),
        ("old/*.jsonl", 2),
        ("old", 2),
        (["old/part-0.jsonl", "old/part-1.jsonl"], 2),
    ):
        rows = [{"text": f"{WORDS} {n} 2"} for n in (0, 1)]
        said = sterling.check("exact_duplicates", rows, against=against)
        assert [one["outcome"] for one in said] == ["keep", "drop"] if count == 1 else ["drop", "drop"]
        assert said[1]["evidence"]["at"] == "old/part-1.jsonl:3"


def test_earlier_data_is_not_judged_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"text": WORDS}, {"text": WORDS}]
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = sterling.check("exact_duplicates", [{"text": "another"}], against="old.jsonl")
    assert [one["outcome"] for one in said] == ["keep"]


def test_a_path_that_is_not_there_is_refused_with_its_line(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe(checks=[{"check": "math"}, {"check": "exact_duplicates", "against": "releases/smal"}])
    with pytest.raises(SourceError, match="there is no such file or folder") as refused:
        sterling.run(recipe, out=tmp_path)
    assert refused.value.mend
    assert "recipe.json" in str(refused.value.where) or "recipe.yaml" in str(refused.value.where)


def test_a_file_without_a_record_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.jsonl").write_text('{"text": 1}\n', encoding="utf-8")
    with pytest.raises(InputError, match="no record in it to compare with") as refused:
        sterling.check("exact_duplicates", [{"text": "another"}], against="old.jsonl")
    assert refused.value.mend
