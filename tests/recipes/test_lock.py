from collections.abc import Callable
from pathlib import Path

import yaml

from sterling.recipes import Loaded, from_mapping, load, lock_text, plain, recipe_digest

Read = Callable[..., Loaded]
FULL = (
    "  - {source: threads, name: b, as: preference}\n"
    "seed: 3\ngenerate:\n  - {strategy: mutations, seeds: tickets}\n  - {strategy: mutations, name: more}\n"
    "checks:\n  - {check: tests}\n  - {check: contamination, against: [test, x.jsonl]}\n"
    "mix: {synthetic_cap: 0.2}\nrelease: {licence: MIT}\nwaive:\n  - {rule: a.b, because: so, by: me}\n"
)


def test_the_lock_says_every_default(read: Read) -> None:
    said = yaml.safe_load(lock_text(read("checks:\n  - check: near_duplicates\n").recipe))
    assert said["checks"] == [
        {
            "check": "near_duplicates",
            "name": "near_duplicates",
            "human": "flag",
            "gold": None,
            "near_misses": 0,
            "max_false_accept_rate": None,
            "max_false_reject_rate": None,
            "threshold": 0.8,
            "ngram": 5,
        }
    ]
    assert said["roles"]["monitor"] == 0.05
    assert said["anchor"][0]["source"] == "files"


def test_the_lock_is_a_recipe_and_says_the_same(read: Read) -> None:
    recipe = read(FULL).recipe
    Path("recipe.lock.yaml").write_text(lock_text(recipe), encoding="utf-8")
    again = load(Path("recipe.lock.yaml")).recipe
    assert again == recipe
    assert lock_text(again) == lock_text(recipe)
    assert from_mapping(plain(recipe), Path.cwd()) == recipe


def test_spelling_does_not_change_the_digest(read: Read) -> None:
    one = recipe_digest(read("seed: 3\nmix: {unit: tokens}\n").recipe)
    other = recipe_digest(read("# a comment\nroles:\n  {train: 0.80}\nseed:   3\n").recipe)
    assert one == other


def test_any_option_changes_the_digest(read: Read) -> None:
    base = recipe_digest(read(FULL).recipe)
    changed = [
        FULL.replace("seed: 3", "seed: 4"),
        FULL.replace("x.jsonl", "y.jsonl"),
        FULL.replace("preference", "completion"),
        FULL.replace("name: more", "name: fewer"),
        FULL.replace("by: me", "by: you"),
    ]
    assert len({base, *(recipe_digest(read(text).recipe) for text in changed)}) == 6
