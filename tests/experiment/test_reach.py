"""How much of a tail a set reaches, where that is known."""

import numpy as np
import pytest

from sterling.experiment.reach import Real, reach
from sterling.stats import Evidence

BANDS = (("once", 1, 1), ("twice", 2, 2), ("3+", 3, float("inf")))
WORDS = 3000


def _texts(seed: int, count: int, most: int = WORDS) -> list[str]:
    """Words by Zipf's law, of the `most` commonest ones; each document of one of 30 topics, the last ones rare."""
    chance = np.random.default_rng(seed)
    topics = [f"topic{n}" for n in range(30)]
    found = []
    for topic in np.minimum(chance.geometric(0.15, count), 30 if most == WORDS else 5) - 1:
        rank = chance.zipf(1.2, 30) % most
        own = chance.integers(0, 12, 12)
        found.append(" ".join([*(f"w{n}" for n in rank), *(f"{topics[topic]}x{n}" for n in own)]))
    return found


def _reached(texts: list[str]) -> dict[str, Evidence]:
    return {
        one.name.removeprefix("evaluation.tail."): one
        for one in reach(texts, Real(_texts(1, 400), _texts(2, 400)), BANDS)
    }


def test_other_text_of_the_same_kind_reaches_as_much() -> None:
    found = _reached(_texts(3, 200))
    for name in ("words.once", "words.3+"):
        one = found[name]
        assert one.value == pytest.approx(one.inputs["real"], abs=0.06)
    assert found["words.once"].value < found["words.3+"].value  # type: ignore[operator]


def test_a_set_of_common_words_and_topics_leaves_the_tail_out() -> None:
    found = _reached(_texts(3, 200, most=100))
    for name in ("words.once", "topics.rarest_quarter"):
        one = found[name]
        assert one.interval is not None
        assert one.interval.high < one.inputs["real"]


def test_sides_are_cut_to_equal_tokens() -> None:
    small, large = (_reached(_texts(3, count))["words.once"] for count in (20, 4000))
    assert small.inputs["size"] < large.inputs["size"] == 400 * 42
    assert small.inputs["real"] < large.inputs["real"]
