import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sterling.curate import NearDuplicates, Removal, near, settle
from sterling.curate.pairs import sketches
from sterling.records import Maker, Record, batch_of
from sterling.registry import Ruling
from sterling.text import words
from sterling.text.kernels import plain

Exchange = Callable[..., tuple[list[tuple[str, Ruling]], list[tuple[str, str]]]]
Shingles = set[tuple[str, ...]]
TEXT = " ".join(f"word{i}" for i in range(60))
GOLDEN_BANDS = [20240294170, 44583985839]
GOLDEN_SKETCH = "6180c97f560bd099e997998e537e62fb6cac8a8f6f998ff86196576142dbb734"


def record(text: str, row: str = "1", view: str | None = None) -> Record:
    return Record.synthetic({"text": text}, source="s", row=row, maker=Maker("m"), view=view)


def written(texts: Sequence[str]) -> list[Record]:
    return [record(text, str(row)) for row, text in enumerate(texts)]


def confirmed(exchange: Exchange, check: NearDuplicates, records: Sequence[Record], **how: Any) -> dict[Any, float]:
    _, pairs = exchange(check, records, **how)
    texts = dict(zip([r.id for r in records], check.view(batch_of(records)), strict=True))
    scores = check.confirm(pairs, texts)
    return {pair: score for pair, score in zip(pairs, scores, strict=True) if score is not None}


def removals(exchange: Exchange, check: NearDuplicates, records: Sequence[Record], **how: Any) -> list[Removal]:
    found = confirmed(exchange, check, records, **how)
    rank = how.get("rank") or {r.id: 0 for r in records}
    return settle([(a, b, s) for (a, b), s in found.items()], rank, frozenset())


def true_shingles(text: str, n: int = 5) -> Shingles:
    tokens = words(text)
    return {tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)} or {tuple(tokens)}


def true_similarity(a: Shingles, b: Shingles) -> float:
    return len(a & b) / len(a | b)


def every_pair(sets: Sequence[Shingles], threshold: float) -> dict[tuple[int, int], float]:
    """Exact: two sets this similar share one of their rarest members (prefix filtering; Bayardo et al., 2007)."""
    frequency = Counter(member for members in sets for member in members)
    index: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    found = {}
    for i, members in enumerate(sets):
        rare = sorted(members, key=lambda m: (frequency[m], m))
        rare = rare[: len(rare) - math.ceil(threshold * len(rare) - 1e-9) + 1]
        for j in {j for member in rare for j in index[member]}:
            similarity = true_similarity(members, sets[j])
            if similarity >= threshold:
                found[j, i] = similarity
        for member in rare:
            index[member].append(i)
    return found


def test_a_removal_names_the_better_record_and_their_true_similarity(exchange: Exchange) -> None:
    best, worse, other = written([TEXT, TEXT + " tail", "something else entirely, of which there is only one"])
    rank = {best.id: 0, worse.id: 1, other.id: 2}
    assert removals(exchange, NearDuplicates(), [worse, other, best], rank=rank) == [
        Removal(worse.id, best.id, 56 / 57)
    ]


def test_pairs_have_the_better_ranked_first(exchange: Exchange) -> None:
    records = written([TEXT] * 4)
    rank = {r.id: -i for i, r in enumerate(records)}
    _, pairs = exchange(NearDuplicates(), records, rank=rank)
    assert len(pairs) == 6
    assert all(rank[better] < rank[worse] for better, worse in pairs)


@pytest.mark.parametrize(("changed", "expected"), [(1, 51 / 61), (2, None)])
def test_confirm_is_exact_at_the_threshold(changed: int, expected: float | None) -> None:
    tokens = TEXT.split()
    for i in range(changed):
        tokens[20 + 10 * i] = "other"
    # 60 words, 56 shingles; each changed word takes 5 of them and brings 5 others.
    (found,) = NearDuplicates(threshold=51 / 61).confirm([("a", "b")], {"a": TEXT, "b": " ".join(tokens)})
    assert found == expected


def test_short_texts_are_alike_only_when_their_words_are_equal(exchange: Exchange) -> None:
    records = written(["Yes .", "yes.", "yes!", "", " \n"])
    found = confirmed(exchange, NearDuplicates(), records)
    assert {frozenset(pair) for pair in found} == {
        frozenset({records[0].id, records[1].id}),
        frozenset({records[3].id, records[4].id}),
    }
    assert set(found.values()) == {1.0}


def test_character_shingles_see_inflection_as_a_small_change(exchange: Exchange) -> None:
    base = "the sampled pages mention several unfinished bridges across northern rivers and their architects"
    other = base.replace("bridges", "bridge").replace("mention", "mentioned").replace("rivers", "river")
    records = written([base, other])
    check = NearDuplicates(shingles="character", threshold=0.7)
    ((pair, similarity),) = confirmed(exchange, check, records).items()
    assert {*pair} == {r.id for r in records}
    sets = [{text[i : i + 5] for i in range(len(text) - 4)} for text in (base, other)]
    assert similarity == len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    assert confirmed(exchange, NearDuplicates(threshold=0.7), records) == {}


def test_character_shingles_compare_scripts_without_spaces(exchange: Exchange) -> None:
    text = "银匠把银子称了又称然后在上面打下自己的印记好让后来的人知道是谁检验过它"
    records = written([text, text.replace("后来", "以后"), "另一句完全不同的话和上面的没有任何关系"])
    found = confirmed(exchange, NearDuplicates(shingles="character", ngram=3, threshold=0.7), records)
    assert {frozenset(pair) for pair in found} == {frozenset(r.id for r in records[:2])}


@given(
    edits=st.lists(st.tuples(st.sampled_from(["Σ", "x y", ""]), st.integers(0, 19)), max_size=8),
    by=st.sampled_from(["word", "character"]),
)
@settings(max_examples=20)
def test_both_kinds_of_kernels_propose_and_confirm_the_same(exchange: Exchange, edits: Any, by: Any) -> None:
    tokens = TEXT.split()[:20]
    records = written([" ".join([*tokens[:at], new, *tokens[at + 1 :]]) for new, at in edits])
    check = NearDuplicates(threshold=0.5, shingles=by, ngram=3)
    with pytest.MonkeyPatch.context() as patch:
        for module in (near, sketches):
            patch.setattr(module, "kernels", lambda: plain)
        by_python = confirmed(exchange, check, records)
    assert confirmed(exchange, check, records) == by_python


def test_the_declared_view_is_compared(exchange: Exchange) -> None:
    records = [record(TEXT, "1", view="the first break"), record(TEXT, "2", view="another break altogether")]
    assert confirmed(exchange, NearDuplicates(), records) == {}


@given(
    edits=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 59)), max_size=12),
    shard=st.integers(1, 7),
    partitions=st.integers(1, 6),
    random=st.randoms(),
)
@settings(max_examples=25, deadline=None)
def test_sharding_and_order_do_not_matter(
    exchange: Exchange, edits: list[tuple[int, int]], shard: int, partitions: int, random: Any
) -> None:
    tokens = TEXT.split()
    records = written([" ".join([*tokens[:at], str(new), *tokens[at + 1 :]]) for new, at in edits])
    whole = removals(exchange, NearDuplicates(), records)
    random.shuffle(records)
    assert removals(exchange, NearDuplicates(), records, shard=shard, partitions=partitions) == whole


def template_clusters(clusters: int, size: int) -> list[str]:
    """Many clusters under one template: what makes large buckets. Similar within one, less than 0.8 across."""
    draw = random.Random("templates")
    template = [f"t{i}" for i in range(80)]
    texts = []
    for cluster in range(clusters):
        own = [f"c{cluster}w{i}" for i in range(12)]
        for _ in range(size):
            tail = [f"x{draw.randrange(10**6)}"]
            texts.append(" ".join(template + own + tail))
    return texts


def test_large_buckets_stay_linear_and_still_find_their_clusters(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = template_clusters(clusters=60, size=20)
    records = written(texts)
    check = NearDuplicates(threshold=0.9)
    found = removals(exchange, check, records)
    _, pairs = exchange(check, records)
    monkeypatch.setattr(sketches, "_MET", len(records))
    _, all_pairs = exchange(check, records)
    (told,) = check.measure(None)
    assert max(Counter(worse for _, worse in pairs).values()) <= 2 * 16 * told.inputs["bands"]
    assert len(pairs) < len(all_pairs)
    gone = {r.record for r in found}
    survivors = len(records) - len(gone)
    assert survivors >= 60
    assert survivors <= 66
    sets = {r.id: true_shingles(t) for r, t in zip(records, texts, strict=True)}
    for removal in found:
        assert removal.kept not in gone
        assert removal.similarity == pytest.approx(true_similarity(sets[removal.record], sets[removal.kept]))
        assert removal.similarity >= 0.9


def test_one_huge_cluster_collapses_to_its_best(exchange: Exchange) -> None:
    records = written([f"{TEXT} {i}" for i in range(1000)])
    found = removals(exchange, NearDuplicates(), records)
    assert len(found) == 999
    assert {r.kept for r in found} == {min(r.id for r in records)}


def test_recall_and_precision_on_templated_prompts(exchange: Exchange, shared_data: Path) -> None:
    texts = pq.read_table(shared_data / "curation" / "t0_12k.parquet")["text"].to_pylist()[:4000]
    records = written(texts)
    place = {r.id: i for i, r in enumerate(records)}
    truth = every_pair([true_shingles(text) for text in texts], 0.8)
    found = confirmed(exchange, NearDuplicates(), records, rank=place)
    hits = {(place[a], place[b]): score for (a, b), score in found.items()}
    assert len(truth) > 3000
    assert set(hits) <= set(truth)
    assert len(hits) / len(truth) >= 0.99
    for pair, score in hits.items():
        assert score == pytest.approx(truth[pair])
    outcome = settle([(a, b, s) for (a, b), s in found.items()], place, frozenset())
    gone = {r.record for r in outcome}
    assert len(outcome) > 500
    for removal in outcome:
        assert removal.kept not in gone
        assert truth[place[removal.kept], place[removal.record]] >= 0.8


def test_the_evidence_says_how_sure_the_search_is() -> None:
    (evidence,) = NearDuplicates(threshold=0.8).measure(None)
    assert evidence.name == "near_duplicates.recall_at_threshold"
    assert evidence.value == pytest.approx(1 - (1 - 0.8**6) ** 21 - 0.005)
    assert evidence.inputs == {
        "threshold": 0.8, "ngram": 5, "shingles": "word", "missed": 0.005, "bands": 21, "rows": 6,
    }  # fmt: skip


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1])
def test_a_pair_at_the_threshold_is_read_with_a_probability_of_99_percent(threshold: float) -> None:
    (evidence,) = NearDuplicates(threshold=threshold).measure(None)
    assert evidence.value is not None
    assert evidence.value >= 0.99


@pytest.mark.parametrize("options", [{"threshold": 0.4}, {"threshold": 1.1}, {"ngram": 0}, {"bands": 4}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NearDuplicates.model_validate(options)


def test_golden_bands() -> None:
    rows = NearDuplicates().emit(batch_of([record(TEXT)]), None)
    assert NearDuplicates.version == 3
    assert rows.num_rows == 21
    assert rows["band"].to_pylist()[:2] == GOLDEN_BANDS
    assert rows["sketch"].to_pylist() == [bytes.fromhex(GOLDEN_SKETCH)] * 21
