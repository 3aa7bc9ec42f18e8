"""A share that was asked for, and what the synthetic data there is can reach."""

from sterling.experiment import Example
from sterling.pipeline.experiment.candidates import Candidates, Document
from sterling.pipeline.experiment.reaching import Reach


def _found(real: int, made: int, dropped: int = 0) -> Candidates:
    example = Example("id", "text")
    pool = [
        Document(example, real, True, "anchor", "1", ()),
        Document(example, made, False, "evolve", "2", ()),
        Document(example, dropped, False, "evolve", "3", (), "math"),
    ]
    return Candidates([], None, pool, 0, 13)


def test_too_little_for_a_share_is_said_with_what_would_do() -> None:
    reach = Reach.of(_found(78_000, 22_000, dropped=50_000), 0.6)
    assert reach.short
    assert reach.sentence == (
        "60% asked, 22% reached: 22,000 synthetic tokens stand, 117,000 would be needed beside 78,000 real ones"
    )
    told = reach.evidence(0.221, 4)
    assert (told.name, told.value, told.n, told.inputs["needed"]) == ("experiment.share", 0.221, 4, 117_000)


def test_a_share_that_can_be_had_is_not_short() -> None:
    assert not Reach.of(_found(70_000, 30_000), 0.3).short
    assert not Reach.of(_found(70_000, 29_700), 0.3).short
    assert Reach.of(_found(70_000, 25_000), 0.3).short
