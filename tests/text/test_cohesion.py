import pyarrow as pa
import pytest

from sterling.text.cohesion import rarity, stretches, weakest_joints

BAKE = (
    "The baker kneads dough with flour and water before dawn in the old mill. "
    "Then the dough rests on flour until the baker returns to the mill at dawn."
)
SAIL = (
    "A captain steers the ship past rocks while sailors haul ropes on deck. "
    "Later sailors on the ship sleep below deck as the captain watches the rocks."
)
OTHERS = [
    f"Some people talk about {word} in the street every day" for word in ("cats", "rain", "money", "news", "the sea")
]
WEIGHTS = rarity([pa.array([BAKE, SAIL, *OTHERS])])


def test_stretches_are_whole_sentences_that_join_to_the_text() -> None:
    text = "One two three. " * 9 + "End.\n" + "Many " * 30
    cut = stretches(text)
    assert "".join(text[one.start : one.stop] for one in cut) == text
    assert all(len(text[one.start : one.stop].split()) >= 12 for one in cut)
    assert stretches("") == stretches(" \n ") == []
    assert len(stretches("Too short. Yes.")) == 1


def test_a_text_of_one_subject_holds_together_and_two_halves_do_not() -> None:
    bake, _ = BAKE.split(". ")
    _, sail = SAIL.split(". ")
    whole, jump = weakest_joints([BAKE, f"{bake}. {sail}"], WEIGHTS)
    assert whole is not None
    assert jump is not None
    assert whole.cohesion > 0.2
    assert jump.cohesion < 0.05
    assert f"{bake}. {sail}"[jump.at :] == sail


def test_the_weakest_joint_is_where_the_subject_changes() -> None:
    text = f"{BAKE} {SAIL}"
    (joint,) = weakest_joints([text], WEIGHTS)
    assert joint is not None
    assert text[joint.at :] == SAIL


@pytest.mark.parametrize("text", ["", "Short.", "no full stop " * 40])
def test_one_stretch_has_no_joint(text: str) -> None:
    assert weakest_joints([text], WEIGHTS) == [None]


def test_texts_are_judged_one_by_one() -> None:
    several = weakest_joints([BAKE, "", SAIL], WEIGHTS)
    assert several == [*weakest_joints([BAKE], WEIGHTS), None, *weakest_joints([SAIL], WEIGHTS)]
