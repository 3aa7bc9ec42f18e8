"""The panel on texts of which the answer is known."""

import numpy as np
import pytest

from sterling.collapse.panel import Reference, measured, stretches
from sterling.collapse.panel.measures import vendi

TOPICS = ["bread oven flour dough", "ship harbour sail wind", "court judge verdict law", "root leaf seed soil"]


def _text(topic: int, seed: int, words: int = 40) -> str:
    chance = np.random.default_rng(seed)
    return " ".join(chance.choice([*TOPICS[topic].split(), "the", "of", "and", f"word{seed % 50}"], words))


REAL = [_text(n % 4, n) for n in range(400)]


def test_stretches_are_equally_long_and_disjoint() -> None:
    found = list(stretches(REAL, 1000, 9))
    assert [len(one.chunk.tokens) for one in found] == [1000] * 9
    assert sum(len(one.texts) for one in found) == len({text for one in found for text in one.texts})


def test_vendi_counts_what_differs() -> None:
    assert vendi(np.eye(8, dtype=np.float32)) == pytest.approx(8)
    assert vendi(np.ones((5, 1), np.float32)) == pytest.approx(1)


def test_a_lost_topic_is_seen_where_topics_are_looked_at() -> None:
    reference = Reference.of(REAL[:200])
    whole, poorer = (
        measured(reference, next(stretches([t for n, t in enumerate(REAL) if n >= 200 and (all_ or n % 4)], 4000, 1)))
        for all_ in (True, False)
    )
    assert poorer["coverage"] < whole["coverage"]
    assert poorer["vendi"] < whole["vendi"]
    assert poorer["worst_topic"] < whole["worst_topic"]
    assert poorer["student"] > whole["student"]


def test_a_stretch_within_one_document_has_no_documents_to_look_at() -> None:
    reference = Reference.of(REAL[:50])
    long = [" ".join(REAL[50:])]
    first, second = stretches(long, 1000, 2)
    assert (len(first.texts), len(second.texts)) == (1, 0)
    assert "coverage" not in measured(reference, second)
