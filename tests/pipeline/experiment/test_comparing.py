"""What is said of each arm: after Holm over all arms, and the same in evidence, in the table and on the page."""

import numpy as np
import pytest

from sterling.experiment import ADDED, Arm, Example, Ngrams
from sterling.pipeline.experiment.candidates import Candidates, Document
from sterling.pipeline.experiment.comparing import Compared, compared
from sterling.pipeline.experiment.learners import Learners
from sterling.pipeline.experiment.trials import Results
from sterling.report.forest import experiment

WORSE, BETTER = Arm("added", ("added",), "unfiltered"), Arm("matched", ("real",))
SHY = [Arm("added", ("added",), "without_check", f"c{n}") for n in range(6)]
SHIFTS = {"real": 0.0, "repeated": 0.0, "added": 0.0, "unfiltered": 0.5, "matched": -0.5}
"""What is added to the losses of an arm; those of `SHY` are beyond chance alone, and not among so many."""


@pytest.fixture(scope="module")
def found() -> Compared:
    def document(at: int, *, real: bool) -> Document:
        text = " ".join(f"w{(at * 7 + n) % 90}" for n in range(30))
        return Document(Example(f"{real}{at}", text), 30, real, "s", f"{at}", ())

    test = [document(at, real=True) for at in range(80)]
    pool = [document(at, real=at % 2 == 0) for at in range(100, 160)]
    student = Ngrams([one.example for one in test], [one.example for one in pool])
    chance = np.random.default_rng(3)
    base, noise = chance.normal(8, 1, (4, 80)), chance.normal(0, 0.1, (4, 80))
    losses = {name: base + shift + chance.normal(0, 0.1, base.shape) for name, shift in SHIFTS.items()}
    shy = noise - noise.mean() + 0.0195
    losses |= {arm.name: losses["added"] + shy for arm in SHY}
    came = Results({"ngrams": losses}, {}, dict.fromkeys(losses, 900.0), dict.fromkeys(losses, 300.0))
    arms = (Arm("real"), Arm("repeated"), ADDED, WORSE, BETTER, *SHY)
    who = Learners({"ngrams": student}, {}, {}, (), heavy=False)
    return compared(arms, Candidates(test, None, pool, 0, 13), who, came)


def test_evidence_says_worse_and_better_by_their_sides(found: Compared) -> None:
    said = {one.name: one.inputs.get("said") for one in found.evidence}
    assert said["experiment.unfiltered.all.ngrams"] == "worse"
    assert said["experiment.matched.all.ngrams"] == "better"
    assert said["experiment.added.all.ngrams"] == "undecided"


def test_what_holm_does_not_let_through_is_undecided_on_the_page_as_in_the_verdict(found: Compared) -> None:
    """Six arms whose interval excludes 0."""
    page, _ = experiment(found.evidence)
    assert page is not None
    rows = {row.arm: row for group in page.forests[0].groups if "all" in group.title for row in group.rows}
    for arm in SHY:
        row = rows[arm.name]
        assert row.evidence.interval is not None
        assert row.evidence.interval.low > 0
        assert row.evidence.inputs["p"] <= 0.05 < row.evidence.inputs["holm"]
        assert (row.said, found.verdicts[arm.name].word) == ("undecided", "inconclusive")
    assert (rows["unfiltered"].said, rows["matched"].said) == ("worse", "better")
    assert found.verdicts["unfiltered"].word == "harms the tail"
