import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from sterling.curate import Perplexity
from sterling.curate.learning.bands import Bands
from sterling.curate.learning.scorers import Embedded
from sterling.errors import InputError
from sterling.pipeline.checking import check_rows, configured
from sterling.records import Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import FitContext, Ruling

SUBJECTS = ["the cat"] * 16 + ["a dog"] * 8 + ["my aunt"] * 4 + ["the old clock"] * 2 + ["nobody"]
VERBS = ["sees"] * 8 + ["likes"] * 4 + ["eats"] * 2 + ["forgets"]


def sentences(count: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [
        " and ".join(f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(SUBJECTS)}" for _ in range(4))
        for _ in range(count)
    ]


def human(texts: Sequence[str]) -> list[Record]:
    return [Record.real({"text": t}, source="a", row=str(n), origin="human") for n, t in enumerate(texts)]


def made(text: str, *parents: Record) -> Record:
    return Record.synthetic({"text": text}, source="s", row="1", maker=Maker("m"), parents=parents)


def context(records: Sequence[Record], shard: int = 1000) -> FitContext:
    def anchor() -> Iterator[pa.RecordBatch]:
        return (batch_of(records[at : at + shard]) for at in range(0, len(records), shard))

    return FitContext(anchor=anchor)


def judged(check: Perplexity, anchor: Sequence[Record], records: Sequence[Record]) -> list[Ruling]:
    answers = check.judge(batch_of(records), check.fit(context(anchor)))
    assert all(isinstance(answer, Ruling) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Ruling)]


ANCHOR = human(sentences(400))


def test_both_ends_are_flagged_with_the_words_that_make_them_so() -> None:
    texts = ["Nobody eats the cat and a zyx qqv", "the cat sees the cat and " * 8, sentences(1, seed=9)[0], "?!"]
    strange, dull, usual, silent = judged(Perplexity(), ANCHOR, [made(text) for text in texts])
    assert (strange.outcome, strange.reason) == ("flag", "too_surprising")
    assert [one["words"] for one in strange.evidence["surprising"]][:2] == ["and a zyx", "a zyx qqv"]
    assert strange.score is not None
    assert strange.score > strange.evidence["high"]
    assert (dull.outcome, dull.reason) == ("flag", "too_predictable")
    assert len(dull.evidence["predictable"]["words"].split()) == 12
    assert (usual.outcome, usual.reason) == ("keep", "within_band")
    assert (silent.outcome, silent.reason) == ("keep", "no_words")


def test_of_the_anchor_as_many_are_outside_as_the_band_says() -> None:
    found = judged(Perplexity(band=(0.05, 0.95)), ANCHOR, ANCHOR)
    assert Counter(one.reason for one in found) == {"too_predictable": 20, "too_surprising": 20, "within_band": 360}


def test_no_record_is_judged_by_a_model_that_has_seen_it_or_its_parent() -> None:
    """A word that is in one text alone is unknown to its model, and so to that of its child, whose content differs."""
    rare = human([*sentences(400), "zyxabc zyxdef zyxghi zyxjkl zyxmno"])
    own, child, grandchild = rare[-1], made("zyxabc zyxdef zyxghi zyxjkl zyxmno!", rare[-1]), made("zyxabc zyxdef")
    first, second, other = judged(Perplexity(limits=(0, 99)), rare, [own, child, grandchild])
    assert first.score == second.score
    assert first.score is not None
    assert first.score > 10
    scorer = Perplexity().fit(context(rare)).scorer
    assert isinstance(scorer, Embedded)
    models = [len(model.grams[0].hashes) for model in scorer.models]
    assert max(models) - min(models) == 5
    assert other.score is not None


def test_shards_make_no_difference() -> None:
    one, other = (Perplexity().fit(context(ANCHOR, shard)) for shard in (1000, 7))
    assert one.anchor.bits.tolist() == other.anchor.bits.tolist()
    batch = batch_of([made(text) for text in sentences(20, seed=3)])
    assert Perplexity().judge(batch, one) == Perplexity().judge(batch, other)


def test_only_what_people_wrote_is_usual() -> None:
    unknown = [Record.real({"text": t}, source="a", row=str(n), origin="unknown") for n, t in enumerate(sentences(300))]
    assert judged(Perplexity(), unknown, ANCHOR[:1]) == [Ruling("flag", "no_band")]
    few = Perplexity().measure(Perplexity().fit(context(ANCHOR[:150])))
    assert [(one.name, one.value) for one in few][1] == ("perplexity.low", None)
    assert "fewer than 200 texts" in few[1].method


@pytest.mark.parametrize(
    "options",
    [{"band": [0, 0.9]}, {"band": [0.001, 0.98]}, {"limits": [None, 12]}, {"band": [0.9, 0.1]}, {"limits": [9, 9]}],
)
def test_keeping_the_lowest_is_refused_with_the_reason(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"lowest perplexity|holds nothing"):
        Perplexity.model_validate(options)


@pytest.mark.parametrize(
    "options", [{"band": [0, 0.9], "keep_lowest": True}, {"band": [0.1, 1]}, {"limits": [3, None]}]
)
def test_said_in_so_many_words_it_is_allowed(options: dict[str, Any]) -> None:
    Perplexity.model_validate(options)


def test_evidence_and_what_became_of_people() -> None:
    check = Perplexity()
    state = check.fit(context(ANCHOR))
    own, low, high = check.measure(state)
    assert (own.name, own.n, own.inputs["folds"]) == ("perplexity.anchor.bits_per_word", 400, 4)
    for limit in (low, high):
        assert limit.interval is not None
        assert limit.value is not None
        assert limit.interval.low <= limit.value <= limit.interval.high
    records = [*ANCHOR[:50], made("zyx qqv")]
    said = [one for one in check.judge(batch_of(records), state) if isinstance(one, Ruling)]
    verdicts = [
        Verdict(r.id, s.outcome, "p", s.reason, "statistics", s.score, s.evidence)
        for r, s in zip(records, said, strict=True)
    ]
    outside = sum(one.outcome == "flag" for one in said[:50])
    people, others = check.conclude([(batch_of(records), verdict_table(verdicts))], None)
    assert (people.name, people.n, people.value) == ("perplexity.outside.human", 50, outside / 50)
    assert (others.name, others.n, others.value) == ("perplexity.outside.synthetic", 1, 1)


def test_a_file_can_be_held_against_a_file(tmp_path: Path) -> None:
    path = tmp_path / "real.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in sentences(400)) + '{"nothing": 1}\n')
    check = configured("perplexity", {"against": str(path)})
    said = check_rows(check, [{"text": "zyx qqv zyx"}, {"text": sentences(1)[0]}])
    assert [one.reason for one in said] == ["too_surprising", "within_band"]
    (unread,) = [one for one in check.measure(check.fit(FitContext())) if one.name == "perplexity.unread_rows"]
    assert unread.value == 1
    with pytest.raises(InputError, match="against=FILE"):
        check_rows(Perplexity(), [{"text": "a"}])


def test_short_texts_have_limits_of_their_own() -> None:
    chance = np.random.default_rng(0)
    lengths = chance.integers(5, 400, 8000)
    values = 8 + chance.normal(size=8000) * 6 / np.sqrt(lengths)
    bands = Bands.of(values, lengths, (0.005, 0.995))
    assert bands is not None
    assert len(bands.low) == 4
    widths = bands.high - bands.low
    assert (np.diff(widths) < 0).all()
    low, high = bands.around(lengths)
    assert np.mean((values < low) | (values > high)) == pytest.approx(0.01, abs=0.001)
    short = lengths < 50
    assert np.mean(((values < low) | (values > high))[short]) < 0.03
    one = Bands.of(values, np.full(8000, 7), (0.005, 0.995))
    assert one is not None
    assert len(one.low) == 1


def test_of_human_texts_hardly_any_are_flagged_and_of_noise_all(shared_data: Path, tmp_path: Path) -> None:
    read = [json.loads(line) for line in (shared_data / "gsm8k" / "train.jsonl").read_text().splitlines()]
    texts = [f"{row['question']}\n{row['answer']}" for row in read[:1500]]
    held = [json.loads(line) for line in (shared_data / "gsm8k" / "test.jsonl").read_text().splitlines()[:400]]
    state = Perplexity().fit(context(human(texts)))

    def share(some: Sequence[str]) -> float:
        said = Perplexity().judge(batch_of([made(text) for text in some]), state)
        return sum(isinstance(one, Ruling) and one.outcome != "keep" for one in said) / len(some)

    assert share([f"{row['question']}\n{row['answer']}" for row in held]) < 0.025
    assert share([text.translate(str.maketrans("aeiou", "uoaie")) for text in texts[:200]]) > 0.9


def test_golden_verdicts() -> None:
    """Other verdicts: raise the version together with these."""
    texts = ["nobody eats the zyx", "the cat sees the cat and " * 8, sentences(1, seed=9)[0]]
    found = judged(Perplexity(), ANCHOR, [made(text) for text in texts])
    assert Perplexity.version == 2
    assert [(one.outcome, one.reason, one.score and round(one.score, 4)) for one in found] == [
        ("flag", "too_surprising", 8.9466), ("flag", "too_predictable", 0.829), ("keep", "within_band", 1.0453),
    ]  # fmt: skip


ARPA = """\\data\\
ngram 1=6
ngram 2=2

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.1
-0.5\tthe\t-0.2
-0.6\t</s>
-0.7\tcat
-0.9\tsees

\\2-grams:
-0.2\tthe cat
-0.3\t<s> the

\\end\\
"""
"""Bigrams with back-off, in logarithms to base 10."""


def kenlm(tmp_path: Path, **options: Any) -> Perplexity:
    (tmp_path / "model.arpa").write_text(ARPA)
    made = configured("perplexity", {"kenlm": str(tmp_path / "model.arpa"), **options})
    assert isinstance(made, Perplexity)
    return made


def test_a_model_of_kenlm_scores_in_place_of_the_anchors(tmp_path: Path) -> None:
    pytest.importorskip("kenlm")
    check = kenlm(tmp_path, limits=[0, 4])
    check.require()
    texts = ["The cat!", "the cat sees, zyx", "zyx the zyx qqv", ""]
    known, mixed, strange, silent = judged(check, ANCHOR, [made(text) for text in texts])
    bits = np.log2(10)
    assert known.score == pytest.approx((0.3 + 0.2) / 2 * bits)
    assert mixed.score == pytest.approx((0.3 + 0.2 + 0.9 + 1.0) / 4 * bits)
    assert strange.score == pytest.approx((0.1 + 1.0 + 0.5 + 0.2 + 1.0 + 1.0) / 4 * bits, rel=1e-6)
    assert silent.reason == "no_words"
    own, *_ = check.measure(check.fit(context(ANCHOR)))
    assert own.inputs["kenlm"] == str(tmp_path / "model.arpa")
    assert "folds" not in own.inputs


def test_the_words_that_kenlm_finds_dear_are_named(tmp_path: Path) -> None:
    pytest.importorskip("kenlm")
    (strange,) = judged(kenlm(tmp_path, limits=[0, 1]), ANCHOR, [made("the cat zyx")])
    assert strange.reason == "too_surprising"
    assert strange.evidence["surprising"][0] == {"words": "the cat zyx", "bits": 3.322}


def test_a_file_that_kenlm_cannot_read_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("kenlm")
    (tmp_path / "model.arpa").write_text("nothing of the kind")
    check = Perplexity(kenlm=str(tmp_path / "model.arpa"))
    with pytest.raises(InputError, match="KenLM reads no model"):
        check.require()
    with pytest.raises(InputError, match="there is no such file"):
        Perplexity(kenlm=str(tmp_path / "none.arpa")).require()
