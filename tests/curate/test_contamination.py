import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.curate import Contamination
from sterling.errors import InputError, SourceError
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, Ruling

QUESTION = "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total does it take?"
NOTHING = FitContext(lambda: iter(()))


def record(payload: Mapping[str, Any], view: str | None = None) -> Record:
    return Record.synthetic(payload, source="s", row="1", maker=Maker("m"), view=view)


def lines(path: Path, *rows: Any) -> str:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return str(path)


def judged(check: Contamination, payloads: Sequence[Mapping[str, Any]], context: FitContext = NOTHING) -> list[Ruling]:
    answers = check.judge(batch_of(map(record, payloads)), check.fit(context))
    assert all(isinstance(answer, Ruling) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Ruling)]


def test_a_record_that_contains_an_item_is_dropped_with_the_place(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": "Something else?"}, {"question": QUESTION, "answer": "3"})
    copied = {"prompt": f"Solve this: {QUESTION.upper()}", "completion": "3"}
    hit, clean = judged(Contamination(against=path), [copied, {"text": "nothing of the kind " * 10}])
    assert (hit.outcome, hit.reason) == ("drop", "contaminated")
    assert hit.evidence == {
        "benchmark": "eval.jsonl:2",
        "overlap_ngrams": 13,
        "longest_run_words": 22,
        "n": 10,
        "matched": QUESTION.lower().rstrip("?"),
    }
    assert hit.score == 13 / 16
    assert (clean.outcome, clean.reason, clean.score) == ("keep", "no_overlap", 0.0)


def test_punctuation_and_case_hide_nothing(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION})
    disguised = QUESTION.replace(" ", " - ").title()
    assert judged(Contamination(against=path), [{"text": disguised}])[0].reason == "contaminated"


@pytest.mark.parametrize(("words", "outcome"), [(9, "keep"), (10, "drop")])
def test_one_ngram_is_enough_and_one_word_less_is_not(tmp_path: Path, words: int, outcome: str) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION})
    shared = " ".join(QUESTION.split()[3 : 3 + words])
    assert judged(Contamination(against=path), [{"text": f"before {shared} after"}])[0].outcome == outcome


def test_the_longest_run_names_the_item(tmp_path: Path) -> None:
    one, other = ([f"{letter}{i}" for i in range(30)] for letter in "ab")
    path = lines(tmp_path / "eval.jsonl", {"text": " ".join(one)}, {"text": " ".join(other)})
    text = " ".join([*one[:11], "gap", *other[:20]])
    (verdict,) = judged(Contamination(against=path), [{"text": text}])
    assert verdict.evidence["benchmark"] == "eval.jsonl:2"
    assert verdict.evidence["overlap_ngrams"] == 2 + 11
    assert verdict.evidence["longest_run_words"] == 20
    assert verdict.evidence["matched"] == " ".join(other[:20])


def test_the_whole_text_is_searched_and_not_the_view(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION})
    check = Contamination(against=path)
    batch = batch_of([record({"text": QUESTION}, view="line 3 is broken")])
    (verdict,) = check.judge(batch, check.fit(NOTHING))
    assert isinstance(verdict, Ruling)
    assert verdict.reason == "contaminated"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"text": "who WROTE hamlet"}, "exact_match"),
        ({"prompt": "Who wrote Hamlet?", "completion": "It was William Shakespeare."}, "exact_match"),
        ({"prompt": [{"role": "user", "content": "Who wrote Hamlet?"}], "completion": []}, "exact_match"),
        ({"messages": [{"role": "user", "content": "Who wrote Hamlet?"}]}, "exact_match"),
        ({"prompt": "Who wrote Macbeth?", "completion": "Shakespeare"}, "no_overlap"),
        ({"prompt": "Name a playwright.", "completion": "Who wrote Hamlet?"}, "no_overlap"),
        ({"text": "Tell me: who wrote Hamlet?"}, "no_overlap"),
    ],
)
def test_a_short_item_is_found_as_a_whole(tmp_path: Path, payload: dict[str, Any], reason: str) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": "Who wrote Hamlet?", "answer": "Shakespeare"})
    (verdict,) = judged(Contamination(against=path), [payload])
    assert verdict.reason == reason
    if reason == "exact_match":
        assert verdict.outcome == "drop"
        assert verdict.evidence["benchmark"] == "eval.jsonl:1"


def test_only_the_named_columns_are_searched_for(tmp_path: Path) -> None:
    answer = "so the total amount of fabric is 2+1=3 bolts of fabric altogether"
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION, "answer": answer})
    payloads = [{"text": answer}, {"text": QUESTION}]
    assert [v.outcome for v in judged(Contamination(against=path), payloads)] == ["drop", "drop"]
    assert [v.outcome for v in judged(Contamination(against=path, columns=("question",)), payloads)] == ["keep", "drop"]


def test_nested_texts_are_searched_for(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"messages": [{"role": "user", "content": QUESTION}], "label": 3})
    assert judged(Contamination(against=path), [{"text": QUESTION}])[0].outcome == "drop"


def test_the_test_role_is_the_default_benchmark() -> None:
    held = Record.real({"text": QUESTION}, source="tickets", row="7", origin="human", role="test")
    context = FitContext(lambda: iter([batch_of([held])]))
    (verdict,) = judged(Contamination(), [{"prompt": QUESTION, "completion": "3"}], context)
    assert verdict.evidence["benchmark"] == "tickets:7"


def test_a_record_is_not_kept_because_there_was_nothing_to_compare_with() -> None:
    (verdict,) = judged(Contamination(), [{"text": QUESTION}])
    assert (verdict.outcome, verdict.reason, verdict.score) == ("flag", "no_benchmark", None)


def test_patterns_are_read_from_the_recipes_folder(tmp_path: Path) -> None:
    lines(tmp_path / "a.jsonl", {"text": QUESTION})
    lines(tmp_path / "b.jsonl", {"text": "another of the evaluation sets that are ten words long at least"})
    check = Contamination.model_validate({"against": "*.jsonl"}, context={"base": str(tmp_path)})
    assert [Path(path).name for path in check.reads()] == ["a.jsonl", "b.jsonl"]
    assert len(check.fit(NOTHING).benchmark.labels) == 2


def test_reads_names_no_file_for_the_test_role() -> None:
    assert Contamination().reads() == []


def test_a_bad_row_costs_that_row_and_is_told(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION}, "{broken", {"question": ""})
    check = Contamination(against=path)
    state = check.fit(NOTHING)
    evidence = {e.name: e for e in check.measure(state)}
    assert evidence["contamination.benchmark_items"].value == 1
    assert evidence["contamination.benchmark_ngrams"].value == 13
    assert evidence["contamination.unread_rows"].value == 2
    first = evidence["contamination.unread_rows"].inputs["first"]
    assert [place.split(": ")[0] for place in first] == ["eval.jsonl:2", "eval.jsonl:3"]


def test_a_column_that_no_row_has_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION, "answer": "3"})
    with pytest.raises(InputError) as caught:
        Contamination(against=path, columns=("questoin",)).fit(NOTHING)
    assert str(caught.value) == (
        f"{path}: no row of this evaluation set has text in `questoin`\n  mend: its columns are `question`, `answer`"
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        Contamination(against=str(tmp_path / "gone.jsonl")).fit(NOTHING)


@pytest.mark.parametrize("options", [{"ngram": 1}, {"against": 3}, {"agianst": "x"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Contamination.model_validate(options)


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_stored_answers_to_test_questions_are_all_contaminated(shared_data: Path) -> None:
    rows = rows_of(shared_data / "gsm8k" / "completions.jsonl")
    payloads = [{"prompt": row["question"], "completion": row["completion"]} for row in rows]
    verdicts = judged(Contamination(against=str(shared_data / "gsm8k" / "test.jsonl")), payloads)
    assert Counter(v.reason for v in verdicts) == {"contaminated": 2640}


def test_few_training_problems_overlap_with_the_test_set(shared_data: Path) -> None:
    rows = rows_of(shared_data / "gsm8k" / "train.jsonl")
    payloads = [{"prompt": row["question"], "completion": row["answer"]} for row in rows]
    verdicts = judged(Contamination(against=str(shared_data / "gsm8k" / "test.jsonl")), payloads)
    assert Counter(v.reason for v in verdicts) == {"no_overlap": 7355, "contaminated": 118}
