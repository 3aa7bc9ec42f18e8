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
