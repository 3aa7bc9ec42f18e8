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
    (path,) = write_starter(tmp_path / "new" / "folder", purpose)
    loaded = load(path)
    assert loaded.recipe.purpose == purpose
    assert [finding for finding in lint(loaded.recipe) if finding.status != "met"] == []


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_starter_fits_the_schema_as_written_and_as_resolved(purpose: Purpose, tmp_path: Path) -> None:
    (path,) = write_starter(tmp_path, purpose)
    made = schema()
    assert mistakes(yaml.safe_load(path.read_text(encoding="utf-8")), made) == []
    assert mistakes(plain(load(path).recipe), made) == []


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_a_starter_says_in_comments_is_a_recipe_too(purpose: Purpose, tmp_path: Path) -> None:
    (path,) = write_starter(tmp_path, purpose)
    text = path.read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    data["anchor"] = commented(text, "#   - name: ")
    data["generate"] = commented(text, "#   - strategy: completions")
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    recipe = load(path).recipe
    assert recipe.anchor[0].split_by == "customer_id"
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
    (path,) = write_starter(tmp_path, "privacy")
    assert load(path).recipe.mix.real == "exclude"
    assert "There is no leakage report" in path.read_text(encoding="utf-8")
