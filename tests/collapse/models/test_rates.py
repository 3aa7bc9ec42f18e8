"""Rates of answers, against all choices of them counted out."""

from itertools import combinations

import numpy as np
import pytest

from sterling.collapse.models import Answers, Generation, Tail, equal_draws, levels
from sterling.collapse.models.rates import distinct_in, passing_at, share_interval


def test_the_chance_that_one_of_k_passes_is_that_of_all_choices() -> None:
    answers = Answers(7, 3, {"a": 3})
    of_all = [any(at < 3 for at in chosen) for chosen in combinations(range(7), 4)]
    assert passing_at(4)(answers) == pytest.approx(np.mean(of_all))
    assert passing_at(8)(answers) is None


def test_distinct_solutions_are_those_of_all_choices_of_right_answers() -> None:
    forms = {"a": 4, "b": 2, "c": 1}
    held = [form for form, n in forms.items() for _ in range(n)]
    of_all = [len(set(chosen)) for chosen in combinations(held, 3)]
    assert distinct_in(3)(Answers(20, 7, forms)) == pytest.approx(np.mean(of_all))


def test_a_lower_pass_rate_alone_lowers_no_variety() -> None:
    chance = np.random.default_rng(1)
    means = []
    for rate in (0.9, 0.5):
        found = []
        for _ in range(600):
            right = int(chance.binomial(8, rate))
            drawn = chance.choice(4, right, p=[0.4, 0.3, 0.2, 0.1])
            forms = {str(form): int(n) for form, n in enumerate(np.bincount(drawn, minlength=4)) if n}
            value = distinct_in(3)(Answers(8, right, forms))
            found += [] if value is None else [value]
        means.append(np.mean(found))
    assert means[0] == pytest.approx(means[1], abs=0.06)


def test_the_interval_over_items_holds_what_it_says() -> None:
    chance = np.random.default_rng(2)
    inside = 0
    for _ in range(100):
        rates = chance.beta(0.6, 0.3, 40)
        interval = share_interval((chance.binomial(4, rates) / 4).tolist())
        inside += interval.low <= 2 / 3 <= interval.high
    assert inside >= 89  # 95 % of 100, less three standard errors


def test_all_items_right_is_no_certainty() -> None:
    assert share_interval([1.0] * 20).low == pytest.approx(0.832, abs=0.001)


def test_draws_are_what_half_of_the_comparable_items_have() -> None:
    tail = Tail({str(n): "rare" for n in range(6)}, ["rare"])
    rights = (8, 6, 5, 2, 1, 0)
    first = Generation("a", {str(n): Answers(8, 8, {"x": 8}) for n in range(6)})
    later = Generation("b", {str(n): Answers(8, right, {"x": right}) for n, right in enumerate(rights)})
    assert equal_draws(tail, [first, later], "rare") == 6
    assert equal_draws(tail, [Generation("c", {})], "rare") == 2


def test_each_band_has_its_evidence_with_n_and_the_generation() -> None:
    tail = Tail({"1": "common", "2": "rare", "3": "rare"}, ["common", "rare"])
    answers = {"1": Answers(2, 2, {"x": 1, "y": 1}, 6.0, 3), "2": Answers(2, 0), "3": Answers(2, 1, {"x": 1})}
    found = {one.name: one for one in levels(tail, Generation("g2", answers), 2, dict.fromkeys(tail.names, 2), 2)}
    rare = found["models.g2.pass.rare"]
    assert (rare.value, rare.n, rare.inputs["generation"], rare.inputs["right"]) == (0.25, 2, 2, 1)
    assert found["models.g2.distinct.common"].value == 2
    assert (found["models.g2.distinct.rare"].value, found["models.g2.distinct.rare"].n) == (None, 0)
    assert (found["models.g2.token_entropy"].value, found["models.g2.token_entropy"].n) == (2.0, 1)
