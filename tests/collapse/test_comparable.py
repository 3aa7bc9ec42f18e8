"""What makes a comparison void."""

import pytest

from sterling.collapse.comparable import Kind, copied, repeated, swapped, unlike
from sterling.collapse.comparing import Enough, Finding
from sterling.collapse.panel import PANEL
from sterling.stats import Contrast, Evidence, Interval

USUAL = Kind(0.9, 4.0, 0.0)


def test_texts_of_one_kind_are_comparable() -> None:
    assert unlike(Kind(0.5, 5.0, 0.1), USUAL) is None


@pytest.mark.parametrize(
    ("mine", "why"),
    [
        (Kind(0.4, 4.0, 0.0), "another language or tokenisation: 40% of its tokens"),
        (Kind(0.9, 2.5, 0.0), "another language or tokenisation: 90% of its tokens"),
        (Kind(0.9, 4.0, 0.6), "script without spaces"),
        (Kind(0.9, 13.0, 0.0), "script without spaces"),
    ],
)
def test_other_kinds_of_text_are_not(mine: Kind, why: str) -> None:
    assert str(unlike(mine, USUAL)).startswith(why)


def test_most_documents_must_be_other_ones() -> None:
    assert repeated(["a", "b"], {"a"}) is None
    assert str(repeated(["a", "b", "a"], {"a"})).startswith("67% of it is the real text")


@pytest.mark.parametrize(("p", "low", "said"), [(0.001, 1.01, True), (0.001, 0.99, False), (0.2, 1.01, False)])
def test_copying_needs_more_of_both_rare_words_and_rare_bigrams(p: float, low: float, said: bool) -> None:
    recall = next(m for m in PANEL if m.name == "rare_bigram_recall")
    finding = Finding(recall, Contrast(0.2, Interval(0.1, 0.3), p, 9), p, 0.2, "better", Enough(2, 2))
    kappa = Evidence("collapse.g.kappa.once", low + 0.1, 16, Interval(low, low + 0.2), "", {"band": "once"})
    assert (copied([finding], [kappa]) is not None) == said


@pytest.mark.parametrize(("better", "notes"), [(5, 0), (6, 1)])
def test_text_that_is_richer_nearly_everywhere_hints_at_the_order(better: int, notes: int) -> None:
    voting = [m for m in PANEL if m.family != "shown"]
    contrast = Contrast(0.2, Interval(0.1, 0.3), 0.001, 9)
    findings = [
        Finding(m, contrast, 0.001, 0.2, "better" if at < better else "equal", Enough(2, 2))
        for at, m in enumerate(voting)
    ]
    assert len(list(swapped(findings))) == notes
