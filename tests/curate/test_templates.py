import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from sterling.curate import NearDuplicates, TemplateCollapse
from sterling.pipeline.checking import check_rows, configured
from sterling.records import Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import FitContext, Ruling
from sterling.stats import Evidence

NOUNS = ["dragon", "wizard", "baker", "sailor", "robot", "knight", "teacher", "ghost", "painter", "fox", "queen"]
FREE = [f"{a}{b}" for a in "bcdfghklm" for b in "aeiou"]
SKELETON = "please write a short and happy story for children about a _ who _"
GOLDEN = {"keep first_of_template": 5, "flag template_collapse": 33, "keep unique": 30}


def made(text: str, row: object = 0, completion: str = "x") -> Record:
    return Record.synthetic({"prompt": text, "completion": completion}, source="s", row=str(row), maker=Maker("m"))


def real(text: str, row: object = 0) -> Record:
    return Record.real({"prompt": text, "completion": "x"}, source="a", row=str(row), origin="human")


def stories(n: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return [
        f"Please write a short and happy story for children about a {chance.choice(NOUNS)} who "
        + " ".join(chance.choices(FREE, k=chance.randint(1, 3)))
        for _ in range(n)
    ]


def others(n: int) -> list[str]:
    chance = random.Random(7)
    return [" ".join(chance.choices(FREE, k=20)) for _ in range(n)]


def context(records: Sequence[Record], shard: int = 10_000) -> FitContext:
    parts = [records[at : at + shard] for at in range(0, len(records), shard)]
    return FitContext(pool=lambda: iter([batch_of(part) for part in parts]))


def judged(check: TemplateCollapse, records: Sequence[Record], shard: int = 10_000) -> dict[str, Ruling]:
    """Every ruling, emitted by shards; humans rank first."""
    state = check.fit(context(records, shard))
    tables = []
    for at in range(0, len(records), shard):
        part = records[at : at + shard]
        rows = check.emit(batch_of(part), state)
        whose = [part[row] for row in rows["row"].to_pylist()]
        ranks = [0 if one.origin == "human" else 1 for one in whose]
        tables.append(
            rows.append_column("record", pa.array([one.id for one in whose], pa.string()))
            .append_column("rank", pa.array(ranks, pa.int64()))
        )  # fmt: skip
    return dict(check.resolve(pa.concat_tables(tables).drop_columns(["row", "partition"])).rulings)


def concluded(check: TemplateCollapse, records: Sequence[Record]) -> dict[str, Evidence]:
    said = judged(check, records)
    unique = Ruling("keep", "unique")
    verdicts = [
        Verdict(one.id, ruling.outcome, "t", ruling.reason, "statistics", ruling.score, ruling.evidence)
        for one, ruling in ((one, said.get(one.id, unique)) for one in records)
    ]
    found = check.conclude([(batch_of(records), verdict_table(verdicts))], None)
    return {one.name.removeprefix("template_collapse."): one for one in found}


def test_golden_verdicts() -> None:
    rows = [{"prompt": text, "completion": "x"} for text in [*stories(38), *others(30)]]
    answers = check_rows(configured("template_collapse", {}), rows)
    counts = Counter(f"{one.outcome} {one.reason}" for one in answers)
    assert (TemplateCollapse.version, dict(counts)) == (1, GOLDEN)
    flagged = [one for one in answers if one.outcome == "flag"]
    assert {one.evidence["skeleton"] for one in flagged} == {SKELETON}
    assert {one.evidence["records"] for one in flagged} == {38}
    [kept] = {one.evidence["kept"] for one in flagged}
    assert [one.outcome for one in answers if one.id == kept] == ["keep"]
    assert all(one.score is not None and one.score >= 0.6 for one in flagged)


def test_the_best_ranked_stay_and_what_is_beyond_may_be_dropped() -> None:
    records = [
        *(made(text, n) for n, text in enumerate(stories(20))),
        *(real(text, n) for n, text in enumerate(stories(3, 2))),
    ]
    said = judged(TemplateCollapse(most=4, outcome="drop"), records)
    stay = [one for one in records if said[one.id].outcome == "keep"]
    assert Counter(one.origin for one in stay) == {"human": 3, "synthetic": 1}
    assert sum(ruling.outcome == "drop" for ruling in said.values()) == 19
    assert {ruling.evidence["kept"] for ruling in said.values()} == {min(r.id for r in records if r.origin == "human")}


@pytest.mark.parametrize("shard", [7, 50])
def test_verdicts_do_not_depend_on_shards_or_their_order(shard: int) -> None:
    texts = [*stories(40), *others(40)]
    records = [made(text, n) for n, text in enumerate(texts)]
    whole = judged(TemplateCollapse(), records)
    assert judged(TemplateCollapse(), records, shard) == whole
    assert judged(TemplateCollapse(), records[::-1], shard) == whole


def test_a_small_group_is_left_alone() -> None:
    assert judged(TemplateCollapse(most=1), [made(text, n) for n, text in enumerate([*stories(4), *others(20)])]) == {}


def test_evidence_says_how_much_of_each_origin_is_templated() -> None:
    records = [
        *(made(text, n) for n, text in enumerate([*stories(30), *others(10)])),
        *(real(t, n) for n, t in enumerate(others(50)[10:])),
    ]
    found = concluded(TemplateCollapse(), records)
    assert found["skeletons"].value == 1
    assert found["skeletons"].inputs["examples"][0]["skeleton"] == SKELETON
    assert found["skeletons"].inputs["examples"][0]["origins"] == {"synthetic": 30}
    assert (found["share.synthetic"].value, found["share.synthetic"].n) == (0.75, 40)
    assert (found["share.human"].value, found["share.human"].n) == (0, 40)
    assert found["share.human"].interval is not None


def test_the_sample_says_what_it_can_see(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [made(text, n) for n, text in enumerate([*stories(30), *others(30)])]
    whole = {one.name: one for one in TemplateCollapse().measure(TemplateCollapse().fit(context(records)))}
    assert whole["template_collapse.smallest_group"].value == 0
    openings = whole["template_collapse.openings.made"]
    assert openings.inputs["examples"][0] == {"opening": "please write a short", "records": 30}
    monkeypatch.setattr("sterling.curate.templates._SAMPLE", 40)
    fitted = TemplateCollapse().fit(context(records, 13))
    assert fitted == TemplateCollapse().fit(context(records[::-1], 60))
    part = {one.name: one for one in TemplateCollapse().measure(fitted)}
    assert part["template_collapse.smallest_group"].value == pytest.approx(6.296 / 40)
    assert part["template_collapse.smallest_group"].inputs["made_of"] == 60


def test_what_is_compared() -> None:
    frames = [made(other, n, text) for n, (other, text) in enumerate(zip(others(30), stories(30), strict=True))]
    chats = [
        Record.synthetic(
            {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "x"}]},
            source="s", row=str(n), maker=Maker("m"),
        )
        for n, text in enumerate(stories(30))
    ]  # fmt: skip
    assert judged(TemplateCollapse(), frames) == judged(TemplateCollapse(of="all"), frames) == {}
    assert len(judged(TemplateCollapse(of="completion"), frames)) == 30
    assert len(judged(TemplateCollapse(), chats)) == 30


def test_options_are_bounded() -> None:
    for wrong in ({"share": 0.3}, {"most": 0}, {"words": 1}, {"outcome": "keep"}):
        with pytest.raises(ValidationError):
            TemplateCollapse(**wrong)


def test_human_questions_are_hardly_struck(shared_data: Path) -> None:
    """Real problems of one kind, by many writers: of 1,500 no template is found, where 40 planted ones are."""
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text(encoding="utf-8").splitlines()[:1500]
    human = [real(json.loads(line)["question"], n) for n, line in enumerate(lines)]
    said = judged(TemplateCollapse(), [*human, *(made(text, n) for n, text in enumerate(stories(40)))])
    assert sum(said[one.id].outcome == "flag" for one in human if one.id in said) <= 3
    assert sum(ruling.outcome == "flag" for ruling in said.values()) >= 35


def test_near_duplicates_miss_a_template(exchange: Callable[..., Any]) -> None:
    """Short slots leave few equal n-grams, though most words are the same."""
    chance = random.Random(3)
    records = [
        made(
            f"If {n} {chance.choice(FREE)} cost {n} dollars and the {chance.choice(FREE)} cost {n + 1} then how many "
            f"dollars are {n} of them?",
            n,
        )
        for n in range(60)
    ]
    check = NearDuplicates()
    _, pairs = exchange(check, records)
    texts = dict(zip([one.id for one in records], check.view(batch_of(records)), strict=True))
    assert [score for score in check.confirm(pairs, texts) if score is not None] == []
    assert sum(ruling.outcome == "flag" for ruling in judged(TemplateCollapse(), records).values()) == 55
