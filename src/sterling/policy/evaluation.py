"""Rules about sets that measure models: who may write them."""

from collections.abc import Iterator, Mapping

from sterling.models import endpoints_of, families, lineage
from sterling.policy.rule import Situation, met, rule, unmet
from sterling.recipes import Entry, Recipe
from sterling.registry import Strategy

_OPTIONS = ("not_families", "under_test")
"""Of strategies that say whose items theirs must not be: families, and models that are named and not asked."""


@rule(
    "evaluation.generator",
    "high",
    ("evaluation",),
    why="models favour text of their own kind, so items by a relative flatter it and miss what it is blind to",
    source="Panickssery et al., arXiv 2404.13076; Zheng et al., arXiv 2306.05685, on self-enhancement",
    mend="write items with `strategy: evaluation`, and name `not_families:` and `under_test:`",
)
def items_come_from_strangers(recipe: Recipe) -> Iterator[Situation]:
    """Who writes items is of another family than the training set's generator and the model under test."""
    for index, entry in enumerate(recipe.generate):
        if endpoints_of(entry.part):
            yield _stranger(index, entry)


def _stranger(index: int, entry: Entry[Strategy]) -> Situation:
    place, part = ("generate", index), entry.part
    if not all(name in type(part).model_fields for name in _OPTIONS):
        mend = "use `strategy: evaluation`, or waive with what is known of the models that will be measured"
        return unmet(f"`{entry.name}` asks a model, and whose relative it is nobody said", *place, mend=mend)
    own = {one.model: lineage(one) for one in endpoints_of(part)}
    tested = _tested(part)
    if unknown := [name for name, theirs in {**own, **tested}.items() if not theirs]:
        return unmet(f"the family of `{unknown[0]}` is unknown", *place, mend="say its `family:`")
    for name, theirs in tested.items():
        if shared := sorted(frozenset().union(*own.values()) & theirs):
            return unmet(f"`{entry.name}` is written by a relative of `{name}`: {', '.join(shared)}", *place)
    if silent := [name for name in _OPTIONS if not getattr(part, name)]:
        what = "which families wrote the training set" if silent[0] == _OPTIONS[0] else "which model will be measured"
        return unmet(f"`{entry.name}` does not say {what}", *place, mend=f"add `{silent[0]}:`")
    return met(f"`{entry.name}` is written by no relative of {', '.join(f'`{name}`' for name in tested)}", *place)


def _tested(part: Strategy) -> Mapping[str, frozenset[str]]:
    words, models = (getattr(part, name) for name in _OPTIONS)
    return {word: families.registry().called(word) for word in words} | {one.model: lineage(one) for one in models}
