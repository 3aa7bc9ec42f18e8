import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.curate import Classifier
from sterling.curate.classifier import Fitted
from sterling.errors import InputError, SourceError
from sterling.pipeline.checking import check_rows, configured
from sterling.records import Record, batch_of
from sterling.registry import FitContext, Ruling

COMMON = [f"word{n}" for n in range(30)]


def rows(good: int, bad: int, told: float = 1.0, seed: int = 0) -> list[dict[str, Any]]:
    """Labelled texts; a share `told` of them has a word that gives the label away."""
    draw = random.Random(seed)
    found = []
    for at in range(good + bad):
        label = "good" if at < good else "bad"
        mark = {"good": "thorough", "bad": "sloppy"}[label] if draw.random() < told else "some"
        found.append({"text": f"{mark} " + " ".join(draw.choices(COMMON, k=12)), "gold": label})
    return found


def written(path: Path, labelled: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in labelled))
    return str(path)


def judged(check: Classifier, state: Fitted, texts: Sequence[str]) -> list[Ruling]:
    batch = batch_of([Record.real({"text": t}, source="x", row=str(n), origin="unknown") for n, t in enumerate(texts)])
    answers = check.judge(batch, state)
    assert all(isinstance(answer, Ruling) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Ruling)]


def test_what_is_like_the_bad_labels_is_dropped_with_the_words_that_say_so(tmp_path: Path) -> None:
    check = Classifier(labels=written(tmp_path / "l.jsonl", rows(80, 120, 0.95)), drop_below=0.3)
    state = check.fit(FitContext())
    bad, fine, doubtful = judged(check, state, ["A sloppy word1, word2!", "thorough word1 word2", "word1 word2"])
    assert (bad.outcome, bad.reason, bad.evidence["limit"]) == ("drop", "likely_bad", 0.3)
    assert bad.evidence["telling"][0]["words"] == "sloppy"
    assert bad.evidence["telling"][0]["weight"] < 0
    assert (fine.outcome, fine.reason) == ("keep", "likely_good")
    assert bad.score is not None
    assert fine.score is not None
    assert doubtful.score is not None
    assert bad.score < doubtful.score < fine.score


def test_the_area_is_measured_out_of_fold_with_an_interval(tmp_path: Path) -> None:
    labelled = rows(150, 150, 0.6)
    area, good, bad, grams = Classifier(labels="l").measure(
        Classifier(labels=written(tmp_path / "l.jsonl", labelled)).fit(FitContext())
    )
    assert area.interval is not None
    assert area.value is not None
    assert area.interval.low < area.value < area.interval.high
    assert 0.78 < area.value < 0.93  # 1 - (1 - .6)^2 / 2 for a perfect reader
    assert (good.value, bad.value) == (150, 150)
    assert grams.value is not None
    assert grams.value > 30


def test_a_probability_means_what_it_says(tmp_path: Path) -> None:
    check = Classifier(labels=written(tmp_path / "l.jsonl", rows(300, 300, 0.5)))
    state = check.fit(FitContext())
    fresh = rows(500, 500, 0.5, seed=7)
    scores = [one.score or 0.0 for one in judged(check, state, [row["text"] for row in fresh])]
    sure = [row["gold"] == "good" for row, score in zip(fresh, scores, strict=True) if score > 0.8]
    unsure = [row["gold"] == "good" for row, score in zip(fresh, scores, strict=True) if 0.35 < score < 0.65]
    assert len(sure) > 100
    assert sum(sure) / len(sure) > 0.85
    assert sum(unsure) / len(unsure) == pytest.approx(0.5, abs=0.15)


def test_a_labelled_record_is_judged_by_who_has_not_seen_it(tmp_path: Path) -> None:
    labelled = [{"text": f"unique{n} and another{n}", "gold": "good" if n % 2 else "bad"} for n in range(120)]
    check = Classifier(labels=written(tmp_path / "l.jsonl", labelled))
    state = check.fit(FitContext())
    scores = {one.score for one in judged(check, state, [row["text"] for row in labelled])}
    assert max(scores) - min(scores) < 0.2  # type: ignore[type-var, operator]


def test_labels_by_chance_may_flag_and_never_drop(tmp_path: Path) -> None:
    path = written(tmp_path / "l.jsonl", rows(100, 100, 0.0))
    Classifier(labels=path).fit(FitContext())
    with pytest.raises(InputError, match=r"must not drop: `least_auc` is 0\.7") as refused:
        Classifier(labels=path, drop_below=0.1).fit(FitContext())
    assert refused.value.mend == "label more rows, or leave out `drop_below` so that it only flags"


def test_too_few_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="60 good and 49 bad rows are too few") as refused:
        Classifier(labels=written(tmp_path / "l.jsonl", rows(60, 49))).fit(FitContext())
    assert refused.value.mend == "label at least 50 different rows of each kind"
    with pytest.raises(SourceError, match="not `good` or `bad`"):
        Classifier(labels=written(tmp_path / "m.jsonl", [{"text": "a", "gold": "maybe"}])).fit(FitContext())


def test_answers_to_one_prompt_are_in_one_fold(tmp_path: Path) -> None:
    """The prompt alone gives the label away, and says nothing of another prompt's."""
    draw = random.Random(0)
    labelled = [
        {
            "prompt": f"ask{n} about{n}",
            "completion": " ".join(draw.choices(COMMON, k=6)),
            "gold": ("good", "bad")[n % 2],
        }
        for n in range(40)
        for _ in range(5)
    ]
    state = Classifier(labels=written(tmp_path / "l.jsonl", labelled)).fit(FitContext())
    assert state.auc.value is not None
    assert state.auc.value < 0.65
    assert state.auc.inputs["families"] == 40


def test_options(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is above `flag_below"):
        Classifier(labels="l.jsonl", drop_below=0.6)
    path = written(tmp_path / "l.jsonl", rows(60, 60))
    assert Classifier(labels=path).reads() == [path]
    said = check_rows(configured("classifier", {"labels": path}), [{"text": "sloppy"}, {"text": "thorough"}])
    assert [one.outcome for one in said] == ["flag", "keep"]


def test_golden_verdicts(tmp_path: Path) -> None:
    """Other verdicts: raise the version together with these."""
    check = Classifier(labels=written(tmp_path / "l.jsonl", rows(60, 60, 0.8)))
    found = judged(check, check.fit(FitContext()), ["sloppy word1", "thorough word1", "word1 word2", ""])
    assert Classifier.version == 1
    assert [(one.outcome, round(one.score or 0, 3)) for one in found] == [
        ("flag", 0.0), ("keep", 1.0), ("keep", 0.792), ("keep", 0.611),
    ]  # fmt: skip
