import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.examples import example_report

from sterling.report import Conclusion, StepLine


@given(kept=st.integers(0, 10**6), dropped=st.integers(0, 10**6), off=st.integers(-3, 3).filter(bool))
def test_in_is_kept_plus_dropped(kept: int, dropped: int, off: int) -> None:
    assert StepLine("s", kept + dropped, kept, dropped).to_json()["in"] == kept + dropped
    with pytest.raises(ValueError, match=r"is not kept|negative"):
        StepLine("s", kept + dropped + off, kept, dropped)


@given(produced=st.integers(0, 10**6), faults=st.integers(0, 10**6), off=st.integers(-3, 3).filter(bool))
def test_requested_is_produced_plus_faults(produced: int, faults: int, off: int) -> None:
    line = StepLine("g", produced, produced, 0, requested=produced + faults, produced=produced, faults=faults)
    assert line.to_json()["requested"] == line.to_json()["produced"] + line.to_json()["faults"]
    with pytest.raises(ValueError, match="is not produced"):
        StepLine("g", produced, produced, 0, requested=produced + faults + off, produced=produced, faults=faults)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"taken": 3, "kept": 2, "dropped": 1, "flagged": 3}, "step `s`: flagged 3 is more than kept 2"),
        ({"taken": 0, "kept": 1, "dropped": -1}, "step `s`: a count is negative"),
        ({"taken": 1, "kept": 1, "dropped": 0, "reasons": {"x": -1}}, "step `s`: a count is negative"),
        ({"taken": 1, "kept": 1, "dropped": 0, "requested": 1}, "belong together"),
        ({"taken": 1, "kept": 1, "dropped": 0, "requested": 0, "produced": 1, "faults": -1}, "is not produced"),
    ],
)
def test_sums_that_do_not_add_up_are_refused(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StepLine("s", **numbers)


def test_only_generation_reports_what_was_requested() -> None:
    assert list(StepLine("mix", 1, 1, 0).to_json()) == ["name", "in", "kept", "dropped", "flagged", "reasons"]


def test_a_status_is_one_of_four() -> None:
    with pytest.raises(ValueError, match="status `passed` is none of released, refused, preview, unreleased"):
        Conclusion("passed", "All is well.")  # type: ignore[arg-type] # the mistake that is tested


def test_report_json_survives_json_unchanged() -> None:
    said = example_report().to_json()
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert list(said) == [
        "name", "purpose", "created", "recipe_digest", "outcome", "findings", "anchors", "steps", "composition",
        "samples", "evidence",
    ]  # fmt: skip
    assert said["outcome"]["status"] == "released"
    assert said["steps"][0] == {
        "name": "anchor:stdlib", "in": 4213, "kept": 4180, "dropped": 33, "flagged": 0,
        "reasons": {"no_docstring": 21, "undecodable_source": 12},
    }  # fmt: skip
