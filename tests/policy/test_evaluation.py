"""Who may write the items of an evaluation set."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from tests.policy.examples import GOOD

from sterling.models import ModelRef
from sterling.policy import lint
from sterling.recipes import Recipe
from sterling.registry import Past, Strategy, register

Make = Callable[..., Recipe]
URL = "http://localhost:8000/v1"


@register("strategy", "test_asks_one")
class AsksOne(Strategy):
    """Asks a model, and says nothing of what will be measured."""

    model: ModelRef | None = None

    def tasks(self, seeds: Any, past: Past, seed: int) -> Any:
        return iter(())

    def propose(self, task: Any, source: str) -> Any:
        return ()


@register("strategy", "test_items")
class Items(AsksOne):
    """Writes items, and says what they measure."""

    only_named: ClassVar[frozenset[str]] = frozenset({"under_test"})

    not_families: tuple[str, ...] = ()
    under_test: tuple[ModelRef, ...] = ()


def served(model: str) -> dict[str, str]:
    return {"endpoint": URL, "model": model}


WRITTEN: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "by no model": ({}, []),
    "by a stranger": (
        {"model": served("mistral-small-3"), "not_families": ["gpt"], "under_test": [served("llama-3.1-8b")]},
        [("met", "`test_items` is written by no relative of `gpt`, `llama-3.1-8b`")],
    ),
    "by a relative of the model under test": (
        {"model": served("qwen3-32b"), "not_families": ["gpt"], "under_test": [served("qwen2.5-7b")]},
        [("unmet", "`test_items` is written by a relative of `qwen2.5-7b`: qwen")],
    ),
    "by a relative of the generator": (
        {"model": served("gpt-5"), "not_families": ["gpt"], "under_test": [served("qwen2.5-7b")]},
        [("unmet", "`test_items` is written by a relative of `gpt`: openai")],
    ),
    "by nobody knows whom": (
        {"model": served("prod-2"), "not_families": ["gpt"], "under_test": [served("qwen2.5-7b")]},
        [("unmet", "the family of `prod-2` is unknown")],
    ),
    "for nobody knows what": (
        {"model": served("mistral-small-3"), "not_families": ["gpt"]},
        [("unmet", "`test_items` does not say which model will be measured")],
    ),
    "by a strategy that has no say": (
        {"strategy": "test_asks_one", "model": served("mistral-small-3")},
        [("unmet", "`test_asks_one` asks a model, and whose relative it is nobody said")],
    ),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_items_come_from_strangers(case: str, recipe: Make) -> None:
    options, expected = WRITTEN[case]
    entry = {"strategy": "test_items", "seeds": "tickets", **options}
    made = recipe(purpose="evaluation", generate=[entry], mix={"real": "exclude"}, checks=GOOD["checks"])
    assert [(f.status, f.what) for f in lint(made) if f.rule == "evaluation.generator"] == expected


def test_the_rule_is_for_evaluation_sets_alone(recipe: Make) -> None:
    entry = {"strategy": "test_items", "seeds": "tickets", "model": served("qwen3-32b")}
    assert not [f for f in lint(recipe(generate=[entry])) if f.rule == "evaluation.generator"]
