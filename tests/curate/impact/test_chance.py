import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.curate.impact.chance import Holders, Hypergeometric, vanished


@given(st.integers(1, 60), st.data())
def test_the_distribution_is_the_counted_one(whole: int, data: st.DataObject) -> None:
    drawn, group = data.draw(st.integers(0, whole)), data.draw(st.integers(0, whole))
    found, cumulated = Hypergeometric(whole, drawn, group), 0.0
    for hits in range(-1, group + 1):
        ways = math.comb(group, hits) * math.comb(whole - group, drawn - hits) if 0 <= hits <= drawn else 0
        cumulated += ways / math.comb(whole, drawn)
        assert found.at_most(hits) == pytest.approx(cumulated, abs=1e-9)
    middle = found.quantile(0.5)
    assert found.at_most(middle) >= 0.5 - 1e-9
    assert found.at_most(middle - 1) < 0.5 + 1e-9


def collection(seed: int) -> tuple[Holders, int]:
    """2,000 records: each holds one to five words of its own, and some of 2,000 that two to five hold."""
    chance = np.random.default_rng(seed)
    own = np.repeat(np.arange(2000), [1 + row % 5 for row in range(2000)]).tolist()
    pairs = {(word, row) for word, row in enumerate(own)}
    for word in range(6000, 8000):
        pairs |= {(word, row) for row in chance.choice(2000, chance.integers(2, 6), replace=False).tolist()}
    ordered = np.array(sorted(pairs))
    return Holders(ordered[:, 0], ordered[:, 1]), 2000


def test_random_drops_lose_what_is_expected() -> None:
    """Types of one record vanish together: the spread is wider than that of independent ones."""
    held, n = collection(1)
    chance, scores = np.random.default_rng(2), []
    for _ in range(60):
        dropped = np.zeros(n, np.bool_)
        dropped[chance.permutation(n)[:500]] = True
        scores += [(one.lost - one.expected) / one.spread for one in vanished(held, dropped, n, 500, seed=3)]
    for band in (scores[::2], scores[1::2]):
        assert abs(np.mean(band)) < 0.5
        assert 0.7 < np.std(band) < 1.4


def test_a_filter_that_drops_whoever_has_most_rare_words_is_seen() -> None:
    held, n = collection(1)
    most = np.argsort(-np.bincount(held.rows[held.types >= 6000], minlength=n))[:500]
    dropped = np.zeros(n, np.bool_)
    dropped[most] = True
    hapax, rare = vanished(held, dropped, n, 500, seed=3)
    assert (hapax.types, hapax.expected, rare.types) == (6000, 1500, 2000)
    assert rare.expected == pytest.approx(sum(
        int(np.count_nonzero(np.bincount(held.types) == k)) * (math.comb(n - k, 500 - k) / math.comb(n, 500))
        for k in range(2, 6)
    ))  # fmt: skip
    assert rare.lost > rare.expected + 4 * rare.spread


def test_without_rare_types_there_is_nothing_to_say() -> None:
    nothing = np.empty(0, np.int64)
    assert vanished(Holders(nothing, nothing), np.empty(0, np.bool_), 10, 3, seed=0) == []
