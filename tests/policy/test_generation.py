from typing import Any

from tests.policy.examples import GOOD

from sterling.policy import Finding, lint
from sterling.recipes import from_mapping

ASKING = {"strategy": "self_instruct", "model": {"endpoint": "http://localhost:9/v1", "model": "m"}}


def novelty(**changes: Any) -> list[Finding]:
    return [one for one in lint(from_mapping(GOOD | changes)) if one.rule == "generate.novelty"]


def test_self_instruct_wants_its_gate() -> None:
    (bare,) = novelty(generate=[*GOOD["generate"], ASKING])
    assert (bare.status, bare.severity, bare.path) == ("unmet", "high", ("generate", 1))
    assert "`self_instruct`" in bare.what
    (gated,) = novelty(generate=[ASKING], checks=[*GOOD["checks"], {"check": "novelty"}])
    assert gated.status == "met"


def test_other_strategies_do_not() -> None:
    assert novelty() == []
