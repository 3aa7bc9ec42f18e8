"""The word for a later generation, on generations of which it is known what became of them."""

import numpy as np
import pytest

from sterling.collapse.models import Answers, Generation, Tail, changes, verdict
from sterling.collapse.models.changes import LEAST, Verdict, evidence, paired

ITEMS = 300
TAIL = Tail({str(n): "rare" if n % 2 else "common" for n in range(ITEMS)}, ["common", "rare"])
DRAWS = dict.fromkeys(TAIL.names, 3)


def generation(name: str, seed: int, *, rate: float = 0.9, forms: int = 4, bits: float = 0.0) -> Generation:
    """Each item is answered eight times, from a model that writes so many forms alike."""
    chance = np.random.default_rng(seed)
    answers = {}
    for item in TAIL.bands:
        right = int(chance.binomial(8, rate))
        counts = np.bincount(chance.integers(0, forms, right), minlength=forms)
        own = {str(form): int(n) for form, n in enumerate(counts) if n}
        answers[item] = Answers(8, right, own, bits * 50 + chance.normal(0, 5) if bits else 0, 50 if bits else 0)
    return Generation(name, answers)


FIRST = generation("first", 1)


def judged(later: Generation, first: Generation = FIRST) -> Verdict:
    return verdict(changes(TAIL, first, later, DRAWS))


def test_fewer_solutions_at_the_same_pass_rate_is_early() -> None:
    stage, why = judged(generation("later", 2, forms=2))
    assert stage == "early"
    assert "distinct right solutions (all, common, rare); " in why
    assert why.endswith("the pass rate holds")


def test_a_falling_pass_rate_is_late_and_not_taken_for_lost_variety() -> None:
    found = changes(TAIL, FIRST, generation("later", 3, rate=0.5), DRAWS)
    assert verdict(found).stage == "late"
    assert {one.said for one in found if one.measure == "distinct"} <= {"equal", "undecided"}


def test_the_same_model_again_is_no_finding() -> None:
    found = changes(TAIL, FIRST, generation("later", 4), DRAWS)
    assert verdict(found).stage == "none"
    assert next(one.said for one in found if (one.measure, one.band) == ("pass", "all")) == "equal"


def test_a_pass_rate_that_is_not_shown_to_hold_is_said_to_be_undecided() -> None:
    items = list(TAIL.bands)[:60]
    few = Tail(dict.fromkeys(items, "rare"), ["rare"])
    found = changes(few, FIRST, generation("later", 5, forms=1), DRAWS)
    stage, why = verdict(found)
    assert stage == "early"
    assert "whether the pass rate holds is undecided" in why


def test_token_entropy_joins_where_both_have_it() -> None:
    first = generation("first", 1, bits=1.0)
    stage, why = judged(generation("later", 6, bits=0.5), first)
    assert (stage, why.startswith("variety falls: token entropy;")) == ("early", True)
    assert not any(one.measure == "token_entropy" for one in changes(TAIL, first, FIRST, DRAWS))


def test_few_items_say_nothing() -> None:
    few = Tail({str(n): "rare" for n in range(LEAST - 1)}, ["rare"])
    stage, why = verdict(changes(few, FIRST, generation("later", 7, rate=0.1), DRAWS))
    assert stage == "insufficient sample"
    assert why.startswith(f"{LEAST - 1} items that both answered")
    assert verdict(changes(few, FIRST, Generation("none", {}), DRAWS)).stage == "insufficient sample"


def test_false_alarms_are_rare() -> None:
    alarms = sum(judged(generation("later", seed)).stage != "none" for seed in range(100, 130))
    assert alarms <= 1  # at 1 % by Holm, and beyond a margin


def test_a_difference_that_never_varies_is_not_certain() -> None:
    found = paired([0.0] * 25)
    assert (found.difference, found.p) == (0.0, 1.0)
    assert found.interval.high == pytest.approx(2.064 / 25, abs=0.001)


def test_evidence_names_generation_measure_and_word() -> None:
    found = changes(TAIL, FIRST, generation("v2", 2, forms=2), DRAWS)
    told = {one.name: one for one in evidence("v2", 2, "first", found, verdict(found))}
    change = told["models.v2.distinct.rare.change"]
    assert (change.inputs["generation"], change.inputs["said"], change.inputs["against"]) == (2, "worse", "first")
    assert change.interval is not None
    assert change.interval.high < 0
    assert (told["models.v2.verdict"].value, told["models.v2.verdict"].inputs["stage"]) == (None, "early")
