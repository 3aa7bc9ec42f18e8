import json
import math
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.records import Record, Verdict, batch_of, verdict_table
from sterling.verify.pass_at_k import Tally, estimate, pass_at_k, tallies


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
    assert [it.name for it in (one, two, five)] == ["pass@1", "pass@2", "pass@5"]
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


def test_the_published_numbers_of_humaneval(shared_data: Path) -> None:
    """The counts of passes per task that `benchmarks/pass_at_k.py` finds give the numbers that the data's README has."""
    counts = json.loads((Path(__file__).parent / "humaneval_passes.json").read_text("utf-8"))
    found = {it.name: it for it in pass_at_k([Tally(50, passed) for passed in counts])}
    assert [round(100 * (found[f"pass@{k}"].value or 0), 2) for k in (1, 2, 5, 10)] == [22.02, 30.79, 42.39, 51.22]
    interval = found["pass@10"].interval
    assert interval is not None
    assert interval.low < 0.499 < 0.503 < interval.high
    assert "pass@100" not in found
