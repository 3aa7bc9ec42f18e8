from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.recipes.schema_check import mistakes

from sterling.errors import InputError
from sterling.policy import lint
from sterling.recipes import PURPOSES, Purpose, load, plain, schema, write_starter


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_starter_loads_and_every_rule_is_met(purpose: Purpose, tmp_path: Path) -> None:
    path, *_ = write_starter(tmp_path / "new" / "folder", purpose)
    loaded = load(path)
    assert loaded.recipe.purpose == purpose
    assert [finding for finding in lint(loaded.recipe) if finding.status != "met"] == []


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_starter_fits_the_schema_as_written_and_as_resolved(purpose: Purpose, tmp_path: Path) -> None:
    path, *_ = write_starter(tmp_path, purpose)
    made = schema()
    assert mistakes(yaml.safe_load(path.read_text(encoding="utf-8")), made) == []
    assert mistakes(plain(load(path).recipe), made) == []


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_a_starter_says_in_comments_is_a_recipe_too(purpose: Purpose, tmp_path: Path) -> None:
    path, *_ = write_starter(tmp_path, purpose)
    text = path.read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    data["anchor"] = commented(text, "#   - name: ")
    data["generate"] = commented(text, "#   - strategy: completions")
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    recipe = load(path).recipe
    assert recipe.anchor[0].split_by in {"customer_id", "text"}
    assert recipe.generate[0].name == "completions"


def commented(text: str, first: str) -> Any:
    """The entry that is commented out from a line that starts with `first`."""
    lines = iter(text.splitlines())
    start = next(line for line in lines if line.startswith(first))
    return yaml.safe_load(
        "\n".join(line[2:] for line in [start, *takewhile(lambda li: li.startswith("#     "), lines)])
    )


def test_an_existing_recipe_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("mine")
    with pytest.raises(InputError, match="there is a recipe already"):
        write_starter(tmp_path, "privacy")
    assert (tmp_path / "recipe.yaml").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="this is a file, not a folder"):
        write_starter(tmp_path / "file", "privacy")


def test_sets_without_real_data_say_what_is_not_proven(tmp_path: Path) -> None:
    path, *_ = write_starter(tmp_path, "privacy")
    assert load(path).recipe.mix.real == "exclude"
    assert "There is no leakage report" in path.read_text(encoding="utf-8")


def test_the_starter_for_pretraining_curates_a_folder_of_text_that_comes_with_it(tmp_path: Path) -> None:
    path, folder = write_starter(tmp_path, "pretraining")
    recipe = load(path).recipe
    assert recipe.generate == ()
    assert {entry.part.family for entry in recipe.checks} == {"statistics"}
    found = list(recipe.anchor[0].read())
    assert len(found) == len(list(folder.iterdir())) > 50
    assert 'The "assert" statement' in (folder / "assert.txt").read_text(encoding="utf-8")


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "python-topics").mkdir()
    assert len(write_starter(tmp_path, "pretraining")) == 1
    assert list((tmp_path / "python-topics").iterdir()) == []


def test_what_the_starter_for_pretraining_offers_in_comments_are_checks(tmp_path: Path) -> None:
    path, *_ = write_starter(tmp_path, "pretraining")
    text = path.read_text(encoding="utf-8").replace("  # - check", "  - check").replace("  #   allowed", "    allowed")
    path.write_text(text, encoding="utf-8")
    assert [check.name for check in load(path).recipe.checks][4:] == [
        "language", "perplexity", "voice", "personal_data"
    ]  # fmt: skip


@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_starter_denies_what_there_is(purpose: Purpose, tmp_path: Path) -> None:
    path, *_ = write_starter(tmp_path, purpose)
    assert "Not in this version: measured collapse" not in path.read_text(encoding="utf-8")
