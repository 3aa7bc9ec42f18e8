"""Places in a sorted table."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sterling.text.lookup import positions

NUMBERS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=20)


@given(NUMBERS, NUMBERS)
def test_each_is_found_where_it_stands_or_not_at_all(known: list[int], others: list[int]) -> None:
    among = sorted({*known})
    sought = [*others, *known]
    found = positions(np.array(among, np.uint64), np.array(sought, np.uint64))
    assert found.tolist() == [among.index(one) if one in among else -1 for one in sought]


def test_the_shape_is_kept() -> None:
    found = positions(np.array([2, 5]), np.array([[5, 1], [2, 9]]))
    assert found.tolist() == [[1, -1], [0, -1]]
    assert positions(np.empty(0, np.int64), np.zeros((2, 3), np.int64)).tolist() == [[-1] * 3] * 2
