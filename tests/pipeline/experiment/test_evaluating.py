"""What is said of an evaluation set that somebody brings."""

import json
from pathlib import Path

import numpy as np
import pytest

from sterling.errors import InputError
from sterling.pipeline.experiment.evaluating import as_json, evaluated_set


def _write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def _rows(seed: int, count: int, most: int = 2000) -> list[dict[str, object]]:
    draws = np.random.default_rng(seed).zipf(1.2, (count, 25)) % most
    return [{"prompt": " ".join(f"w{n}" for n in row), "completion": f"w{row[0]}"} for row in draws.tolist()]


def test_a_set_with_real_text_and_outcomes(tmp_path: Path) -> None:
    rows = _rows(1, 60)
    files = (
        _write(tmp_path / "set.jsonl", [*rows, *rows[:20], {"nothing": 1}]),
        _write(tmp_path / "r.jsonl", _rows(2, 200)),
    )
    scored = [
        {"arm": arm, "unit": n, "outcome": (n + shift) % 3 > 0}
        for arm, shift in (("a", 0), ("b", 1))
        for n in range(60)
    ]
    found = evaluated_set(*files, _write(tmp_path / "o.jsonl", scored))
    named = {one.name: one for one in found.evidence}
    assert found.items == 80
    assert named["evaluation.effective_items"].value == pytest.approx(80**2 / (20 * 4 + 40))
    assert named["evaluation.detectable.paired.o"].inputs["correlation"] == pytest.approx(-0.5)
    assert named["evaluation.tail.words.once"].inputs["real"] < named["evaluation.tail.words.10-99"].inputs["real"]
    assert [(one.where, one.reason) for one in found.faults] == [("set.jsonl:81", found.faults[0].reason)]
    assert found.notes[0].startswith("the outcomes are of 60 units and the set has 80 items")
    json.dumps(as_json(found))


def test_a_set_that_stands_in_the_real_text_is_said(tmp_path: Path) -> None:
    rows, others = _rows(1, 120), _rows(2, 120)
    path = _write(tmp_path / "set.jsonl", rows)
    for same in (120, 1):
        real = _write(tmp_path / "real.jsonl", [*rows[:same], *others[same:]])
        [note] = evaluated_set(path, real).notes
        assert note.startswith(f"{same} of 120 items stand word for word in the real text")
    assert list(evaluated_set(path, _write(tmp_path / "real.jsonl", others)).notes) == []


@pytest.mark.parametrize(
    ("rows", "real", "said"),
    [
        ([{"prompt": None}], None, "no row is a record"),
        (_rows(1, 9), _rows(2, 9), "9 texts with 234 tokens are too few to say what is rare"),
    ],
)
def test_what_is_too_little_is_refused(
    tmp_path: Path, rows: list[dict[str, object]], real: list[dict[str, object]] | None, said: str
) -> None:
    beside = None if real is None else _write(tmp_path / "real.jsonl", real)
    with pytest.raises(InputError, match=said):
        evaluated_set(_write(tmp_path / "set.jsonl", rows), beside)
