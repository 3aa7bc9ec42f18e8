"""Generations watched: what is said of a loop, and of corpora that cannot be compared."""

import numpy as np
import pytest

from sterling.collapse.branching import replace
from sterling.collapse.comparing import Comparison, Enough, Finding, Sides
from sterling.collapse.deciding import Said
from sterling.collapse.loops.trigrams import outputs
from sterling.collapse.monitor import Corpus, Watch, watch
from sterling.collapse.monitor import _copied as copied_notes
from sterling.collapse.panel import PANEL
from sterling.collapse.samples import Sample
from sterling.stats import Contrast, Evidence, Interval

WORDS = np.array([f"w{n}" for n in range(4000)])
LENGTH = 25


def _documents(numbers: np.ndarray) -> list[str]:
    return [" ".join(WORDS[numbers[at : at + LENGTH]]) for at in range(0, len(numbers), LENGTH)]


def _sample(texts: list[str]) -> Sample:
    return Sample(texts, sum(len(text.split()) for text in texts), len(texts))


@pytest.fixture(scope="module")
def real() -> Sample:
    return _sample(_documents(_drawn(1, 160_000)))


def _drawn(seed: int, tokens: int) -> np.ndarray:
    """Words come in runs of a topic, and by Zipf's law."""
    chance = np.random.default_rng(seed)
    topics = np.repeat(chance.integers(0, 8, tokens // LENGTH), LENGTH)
    return (chance.zipf(1.35, len(topics)) + topics * 17) % 4000


@pytest.fixture(scope="module")
def found(real: Sample) -> Watch:
    loop = outputs(replace(), _drawn(2, 80_000), 3, seed=1)
    corpora = [Corpus(f"gen{n}", _sample(_documents(one))) for n, one in enumerate(loop, 1)]
    return watch(real, [*corpora, Corpus("again", corpora[-1].sample)])


def test_a_loop_gets_worse_by_the_generation(found: Watch) -> None:
    lost = [one.means["hapax_share"] for one in found.generations[:3]]
    assert lost == sorted(lost, reverse=True)
    assert found.generations[2].gap.colour in {"amber", "red"}
    assert found.generations[2].stage == "early"


def test_the_first_generation_has_no_drift_and_the_others_have(found: Watch) -> None:
    assert found.generations[0].drift is None
    assert found.generations[2].drift is not None


def test_small_harm_adds_up(found: Watch) -> None:
    assert "hapax_share" in {alarm.measure for alarm in found.alarms}
    assert all(alarm.sum > 5 for alarm in found.alarms)


def test_an_identical_generation_is_recognised(found: Watch) -> None:
    assert found.generations[3].notes == ["identical to gen3: it tells nothing new"]


def test_another_language_is_not_compared_silently() -> None:
    real = _sample(_documents(_drawn(1, 20_000)))
    foreign = _sample([text.replace("w", "x") for text in _documents(_drawn(3, 10_000))])
    [one] = watch(real, [Corpus("foreign", foreign)]).generations
    assert "another language or tokenisation: 0% of its tokens" in one.notes[0]
    assert one.gap.colour == "insufficient sample"


def test_other_real_text_is_green(real: Sample) -> None:
    [one] = watch(real, [Corpus("more", _sample(_documents(_drawn(5, 80_000))))]).generations
    assert (one.gap.colour, one.stage, list(one.notes)) == ("green", "none", [])


@pytest.mark.parametrize(
    ("said", "low", "copied"), [("better", 1.01, True), ("better", 0.99, False), ("equal", 1.01, False)]
)
def test_copying_needs_more_of_both_rare_words_and_rare_bigrams(said: Said, low: float, copied: bool) -> None:
    recall = next(m for m in PANEL if m.name == "rare_bigram_recall")
    finding = Finding(recall, Contrast(0.2, Interval(0.1, 0.3), 0.001, 9), 0.001, 0.2, said, Enough(2, 2))
    kappa = Evidence("collapse.g.kappa.once", low + 0.1, 16, Interval(low, low + 0.2), "", {"band": "once"})
    gap = Comparison((finding,), "green", "", Sides(8, 8), 10_000)
    assert bool(list(copied_notes(gap, [kappa]))) == copied


def test_without_text_there_is_nothing_to_watch() -> None:
    with pytest.raises(ValueError, match="a generation is needed, and real text of 1,000 tokens"):
        watch(_sample(["w1 w2"]), [])
