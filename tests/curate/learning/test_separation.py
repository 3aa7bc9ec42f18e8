import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.curate.learning.phrases import fisher, telling_phrases
from sterling.curate.learning.separation import FOLDS, auc, out_of_fold_auc, separation, telling
from sterling.stats import Evidence
from sterling.text import mixed, plain_words, token_hashes

WORDS = [f"w{n}" for n in range(40)]


def area(scores: list[float], positive: list[bool], families: list[int] | None = None) -> Evidence:
    whose = np.array(families or range(len(scores)), np.uint64)
    return auc("x", np.array(scores, float), np.array(positive), whose, np.zeros(len(scores), np.int64), "m")


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 2)), min_size=1, max_size=20))
def test_the_area_is_the_share_of_pairs_of_one_stratum(rows: list[tuple[int, bool, int]]) -> None:
    scores, positive, strata = (np.array(column) for column in zip(*rows, strict=True))
    found = auc("x", scores.astype(float), positive, np.arange(len(rows), dtype=np.uint64), strata, "m")
    pairs = [(a, b) for a, b in itertools.product(rows, rows) if a[1] and not b[1] and a[2] == b[2]]
    if pairs:
        assert found.value == pytest.approx(sum((a[0] > b[0]) + (a[0] == b[0]) / 2 for a, b in pairs) / len(pairs))
        assert found.interval is not None
        assert found.value is not None
        assert found.interval.low <= found.value <= found.interval.high
    else:
        assert found.value is None


def test_the_interval_is_delongs() -> None:
    """By hand: 3 against 4, of 12 pairs 9 right and one tied."""
    found = area([5, 3, 4, 1, 2, 4, 3.5], [True, True, True, False, False, False, False])
    assert found.value == pytest.approx(9.5 / 12)
    above, below = np.array([1, 0.5, 0.875]), np.array([1, 1, 0.5, 2 / 3])
    error = np.sqrt((((above - 9.5 / 12) / 3) ** 2).sum() + (((below - 9.5 / 12) / 4) ** 2).sum()) * np.sqrt(7 / 6)
    odds = np.log(9.5 / 2.5)
    half = 1.959964 * error / (9.5 / 12 * 2.5 / 12)
    assert found.interval == pytest.approx([1 / (1 + np.exp(-odds + half)), 1 / (1 + np.exp(-odds - half))])


def test_relatives_count_as_one() -> None:
    chance = np.random.default_rng(0)
    scores, positive = chance.normal(size=60).tolist(), [True, False] * 30
    alone = area(scores, positive)
    copied = area(scores * 4, positive * 4, [*range(60)] * 4)
    assert copied.value == pytest.approx(alone.value)
    assert copied.interval == pytest.approx(alone.interval)
    assert copied.n == 240


def test_what_is_told_apart_without_fail_still_has_an_interval() -> None:
    found = area([2.0] * 30 + [1.0] * 50, [True] * 30 + [False] * 50)
    assert found.value == 1
    assert found.interval == pytest.approx((0.025 ** (1 / 30), 1))


def test_relatives_are_never_on_both_sides() -> None:
    """Every text twice, with labels by chance: who saw the copy would know."""
    draw = random.Random(1)
    texts = [" ".join(draw.choices(WORDS, k=12)) for _ in range(300)] * 2
    positive = np.array([draw.random() < 0.5 for _ in range(300)] * 2)
    families = mixed(np.arange(300, dtype=np.uint64))
    found = separation([token_hashes(plain_words(t)) for t in texts], positive, np.tile(families, 2))
    blind = out_of_fold_auc("x", found, "m")
    assert blind.value is not None
    assert abs(blind.value - 0.5) < 0.12
    leaking = separation(
        [token_hashes(plain_words(t)) for t in texts], positive, mixed(np.arange(600, dtype=np.uint64) + np.uint64(9))
    )
    seen = out_of_fold_auc("x", leaking, "m")
    assert seen.value is not None
    assert seen.value > 0.7
    assert len(found.models) == FOLDS


def test_the_words_that_tell_are_named() -> None:
    texts = ["Kind words, indeed: lovely"] * 20 + ["kind words, alas"] * 20
    words = [token_hashes(plain_words(text)) for text in texts]
    found = separation(words, np.arange(40) < 20, mixed(np.arange(40, dtype=np.uint64)))
    for_it = telling(found.models[0], texts[0], words[0], 1)
    against = telling(found.models[0], texts[-1], words[-1], -1)
    assert {one["words"] for one in for_it} == {"indeed", "lovely", "indeed: lovely", "words, indeed"}
    assert {one["words"] for one in against[:2]} == {"alas", "words, alas"}
    assert all(one["weight"] < 0 for one in against)
    assert telling(found.models[0], "", words[0][:0], 1) == []


def test_fishers_exact_test() -> None:
    assert fisher(3, 1, 4, 4) == pytest.approx(17 / 70)  # the lady tasting tea
    assert fisher(0, 5, 10, 10) == pytest.approx(1)
    assert fisher(400, 0, 500, 500) >= 1e-300


def phrases_of(planted: str, share: float, seed: int) -> tuple[list[str], list[str]]:
    draw = random.Random(seed)
    plain = [" ".join(draw.choices(WORDS, k=15)) for _ in range(800)]
    texts = [f"{t} {planted}" if at < 400 and draw.random() < share else t for at, t in enumerate(plain)]
    words = [token_hashes(plain_words(t)) for t in texts]
    found = telling_phrases(texts, words, np.arange(800) < 400, mixed(np.arange(800, dtype=np.uint64)))
    return [one.words for one in found.positive], [one.words for one in found.negative]


def test_a_planted_phrase_is_found_whole_and_chance_is_not() -> None:
    assert phrases_of("rich tapestry of", 0.3, seed=0) == (["rich tapestry of"], [])
    nothing = [phrases_of("", 0, seed) for seed in range(5)]
    assert sum(len(side) for found in nothing for side in found) <= 1


def test_of_null_comparisons_hardly_any_interval_misses_a_half() -> None:
    """Bags of words with a common tail, labelled by chance. DeLong's own interval misses one in five or six."""
    missed = 0
    weights = [1 / (1 + n) for n in range(300)]
    for seed in range(20):
        draw = random.Random(seed)
        words = [token_hashes(draw.choices([f"v{n}" for n in range(300)], weights, k=20)) for _ in range(240)]
        positive = np.arange(240) < 120
        found = out_of_fold_auc("x", separation(words, positive, mixed(np.arange(240, dtype=np.uint64))), "m")
        assert found.interval is not None
        missed += not found.interval.low < 0.5 < found.interval.high
    assert missed <= 2
