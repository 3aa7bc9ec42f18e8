"""Outcomes from production: which rows are taken, and what each bad one is told."""

import json
from pathlib import Path

import pytest

from sterling.errors import InputError, SourceError
from sterling.experiment.outcomes import read_outcomes


def _file(folder: Path, *lines: str, name: str = "solved.csv") -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_outcomes_are_losses_and_larger_is_better_only_for_outcome(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "arm,unit,outcome,loss,name",
        "real,u1,true,,",
        "real,u2,0,,",
        "real,u1,4.5,,stars",
        "real,u1,,2,seconds",
    )
    found = read_outcomes(path)
    assert [(one.measure, one.loss) for one in found.rows] == [
        ("solved", 0), ("solved", 1), ("stars", -4.5), ("seconds", 2)]  # fmt: skip
    assert found.binary == {"solved"}
    assert not found.faults


def test_each_bad_row_costs_itself_and_is_named_by_its_line(tmp_path: Path) -> None:
    path = _file(
        tmp_path, "arm,unit,outcome,time", "real,u1,1,", "real,,1,", "real,u2,maybe,", "real,u3,1,yesterday",
        "real,u1,0,", "real,u4,,", "real,u5,nan,", "real,u1,0,2026-03-01",
    )  # fmt: skip
    found = read_outcomes(path)
    assert [one.unit for one in found.rows] == ["u1", "u1"]
    assert [(one.where, one.reason, one.message.partition(":")[0]) for one in found.faults] == [
        ("solved.csv:3", "bad_outcome", "`unit` is missing"),
        ("solved.csv:4", "bad_outcome", "`outcome` is 'maybe'"),
        ("solved.csv:5", "bad_time", "`time` is 'yesterday'"),
        ("solved.csv:6", "duplicate_outcome", "this unit, arm and seed stood at solved.csv"),
        ("solved.csv:7", "bad_outcome", "no `outcome`"),
        ("solved.csv:8", "bad_outcome", "`outcome` is 'nan'"),
    ]


def test_jsonl_says_the_same(tmp_path: Path) -> None:
    rows = [{"arm": "real", "unit": 7, "outcome": True, "seed": 1}, {"arm": "added", "unit": 7, "loss": 0}]
    found = read_outcomes(_file(tmp_path, *map(json.dumps, rows), name="o.jsonl"))
    assert [(one.arm, one.unit, one.loss, one.seed) for one in found.rows] == [
        ("real", "7", 0, "1"),
        ("added", "7", 0, ""),
    ]


def test_a_file_without_one_outcome_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"(?s)no row is an outcome \(o.csv:2: `arm` is missing.*mend: each row has `arm`"
    ) as no:
        read_outcomes(_file(tmp_path, "group,unit,outcome", "real,u1,1", name="o.csv"))
    assert no.value.exit_code == 2
    with pytest.raises(SourceError, match="empty"):
        read_outcomes(_empty(tmp_path))


def _empty(folder: Path) -> str:
    (folder / "empty.csv").touch()
    return str(folder / "empty.csv")
