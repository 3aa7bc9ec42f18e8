import copy
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.verify.programs.plain import difference, literal

NAN = math.nan
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)
KEYS = SCALARS | st.tuples(SCALARS, SCALARS) | st.frozensets(SCALARS, max_size=2)
VALUES = st.recursive(
    SCALARS | st.complex_numbers(),
    lambda it: (
        st.lists(it, max_size=3) | st.tuples(it, it) | st.dictionaries(KEYS, it, max_size=3) | st.sets(KEYS, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_is_the_same_as_its_copy(value: object) -> None:
    assert difference(value, copy.deepcopy(value)) is None


@given(VALUES, VALUES)
def test_what_differs_for_python_differs_here(one: object, other: object) -> None:
    if "nan" not in repr((one, other)) and one != other:
        assert difference(one, other) is not None
    assert (difference(one, other) is None) == (difference(other, one) is None)


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        (2, 2.0), (0.0, -0.0), (NAN, NAN), ([NAN], [NAN]), (2, 2 + 0j), ({1}, frozenset({1})), ({NAN}, {NAN}),
        ({1: [2]}, {1.0: [2.0]}), ((1, "a"), (1, "a")), (10**400, 10**400), ({(1, True)}, {(1, True)}),
    ],
)  # fmt: skip
def test_same(wanted: object, got: object) -> None:
    assert difference(wanted, got) is None


@pytest.mark.parametrize(
    ("wanted", "got", "words"),
    [
        (1, True, "the answer is True instead of 1"),
        (0, False, "the answer is False instead of 0"),
        (None, 0, "the answer is 0 instead of None"),
        ([1, 2], (1, 2), "the answer is (1, 2) instead of [1, 2]"),
        ("a", b"a", "the answer is b'a' instead of 'a'"),
        ("1", 1, "the answer is 1 instead of '1'"),
        ([1, [2, 3]], [1, [2, 4]], "[1][1] is 4 instead of 3"),
        ([1], [1, 2], "the answer has 2 items instead of 1"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "['a']['b'] is 2 instead of 1"),
        ({"a": 1}, {}, "the answer lacks the key 'a'"),
        ({}, {"a": 1}, "the answer has the key 'a'"),
        ({1: 1}, {True: 1}, "the answer lacks the key 1"),
        ({1}, {True}, "the answer is {True} instead of {1}"),
        ({(1, 2)}, {(True, 2)}, "the answer is {(True, 2)} instead of {(1, 2)}"),
        (0.1 + 0.2, 0.3, "the answer is 0.3 instead of 0.30000000000000004"),
        (NAN, 1.0, "the answer is 1.0 instead of nan"),
        (10**400, 1e308, None),
        ([], "", "the answer is '' instead of []"),
    ],
)
def test_different(wanted: object, got: object, words: str | None) -> None:
    found = difference(wanted, got)
    assert found is not None
    assert words is None or found == words


@pytest.mark.parametrize(
    ("wanted", "got", "tolerance", "same"),
    [
        (0.3, 0.1 + 0.2, 1e-9, True),
        (1.0, 1.1, 0.2, True),
        (1000.0, 1100.0, 0.2, True),
        (0.0, 0.1, 0.2, True),
        (0.0, 0.3, 0.2, False),
        (1, 2, 5.0, False),
        (1, 2.0, 5.0, True),
        (1.0, True, 5.0, False),
        (math.inf, 1e308, 0.5, False),
        (math.inf, math.inf, 0.5, True),
        (10**400, 1.0, 0.5, False),
        ([{"a": 1.0}], [{"a": 1.05}], 0.1, True),
        ({1.0}, {1.05}, 0.1, False),
    ],
)
def test_tolerance(wanted: object, got: object, tolerance: float, same: bool) -> None:
    assert (difference(wanted, got, tolerance) is None) == same


def test_words_stay_short() -> None:
    assert len(difference("x" * 10_000, "y" * 10_000) or "") < 300


@pytest.mark.parametrize(
    ("text", "value"),
    [("(1, {2})", (1, {2})), (" [1, -inf] ", [1, -math.inf]), ("{1: b'a'}", {1: b"a"}), ("set()", set())],
)
def test_literals(text: str, value: object) -> None:
    assert literal(text) == value


def test_nan_is_a_word() -> None:
    assert difference(literal("[nan]"), [NAN]) is None


@pytest.mark.parametrize("text", ["", "f(1)", "x", "__import__('os')", "[" * 5000, "1 +", "{[]: 1}", "nan.real"])
def test_what_is_no_literal(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(not a literal|malformed node)"):
        literal(text)
