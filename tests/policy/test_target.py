from typing import Any

from tests.policy.examples import ATTESTED, GOOD

from sterling.policy import Finding, gate, lint
from sterling.recipes import from_mapping
from sterling.stats import Evidence, Interval

ASKING = {"strategy": "self_instruct", "model": {"endpoint": "http://localhost:9/v1", "model": "m"}}
USERS = [{"name": "users", "path": "a.jsonl"}]


def inputs(**changes: Any) -> list[Finding]:
    return [one for one in lint(from_mapping(GOOD | changes)) if one.rule.startswith("target.")]


def test_who_writes_prompts_should_name_real_inputs() -> None:
    (bare,) = inputs(generate=[ASKING])
    assert (bare.rule, bare.severity, bare.status) == ("target.inputs", "recommended", "unmet")
    (named,) = inputs(generate=[ASKING], target=USERS)
    assert named.status == "met"
    assert "`users`" in named.what
    assert inputs() == []
    assert inputs(anchor=[ATTESTED], target=USERS) == []


def measured(name: str, said: str, value: float = 1.0, **more: Any) -> Evidence:
    told = {"measure": name.rpartition(".")[2], "said": said, "margin": 0.1, "synthetic": 1.0, "target": 0.0, **more}
    return Evidence(f"target.{name}", value, 200, Interval(value, value), "m", told)


def sample(**more: Any) -> Evidence:
    told = {"synthetic": 200, "shared": 3, **more}
    return Evidence("target.sample", 500.0, 500, None, "m", told)


def drift(*evidence: Evidence) -> list[Finding]:
    return [one for one in gate(from_mapping(GOOD | {"target": USERS}), evidence) if one.rule == "target.drift"]


def test_drift_is_told_with_the_worst_first_and_who_drifted() -> None:
    (one,) = drift(
        sample(), measured("polite", "worse", 0.3), measured("end_mark", "worse", 0.9), measured("markup", "equal"),
        measured("seeds.end_mark", "worse", 0.8), measured("seeds.polite", "equal", 0.0),
    )  # fmt: skip
    assert (one.status, one.severity, one.path) == ("unmet", "high", ("target",))
    assert one.what.startswith("synthetic prompts are unlike the real inputs: end_mark 1 instead of 0; polite")
    assert one.what.endswith("(200 prompts, 500 real inputs, 3 more left out because the anchor holds them)")
    assert one.mend == (
        "the seeds differ, too, in end_mark: draw seeds from where the model will work; "
        "the writer alone differs in polite: show it real inputs as examples"
    )


def test_no_drift_names_what_is_undecided() -> None:
    (one,) = drift(sample(), measured("polite", "undecided"), measured("words", "equal"))
    assert one.status == "met"
    assert "undecided: polite" in one.what


def test_too_few_meet_nothing_and_break_nothing() -> None:
    assert drift(sample(said="insufficient sample", needs="200 inputs would do")) == []
    assert drift() == []
