"""Prompts against real inputs, where it is known how they differ."""

from collections.abc import Sequence

import numpy as np
import pytest

from sterling.collapse.target import Prompts, Target, distances, said_of
from sterling.stats import Evidence, Interval

SUBJECTS = ("printer", "invoice", "router", "password", "holiday", "parcel")


def casual(seed: int, count: int, subjects: Sequence[str] = SUBJECTS) -> list[str]:
    """What users of a help desk write, each once."""
    chance = np.random.default_rng(seed)
    return [_casual(chance, subjects, f"{seed}{number}") for number in range(count)]


def _casual(chance: np.random.Generator, subjects: Sequence[str], ticket: str) -> str:
    subject = chance.choice(subjects)
    parts = " ".join(f"{subject}{part}" for part in chance.integers(0, 4, int(chance.integers(2, 9))))
    verb, since = chance.choice(["broke", "is gone", "wont work"]), chance.choice(["monday", "today"])
    return f"{'hey ' if chance.random() < 0.2 else ''}my {subject} {verb} since {since}, {parts}, ticket {ticket}"


def tidy(texts: Sequence[str]) -> list[str]:
    return [f"Please help me with the following problem. {text.capitalize()}." for text in texts]


def prompts(texts: Sequence[str]) -> Prompts:
    return Prompts(texts, np.arange(len(texts)).astype(np.uint64))


@pytest.fixture(scope="module")
def target() -> Target:
    return Target.of(casual(1, 600), seed=0)


def found(target: Target, texts: Sequence[str]) -> dict[str, Evidence]:
    return {one.name: one for one in distances("target", target, prompts(texts))}


def worse(target: Target, texts: Sequence[str]) -> set[str]:
    return {name for name, one in found(target, texts).items() if one.inputs["said"] == "worse"}


def test_other_real_inputs_are_like_the_target(target: Target) -> None:
    assert [worse(target, casual(seed, 300)) for seed in range(2, 7)] == [set()] * 5


def test_tidy_prompts_are_not_and_the_measures_say_in_what(target: Target) -> None:
    told = found(target, tidy(casual(2, 300)))
    far = {name.removeprefix("target.") for name, one in told.items() if one.inputs["said"] == "worse"}
    assert {"words", "capital_start", "end_mark", "polite", "bits_a_word", "unknown_words"} <= far
    assert not {"markup", "slips"} & far
    assert told["target.capital_start"].inputs["target"] == 0.0
    assert told["target.words"].inputs["null"]["interval"][0] < 0 < told["target.words"].inputs["null"]["interval"][1]


def test_topics_that_nobody_writes_of_are_missed(target: Target) -> None:
    told = found(target, casual(3, 300, SUBJECTS[:1]))
    assert told["target.topics"].inputs["said"] == "worse"
    assert told["target.topics"].inputs["reached"] < 0.8 < told["target.topics"].inputs["by_chance"]
    least = told["target.worst_topic"]
    assert least.interval is not None
    assert least.interval.high < 1
    assert set(least.inputs["words"]) & set(SUBJECTS[1:])


def test_kin_count_as_one(target: Target) -> None:
    texts = [f"{text}, again {turn}" for text in casual(2, 30) for turn in range(10)]
    kin = Prompts(texts, np.repeat(np.arange(30), 10).astype(np.uint64))
    told = {one.name: one for one in distances("target", target, kin)}["target.words"]
    alone = found(target, texts)["target.words"]
    assert (told.n, alone.n) == (30, 300)
    assert told.interval is not None
    assert alone.interval is not None
    assert told.interval.high - told.interval.low > 2 * (alone.interval.high - alone.interval.low)


def test_an_interval_is_beyond_its_margin_within_or_neither() -> None:
    assert [said_of(Interval(*ends), 1.0) for ends in ((1.1, 3), (-3, -1.1), (-1, 0.5), (0.5, 1.5))] == [
        "worse", "worse", "equal", "undecided"
    ]  # fmt: skip


def test_too_few_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="199 real inputs; 200 are needed"):
        Target.of(casual(1, 199), seed=0)
