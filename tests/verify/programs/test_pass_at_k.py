import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.records import Record, Verdict, batch_of, verdict_table
from sterling.verify.programs.pass_at_k import Tally, estimate, pass_at_k, tallies


@given(st.integers(1, 8), st.data())
def test_the_estimate_is_the_share_of_choices_with_a_pass(samples: int, data: st.DataObject) -> None:
    passed, k = data.draw(st.integers(0, samples)), data.draw(st.integers(1, samples))
    chosen = list(combinations(range(samples), k))
    share = sum(any(it < passed for it in choice) for choice in chosen) / len(chosen)
    assert estimate(samples, passed, k) == pytest.approx(share)


@given(st.integers(1, 300), st.data())
def test_the_estimate_is_the_published_formula(samples: int, data: st.DataObject) -> None:
    passed, k = data.draw(st.integers(0, samples)), data.draw(st.integers(1, samples))
    assert estimate(samples, passed, k) == pytest.approx(1 - math.comb(samples - passed, k) / math.comb(samples, k))


def test_one_sample_a_task_says_nothing() -> None:
    assert pass_at_k([]) == []
    assert pass_at_k([Tally(1, 1), Tally(1, 0)]) == []


def test_a_task_with_too_few_samples_is_left_out_of_that_k() -> None:
    one, two, five = pass_at_k([Tally(5, 5), Tally(5, 0), Tally(2, 1)])
    assert [it.name for it in (one, two, five)] == ["tests.pass@1", "tests.pass@2", "tests.pass@5"]
    assert (one.value, one.n, one.inputs["left_out"]) == (0.5, 3, 0)
    assert (five.value, five.n, five.inputs) == (0.5, 2, {"samples": 10, "passed": 5, "left_out": 1})
    assert one.interval is not None
    assert one.interval.low <= 0.5 <= one.interval.high


def test_the_interval_is_the_same_each_time_and_none_for_one_task() -> None:
    tasks = [Tally(10, n) for n in range(11)]
    assert pass_at_k(tasks) == pass_at_k(tasks)
    assert pass_at_k([Tally(4, 2)])[0].interval is None


def test_tasks_are_told_apart_by_prompt_and_reference() -> None:
    def record(prompt: str, completion: str, tests: str = "t") -> Record:
        payload = {"prompt": prompt, "completion": completion}
        return Record.real(payload, source="s", row="r", origin="unknown", reference={"tests": tests})

    records = [record("a", "1"), record("a", "2"), record("a", "3", "u"), record("b", "4"), record("b", "5")]
    reasons = ["passed", "failed_tests", "passed", "no_reference", "timeout"]
    pairs = zip(records, reasons, strict=True)
    verdicts = [Verdict(r.id, "keep", "tests", why, "execution", None, {}) for r, why in pairs]
    judged = [(batch_of(records), verdict_table(verdicts)), (batch_of([record("a", "6")]), verdict_table([]))]
    assert sorted(tallies(judged)) == [(1, 0), (1, 1), (2, 1)]


HUMANEVAL = (
    34, 1, 2, 0, 0, 1, 1, 3, 2, 1, 3, 0, 0, 30, 0, 0, 9, 0, 5, 0, 21, 1, 0, 0, 34, 0, 9, 3,
    1, 10, 0, 0, 0, 0, 0, 41, 0, 0, 0, 0, 0, 2, 5, 0, 1, 0, 15, 0, 0, 3, 0, 2, 0, 7, 2, 0,
    4, 19, 2, 9, 21, 3, 7, 0, 4, 22, 5, 8, 27, 0, 0, 0, 0, 1, 32, 0, 28, 0, 18, 42, 46, 14, 24, 4,
    30, 46, 47, 12, 40, 17, 0, 0, 44, 47, 0, 1, 2, 0, 26, 22, 0, 43, 28, 26, 45, 6, 38, 40, 38, 4, 36, 19,
    32, 50, 11, 25, 26, 15, 42, 6, 0, 44, 28, 16, 12, 1, 3, 35, 0, 3, 5, 48, 1, 8, 7, 2, 0, 0, 4, 0,
    1, 22, 27, 2, 1, 4, 1, 2, 5, 5, 7, 0, 1, 23, 2, 0, 9, 0, 4, 2, 4, 1, 11, 2,
)  # fmt: skip
"""Of 50 samples of CodeGen-16B for each task, how many pass, as `benchmarks/sandbox_load.py` finds them."""


def test_the_published_numbers_of_humaneval() -> None:
    found = {it.name: it for it in pass_at_k([Tally(50, passed) for passed in HUMANEVAL])}
    assert [round(100 * (found[f"tests.pass@{k}"].value or 0), 2) for k in (1, 2, 5, 10)] == [
        22.02,
        30.79,
        42.39,
        51.22,
    ]
    interval = found["tests.pass@10"].interval
    assert interval is not None
    assert interval.low < 0.499
    assert interval.high > 0.503
    assert "tests.pass@100" not in found
