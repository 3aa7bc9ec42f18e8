"""The word for an arm."""

import pytest

from sterling.experiment import Claim, Claims, Effect, Held, adjusted, verdict
from sterling.stats import Interval


def _claim(low: float, high: float, p: float = 0.01, by_seeds: float = 0.0) -> Claim:
    return Claim("trigrams", Effect((low + high) / 2, Interval(low, high), 4, 100, p, 8.0, by_seeds), p)


BETTER, WORSE, SAME = _claim(-0.3, -0.1), _claim(0.1, 0.3), _claim(-0.02, 0.01, p=0.6)
OPEN = _claim(-0.1, 0.2, p=0.5)


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        (Claims([BETTER], [WORSE], tasks=[BETTER]), "harms the tail"),
        (Claims([BETTER], [BETTER, WORSE], tasks=[BETTER]), "harms the tail"),
        (Claims([WORSE], [SAME]), "harms"),
        (Claims([BETTER], [SAME], tasks=[WORSE]), "harms"),
        (Claims([BETTER], [SAME], outside=[WORSE], tasks=[BETTER]), "harms"),
        (Claims([BETTER], [SAME], tasks=[BETTER], tasks_outside=[WORSE]), "harms"),
        (Claims([BETTER], [SAME], tasks=[BETTER]), "helps"),
        (Claims([SAME], [SAME], tasks=[BETTER]), "helps"),
        (Claims([BETTER], [SAME], tasks=[BETTER], tasks_too=[SAME]), "inconclusive"),
        (Claims([BETTER], [OPEN], tasks=[BETTER]), "inconclusive"),
        (Claims([BETTER], [BETTER]), "inconclusive"),
        (Claims([OPEN], [OPEN]), "inconclusive"),
        (Claims([BETTER], [SAME], tasks=[OPEN]), "inconclusive"),
    ],
)
def test_the_word(claims: Claims, word: str) -> None:
    assert verdict(claims).word == word


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (WORSE, "worse"),
        (BETTER, "better"),
        (OPEN, "undecided"),
        (WORSE._replace(p=0.06), "undecided"),
        (BETTER._replace(p=0.06), "undecided"),
        (_claim(0.001, 0.003), "undecided"),  # sure, and a trifle of the control's 8 bits
        (_claim(0.004, 0.006), "worse"),
    ],
)
def test_a_claim_says_its_side_only_after_all_arms_are_allowed_for(claim: Claim, said: str) -> None:
    assert claim.said == said


def test_likelihood_alone_proves_no_help() -> None:
    said = verdict(Claims([BETTER], [BETTER]))
    assert "likelihood alone proves no help" in said.why
    assert said.change.startswith("tasks: ")


def test_a_loss_that_falls_without_tasks_that_do_is_explained() -> None:
    said = verdict(Claims([BETTER], [SAME], tasks=[OPEN]))
    assert said.why.startswith("failures on real tasks do not differ beyond chance: +0.050")
    assert said.why.endswith("; loss falls, but likelihood rewards what is like the generator, so tasks decide")
    repeated = verdict(Claims([BETTER], [SAME], tasks=[BETTER], tasks_too=[SAME]))
    assert repeated.why.startswith("failures on real tasks are not beyond chance fewer than with repeated real data")


def test_what_is_missing_is_said_in_documents_or_in_seeds() -> None:
    assert verdict(Claims([OPEN], [OPEN])).change == (
        "about 900 real documents of the test role in place of 100: 9.0 times as many anchor rows"
    )
    held = Held(400, 0.05)
    assert verdict(Claims([OPEN], [OPEN]), held).change == (
        "about 3,600 real documents of the test role in place of 400: 9.0 times as many anchor rows, "
        "or `roles.test: 0.45` in place of 0.05"
    )
    by_seeds = _claim(-0.1, 0.2, p=0.5, by_seeds=0.9)
    assert verdict(Claims([by_seeds], [by_seeds])).change == "about 36 seeds in place of 4: `--seeds 36`"


def test_among_many_arms_a_small_p_is_no_finding() -> None:
    effects = [_claim(0.01, 0.3, p).effect for p in (0.03, 0.4, 0.5, 0.6)]
    assert adjusted(effects)[0] == pytest.approx(0.12)
    said = verdict(Claims([Claim("trigrams", effects[0], 0.12)], [SAME]))
    assert said.word == "inconclusive"
    assert "not among so many arms" in said.why
