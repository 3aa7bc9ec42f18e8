"""What vanished, by example: a topic that is left out, and text of which nothing is missing."""

import json
from collections.abc import Sequence

import numpy as np
import pytest

from sterling.collapse.panel import Reference, Stretch, stretches
from sterling.collapse.vanishing import SHOWN, Real, Vanishing, vanishing

TOPICS = 6
WORDS = 120


def _documents(seed: int, count: int, topics: Sequence[int]) -> list[str]:
    """Thirty words each: common ones, and the topic's own (`t2w17`)."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        topic = topics[int(chance.integers(len(topics)))]
        own = [f"t{topic}w{n}" for n in chance.zipf(1.4, 15) % WORDS]
        common = [f"c{n}" for n in chance.zipf(1.4, 15) % WORDS]
        made.append(" ".join(chance.permutation([*own, *common])))
    return made


def _stretches(documents: list[str]) -> list[Stretch]:
    return list(stretches(documents, 3000, 4))


def _found(mine: list[str]) -> Vanishing:
    texts = _documents(1, 400, range(TOPICS))
    real = Real(Reference.of(texts), texts, [f"real.jsonl:{n}" for n in range(1, 401)])
    return vanishing("gen1", 1, real, _stretches(_documents(2, 400, range(TOPICS))), _stretches(mine))


@pytest.fixture(scope="module")
def lost() -> Vanishing:
    """Of a generation that writes nothing of topic 3 any more."""
    return _found(_documents(3, 400, [0, 1, 2, 4, 5]))


def test_the_topic_that_is_gone_is_told_with_records_of_it(lost: Vanishing) -> None:
    worst = lost.topics[0]
    assert {word[:2] for word in worst.words} == {"t3"}
    assert worst.kept.interval is not None
    assert worst.kept.interval.high < 1
    assert worst.kept.inputs["documents"] == 0
    assert worst.kept.inputs["real_documents"] > 5
    assert worst.gone
    for place in worst.gone:
        assert place.name.startswith("real.jsonl:")
        assert "t3w" in place.text
        assert len(place.text) <= SHOWN
    assert lost.records.value is not None
    assert lost.records.interval is not None
    assert lost.records.interval.low > 1


def test_rare_bigrams_that_are_gone_stand_where_it_says(lost: Vanishing) -> None:
    texts = _documents(1, 400, range(TOPICS))
    assert len(lost.examples) == 5
    assert lost.bigrams.interval is not None
    assert lost.bigrams.interval.low > 1
    for one in lost.examples:
        at = int(one.where.name.removeprefix("real.jsonl:")) - 1
        assert one.words in texts[at]
        assert one.words in one.where.text
        assert one.copies >= 3


def test_of_other_real_text_nothing_is_certain() -> None:
    same = _found(_documents(4, 400, range(TOPICS)))
    for one in [topic.kept for topic in same.topics] + [same.records, same.bigrams]:
        assert one.interval is not None
        assert one.interval.low < 1 < one.interval.high, one.name


def test_evidence_names_records_and_holds_no_text(lost: Vanishing) -> None:
    found = lost.evidence()
    assert [one.name for one in found[-2:]] == ["collapse.gen1.vanished.records", "collapse.gen1.vanished.bigrams"]
    told = json.dumps([one.to_json() for one in found])
    assert "real.jsonl:" in told
    assert "t3w" not in told


def test_one_long_document_says_nothing_of_topics() -> None:
    found = _found([" ".join(_documents(5, 400, range(TOPICS)))])
    assert found.topics == ()
    assert found.bigrams.n > 0
