"""Survival of types: the published figures, and the same processes drawn at random."""

import numpy as np
import pytest

from sterling.collapse.branching import (
    GOLDEN,
    Floats,
    Policy,
    accumulate,
    accumulate_subsample,
    all_real_plus_one,
    freeze,
    presets,
    replace,
    rotate,
    survival,
)


def test_a_type_seen_once_dies_out_by_galton_and_watson() -> None:
    found = survival(replace(), [1], 6)[0]
    assert found.tolist() == pytest.approx([0.632, 0.469, 0.374, 0.312, 0.268, 0.235], abs=5e-4)


@pytest.mark.parametrize(
    ("policy", "at_six"), [(rotate(0.1), 0.310), (rotate(0.3), 0.413), (rotate(0.7), 0.534), (accumulate(), 0.555)]
)
def test_real_data_that_comes_in_again_keeps_types_alive(policy: Policy, at_six: float) -> None:
    assert survival(policy, [1], 6)[0, -1] == pytest.approx(at_six, abs=5e-4)


def test_a_frozen_part_is_hardly_better_than_nothing() -> None:
    replaced, frozen, rotated = (survival(p, [1], 40)[0, -1] for p in (replace(), freeze(0.1), rotate(0.1)))
    assert replaced < frozen < 0.5 * rotated


def test_copies_are_independent() -> None:
    one, three = survival(rotate(0.2), [1, 3], 5)
    assert (1 - one) ** 3 == pytest.approx(1 - three)


def test_a_mode_seeking_decoder_loses_types_faster() -> None:
    assert np.all(survival(replace(), [2], 5, kappa=0.8) < survival(replace(), [2], 5))


def test_with_all_real_data_kept_survival_does_not_fall_for_ever() -> None:
    late = survival(all_real_plus_one(), [1], 60)[0]
    assert late[-1] == pytest.approx(late[20], abs=1e-6)
    assert late[-1] > 0.5


def test_copies_in_one_document_come_and_go_together() -> None:
    apart, together = (survival(rotate(0.1), [4], 6, documents=[d])[0] for d in (4, 1))
    assert apart == pytest.approx(survival(rotate(0.1), [4], 6)[0])
    assert together[0] == pytest.approx(apart[0])
    assert np.all(together[1:] < apart[1:])


@pytest.mark.parametrize("policy", [*presets(), rotate(0.3), freeze(0.3)], ids=lambda p: p.name)
def test_the_formula_is_the_mean_of_what_is_drawn(policy: Policy) -> None:
    drawn = _drawn(policy, copies=2, generations=4, types=40_000, kappa=0.9)
    spread = 4 * np.sqrt(drawn * (1 - drawn) / 40_000)
    assert np.all(np.abs(survival(policy, [2], 4, kappa=0.9)[0] - drawn) < spread)


def test_the_golden_ratio_has_its_name() -> None:
    assert [p.name for p in presets()][-2:] == ["all_real_plus_one_generation", "golden_ratio"]
    assert pytest.approx(0.618, abs=1e-3) == GOLDEN
    assert accumulate_subsample().of(1) == accumulate().of(1)


def _drawn(policy: Policy, copies: int, generations: int, types: int, kappa: float) -> Floats:
    chance = np.random.default_rng(3)
    frozen: Floats | None = None
    outputs: list[Floats] = []
    for generation in range(1, generations + 1):
        real, written = policy.of(generation)
        held = np.zeros(types)
        earlier = [(outputs[g - 1], part) for g, part in written.items()]
        for counts, part in [(np.full(types, copies, np.float64), real), *earlier]:
            some = chance.binomial(counts.astype(np.int64), part.share).astype(np.float64)
            if part.how == "weighted":
                held += part.share * counts
            elif part.how == "drawn":
                held += some
            else:
                frozen = some if frozen is None else frozen
                held += frozen
        outputs.append(chance.poisson(kappa * held).astype(np.float64))
    return np.array([np.mean(output > 0) for output in outputs])
