import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.text import PERMUTATIONS, Banding, Hashes, band_keys, banding, mixed, shingles, signature, sketches

HASHES = st.lists(st.integers(min_value=0, max_value=2**64 - 1), max_size=40)
EVEN = np.uint64(0x5555555555555555)
GOLDEN = [154481710, 245970173, 75630745, 13573263]
GOLDEN_KEYS = [[5646609670589393856, 17803471755449907461]]


def array(values: list[int]) -> Hashes:
    return np.array(values, dtype=np.uint64)


def numbered(start: int, end: int) -> Hashes:
    return mixed(np.arange(start, end, dtype=np.uint64))


def test_signatures_are_the_same_on_every_machine() -> None:
    found = signature(shingles("Sterling silver is real metal, a measured alloy, and a hallmark.", 5))
    assert found.dtype == np.uint32
    assert found.shape == (PERMUTATIONS,)
    assert found[[0, 1, 64, 127]].tolist() == GOLDEN
    assert band_keys(found[None, :], Banding(2, 3)).tolist() == GOLDEN_KEYS


@given(HASHES, HASHES)
def test_the_signature_of_a_union_is_the_minimum(a: list[int], b: list[int]) -> None:
    both = signature(array(a + b))
    assert np.array_equal(both, np.minimum(signature(array(a)), signature(array(b))))
    assert np.array_equal(both, signature(array(sorted({*a, *b}))))


def test_an_empty_set_has_a_signature() -> None:
    assert set(signature(array([])).tolist()) == {2**32 - 1}


@pytest.mark.parametrize("shared", [0, 200, 500, 800, 950])
def test_equal_positions_estimate_the_similarity(shared: int) -> None:
    estimates = []
    for trial in range(20):
        base = trial * 10_000
        left = numbered(base, base + 1000)
        right = np.concatenate((left[:shared], numbered(base + 5000, base + 6000 - shared)))
        estimates.append(float(np.mean(signature(left) == signature(right))))
    truth = shared / (2000 - shared)
    deviation = math.sqrt(truth * (1 - truth) / PERMUTATIONS / len(estimates))
    assert abs(np.mean(estimates) - truth) <= 4 * deviation


def test_memory_does_not_grow_with_permutations_times_tokens() -> None:
    book = numbered(0, 1_000_000)
    tracemalloc.start()
    signature(book)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000


def test_banding_finds_pairs_at_the_threshold() -> None:
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0):
        cut = banding(threshold)
        assert cut.recall(threshold) >= 0.99
        assert cut.bands * cut.rows <= PERMUTATIONS
        if cut.rows < PERMUTATIONS:
            assert Banding(PERMUTATIONS // (cut.rows + 1), cut.rows + 1).recall(threshold) < 0.99


def test_the_default_banding_has_the_recall_of_the_formula() -> None:
    assert Banding() == (16, 8)
    assert Banding().recall(0.8) == pytest.approx(1 - (1 - 0.8**8) ** 16)


def test_what_cannot_be_found_is_refused() -> None:
    with pytest.raises(ValueError, match="128 permutations cannot find"):
        banding(0.001)


def test_band_keys_are_equal_exactly_where_the_rows_are() -> None:
    first = np.arange(PERMUTATIONS, dtype=np.uint32)
    second = first.copy()
    second[9] += 1
    keys = band_keys(np.stack((first, second)), Banding(16, 8))
    assert (keys[0] == keys[1]).tolist() == [band != 1 for band in range(16)]


def test_band_keys_of_different_bands_differ() -> None:
    keys = band_keys(np.zeros((1, PERMUTATIONS), dtype=np.uint32), Banding(16, 8))
    assert len(set(keys[0].tolist())) == 16


@pytest.mark.parametrize("shared", [0, 500, 900])
def test_sketches_agree_where_minima_do_and_in_a_quarter_of_the_rest(shared: int) -> None:
    agreeing = []
    for trial in range(20):
        base = trial * 10_000
        left = numbered(base, base + 1000)
        right = np.concatenate((left[:shared], numbered(base + 5000, base + 6000 - shared)))
        one, other = sketches(np.stack((signature(left), signature(right))))
        differ = one ^ other
        agreeing.append(PERMUTATIONS - int(np.bitwise_count((differ | differ >> np.uint64(1)) & EVEN).sum()))
    truth = shared / (2000 - shared)
    expected = truth + (1 - truth) / 4
    deviation = math.sqrt(expected * (1 - expected) * PERMUTATIONS / len(agreeing))
    assert abs(np.mean(agreeing) - expected * PERMUTATIONS) <= 4 * deviation
