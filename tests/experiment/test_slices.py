"""Which test documents are looked at apart."""

import pytest

from sterling.experiment import Documents, slices

COMMON = ["the cat sat on the mat and the dog sat on the rug"] * 30
RARE = [f"quaint zyx{n} gnarls ubiquitous word{n}" for n in range(10)]


def _untagged(texts: list[str]) -> Documents:
    return Documents(texts, [()] * len(texts))


def test_the_tail_is_what_real_data_seldom_says() -> None:
    found = slices(_untagged([*COMMON, *RARE]), _untagged(COMMON), COMMON)
    assert found["tail"].tolist() == [False] * 30 + [True] * 10
    assert found["all"].all()


def test_outside_is_what_generated_text_is_unlike() -> None:
    found = slices(_untagged([*COMMON, *RARE]), _untagged([*COMMON, *RARE]), RARE[:5])
    assert not found["outside"][30:35].any()
    assert found["outside"][:30].any()


def test_a_quarter_is_outside_and_none_of_what_was_nearly_generated() -> None:
    """Each text shares one word fewer with what was generated."""
    words = [f"w{n}" for n in range(40)]
    test = [" ".join([*words[: 40 - n], *(f"x{n}y{m}" for m in range(n))]) for n in range(40)]
    found = slices(_untagged(test), _untagged(test), [" ".join(words)])["outside"]
    assert found.sum() == 10
    assert not found[:5].any()


@pytest.mark.parametrize(("times", "joins"), [(2, True), (3, False)])
def test_a_tag_is_rare_up_to_two_in_a_hundred(times: int, joins: bool) -> None:
    real = Documents(COMMON * 4, [("topic:law",) if n < times else () for n in range(120)])
    tagged = Documents([*COMMON, *RARE], [("topic:law",) if n < 3 else () for n in range(40)])
    assert slices(tagged, real, COMMON)["tail"][:3].all() == joins


@pytest.mark.parametrize(("have_it", "joins"), [(10, True), (11, False)])
def test_tags_that_more_than_a_quarter_has_say_nothing(have_it: int, joins: bool) -> None:
    real = Documents(COMMON * 4, [(f"row:{n}",) for n in range(120)])
    tagged = Documents([*COMMON, *RARE], [(f"row:{n}",) if n < have_it else () for n in range(40)])
    assert slices(tagged, real, COMMON)["tail"].sum() == (10 + have_it if joins else 10)


def test_a_rare_tag_joins_the_tail_and_an_identifier_does_not() -> None:
    real = Documents(COMMON * 4, [("topic:cats", "topic:law") if n == 0 else ("topic:cats",) for n in range(120)])
    tagged = Documents([*COMMON, *RARE], [("topic:law",) if n < 3 else ("topic:cats",) for n in range(40)])
    assert slices(tagged, real, COMMON)["tail"][:3].all()
    numbered = Documents(COMMON * 4, [(f"row:{n}",) for n in range(120)])
    rows = Documents([*COMMON, *RARE], [(f"row:{n}",) for n in range(40)])
    assert slices(rows, numbered, COMMON)["tail"].sum() == 10
