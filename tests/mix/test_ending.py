"""What generations ask of a mix: rotation over the anchor, weights by age, golden weighting, an end that is real."""

from fractions import Fraction

from tests.mix.test_drawing import one, weights_of
from tests.mix.test_planning import evidence, table

from sterling.mix import END, Rules, plan


def test_under_a_budget_records_that_fewer_mixes_held_come_first() -> None:
    rows = [one(i, "human", 10, [], drawn=i % 3) for i in range(30)]
    made = plan(table(rows), Rules(budget=150))
    times = {row["id"]: row["drawn"] for row in rows}
    assert sorted(times[i] for i in weights_of(made)) == [0] * 10 + [1] * 5
    found = evidence(made)
    assert (found["mix.real.fresh"].value, found["mix.real.whole"].value) == (10 / 15, 0.5)


def test_proportional_draws_leave_the_share_as_it_was() -> None:
    rows = [one(i, "human", 10, []) for i in range(80)] + [one(100 + i, "evolve", 10, []) for i in range(20)]
    found = evidence(plan(table(rows), Rules(budget="anchor", draw="proportional", synthetic_cap=0.3)))
    assert (found["mix.share.real"].value, found["mix.tokens"].value) == (0.8, 800)


def test_synthetic_data_is_weighted_down_to_the_real_share_and_stays() -> None:
    rows = [one(i, "human", 10, []) for i in range(50)] + [one(100 + i, "evolve", 10, []) for i in range(100)]
    made = plan(table(rows), Rules(real_share=0.618, synthetic_cap=0.382))
    share = evidence(made)["mix.share.real"].value
    assert made.chosen.num_rows == 150
    assert 0.618 <= share < 0.61801


def test_age_and_depth_lower_weights_and_old_generations_stay_out() -> None:
    rows = [one(0, "human", 90, []), *(one(1 + i, "evolve", 1, [], depth=1 + i, age=i) for i in range(3))]
    made = plan(table(rows), Rules(per_depth=0.5, per_generation=0.5, generations=2))
    assert sorted(weights_of(made).values()) == [Fraction(1, 4), 1, 1]
    assert made.left_out.column("reason").to_pylist() == ["older_generation"]


def test_the_end_is_real_and_has_its_share() -> None:
    rows = [one(i, "human", 7, []) for i in range(40)] + [one(100 + i, "evolve", 9, []) for i in range(40)]
    candidates = table(rows)
    made = plan(candidates, Rules(ends_on_real=0.25, synthetic_cap=0.5))
    sizes = {r["id"]: r["tokens"] for r in rows}
    end = [row["id"] for row in made.chosen.to_pylist() if row["phase"] == END]
    whole = sum(sizes[row["id"]] for row in made.chosen.to_pylist())
    assert 0.25 * whole <= sum(sizes[i] for i in end) < 0.25 * whole + 7
    assert {r["origin"] for r in rows if r["id"] in end} == {"human"}


def test_repetition_is_even_and_no_more_than_is_needed() -> None:
    rows = [one(i, "human", 10, ["x"] * (i % 2)) for i in range(10)] + [
        one(50 + i, "evolve", 10, []) for i in range(10)
    ]
    made = plan(table(rows), Rules(epochs=4, synthetic_cap=0.4))
    assert set(weights_of(made).values()) == {Fraction(3, 2), Fraction(1)}
