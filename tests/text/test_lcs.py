import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.text.lcs import lcs_length, rouge_l

SHORT = st.lists(st.sampled_from("abcd"), max_size=12)


def by_table(one: list[str], other: list[str]) -> int:
    """The textbook's table."""
    row = [0] * (len(other) + 1)
    for a in one:
        before = list(row)
        for n, b in enumerate(other):
            row[n + 1] = before[n] + 1 if a == b else max(row[n], before[n + 1])
    return row[-1]


@given(SHORT, SHORT)
def test_the_length_is_that_of_the_table(one: list[str], other: list[str]) -> None:
    assert lcs_length(one, other) == lcs_length(other, one) == by_table(one, other)


def test_more_tokens_than_a_word_of_the_machine_has_bits() -> None:
    long = [str(n % 97) for n in range(400)]
    assert lcs_length(long, long[:150] + long[250:]) == by_table(long, long[:150] + long[250:])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Lin (2004), 3.1: of four words three in order, and two in order.
        ("police killed the gunman", "police kill the gunman", 3 / 4),
        ("police killed the gunman", "the gunman kill police", 2 / 4),
        ("a b c", "a x b y c", 2 * 3 / 8),
        ("a", "b", 0.0),
        ("", "", 1.0),
        ("", "a", 0.0),
    ],
)
def test_rouge_l(one: str, other: str, expected: float) -> None:
    assert rouge_l(one.split(), other.split()) == pytest.approx(expected)
