"""A recipe whose mix cannot be is refused with its lines: before the run where that can be known."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sterling.errors import RecipeError
from sterling.pipeline import read_recipe, require_files, run

HUMAN = {"origin": "human", "attested_by": "me", "attested_because": "wrote them", "licence": "CC0-1.0"}


def recipe(folder: Path, mix: dict[str, Any]) -> Path:
    for name in ("web", "books"):
        rows = [f'{{"text": "a text of {name} and of the number {n}"}}\n' for n in range(20)]
        (folder / f"{name}.jsonl").write_text("".join(rows))
    said = {
        "name": "mixture",
        "purpose": "pretraining",
        "anchor": [
            {"name": "web", "path": "web.jsonl", **HUMAN},
            {"name": "books", "path": "books.jsonl", "origin": "synthetic", "licence": "CC0-1.0"},
        ],
        "roles": {"train": 1, "test": 0, "monitor": 0, "holdout": 0},
        "waive": [{"rule": "synthetic.verified", "because": "a test", "by": "me"}],
        "mix": mix,
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    return folder / "recipe.yaml"


@pytest.mark.parametrize(
    ("mix", "told"),
    [
        (
            {"caps": {"domain": {"web": 0.5}}},
            ["`synthetic_cap` allows at most 30%; beside the others it would have to be 50% or more",
             "`caps.domain.web` allows at most 50%; beside the others it would have to be 70% or more"],
        ),
        (
            {"budget": 100, "minimum": {"law": 150}},
            ["`budget` allows at most 100 tokens; beside the others it would have to be 150 tokens or more",
             "`minimum.law` asks for at least 150 tokens; beside the others 100 tokens can be had at most"],
        ),
    ],
)  # fmt: skip
def test_conflicts_that_no_data_could_solve_are_known_before_the_run(
    tmp_path: Path, mix: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(RecipeError) as caught:
        require_files(read_recipe(recipe(tmp_path, mix)))
    message = str(caught.value)
    assert "recipe.yaml:" in message
    assert all(sentence in message for sentence in told)


def test_others_are_known_at_the_mix_and_the_earlier_release_stays(tmp_path: Path) -> None:
    run(recipe(tmp_path, {}), out=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "releases").rglob("*")}
    with pytest.raises(RecipeError) as caught:
        run(recipe(tmp_path, {"minimum": {"web": 10_000}}), out=tmp_path)
    assert caught.value.exit_code == 2
    assert "`minimum.web` asks for at least 10,000 tokens" in str(caught.value)
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "releases").rglob("*")}


def test_a_run_that_drops_everything_has_nothing_to_mix(tmp_path: Path) -> None:
    path = recipe(tmp_path, {})
    said = yaml.safe_load(path.read_text())
    said["checks"] = [{"check": "length", "min": 1000, "human": "drop"}]
    path.write_text(yaml.safe_dump(said))
    with pytest.raises(RecipeError, match="there is nothing to mix") as caught:
        run(path, out=tmp_path)
    assert caught.value.exit_code == 2


def test_names_that_no_record_has_are_refused_once_the_run_knows_all_names(tmp_path: Path) -> None:
    (tmp_path / "ratios.csv").write_text("run,web,bokks\nr1,0.5,0.5\n")
    path = recipe(tmp_path, {"caps": {"domain": {"boks": 0.5}}, "ratios": "ratios.csv", "synthetic_cap": 0.5})
    said = yaml.safe_load(path.read_text())
    said["waive"].append({"rule": "mix.synthetic_cap", "because": "a test", "by": "me"})
    path.write_text(yaml.safe_dump(said, sort_keys=False))
    with pytest.raises(RecipeError) as caught:
        run(path, out=tmp_path)
    message, lines = str(caught.value), path.read_text().splitlines()
    unknown = "no record has this tag or came in by this name; did you mean `books`?"
    assert f"recipe.yaml:{lines.index('      boks: 0.5') + 1}: `caps.domain.boks`: {unknown}" in message
    assert f"{tmp_path}/ratios.csv:1, column 9: `bokks`: {unknown}" in message
    assert "ratios.others" not in message


def test_ratios_that_conflict_speak_of_records_of_no_named_domain(tmp_path: Path) -> None:
    (tmp_path / "ratios.csv").write_text("run,web\nr1,1\n")
    with pytest.raises(RecipeError) as caught:
        run(recipe(tmp_path, {"ratios": "ratios.csv", "minimum": {"books": 10}}), out=tmp_path)
    assert "records of no named domain are to stay out" in str(caught.value)
    assert "others`" not in str(caught.value)
