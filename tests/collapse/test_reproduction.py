"""Tail reproduction: 1 for more of the same, below 1 where rare types are written less."""

import numpy as np
import numpy.typing as npt
import pytest

from sterling.collapse.reproduction import Read, copying, tail_reproduction
from sterling.stats import Evidence
from sterling.text import Hashes

Tokens = npt.NDArray[np.int64]


def _text(seed: int, tokens: int = 40_000) -> Tokens:
    return np.random.default_rng(seed).zipf(1.3, tokens) % 50_000


def _chunks(tokens: Tokens) -> list[Hashes]:
    return [one.astype(np.uint64) for one in np.array_split(tokens[: len(tokens) // 8 * 8], 8)]


def _bands(seed: int, generated: Tokens) -> dict[str, Evidence]:
    found = tail_reproduction("g1", _text(seed).astype(np.uint64), _chunks(_text(seed + 1000)), _chunks(generated))
    return {str(one.inputs["band"]): one for one in found}


def test_more_of_the_same_covers_one() -> None:
    hits = looks = 0
    for seed in range(40):
        for one in _bands(seed, _text(seed + 2000)).values():
            assert one.interval is not None
            looks += 1
            hits += one.interval.low <= 1 <= one.interval.high
    assert hits / looks > 0.9


def test_a_generator_that_avoids_rare_types_is_seen_in_the_tail_only() -> None:
    text = _text(2000, 80_000)
    rare = np.bincount(text)[text] <= 4
    poorer = text[~rare | (np.random.default_rng(5).random(len(text)) < 0.5)][:40_000]
    found = _bands(0, poorer)
    once, common = found["once"].interval, found["100+"].interval
    assert once is not None
    assert once.high < 0.95
    assert common is not None
    assert common.low > 0.98


def test_what_cannot_be_told_says_so() -> None:
    one = next(tail_reproduction("g1", np.array([1, 2, 3], np.uint64), [np.array([9], np.uint64)], []))
    assert one.value is None
    assert "nothing to compare" in one.method
    alone = next(
        tail_reproduction("g1", np.array([1, 2], np.uint64), [np.array([1], np.uint64)], _chunks(_text(1))[:1])
    )
    assert alone.interval is None


def _copied(read: Read, written: Tokens) -> dict[str, Evidence]:
    return {str(one.inputs["band"]): one for one in copying("g1", read, _chunks(written))}


def test_a_model_that_samples_what_it_read_writes_each_rare_type_as_often_as_it_read_it() -> None:
    anchor = _text(1, 80_000)
    found = _copied(Read.whole(anchor.astype(np.uint64)), np.random.default_rng(2).choice(anchor, 80_000))
    for band in ("once", "twice", "3-4", "5-9"):
        one = found[band]
        assert one.value == pytest.approx(1, abs=0.05)
        assert one.interval is not None
        assert one.interval.low < 1 < one.interval.high


def test_of_a_part_of_what_was_read_the_same_is_estimated() -> None:
    chance, values = np.random.default_rng(3), []
    whole = np.array_split(_text(4, 200_000), 1000)
    for _ in range(12):
        order = chance.permutation(1000)
        one, other = (
            np.concatenate([whole[n] for n in part]).astype(np.uint64) for part in (order[:150], order[150:300])
        )
        written = chance.choice(np.concatenate(whole), 80_000)
        found = _copied(Read.sampled(one, other, 200_000), written)["once"].value
        assert found is not None
        values.append(found)
    assert np.mean(values) == pytest.approx(1, abs=0.05)


def test_who_prefers_what_is_common_is_below_one() -> None:
    anchor = _text(5, 80_000)
    counts = np.bincount(anchor)
    weights = counts[anchor].astype(np.float64) ** 0.3
    written = np.random.default_rng(6).choice(anchor, 80_000, p=weights / weights.sum())
    once = _copied(Read.whole(anchor.astype(np.uint64)), written)["once"]
    assert once.interval is not None
    assert once.interval.high < 0.7
