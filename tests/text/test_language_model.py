import json
import math
import pickle
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.stats import Evidence
from sterling.text import Hashes, token_hashes
from sterling.text.language_model import Counting, LanguageModel, Scores, cross_entropy

Texts = Sequence[Sequence[str]]
TEXTS = [["a", "b", "a", "c"], ["b", "a", "b"], ["a"], [], ["c", "c", "c", "a", "b"]]
SOME = st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=6)


def hashes(texts: Texts) -> list[Hashes]:
    return [token_hashes(text) for text in texts]


def trained(texts: Texts, order: int = 3) -> LanguageModel:
    return LanguageModel.trained([hashes(texts)], order)


def by_definition(texts: Texts, history: Sequence[str], word: str, order: int) -> float:
    """Witten and Bell as it is written down, from scratch for one word."""
    vocabulary = {token for text in texts for token in text}
    padded = [["<s>", *text] for text in texts]
    chance = 1 / (len(vocabulary) + 1)
    for n in range(1, order + 1):
        context = tuple(["<s>", *history][-(n - 1) :]) if n > 1 else ()
        if len(context) < n - 1:
            break
        after = Counter(
            text[at]
            for text in padded
            for at in range(max(1, n - 1), len(text))
            if tuple(text[at - n + 1 : at]) == context
        )
        if after:
            chance = (after[word] + len(after) * chance) / (after.total() + len(after))
    return chance


@given(texts=SOME, asked=st.lists(st.sampled_from("abcde"), min_size=1, max_size=6), order=st.integers(1, 4))
def test_every_token_costs_what_witten_and_bell_say(texts: Texts, asked: list[str], order: int) -> None:
    (costs,) = trained(texts, order).bits(hashes([asked]))
    wanted = [-math.log2(by_definition(texts, asked[:at], word, order)) for at, word in enumerate(asked)]
    assert costs == pytest.approx(wanted, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("history", [[], ["a"], ["a", "b"], ["b", "never"], ["never", "a"], ["c", "c", "c"]])
def test_chances_of_the_vocabulary_and_one_unknown_word_sum_to_one(history: list[str]) -> None:
    model = trained(TEXTS)
    costs = [cost[-1] for cost in model.bits(hashes([[*history, word] for word in ["a", "b", "c", "never"]]))]
    assert sum(2.0**-cost for cost in costs) == pytest.approx(1, abs=1e-6)


def test_an_unknown_word_costs_as_much_as_the_rarest_at_least() -> None:
    model = trained([["a"] * 50, ["b"]], order=1)
    costs = [cost[0] for cost in model.bits(hashes([["a"], ["b"], ["never"], ["nor this"]]))]
    assert costs[0] < costs[1] < costs[2] == costs[3]


@given(texts=SOME, cut=st.integers(1, 5), chance=st.randoms())
def test_neither_order_nor_blocks_nor_neighbours_matter(
    texts: list[list[str]], cut: int, chance: random.Random
) -> None:
    whole = trained(texts).scores(hashes(TEXTS))
    chance.shuffle(texts)
    counting = Counting()
    for start in range(0, len(texts), cut):
        counting.add(hashes(texts[start : start + cut]))
        counting.tables()
    parts = LanguageModel.of(counting.tables())
    alone = [parts.scores(hashes([text])).bits[0] for text in TEXTS]
    assert whole.bits.tolist() == parts.scores(hashes(TEXTS)).bits.tolist() == alone
    assert counting.texts == len(texts)


def test_bits_add_up_and_an_empty_text_has_none() -> None:
    model = pickle.loads(pickle.dumps(trained(TEXTS)))
    scores, costs = model.scores(hashes(TEXTS)), model.bits(hashes(TEXTS))
    assert scores.bits.tolist() == pytest.approx([cost.sum() for cost in costs])
    assert scores.tokens.tolist() == [4, 3, 1, 0, 5]
    assert np.isnan(scores.bits_per_token[3])
    assert model.order == 3
    assert model.vocabulary == 3


def test_any_tokens_will_do() -> None:
    """Bytes, for one: what a token is, the caller decides."""
    text = np.frombuffer(b"abracadabra abracadabra", np.uint8).astype(np.uint64)
    model = LanguageModel.trained([[text]], order=5)
    assert model.scores([text]).bits_per_token[0] < model.scores([text[::-1].copy()]).bits_per_token[0]


def test_cross_entropy_is_a_ratio_with_an_interval_over_documents() -> None:
    scores = Scores(np.array([10.0, 0.0, 30.0, 21.0]), np.array([1, 0, 3, 2]))
    found = cross_entropy("x", scores, "m", of="these")
    assert isinstance(found, Evidence)
    assert (found.value, found.n, found.inputs) == (61 / 6, 3, {"tokens": 6, "of": "these"})
    residuals = np.array([10, 30, 21]) - 61 / 6 * np.array([1, 3, 2])
    half = 4.302653 * math.sqrt((residuals**2).sum() / 2 / 3) / 2
    assert found.interval == pytest.approx((61 / 6 - half, 61 / 6 + half), rel=1e-6)
    assert cross_entropy("x", Scores(np.ones(1), np.ones(1, np.int64)), "m").value is None


def test_real_text_is_cheaper_after_real_text(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text().splitlines()[:1500]
    texts = [json.loads(line)["question"].lower().split() for line in lines]
    model = trained(texts[:1000])
    straight = cross_entropy("x", model.scores(hashes(texts[1000:])), "m")
    turned = cross_entropy("x", model.scores(hashes([text[::-1] for text in texts[1000:]])), "m")
    assert straight.interval is not None
    assert turned.interval is not None
    assert straight.interval.high < turned.interval.low
