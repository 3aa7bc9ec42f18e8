import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from sterling.curate import Voice
from sterling.pipeline.checking import check_rows, configured
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, Ruling
from sterling.stats import Evidence

WORDS = [f"w{n}" for n in range(60)]
TIC = "it is important to note"


def texts(count: int, seed: int, tic: float = 0.0, length: int = 15) -> list[str]:
    draw = random.Random(seed)
    plain = [" ".join(draw.choices(WORDS, k=length)) for _ in range(count)]
    return [f"{text} {TIC}" if draw.random() < tic else text for text in plain]


def human(some: Sequence[str]) -> list[Record]:
    return [Record.real({"text": t}, source="a", row=str(n), origin="human") for n, t in enumerate(some)]


def made(some: Sequence[str], parents: Sequence[Record] = ()) -> list[Record]:
    return [
        Record.synthetic({"text": t}, source="s", row=str(n), maker=Maker("m"), parents=[parents[n]] if parents else [])
        for n, t in enumerate(some)
    ]


def context(anchor: Sequence[Record], pool: Sequence[Record], shard: int = 1000) -> FitContext:
    def stream(records: Sequence[Record]) -> Iterator[pa.RecordBatch]:
        return (batch_of(records[at : at + shard]) for at in range(0, len(records), shard))

    return FitContext(anchor=lambda: stream(anchor), pool=lambda: stream([*anchor, *pool]))


def heard(anchor: Sequence[Record], pool: Sequence[Record]) -> dict[str, Evidence]:
    check = Voice()
    return {one.name: one for one in check.measure(check.fit(context(anchor, pool)))}


def test_a_voice_is_heard_and_its_phrase_named() -> None:
    found = heard(human(texts(400, 1)), made(texts(400, 2, tic=0.5)))
    area, phrases = found["voice.auc"], found["voice.phrases.synthetic"].inputs["phrases"]
    assert area.value == pytest.approx(0.75, abs=0.05)
    assert area.interval is not None
    assert area.interval.low > 0.65
    assert len(phrases) >= 1
    assert all(one["phrase"] in TIC and one["human"] == 0 and one["p"] < 1e-6 for one in phrases)
    assert found["voice.phrases.human"].value == 0


def test_without_a_voice_nothing_is_heard() -> None:
    found = heard(human(texts(400, 1)), made(texts(400, 2)))
    assert found["voice.length_auc"].interval == (0.5, 0.5)  # they are all as long
    for name in ("voice.auc", "voice.auc_same_length"):
        interval = found[name].interval
        assert interval is not None
        assert interval.low < 0.5 < interval.high
    assert found["voice.phrases.synthetic"].value == found["voice.phrases.human"].value == 0


def test_length_is_told_from_words() -> None:
    draw = random.Random(0)
    short = [" ".join(draw.choices(WORDS, k=draw.randint(5, 24))) for _ in range(500)]
    long = [" ".join(draw.choices(WORDS, k=draw.randint(12, 40))) for _ in range(500)]
    found = heard(human(short), made(long))
    assert found["voice.length_auc"].value == pytest.approx(0.86, abs=0.05)
    alike = found["voice.auc_same_length"]
    assert alike.interval is not None
    assert alike.interval.low < 0.58


def test_a_child_is_never_told_by_its_parent() -> None:
    """Each child is its parent with the words shuffled: who has read the parent's label would guess the opposite."""
    draw = random.Random(3)
    anchor = human(texts(300, 1))
    children = [" ".join(draw.sample(words := r.payload["text"].split(), len(words))) for r in anchor]
    found = heard(anchor, made(children, anchor))["voice.auc"]
    assert found.inputs["families"] == 300
    assert found.interval is not None
    assert found.interval.low < 0.5 < found.interval.high


def test_by_itself_it_keeps_everything_and_scores_the_synthetic() -> None:
    anchor, pool = human(texts(200, 1)), made(texts(200, 2, tic=0.5))
    check = Voice()
    answers = check.judge(batch_of([*anchor[:3], *pool]), check.fit(context(anchor, pool)))
    said = [one for one in answers if isinstance(one, Ruling)]
    assert {one.outcome for one in said} == {"keep"}
    assert [one.score for one in said[:3]] == [None] * 3
    with_tic = [one.score or 0 for one, r in zip(said[3:], pool, strict=True) if TIC in r.payload["text"]]
    without = [one.score or 0 for one, r in zip(said[3:], pool, strict=True) if TIC not in r.payload["text"]]
    assert min(with_tic) > sum(without) / len(without)


def test_above_a_limit_it_flags_with_the_words() -> None:
    anchor, pool = human(texts(200, 1)), made(texts(200, 2, tic=0.5))
    check = Voice(flag_above=0.75)
    said = check.judge(batch_of(pool), check.fit(context(anchor, pool)))
    flagged = [(one, r) for one, r in zip(said, pool, strict=True) if isinstance(one, Ruling) and one.outcome == "flag"]
    assert len(flagged) > 50
    for one, record in flagged:
        assert TIC in record.payload["text"]
        assert one.reason == "synthetic_voice"
        assert one.evidence["limit"] == 0.75
        assert any(found["words"] in TIC for found in one.evidence["telling"])


def test_shards_make_no_difference() -> None:
    anchor, pool = human(texts(150, 1)), made(texts(150, 2, tic=0.5))
    check, batch = Voice(sample=120), batch_of(pool)
    one, other = (check.fit(context(anchor, pool, shard)) for shard in (1000, 7))
    assert one.evidence == other.evidence
    assert one.evidence[0].inputs["positive"] == one.evidence[0].inputs["negative"] == 120
    assert check.judge(batch, one) == check.judge(batch, other)


def test_too_few_say_nothing() -> None:
    anchor, pool = human(texts(150, 1)), made(texts(99, 2))
    check = Voice()
    state = check.fit(context(anchor, pool))
    assert [one.value for one in check.measure(state)] == [None] * 3
    assert "99 different synthetic texts of 99 families" in check.measure(state)[0].method
    assert check.judge(batch_of([anchor[0], pool[0]]), state) == [Ruling("keep", "human"), Ruling("keep", "too_few")]
    siblings = made(texts(150, 3), [anchor[n % 20] for n in range(150)])
    assert (
        "150 different synthetic texts of 20 families" in check.measure(check.fit(context(anchor, siblings)))[0].method
    )


def test_a_file_can_be_held_against_a_file(tmp_path: Path) -> None:
    path = tmp_path / "real.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts(150, 1)))
    rows = [{"text": text} for text in texts(150, 2, tic=0.9)]
    said = check_rows(configured("voice", {"against": str(path), "flag_above": 0.8}), rows)
    assert {one.reason for one in said} == {"measured", "synthetic_voice"}


def test_two_halves_of_a_human_anchor_sound_alike(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text().splitlines()[:2000]
    answers = [json.loads(line)["answer"] for line in lines]
    found = heard(human(answers[::2]), made(answers[1::2]))
    assert found["voice.auc"].interval is not None
    assert found["voice.auc"].interval.low < 0.5 < found["voice.auc"].interval.high
    assert found["voice.phrases.synthetic"].value == found["voice.phrases.human"].value == 0


def test_models_sound_unlike_people(shared_data: Path) -> None:
    read = [json.loads(line) for line in (shared_data / "gsm8k" / "completions.jsonl").read_text().splitlines()]
    some = [row for row in read if row["model"] == "gsm8k-175b-verification"]
    people = human([row["reference"] for row in some])
    found = heard(people, made([row["completion"] for row in some], people))
    assert found["voice.auc"].interval is not None
    assert found["voice.auc"].interval.low > 0.75
    assert "2.0" in [one["phrase"] for one in found["voice.phrases.synthetic"].inputs["phrases"]]


def test_golden_verdicts() -> None:
    """Other verdicts: raise the version together with these."""
    anchor, pool = human(texts(120, 1)), made(texts(120, 2, tic=0.5))
    check = Voice(flag_above=0.7)
    said = check.judge(batch_of(pool[:5]), check.fit(context(anchor, pool)))
    assert Voice.version == 1
    assert [(one.reason, round(one.score or 0, 3)) for one in said if isinstance(one, Ruling)] == [
        ("measured", 0.258), ("synthetic_voice", 0.77), ("measured", 0.271), ("synthetic_voice", 0.924),
        ("synthetic_voice", 0.913),
    ]  # fmt: skip
