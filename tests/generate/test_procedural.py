"""The strategy `procedural`: seeded items of reasoning-gym, refused where their answers cannot be relied on."""

from collections import Counter
from importlib.util import find_spec
from itertools import islice
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.errors import InputError, MissingExtra
from sterling.generate.procedural import Procedural
from sterling.generate.puzzles.offers import Offer, in_turn, own_part
from sterling.records import Fault, Record
from sterling.registry import Past, Task
from sterling.sandbox.gym import Gym, Item, known_datasets

if find_spec("reasoning_gym") is None:
    pytest.skip("the `procedural` extra is not installed", allow_module_level=True)


def strategy(**options: Any) -> Procedural:
    return Procedural(**{"count": 6, "datasets": {"chain_sum": {}}, **options})


def tasks(made: Procedural, past: Past = Past(), seed: int = 7) -> list[Task]:  # noqa: B008 - frozen
    return list(made.tasks((), past, seed))


def records(made: Procedural, **more: Any) -> list[Record]:
    found = [made.propose(task, "puzzles") for task in tasks(made, **more)]
    return [answer for answers in found for answer in answers if isinstance(answer, Record)]


def test_an_item_is_a_question_and_the_answer_that_solves_it() -> None:
    made = strategy(datasets={"chain_sum": {"level": 1}, "game_of_life_halting": {}}, count=2)
    sums, halting = records(made)
    assert sums.payload["prompt"].startswith("State the final answer to the following arithmetic problem: ")
    terms = sums.payload["prompt"].removeprefix("State the final answer to the following arithmetic problem: ")
    assert eval(terms.removesuffix(" =")) == int(sums.payload["completion"])
    assert halting.payload["completion"] in {"True", "False"}
    assert sums.tags == ("task:procedural", "dataset:chain_sum", "level:1")
    assert halting.tags == ("task:procedural", "dataset:game_of_life_halting", "level:default")
    assert (sums.depth, sums.parents, sums.origin) == (1, (), "synthetic")
    assert sums.maker is not None
    assert (sums.maker.strategy, sums.maker.model) == ("procedural", None)
    assert (sums.maker.revision or "").startswith("reasoning-gym 0.")
    assert sums.reference is not None
    told = sums.reference["procedural"]
    assert {key: told[key] for key in ("dataset", "level", "config", "seed")} == {
        "dataset": "chain_sum", "level": 1, "config": {}, "seed": sums.maker.seed,
    }  # fmt: skip
    assert told["metadata"]["expression"] == terms.removesuffix(" =")
    assert sums.reference["answer"] == sums.payload["completion"]


def test_the_same_recipe_gives_the_same_items_and_another_seed_gives_others() -> None:
    """Of a dataset that draws from the order of a set, which follows the hash seed of the process."""
    made = strategy(datasets={"isomorphic_strings": {}}, count=4)
    elsewhere = strategy(datasets={"isomorphic_strings": {}}, count=4, cpu_s=21)  # in another process
    first, again, other = records(made), records(elsewhere), records(made, seed=8)
    assert [record.id for record in first] == [record.id for record in again]
    assert not {record.content for record in first} & {record.content for record in other}


def test_what_has_been_tried_is_not_tried_again() -> None:
    made = strategy(count=3)
    first = [task.row for task in tasks(made)]
    assert first == ["chain_sum/default/0", "chain_sum/default/1", "chain_sum/default/2"]
    later = tasks(made, Past(round=2, kept=2, tried=frozenset(first)))
    assert [task.row for task in later] == ["chain_sum/default/3"]


def test_datasets_take_turns_by_their_weights() -> None:
    offers = [Offer("a", None), Offer("b", 2, weight=3.0)]
    drawn = [(offer.name, number) for offer, number in islice(in_turn(offers), 8)]
    assert Counter(name for name, _ in drawn) == {"a/default": 2, "b/level-2": 6}
    assert len(set(drawn)) == 8


def test_tagged_items_ask_for_thinking_and_wrap_the_answer() -> None:
    (record,) = records(strategy(count=1, tagged=True))
    assert "between <answer> and </answer>" in record.payload["prompt"]
    assert record.reference is not None
    assert record.payload["completion"] == f"<answer>{record.reference['answer']}</answer>"


def test_every_dataset_that_is_taken_gives_an_item_that_accepts_its_own_answer() -> None:
    gym, taken = Gym(20), {name for name, row in known_datasets().items() if row.answers != "faulty"}
    scores = {name: getattr(gym.build(Item(name, None, {}, 3)), "score", None) for name in sorted(taken)}
    assert {name: score for name, score in scores.items() if score != 1.0} == {}


@pytest.mark.parametrize(
    ("dataset", "seed", "why"),
    [
        ("basic_arithmetic", 116, "it rounds quotients down"),
        ("intermediate_integration", 5, "its answer is the integral itself"),
    ],
)
def test_an_item_whose_own_answer_is_wrong_is_a_fault(dataset: str, seed: int, why: str) -> None:
    (fault,) = strategy().propose(_item(dataset, seed), "s")
    assert isinstance(fault, Fault), why
    assert (fault.reason, fault.boundary) == ("rejects_own_answer", "user_code")


def test_an_item_without_an_answer_or_that_cannot_be_built_is_a_fault() -> None:
    made = strategy()
    (none,) = made.propose(_item("rush_hour", 1), "s")
    (wrong,) = made.propose(_item("chain_sum", 1, {"min_terms": 9, "max_terms": 2}), "s")
    assert isinstance(none, Fault)
    assert isinstance(wrong, Fault)
    assert (none.reason, wrong.reason) == ("no_answer", "not_built")
    assert "min_terms" in wrong.message


@pytest.mark.parametrize(
    ("options", "said", "mend"),
    [
        ({"datasets": {"syllogism": {}}}, "`syllogism` is not taken: its own answers cannot be trusted", "another"),
        ({"datasets": {"syllogism": {}}, "accept_open": True}, "`syllogism` is not taken", "another"),
        ({"datasets": {"survo": {}}}, "3 of 200 items have a second solution", "accept_open: true"),
        ({"datasets": {"chain_sums": {}}}, "`chain_sums` is no dataset of reasoning-gym", "did you mean `chain_sum`?"),
        ({"count": None}, "`procedural` never comes to an end", "count: 1000"),
        ({"seeds": "tickets"}, "`seeds` means nothing", "leave `seeds` out"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(options: dict[str, Any], said: str, mend: str) -> None:
    with pytest.raises(ValidationError) as refused:
        strategy(**options)
    (error,) = refused.value.errors()
    assert said in error["msg"]
    assert mend in error["ctx"]["mend"]


def test_open_datasets_are_taken_when_the_recipe_says_so() -> None:
    (record,) = records(strategy(datasets={"survo": {}}, accept_open=True, count=1))
    assert record.tags[1] == "dataset:survo"


@pytest.mark.parametrize(
    ("wanted", "said", "mend"),
    [
        ({"level": 40}, "`chain_sum` has no level 40", "its levels are 0 to 10"),
        ({"config": {"max_term": 3}}, "it has no option `max_term`; it has: allow_negation, max_digits", "config"),
        ({"config": {"min_terms": 0}}, "min_terms must be positive", "config"),
    ],
)
def test_options_that_a_dataset_refuses_stop_the_run_before_it_begins(
    wanted: dict[str, Any], said: str, mend: str
) -> None:
    with pytest.raises(InputError) as refused:
        tasks(strategy(datasets={"chain_sum": wanted}))
    assert said in refused.value.what
    assert mend in (refused.value.mend or "")


def test_a_view_is_what_a_question_does_not_share_with_its_siblings() -> None:
    siblings = ["Sort these: 4 5. Use commas.", "Order: 1 2"]
    assert own_part("Sort these: 9 7 8. Use commas.", siblings) == "9 7 8."
    (record,) = records(strategy(datasets={"binary_matrix": {}}, count=1))
    assert record.view is not None
    assert "taxicab" not in record.view
    assert record.payload["completion"] in record.view


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from sterling.sandbox.gym import items

    items._site.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'sterling\[procedural\]'"):
        tasks(strategy())
    items._site.cache_clear()


def _item(dataset: str, seed: int, config: dict[str, Any] | None = None) -> Task:
    return Task("row", (), {"item": Item(dataset, None, config or {}, seed)._asdict(), "tags": []})
