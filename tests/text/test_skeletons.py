import random

from hypothesis import given
from hypothesis import strategies as st

from sterling.text import plain_words, token_hashes
from sterling.text.lcs import lcs_length
from sterling.text.skeletons import NO_FIT, Skeletons, common_places, learnt

tokens = st.lists(st.integers(0, 5), max_size=12)
NOUNS = ["dragon", "wizard", "baker", "sailor", "robot", "knight", "teacher", "ghost", "painter", "fox", "queen"]
FREE = [f"{a}{b}" for a in "bcdfghklm" for b in "aeiou"]


def story(chance: random.Random) -> str:
    does = " ".join(chance.choices(FREE, k=chance.randint(1, 3)))
    return f"Please write a short and happy story for children about a {chance.choice(NOUNS)} who {does}."


def sum_of(chance: random.Random) -> str:
    who, what = chance.choice(["Ann", "Bob", "Eve"]), chance.choice(FREE)
    return (
        f"{who} buys {chance.randint(2, 99)} {what} and gives {chance.randint(1, 9)} of them away. How many are left?"
    )


def free(chance: random.Random) -> str:
    return " ".join(chance.choices(FREE, k=chance.randint(10, 30)))


@given(tokens, tokens)
def test_common_places_are_a_longest_common_subsequence(one: list[int], other: list[int]) -> None:
    places = common_places(one, other)
    assert places == sorted(set(places))
    assert len(places) == lcs_length(one, other)
    rest = iter(other)
    assert all(one[place] in rest for place in places)


def test_slots_are_what_differs_however_many_words_they_hold() -> None:
    chance = random.Random(1)
    texts = [kind(chance) for _ in range(40) for kind in (story, sum_of, free)]
    found = learnt(texts, 0.6, 8)
    assert {one.text for one in found} == {
        "please write a short and happy story for children about a _ who _",
        "_ buys _ and gives _ of them away how many are left",
    }
    assert learnt([free(chance) for _ in range(200)], 0.6, 8) == []


def test_new_texts_find_their_skeleton_and_others_none() -> None:
    chance = random.Random(1)
    found = learnt([kind(chance) for _ in range(40) for kind in (story, sum_of)], 0.6, 8)
    new = [story(chance), free(chance), sum_of(chance), "", story(chance) + " " + free(chance) * 3]
    fits = Skeletons(found, 0.6).fits([token_hashes(plain_words(text)) for text in new])
    assert found[fits[0].skeleton].text.startswith("please write")
    assert found[fits[2].skeleton].text.startswith("_ buys")
    assert [fits[1], fits[3], fits[4]] == [NO_FIT] * 3  # the last is a template's text, and mostly something else
    assert 0.6 <= fits[0].shared < 1
    assert Skeletons([], 0.6).fits([token_hashes(["a"])]) == [NO_FIT]
