"""Generations watched: what is said of a loop, and of corpora that cannot be compared."""

import numpy as np
import pytest

from sterling.collapse.branching import replace
from sterling.collapse.loops.trigrams import outputs
from sterling.collapse.monitor import Corpus, Watch, watch
from sterling.collapse.samples import Sample

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


def test_no_stage_where_a_student_learns_less_of_all_real_text(found: Watch) -> None:
    said = {one.measure.name: one.said for one in found.generations[2].gap.findings}
    assert (said["student"], found.generations[2].stage) == ("worse", "none")


def test_the_first_generation_has_no_drift_and_the_others_have(found: Watch) -> None:
    assert found.generations[0].drift is None
    assert found.generations[2].drift is not None


def test_small_harm_adds_up(found: Watch) -> None:
    assert "hapax_share" in {alarm.measure for alarm in found.alarms}
    assert all(alarm.sum > alarm.limit for alarm in found.alarms)


def test_an_identical_generation_is_recognised(found: Watch) -> None:
    assert found.generations[3].notes == ["identical to gen3: it tells nothing new"]


def test_another_language_is_not_compared_silently() -> None:
    real = _sample(_documents(_drawn(1, 20_000)))
    foreign = _sample([text.replace("w", "x") for text in _documents(_drawn(3, 10_000))])
    [one] = watch(real, [Corpus("foreign", foreign)]).generations
    assert one.gap.why.startswith("another language or tokenisation: 0% of its tokens")
    assert (one.gap.colour, one.stage) == ("not comparable", "none")
    assert {finding.said for finding in one.gap.findings} == {"undecided"}


def test_words_of_a_script_without_spaces_are_not_counted() -> None:
    """A clause is one token, whatever is in it."""
    text = [
        " ".join("的一是不了人我在有他这中大来上国"[n % 16 :] for n in row) for row in _drawn(1, 20_000).reshape(-1, 25)
    ]
    [one] = watch(_sample(text), [Corpus("zh", _sample(text[:400]))]).generations
    assert one.gap.colour == "not comparable"
    assert one.gap.why.startswith("script without spaces: a token is a clause there")


def test_real_text_given_twice_is_no_generation(real: Sample) -> None:
    [same, part] = watch(real, [Corpus("same", real), Corpus("part", _sample(real.texts[::2]))]).generations
    assert (same.gap.colour, part.gap.colour) == ("not comparable", "not comparable")
    assert same.gap.why.startswith("identical to the real text, so nothing was compared; split off a part of your text")


def test_a_copy_is_not_green() -> None:
    """Documents of real text with many rare words, without their last word: nothing is worse, nothing was learnt."""
    drawn = np.random.default_rng(6).zipf(1.2, (6400, LENGTH)) % 100_000
    texts = [" ".join(f"w{n}" for n in row) for row in drawn]
    copies = [text.rpartition(" ")[0] for text in texts]
    [one] = watch(_sample(texts), [Corpus("copy", _sample(copies))]).generations
    assert one.gap.colour == "not comparable"
    assert "was the generator trained or prompted with it?" in one.gap.why


def test_without_text_there_is_nothing_to_watch() -> None:
    with pytest.raises(ValueError, match="a generation is needed, and real text of 1,000 tokens"):
        watch(_sample(["w1 w2"]), [])
