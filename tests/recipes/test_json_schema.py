import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from tests.recipes.schema_check import mistakes

from sterling.recipes import Loaded, plain, schema

Read = Callable[..., Loaded]
GOOD = (
    "name: a\npurpose: privacy\nanchor:\n  - {name: t, path: x}\n"
    "  - {source: threads, name: u, as: preference}\n"
    "generate:\n  - {strategy: mutations, seeds: t, count: 4}\nchecks:\n  - {check: tests, name: z, threshold: 0.7}\n"
    "mix: {real: exclude}\n"
)


@pytest.fixture
def made(fake_parts: None) -> dict[str, Any]:
    return schema()


def test_it_is_json_and_every_reference_is_defined(made: dict[str, Any]) -> None:
    text = json.dumps(made)
    used = {part.partition('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert used == set(made["$defs"])


def test_every_registered_part_is_a_branch_with_its_words(made: dict[str, Any]) -> None:
    branches = [made["$defs"][b["$ref"].rpartition("/")[2]] for b in made["properties"]["checks"]["items"]["oneOf"]]
    assert {b["properties"]["check"]["const"] for b in branches} == {
        "contamination", "exact_duplicates", "near_duplicates", "tests"
    }  # fmt: skip
    assert made["$defs"]["check.tests"]["description"] == "Execution."
    assert made["properties"]["anchor"]["description"].startswith("Real data")


def test_a_valid_recipe_is_valid(made: dict[str, Any], read: Read) -> None:
    data = yaml.safe_load(GOOD)
    assert mistakes(data, made) == []
    assert read("", head=GOOD).recipe.name == "a"


def test_a_resolved_recipe_is_valid(made: dict[str, Any], read: Read) -> None:
    assert mistakes(plain(read("", head=GOOD).recipe), made) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("privacy", "privat"),
        ("path: x", "pfad: x"),
        ("threshold: 0.7", "treshold: 0.7"),
        ("threshold: 0.7", "threshold: high"),
        ("check: tests", "check: test"),
        ("check: tests, ", ""),
        ("real: exclude", "real: sometimes"),
        ("as: preference", "shape: preference"),
        ("name: a\n", ""),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(
    made: dict[str, Any], complaint: Callable[..., str], old: str, new: str
) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    assert mistakes(yaml.safe_load(text), made) != []
    assert complaint("", head=text)
