import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import sterling
from sterling.curate import Novelty, Removal, settle
from sterling.curate.pairs.sketches import MISSED, least_matches
from sterling.records import VERIFYING, Maker, Record, batch_of
from sterling.registry import Ruling
from sterling.text import plain_words
from sterling.text.lcs import rouge_l

Exchange = Callable[..., tuple[list[tuple[str, Ruling]], list[tuple[str, str]]]]
TALK = [{"role": "user", "content": "How high is it?"}, {"role": "assistant", "content": "Eight metres."}]


def made(payload: Mapping[str, Any], row: int = 0, view: str | None = None) -> Record:
    return Record.synthetic(payload, source="s", row=str(row), maker=Maker("m"), view=view)


def asked(texts: Sequence[str]) -> list[Record]:
    return [made({"prompt": text}, row) for row, text in enumerate(texts)]


def alike(exchange: Exchange, check: Novelty, records: Sequence[Record], **how: Any) -> dict[frozenset[str], float]:
    _, pairs = exchange(check, records, **how)
    texts = dict(zip([r.id for r in records], check.view(batch_of(records)), strict=True))
    scores = check.confirm(pairs, texts)
    return {frozenset(pair): score for pair, score in zip(pairs, scores, strict=True) if score is not None}


def removals(exchange: Exchange, check: Novelty, records: Sequence[Record], **how: Any) -> list[Removal]:
    found = alike(exchange, check, records, **how)
    rank = how.get("rank") or {r.id: 0 for r in records}
    return settle([(min(pair), max(pair), score) for pair, score in found.items()], rank, frozenset())


def by_reading(texts: Sequence[str], threshold: float = 0.7) -> dict[frozenset[int], float]:
    """Every pair of texts, read."""
    said = [plain_words(text) for text in texts]
    scores = {frozenset((i, j)): rouge_l(said[i], said[j]) for i in range(len(said)) for j in range(i)}
    return {pair: score for pair, score in scores.items() if score >= threshold}


def test_the_worse_one_goes_and_names_the_one_that_is_like_it(exchange: Exchange) -> None:
    first, second, third = asked([
        "Write a short story about a sad robot who finds a dog.",
        "Write a short story about a brave knight who finds a dragon.",
        "List the prime numbers below fifty.",
    ])  # fmt: skip
    rank = {first.id: 1, second.id: 0, third.id: 2}
    # Twelve words each, of which nine are the same in the same order.
    assert removals(exchange, Novelty(), [first, third, second], rank=rank) == [Removal(first.id, second.id, 9 / 12)]
    assert removals(exchange, Novelty(threshold=0.76), [first, third, second], rank=rank) == []


def test_order_counts(exchange: Exchange) -> None:
    one, other = asked(["red green blue black white", "white black blue green red"])
    assert alike(exchange, Novelty(threshold=0.5), [one, other]) == {}


def test_words_that_repeat_are_counted(exchange: Exchange) -> None:
    one, other = asked(["no no no no no no yes", "no yes"])
    assert alike(exchange, Novelty(threshold=0.5), [one, other]) == {}
    (score,) = alike(exchange, Novelty(), asked(["no no no yes", "no no no no yes"])).values()
    assert score == pytest.approx(2 * 4 / 9)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("prompt", ["q", "How high is it?", "t", "How high is it?", "q", ""]),
        ("completion", ["a", "Eight metres.", "t", "Eight metres.", "c", ""]),
        ("all", ["q\na", "How high is it?\nEight metres.", "v", "How high is it?\nEight metres.", "q\nc\nr", "x: 1"]),
    ],
)
def test_what_is_compared(of: Any, expected: list[str]) -> None:
    records = [
        made({"prompt": "q", "completion": "a"}), made({"messages": TALK}), made({"text": "t"}, view="v"),
        made({"prompt": TALK[:1], "completion": TALK[1:]}), made({"prompt": "q", "chosen": "c", "rejected": "r"}),
        made({"fields": {"x": 1}}),
    ]  # fmt: skip
    assert Novelty(of=of).view(batch_of(records)) == expected


def test_who_says_nothing_is_like_nobody(exchange: Exchange) -> None:
    assert alike(exchange, Novelty(), asked(["", " ", "?!", "..."])) == {}
    assert alike(exchange, Novelty(of="completion"), asked(["Same.", "Same."])) == {}


def test_a_file_can_be_checked() -> None:
    rows = [{"prompt": "Name three rivers of France."}, {"prompt": "Name three rivers of Spain."}, {"prompt": "Hi"}]
    said = sterling.check("novelty", rows)
    assert sorted((one["outcome"], one["reason"]) for one in said) == [
        ("drop", "not_novel"), ("keep", "unique"), ("keep", "unique"),
    ]  # fmt: skip
    (dropped,) = [one for one in said if one["outcome"] == "drop"]
    assert dropped["score"] == pytest.approx(4 / 5)
    assert "kept" in dropped["evidence"]
    assert Novelty.family not in VERIFYING


@given(
    edits=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 19)), max_size=12),
    shard=st.integers(1, 7),
    partitions=st.integers(1, 6),
    chance=st.randoms(),
)
@settings(max_examples=25, deadline=None)
def test_sharding_and_order_do_not_matter(
    exchange: Exchange, edits: list[tuple[int, int]], shard: int, partitions: int, chance: Any
) -> None:
    words = [f"word{n}" for n in range(20)]
    records = asked([" ".join([*words[:at], *[f"new{new}"] * new, *words[at + 1 :]]) for new, at in edits])
    whole = removals(exchange, Novelty(threshold=0.9), records)
    chance.shuffle(records)
    assert removals(exchange, Novelty(threshold=0.9), records, shard=shard, partitions=partitions) == whole


@pytest.mark.parametrize(("threshold", "common"), [(0.5, 20), (0.7, 28), (0.9, 36)])
def test_pairs_that_have_no_more_in_common_than_they_must_are_found(
    exchange: Exchange, threshold: float, common: int
) -> None:
    """The worst case of the derivation: 40 words each, and not one in common outside of the longest subsequence."""
    draw = random.Random("worst case")
    texts = []
    for pair in range(250):
        places = set(draw.sample(range(40), common))
        shared = [f"p{pair}w{n}" for n in range(40)]
        texts += [" ".join(word if n in places else f"{word}{side}" for n, word in enumerate(shared)) for side in "xy"]
    found = alike(exchange, Novelty(threshold=threshold), asked(texts))
    assert set(found.values()) == {common / 40}
    assert len(found) >= 0.985 * 250


def test_no_pair_of_templated_prompts_is_missed(exchange: Exchange, shared_data: Path) -> None:
    texts = pq.read_table(shared_data / "curation" / "t0_12k.parquet")["text"].to_pylist()[:160]
    texts = [" ".join(text.split()[:60]) for text in texts]
    records = asked(texts)
    truth = {frozenset(records[at].id for at in pair): score for pair, score in by_reading(texts).items()}
    assert len(truth) > 50
    assert alike(exchange, Novelty(), records) == pytest.approx(truth)


def test_a_large_bucket_is_not_read_pair_by_pair(exchange: Exchange) -> None:
    records = asked([f"Write a poem about the colour of {n} in the evening sky." for n in range(250)])
    _, pairs = exchange(Novelty(), records)
    assert len(pairs) < 250 * 249 / 2 / 2
    rank = {record.id: n for n, record in enumerate(records)}
    assert [one.kept for one in removals(exchange, Novelty(), records, rank=rank)] == [records[0].id] * 249


def test_the_evidence_says_how_sure_the_search_is() -> None:
    (evidence,) = Novelty().measure(None)
    assert evidence.value == pytest.approx(1 - (1 - (0.7 / 1.3) ** 3) ** 42 - MISSED)
    assert evidence.inputs == {
        "threshold": 0.7, "jaccard": pytest.approx(0.7 / 1.3), "missed": 0.001, "bands": 42, "rows": 3,
    }  # fmt: skip


def test_sketches_of_unlike_texts_are_refuted() -> None:
    # 128 positions agree with probability 0.65 at the bound, and with 0.33 at a Jaccard similarity of 0.1.
    assert least_matches(0.7 / 1.3) == 67
    assert least_matches(1) == 128


@pytest.mark.parametrize("options", [{"threshold": 0.4}, {"threshold": 1.1}, {"of": "answer"}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Novelty.model_validate(options)


def test_golden_rows() -> None:
    """Other rows find other pairs: raise the version together with these."""
    rows = Novelty().emit(batch_of(asked(["Name three rivers of France."])), None).to_pylist()
    assert Novelty.version == 3
    assert len(rows) == 42
    sketch = "2db160aa154d91dbf708ca502a2aadc6f9f1acdbbf19b3907ac22419dc022cd9"
    assert rows[0] == {
        "row": 0, "partition": 32938277180, "band": 32938277180, "words": 5, "sketch": bytes.fromhex(sketch),
    }  # fmt: skip
