from collections.abc import Callable
from typing import Any

import pytest

from sterling.recipes import Loaded

Read = Callable[..., Loaded]
Complaint = Callable[..., str]
CHECKS = "checks:\n  - {check: tests}\n  - {check: near_duplicates, threshold: 0.9}\n"


@pytest.mark.parametrize(
    ("override", "get", "expected"),
    [
        ("checks.1.threshold=0.7", lambda r: r.checks[1].part.threshold, 0.7),
        ("mix.synthetic_cap=0.2", lambda r: r.mix.synthetic_cap, 0.2),
        ("mix.weights.real=2", lambda r: r.mix.weights.real, 2.0),
        ("release={licence: MIT}", lambda r: r.release.licence, "MIT"),
        ("intended_use=a=b", lambda r: r.intended_use, "a=b"),
        ("seed=7", lambda r: r.seed, 7),
        ("checks=[]", lambda r: r.checks, ()),
    ],
)
def test_one_value_is_replaced(read: Read, override: str, get: Callable[[Any], Any], expected: object) -> None:
    assert get(read(CHECKS, override).recipe) == expected


def test_the_last_one_wins_and_the_text_stays(read: Read) -> None:
    loaded = read("seed: 1\n", "seed=2", "seed=3")
    assert loaded.recipe.seed == 3
    assert loaded.text.endswith("seed: 1\n")
    assert loaded.where(("seed",)) == "--set seed=3"


SNAPSHOTS = {
    "checks.1.treshold=0.7": "--set checks.1.treshold=0.7: unknown key `treshold` in `checks.1`\n"
    "  mend: did you mean `threshold`? valid: check, gold, human, max_false_accept_rate, "
    "max_false_reject_rate, name, near_misses, ngram, threshold",
    "mxi.budget=3": "--set mxi.budget=3: unknown key `mxi`\n  mend: did you mean `mix`? valid: anchor, budget, "
    "checks, continues, engine, erasures, families, generate, intended_use, mix, models, name, prices, purpose, "
    "release, roles, seed, tail_margin, target, terms, waive",
    "checks.2.threshold=0.7": "--set checks.2.threshold=0.7: `checks` is a list and has no `2`\n"
    "  mend: it has checks.0 (tests), checks.1 (near_duplicates)",
    "checks.tests.threshold=0.7": "--set checks.tests.threshold=0.7: `checks` is a list and has no `tests`\n"
    "  mend: it has checks.0 (tests), checks.1 (near_duplicates)",
    "name.first=x": "--set name.first=x: `name` holds a value, so nothing is inside it",
    "seed": "--set seed: this is not `key=value`\n  mend: --set mix.synthetic_cap=0.2",
    "=3": "--set =3: this is not `key=value`\n  mend: --set mix.synthetic_cap=0.2",
    "seed=many": "--set seed=many: `seed` must be a whole number, got 'many'",
    "seed=[": "--set seed=[: the value is not readable as YAML: expected the node content, but found '<stream end>'\n"
    "  mend: quote it",
    "seed=.inf": "--set seed=.inf: `.inf` is no finite number",
}


@pytest.mark.parametrize("override", SNAPSHOTS)
def test_message(override: str, complaint: Complaint) -> None:
    assert complaint(CHECKS, override) == SNAPSHOTS[override]


def test_a_mistake_in_the_file_keeps_its_line(complaint: Complaint) -> None:
    assert complaint("seed: many\n", "mix.budget=5").startswith("recipe.yaml:5: `seed`")
