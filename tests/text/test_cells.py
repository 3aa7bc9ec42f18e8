import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.text.cells import MOST, Cells, cells_for, lengths_of, products, small

DRAW = np.random.default_rng(5)


def test_products_are_exact_however_long_the_rows_are() -> None:
    rows = DRAW.standard_normal((40, 3000)).astype(np.float32)
    rows[0] = 1  # as long as a row can be: every place at the peak
    cut = small(rows)
    exact = cut.astype(np.int64) @ cut.astype(np.int64).T
    np.testing.assert_array_equal(products(cut, cut), exact)
    assert exact.max() < 1 << 24


def test_cosines_change_by_less_than_a_hundredth() -> None:
    rows = DRAW.standard_normal((300, 128)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cut = small(rows)
    cosines = products(cut, cut) / np.outer(lengths_of(cut), lengths_of(cut))
    assert np.abs(cosines - rows @ rows.T).max() < 0.01


def test_nothing_stays_nothing() -> None:
    assert not small(np.zeros((2, 8), np.float32)).any()
    assert small(np.zeros((0, 8), np.float32)).shape == (0, 8)


def test_groups_find_their_centres_and_borders_two() -> None:
    poles = np.eye(8, dtype=np.float32)[:3]
    rows = np.repeat(poles, 50, axis=0) + DRAW.normal(0, 0.05, (150, 8)).astype(np.float32)
    cells = Cells.of(small(rows[DRAW.permutation(150)]), 3)
    homes = cells.homes(small(np.vstack((poles, poles[0] + poles[1]))), 0.05)
    assert sorted(homes.first[:3].tolist()) == [0, 1, 2]
    assert homes.second[:3].tolist() == [-1, -1, -1]
    assert {homes.first[3], homes.second[3]} == {homes.first[0], homes.first[1]}
    np.testing.assert_allclose(homes.nearness[:3], 1, atol=0.01)


@given(cuts=st.lists(st.integers(0, 60), max_size=5))
@settings(max_examples=20)
def test_a_row_has_the_same_home_in_any_batch(cuts: list[int]) -> None:
    rows = small(np.random.default_rng(3).standard_normal((60, 16)).astype(np.float32))
    cells = Cells.of(rows, 7)
    whole = cells.homes(rows, 0.1)
    parts = [cells.homes(part, 0.1) for part in np.split(rows, sorted(cuts))]
    for column, joined in zip(whole, zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(column, np.concatenate(joined))


def test_how_many_cells() -> None:
    assert [cells_for(n) for n in (0, 1, 2048, 2049, 10**9)] == [1, 1, 1, 2, MOST]
    none = Cells.of(small(np.zeros((0, 4), np.float32)), 3)
    assert none.homes(small(np.ones((2, 4), np.float32)), 0.1).first.tolist() == [0, 0]
