"""Who stays of records that are alike, whatever order and cut they come in: exact and near duplicates alike."""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from benchmarks.curation_corpus import corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterling.curate import ExactDuplicates, NearDuplicates, near
from sterling.curate.pairs import sketches
from sterling.pipeline.checking import check_file, configured
from sterling.records import Maker, Record
from sterling.registry import SetCheck
from sterling.text import words as tokens
from sterling.text.kernels import plain

Applied = Callable[..., dict[str, tuple[str, str, float | None, str]]]
TEXT = " ".join(f"word{n}" for n in range(60))
CHECKS = (ExactDuplicates(human="drop"), NearDuplicates(human="drop"))


class Kind(NamedTuple):
    """What the rule looks at."""

    human: bool
    verified: bool
    depth: int


kinds = st.lists(
    st.builds(Kind, st.booleans(), st.booleans(), st.integers(1, 4)).map(
        lambda kind: kind._replace(depth=0) if kind.human else kind
    ),
    min_size=1,
    max_size=9,
)


def made(kind: Kind, row: int, text: str = TEXT) -> Record:
    if kind.human:
        return Record.real({"text": text}, source="s", row=str(row), origin="human")
    return Record.synthetic({"text": text}, source="s", row=str(row), maker=Maker("m"), distilled=kind.depth - 1)


def best(records: Sequence[Record], kinds: Sequence[Kind]) -> tuple[Record, Kind]:
    """Human before synthetic, verified before not, shallower before deeper, the lower id."""
    return min(
        zip(records, kinds, strict=True),
        key=lambda one: (not one[1].human, not one[1].verified, one[1].depth, one[0].id),
    )


def rule(kept: Kind, gone: Kind) -> str:
    names = [name for name in ("human", "verified", "depth") if getattr(kept, name) != getattr(gone, name)]
    return {"depth": "shallower"}.get(names[0], names[0]) if names else "id"


@given(kinds, st.sampled_from(CHECKS), st.integers(1, 4), st.randoms())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_survivor_is_chosen_by_rule(
    applied: Applied, kinds: list[Kind], check: SetCheck, shard_rows: int, chance: random.Random
) -> None:
    records = [made(kind, row) for row, kind in enumerate(kinds)]
    of = {record.id: kind for record, kind in zip(records, kinds, strict=True)}
    verified = {record for record, kind in of.items() if kind.verified}
    survivor, kind = best(records, kinds)
    chance.shuffle(records)
    said = applied(check, records, shard_rows=shard_rows, verified=verified or {"nobody"})
    assert {record for record, (outcome, *_) in said.items() if outcome == "keep"} == {survivor.id}
    for record, (outcome, _, score, evidence) in said.items():
        if outcome == "drop":
            told = {"kept": survivor.id, "cluster": len(records), "rule": rule(kind, of[record])}
            assert (score, json.loads(evidence)) == (1.0, told)


Edits = list[tuple[int, int]]
"""Of each text which word is replaced, by a number: (number, place)."""
texts = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 59)), min_size=1, max_size=14)


@given(texts, st.sampled_from(CHECKS), st.integers(1, 7), st.integers(1, 6), st.randoms())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_verdicts_are_the_same_for_any_cut_and_order(
    applied: Applied, edits: Edits, check: SetCheck, shard_rows: int, partitions: int, chance: random.Random
) -> None:
    records = edited(edits)
    whole = applied(check, records)
    with pytest.MonkeyPatch.context() as patch:
        for module in (near, sketches):
            patch.setattr(module, "kernels", lambda: plain)
        assert applied(check, records) == whole
    chance.shuffle(records)
    assert applied(check, records, shard_rows=shard_rows, partitions=partitions) == whole


def test_verdicts_are_the_same_for_any_crew(applied: Applied) -> None:
    records = edited([(n % 3, n * 7 % 60) for n in range(14)])
    whole = applied(CHECKS[1], records)
    assert len({outcome for outcome, *_ in whole.values()}) == 2
    assert applied(CHECKS[1], records, shard_rows=4, partitions=3, workers=2) == whole


def edited(edits: Edits) -> list[Record]:
    words = TEXT.split()
    return [
        made(Kind(False, False, 1 + row % 2), row, " ".join([*words[:at], str(new), *words[at + 1 :]]))
        for row, (new, at) in enumerate(edits)
    ]


def test_evidence_counts_clusters_and_names_the_largest(tmp_path: Any) -> None:
    rows = [{"text": TEXT}, {"text": TEXT.upper()}, {"text": TEXT + " x"}, {"text": "other"}, {"text": "other"}]
    found: list[Any] = []
    check = configured("near_duplicates", {})
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row | {"id": str(n)}) + "\n" for n, row in enumerate(rows)), encoding="utf-8")
    answers = list(check_file(check, str(path), note=found.extend))
    (told,) = [one for one in found if one.name == "near_duplicates.clusters"]
    sizes = Counter(one.evidence["kept"] for one in answers if one.outcome == "drop")
    assert (told.value, told.inputs["removed"], told.inputs["largest"]) == (2, 3, 3)
    assert set(sizes.values()) == {1, 2}
    assert {one.evidence["cluster"] for one in answers if one.outcome == "drop"} == {2, 3}


@pytest.mark.parametrize("seed", [1, 2])
def test_recall_and_precision_on_generated_texts(applied: Applied, seed: int) -> None:
    """Against brute force: of all pairs of 0.8 or more, in how many a removal was found; none is below."""
    made_up = corpus(1200, seed)
    records = [made(Kind(False, False, 1), row, text) for row, text in enumerate(made_up.texts)]
    sets = {r.id: grams(text) for r, text in zip(records, made_up.texts, strict=True)}
    said = applied(NearDuplicates(), records, shard_rows=300)
    gone = {record: json.loads(row[3])["kept"] for record, row in said.items() if row[0] == "drop"}
    for record, kept in gone.items():
        assert kept not in gone
        assert said[record][2] == pytest.approx(jaccard(sets[record], sets[kept]))
        assert jaccard(sets[record], sets[kept]) >= 0.8
    pairs = [
        (a.id, b.id)
        for at, a in enumerate(records)
        for to, b in enumerate(records[:at])
        if made_up.template[at] == made_up.template[to] and jaccard(sets[a.id], sets[b.id]) >= 0.8
    ]
    found = sum(a in gone or b in gone for a, b in pairs)
    assert len(pairs) > 100
    assert found / len(pairs) >= 0.99


def grams(text: str) -> frozenset[tuple[str, ...]]:
    words = tokens(text)
    return frozenset(tuple(words[at : at + 5]) for at in range(len(words) - 4))


def jaccard(one: frozenset[Any], other: frozenset[Any]) -> float:
    return len(one & other) / len(one | other)
