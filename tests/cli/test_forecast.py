"""`sterling forecast` on files."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sterling.cli import main


@pytest.fixture(scope="module")
def anchor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("forecast") / "anchor.jsonl"
    chance = np.random.default_rng(1)
    rows = [" ".join(f"w{n}" for n in (chance.zipf(1.4, 40) % 5000)) for _ in range(500)]
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["forecast", *arguments])


def test_it_prints_a_row_for_each_policy(anchor: Path) -> None:
    told = _run(str(anchor), "--generations", "6", "--policy", "replace", "--policy", "cap:0.7")
    assert told.exit_code == 0, told.output
    rows = {line.split()[0]: line for line in told.output.splitlines() if line.startswith("  r")}
    assert "23.5%" in rows["replace"]
    assert "rotate 0.3 (cap of 70%)" in rows["rotate"]
    assert "gen. 1" in rows["replace"]


def test_json_has_intervals_and_the_error_of_the_loop(anchor: Path) -> None:
    found = json.loads(_run(str(anchor), "--generations", "2", "--policy", "replace", "--json").output)
    assert found["tokens"] == 20_000
    once = [one for one in found["survival"] if one["inputs"]["band"] == "once"]
    assert [round(one["value"], 3) for one in once] == [0.632, 0.469]
    assert once[0]["interval"][0] < 0.632 < once[0]["interval"][1]
    assert found["calibration"][0]["value"] < 0.08


def test_an_output_that_avoids_rare_words_is_measured_and_used(anchor: Path, tmp_path: Path) -> None:
    poorer = tmp_path / "output.jsonl"
    common = {f"w{n}" for n in range(40)}
    texts = [json.loads(line)["text"].split() for line in anchor.read_text().splitlines()]
    kept = [" ".join(word for word in text if word in common) for text in texts]
    poorer.write_text("".join(json.dumps({"text": text}) + "\n" for text in kept))
    found = json.loads(_run(str(anchor), "--policy", "replace", "--output", str(poorer), "--json").output)
    kappa = {one["inputs"]["band"]: one["value"] for one in found["kappa"]}
    assert kappa["once"] < 0.2
    first = next(one for one in found["survival"] if one["inputs"]["band"] == "once")
    assert first["inputs"]["kappa"] == kappa["once"]
    assert first["value"] < 0.2


def test_a_recipe_has_its_own_mix_first(anchor: Path, tmp_path: Path) -> None:
    said = {"name": "x", "purpose": "fine-tuning", "anchor": [{"name": "a", "path": str(anchor)}]}
    (tmp_path / "recipe.yaml").write_text(json.dumps(said))
    told = _run(str(tmp_path / "recipe.yaml"), "--policy", "replace", "--set", "mix.synthetic_cap=0.5")
    assert told.exit_code == 0, told.output
    assert "this mix: 50% of what is trained on is real" in told.output
    rows = [line.split()[0] for line in told.output.splitlines() if line.startswith("  ") and "%" in line]
    assert rows[1:3] == ["this", "replace"]


def test_explaining_writes_one_page(anchor: Path, tmp_path: Path) -> None:
    page = tmp_path / "collapse.html"
    told = _run(str(anchor), "--explain", "--html", str(page), "--json")
    assert told.exit_code == 0, told.output
    points = json.loads(told.output)
    final = {(p["inputs"]["figure"], p["inputs"]["curve"]): p for p in points}
    published = [("gaussian_error", "mean", 20.0), ("least_squares", "accumulate", 1.596),
                 ("gaussian_variance", "n = 100", 1.57e-9), ("rare_words", "replace", 0.235)]  # fmt: skip
    for figure, curve, formula in published:
        assert final[figure, curve]["inputs"]["formula"] == pytest.approx(formula, rel=0.01)
    near = [p for p in points if p["interval"] and p["inputs"]["formula"] is not None and p["n"] >= 20]
    inside = [p["interval"][0] <= p["inputs"]["formula"] <= p["interval"][1] for p in near]
    assert len(near) > 200
    assert sum(inside) / len(inside) > 0.8
    assert "How models forget" in page.read_text(encoding="utf-8")


def test_what_is_wrong_is_said(anchor: Path, tmp_path: Path) -> None:
    told = _run(str(anchor), "--policy", "rotating")
    assert told.exit_code == 2
    assert "there is no policy `rotating`" in told.output
    assert "rotate:0.7" in told.output
    for policy, what in {
        "rotate:1.5": "real share",
        "cap:30%": "highest synthetic share",
        "frozen:": "real share",
    }.items():
        told = _run(str(anchor), "--policy", policy)
        assert (told.exit_code, f"its number is the {what}, between 0 and 1" in told.output) == (2, True)
    (tmp_path / "short.jsonl").write_text('{"text": "a b"}\n')
    assert "2 tokens in 1 documents are too few" in _run(str(tmp_path / "short.jsonl")).output
