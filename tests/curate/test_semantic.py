"""Semantic duplicates: found through cells, confirmed in double precision, the same however shards are cut."""

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError
from tests.models.conftest import endpoint

import sterling
from sterling.curate import SemanticDuplicates, semantic, settle
from sterling.curate.meaning.leaders import alike
from sterling.errors import SterlingError
from sterling.models import mock, mock_stats, store
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, RowPairs, Ruling
from sterling.text.cells import small

WORDS = [f"stone{number}" for number in range(15)]
GOLDEN = {0: (1, 0.911), 5: (4, 0.897), 8: (9, 0.894)}


@pytest.fixture(autouse=True)
def _own_journal(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path / ".sterling")
    yield
    store.close()
    store.use(None)


def record(text: str, row: int) -> Record:
    return Record.synthetic({"text": text}, source="s", row=str(row), maker=Maker("m"))


def families(count: int, size: int = 4, seed: int = 1) -> list[Record]:
    """Texts of 40 words; of each family all but the first with a few words changed."""
    draw = random.Random(seed)
    texts: list[str] = []
    for family in range(count):
        base = [f"{draw.choice(WORDS)}{draw.randrange(60)}" for _ in range(40)]
        for change in range(size):
            text = [*base]
            for at in draw.sample(range(40), change):
                text[at] = f"new{family}x{draw.randrange(999)}"
            texts.append(" ".join(text))
    return [record(text, row) for row, text in enumerate(texts)]


class Judged(NamedTuple):
    gone: Mapping[str, tuple[str, float]]
    rulings: Sequence[tuple[str, Ruling]]


def judged(
    check: SemanticDuplicates, records: Sequence[Record], shard: int = 1000, partitions: int = 1, protected: Any = ()
) -> Judged:
    parts = [batch_of(records[at : at + shard]) for at in range(0, len(records), shard)]
    state = check.fit(FitContext(pool=lambda: iter(parts)))
    table = pa.concat_tables(_emitted(check, part, state, protected) for part in parts)
    home = table["partition"].to_numpy() % np.uint64(partitions)
    drop = ["row", "partition"]
    parted = [table.filter(pa.array(home == n)).drop_columns(drop) for n in range(partitions)]
    told = [check.resolve(part) for part in parted]
    pairs = sorted({pair for part, one in zip(parted, told, strict=True) for pair in _named(part, one.alike)})
    place = {record.id: at for at, record in enumerate(records)}
    rows = RowPairs(*(np.array([place[pair[side]] for pair in pairs], np.int64) for side in (0, 1)))
    scores = check.confirm_rows(batch_of(records), rows, state).tolist()
    found = [(*pair, score) for pair, score in zip(pairs, scores, strict=True) if not math.isnan(score)]
    gone = {r.record: (r.kept, r.similarity) for r in settle(found, dict.fromkeys(place, 0), frozenset(protected))}
    return Judged(gone, [ruling for one in told for ruling in one.rulings])


def _named(part: pa.Table, pairs: RowPairs) -> list[tuple[str, str]]:
    return list(zip(*(part["record"].take(pa.array(side)).to_pylist() for side in pairs), strict=True))


def _emitted(check: SemanticDuplicates, batch: pa.RecordBatch, state: Any, protected: Any) -> pa.Table:
    rows = check.emit(batch, state)
    ids = batch.column("id").take(rows["row"].combine_chunks())
    spared = pa.array([i in protected for i in ids.to_pylist()], pa.bool_())
    ranked = rows.append_column("record", ids).append_column("rank", pa.array(np.zeros(len(ids), np.int64)))
    return ranked.append_column("protected", spared)


def test_a_removal_names_a_record_that_stays_and_their_cosine() -> None:
    records = families(60)
    check = SemanticDuplicates(threshold=0.8)
    gone = judged(check, records).gone
    state = check.fit(FitContext(pool=lambda: iter([batch_of(records)])))
    place = {r.id: n for n, r in enumerate(records)}
    vectors = state.embedder.embed([r.payload["text"] for r in records]).astype(np.float64)
    assert len(gone) > 60
    for worse, (kept, cosine) in gone.items():
        assert kept not in gone
        assert place[worse] // 4 == place[kept] // 4
        assert cosine == pytest.approx(vectors[place[worse]] @ vectors[place[kept]], abs=1e-6)
        assert cosine >= 0.8


@pytest.mark.parametrize("keep", ["ranked", "farthest"])
def test_shards_their_order_and_partitions_do_not_matter(keep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "cells_for", lambda records: 9)
    records = families(40)
    check = SemanticDuplicates(threshold=0.85, keep=keep)
    whole = judged(check, records)
    assert len(whole.gone) + len(whole.rulings) > 20
    random.Random(4).shuffle(records)
    parts = judged(check, records, shard=23, partitions=5)
    assert parts.gone == whole.gone
    assert sorted(parts.rulings) == sorted(whole.rulings)


def test_cells_lose_little_against_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    records = families(150, seed=2)
    check = SemanticDuplicates(threshold=0.85)
    every = judged(check, records).gone
    monkeypatch.setattr(semantic, "cells_for", lambda records: 20)
    cut = judged(check, records).gone
    assert len(every) > 100
    assert len(cut.keys() & every.keys()) >= 0.97 * len(every)


def test_farthest_keeps_the_record_that_is_least_like_its_cell_and_the_protected() -> None:
    records = families(30)
    check = SemanticDuplicates(threshold=0.85, keep="farthest")
    first = judged(check, records).rulings
    assert first
    for _, ruling in first:
        assert (ruling.outcome, ruling.reason) == ("drop", "semantic_duplicate")
        assert ruling.score is not None
        assert ruling.score >= 0.85
    kept = {ruling.evidence["kept"] for _, ruling in first}
    gone = {name for name, _ in first}
    assert not kept & gone
    spared = judged(check, records, protected=gone).rulings
    assert not {ruling.evidence["kept"] for _, ruling in spared} - gone


def test_what_leads_is_what_every_pair_would_leave() -> None:
    draw = np.random.default_rng(8)
    base = draw.standard_normal((200, 64))
    rows = np.repeat(base, 6, axis=0) + draw.normal(0, 0.15, (1200, 64))
    vectors = small(rows[draw.permutation(1200)].astype(np.float32))
    found = alike(vectors, np.zeros(1200, np.bool_), 0.9)
    exact = vectors.astype(np.float64)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    near = exact @ exact.T >= 0.9
    stays = np.ones(1200, np.bool_)
    for row in range(1200):
        stays[row] = not (near[row, :row] & stays[:row]).any()
    confirmed = near[found.better, found.worse]
    left = np.ones(1200, np.bool_)
    for better, worse in sorted(zip(found.better[confirmed], found.worse[confirmed], strict=True), key=lambda p: p[1]):
        left[worse] &= not left[better]
    assert left.sum() < 400
    np.testing.assert_array_equal(left, stays)


def test_a_crowd_of_copies_costs_a_pair_each() -> None:
    records = [record(" ".join(WORDS) + "." * n, n) for n in range(900)]
    check = SemanticDuplicates(threshold=0.9)
    state = check.fit(FitContext(pool=lambda: iter([batch_of(records)])))
    assert len(check.resolve(_emitted(check, batch_of(records), state, ())).alike.worse) == 899


def test_texts_without_words_are_like_nothing() -> None:
    found = judged(SemanticDuplicates(threshold=0.5), [record("!!!", 0), record("?", 1), record("", 2)])
    assert not found.gone
    assert not found.rulings


def test_an_endpoint_is_asked_once_for_each_text_and_what_it_refuses_is_flagged() -> None:
    records = [*families(8), record("poison in the well", 99)]
    with mock({"rules": [{"match": "poison", "status": 400}, {}]}) as url:
        served: Any = {"endpoint": endpoint(url, attempts=1)}
        check = SemanticDuplicates(threshold=0.9, embedding=served)
        found = judged(check, records)
        asked = mock_stats(url)["by_status"]
        again = judged(check, records)
        assert mock_stats(url)["by_status"]["200"] == asked["200"] == 32
    assert again == found
    assert found.gone
    [(flagged, ruling)] = found.rulings
    assert (flagged, ruling.outcome, ruling.reason) == (records[-1].id, "flag", "not_embedded")


def test_while_an_endpoint_owes_an_answer_nothing_is_decided() -> None:
    with mock({"rules": [{"status": 503}]}) as url:
        served: Any = {"endpoint": endpoint(url, attempts=1)}
        with pytest.raises(SterlingError, match="owes 8 of 8 embeddings"):
            judged(SemanticDuplicates(embedding=served), families(2))


def test_by_the_real_engine_the_cosine_is_the_score() -> None:
    rows = [{"text": r.payload["text"], "id": str(n)} for n, r in enumerate(families(3))]
    said = sterling.check("semantic_duplicates", rows, threshold=0.85)
    drops = [one for one in said if one["outcome"] == "drop"]
    assert len(drops) >= 3
    for one in drops:
        assert one["reason"] == "semantic_duplicate"
        assert int(one["evidence"]["kept"]) // 4 == one["index"] // 4
        assert one["score"] >= 0.85


def test_evidence_says_by_what_and_how_well_cells_were_searched() -> None:
    check = SemanticDuplicates(threshold=0.9)
    state = check.fit(FitContext(pool=lambda: iter([batch_of(families(50))])))
    cells, recall = check.measure(state)
    assert (cells.name, cells.value) == ("semantic_duplicates.cells", 1)
    assert (recall.name, recall.value) == ("semantic_duplicates.cell_recall", 1)
    assert recall.n >= 40
    assert recall.inputs["embedding"].startswith("offline")


def test_real_problems_are_hardly_ever_taken_for_each_other(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "test.jsonl").read_text("utf-8").splitlines()
    found = judged(SemanticDuplicates(), [record(json.loads(line)["question"], n) for n, line in enumerate(lines)])
    assert len(found.gone) <= 2


@pytest.mark.parametrize("options", [{"threshold": 0.4}, {"embedding": "online"}, {"keep": "first"}, {"cells": 4}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SemanticDuplicates.model_validate(options)


def test_golden_verdicts() -> None:
    assert SemanticDuplicates.version == 1
    records = families(3)
    place = {r.id: n for n, r in enumerate(records)}
    gone = judged(SemanticDuplicates(threshold=0.85), records).gone
    assert {place[a]: place[b] for a, (b, _) in gone.items()} == {a: b for a, (b, _) in GOLDEN.items()}
    assert [c for _, (_, c) in sorted((place[a], b) for a, b in gone.items())] == pytest.approx(
        [0.911, 0.897, 0.894], abs=2e-3
    )
