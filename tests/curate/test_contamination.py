import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sterling.curate import Contamination, contamination
from sterling.errors import InputError, SourceError
from sterling.records import Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import FitContext, Ruling
from sterling.stats import Evidence
from sterling.text.kernels import plain

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
        "items": ["eval.jsonl:2"],
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


def test_the_longest_of_several_lengths_drops_and_the_others_flag(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION})
    check = Contamination(against=path, ngram=(8, 13))
    words = QUESTION.split()
    texts = [" ".join(words[:n]) + " and so on and so forth" for n in (7, 8, 12, 13)]
    verdicts = judged(check, [{"text": text} for text in texts])
    assert [(v.outcome, v.reason) for v in verdicts] == [
        ("keep", "no_overlap"),
        ("flag", "common_phrase"),
        ("flag", "common_phrase"),
        ("drop", "contaminated"),
    ]
    assert verdicts[1].evidence["n"] == 8
    assert verdicts[3].evidence["overlaps"] == {"13": 1, "8": 6}
    assert verdicts[3].evidence["longest_run_words"] == 13


def test_an_item_between_two_lengths_is_found_as_a_whole(tmp_path: Path) -> None:
    item = "What is the capital of the largest country in Europe?"
    path = lines(tmp_path / "eval.jsonl", {"question": item})
    (whole, inside) = judged(
        Contamination(against=path, ngram=(8, 13)), [{"text": item.lower()}, {"text": f"So: {item}"}]
    )
    assert (whole.outcome, whole.reason) == ("drop", "exact_match")
    assert (inside.outcome, inside.reason) == ("flag", "common_phrase")


def concluded(check: Contamination, payloads: Sequence[Mapping[str, Any]]) -> Evidence:
    batch = batch_of(record(payload) for payload in payloads)
    answers = [answer for answer in check.judge(batch, check.fit(NOTHING)) if isinstance(answer, Ruling)]
    verdicts = [
        Verdict(f"r{at}", answer.outcome, "contamination", answer.reason, "statistics", answer.score, answer.evidence)
        for at, answer in enumerate(answers)
    ]
    (evidence,) = check.conclude([(batch, verdict_table(verdicts))])
    return evidence


def test_the_evidence_names_the_items_that_were_hit(tmp_path: Path) -> None:
    other = "It was the best of times and it was the worst of times, so they say."
    one = lines(tmp_path / "one.jsonl", {"q": "Who wrote Hamlet?"}, {"q": QUESTION})
    two = lines(
        tmp_path / "two.jsonl", {"q": other}, {"q": "an item that nobody has copied into the data of this test yet"}
    )
    texts = [QUESTION, f"{other} {QUESTION}", "nothing of the kind", "who wrote hamlet"]
    evidence = concluded(Contamination(against=(one, two)), [{"text": text} for text in texts])
    assert (evidence.name, evidence.value) == ("contamination.items_hit", 3)
    assert evidence.inputs["benchmarks"] == {"one.jsonl": 2, "two.jsonl": 1}
    assert evidence.inputs["examples"] == [
        {"item": "one.jsonl:2", "records": 2, "first": "r0"},
        {"item": "one.jsonl:1", "records": 1, "first": "r3"},
        {"item": "two.jsonl:1", "records": 1, "first": "r1"},
    ]


def test_nothing_hit_is_said_too(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION})
    evidence = concluded(Contamination(against=path), [{"text": "nothing of the kind"}])
    assert (evidence.value, evidence.inputs["examples"]) == (0, [])


@given(st.lists(st.lists(st.sampled_from(["a", "b", "Σ", "c."]), max_size=14).map(" ".join), max_size=8))
@settings(max_examples=30)
def test_both_kinds_of_kernels_give_the_same_rulings(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = lines(tmp_path_factory.mktemp("eval") / "eval.jsonl", {"q": "a b c a b Σ c"}, {"q": "b a"}, {"q": "c c c c"})
    check = Contamination(against=path, ngram=(3, 5))
    payloads = [{"text": text} for text in texts] + [{"prompt": text, "completion": "a"} for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contamination, "kernels", lambda: plain)
        by_python = judged(check, payloads)
    assert judged(check, payloads) == by_python
