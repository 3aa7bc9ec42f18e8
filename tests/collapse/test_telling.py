"""What a watch says in words, and that it says first what makes everything else void."""

import numpy as np
import pytest

from sterling.collapse.monitor import Corpus, Watch, watch
from sterling.collapse.samples import Sample
from sterling.collapse.telling import told

TOKENS = 40


def _sample(seed: int, documents: int, most: int = 400, word: str = "w") -> Sample:
    chance = np.random.default_rng(seed)
    texts = [" ".join(f"{word}{n}" for n in chance.zipf(1.3, TOKENS) % most) for _ in range(documents)]
    return Sample(texts, TOKENS * documents, documents, tuple(f"f.jsonl:{n}" for n in range(1, documents + 1)))


@pytest.fixture(scope="module")
def found() -> Watch:
    """Small samples, in which vocabulary shrinks from one to the next; then one in other words, and an empty one."""
    shrinking = [Corpus(f"gen{n}", _sample(1 + n, 200, most)) for n, most in ((1, 300), (2, 150), (3, 60))]
    foreign = Corpus("foreign", _sample(9, 200, word="ж"))
    return watch(_sample(1, 400), [*shrinking, foreign, Corpus("empty", Sample([], 0, 0))])


def _block(found: Watch, name: str) -> list[str]:
    whole = "\n".join(told(found))
    return next(part for part in whole.split("\n\n") if part.startswith(f"{name}: ")).splitlines()


def test_a_small_sample_says_which_side_to_enlarge(found: Watch) -> None:
    lines = _block(found, "gen1")
    assert lines[0] == "gen1: insufficient sample"
    assert lines[1] == "  gen1 has 8,000 tokens, 80,000 would do; the real text has 16,000 tokens, 160,000 would do"
    assert lines[2].startswith("  look first: the size of the sample")


def test_another_language_is_said_first_and_nothing_is_called_vanished(found: Watch) -> None:
    lines = _block(found, "foreign")
    assert lines[0] == "foreign: not comparable"
    assert lines[1].startswith("  another language or tokenisation: 0% of its tokens")
    assert len(lines) == 2  # no row that could be read as a finding


def test_an_empty_generation_is_a_verdict_and_does_not_shrink_the_others(found: Watch) -> None:
    assert _block(found, "empty")[:2] == [
        "empty: insufficient sample",
        "  empty has 0 tokens, 80,000 would do; the real text has 16,000 tokens, 160,000 would do",
    ]
    assert found.tokens == 1000


def test_examples_and_trends_are_told(found: Watch) -> None:
    lines = _block(found, "gen3")
    assert any(line.startswith("  real records that have no neighbour any more: ") for line in lines)
    assert any("times in real text): f.jsonl:" in line for line in lines)
    whole = "\n".join(told(found))
    assert "\ntrends over 3 generations (stretches of less than 10,000 tokens: a hint, no finding):" in whole
    assert "\nslow harm, small in each generation: the sum passed its limit (CUSUM) (stretches of less than" in whole


def test_evidence_of_a_series_is_numbered_and_named_once(found: Watch) -> None:
    evidence = found.evidence()
    names = [one.name for one in evidence]
    assert len(set(names)) == len(names)
    verdicts = {one.name: one.inputs for one in evidence if one.name.endswith(".verdict")}
    assert [inputs["generation"] for inputs in verdicts.values()] == [1, 2, 3, 4, 5]
    kappa = next(one for one in evidence if one.name == "collapse.gen2.kappa.once")
    assert kappa.inputs["generation"] == 2
    drift = next(one for one in evidence if one.name == "collapse.gen2.drift.distinct_2")
    assert drift.inputs["against"] == "first"
    trend = next(one for one in evidence if one.name == "collapse.trend.distinct_2")
    assert trend.inputs["alarm"] in {"gen1", "gen2", "gen3"}
