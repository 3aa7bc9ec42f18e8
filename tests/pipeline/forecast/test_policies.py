"""From a recipe's mix to a policy: the presets mean what the forecast's policies of the same name mean."""

from typing import Any

import pytest

from sterling.collapse.branching import Part, Policy, presets, rotate, survival
from sterling.pipeline.forecast.policies import THIS_MIX, Plan, assumed, policy_of
from sterling.policy import resolved, weights
from sterling.recipes import Recipe, from_mapping
from sterling.recipes.presets import PRESETS

SIZE = 1000
UNCAPPED = {"synthetic_cap": 1.0, "real_floor": 0.0}
EVEN = {"weights": {"per_generation": 1.0, "per_depth": 1.0}}


def _as_said(**mix: Any) -> Recipe:
    return from_mapping({"name": "x", "purpose": "fine-tuning", "anchor": [], "mix": mix})


def _recipe(**mix: Any) -> Recipe:
    return resolved(_as_said(**mix))


def _once(policy: Policy, generations: int = 6) -> list[float]:
    return [float(share) for share in survival(policy, [1], generations)[0]]


def test_there_is_a_policy_for_each_preset() -> None:
    assert {policy.name for policy in presets()} == set(PRESETS)


@pytest.mark.parametrize("preset", presets(), ids=lambda policy: policy.name)
def test_a_preset_whose_bounds_are_lifted_is_the_policy_of_its_name(preset: Policy) -> None:
    bounds = {} if preset.name in {"replace", "golden_ratio"} else UNCAPPED
    mine = policy_of(_recipe(preset=preset.name, **EVEN, **bounds), SIZE)
    assert mine.name == THIS_MIX
    for copies in ([1], [4]):
        told = survival(preset, copies, 6)[0].tolist()
        assert survival(mine, copies, 6)[0].tolist() == pytest.approx(told, abs=2e-4)


def test_under_a_cap_all_real_data_is_in_and_the_rest_is_shared_out() -> None:
    plan = Plan.of(_recipe(synthetic_cap=0.3, real_floor=0.1, **EVEN), SIZE)
    assert plan.written == pytest.approx(3 / 7)
    for generation in (2, 5):
        real, written = plan.diet(generation)
        assert real == Part(pytest.approx(0.7), "weighted")  # type: ignore[arg-type]
        assert sum(p.share * p.weight * plan.written for p in written.values()) == pytest.approx(0.3)
        assert len(written) == generation - 1
    assert _once(rotate(0.7))[-1] < _once(policy_of(_recipe(synthetic_cap=0.3), SIZE))[-1]


def test_the_floor_and_the_cap_are_one_bound() -> None:
    by_floor, by_cap = (policy_of(_recipe(**mix), SIZE) for mix in (
        {"synthetic_cap": 0.9, "real_floor": 0.6}, {"synthetic_cap": 0.4, "real_floor": 0.0}))  # fmt: skip
    assert _once(by_floor) == pytest.approx(_once(by_cap))


def test_older_outputs_weigh_less_and_few_generations_are_kept() -> None:
    plan = Plan.of(_recipe(weights={"per_generation": 0.5}, generations=2), SIZE)
    written = plan.diet(6).written
    assert sorted(written) == [4, 5]
    assert written[4].weight == pytest.approx(written[5].weight / 2)


@pytest.mark.parametrize("said", [{}, {"per_depth": 0.25}, {"per_generation": 0.25}])
def test_an_output_fades_as_the_mix_of_a_continuing_run_weighs_it(said: dict[str, float]) -> None:
    first = _as_said(weights=said)
    later = first.model_copy(update={"continues": "releases/x"})
    written = Plan.of(resolved(first), SIZE).diet(5).written
    assert written[3].weight / written[4].weight == pytest.approx(weights(later).per_generation)
    assert Plan.of(resolved(later), SIZE).diet(5) == Plan.of(resolved(first), SIZE).diet(5)


def test_a_recipe_with_unsaid_weights_is_none_to_plan_with() -> None:
    with pytest.raises(ValueError, match="weights of the mix are not said"):
        Plan.of(_as_said(), SIZE)


def test_a_small_budget_draws_from_the_anchor() -> None:
    plan = Plan.of(_recipe(budget=SIZE // 2, draw="proportional", synthetic_cap=0.3), SIZE)
    real, written = plan.diet(3)
    assert real.how == "drawn"
    assert real.share == pytest.approx(0.35)
    assert real.share * real.weight == pytest.approx(0.7)
    assert sum(p.share * p.weight * plan.written for p in written.values()) == pytest.approx(0.3)
    assert "drawn each time" in assumed(_recipe(budget=SIZE // 2, draw="proportional"), SIZE)


def test_real_data_first_may_leave_no_room() -> None:
    real, written = Plan.of(_recipe(budget=SIZE // 2), SIZE).diet(2)
    assert real.share == pytest.approx(0.5)
    assert [part.share for part in written.values()] == [0]


def test_more_synthetic_data_loses_more() -> None:
    found = [_once(policy_of(_recipe(synthetic_cap=cap, real_floor=0.0), SIZE))[-1] for cap in (0.1, 0.3, 0.5)]
    assert found == sorted(found, reverse=True)


def test_without_real_data_only_outputs_are_left() -> None:
    lost = _once(policy_of(_recipe(preset="replace"), SIZE))
    assert lost == pytest.approx([0.632, 0.469, 0.374, 0.312, 0.268, 0.235], abs=5e-4)
