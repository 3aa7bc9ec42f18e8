import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from benchmarks.contamination_edits import Planted, carried, edited, span
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.sources.hub import serving

from sterling.curate import Contamination, contamination
from sterling.errors import InputError, SourceError
from sterling.records import Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import FitContext, Ruling
from sterling.stats import Evidence, clopper_pearson
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


def concluded(check: Contamination, payloads: Sequence[Mapping[str, Any]]) -> dict[str, Evidence]:
    """By evaluation set, and what is of all of them by its name."""
    batch = batch_of(record(payload) for payload in payloads)
    state = check.fit(NOTHING)
    answers = [answer for answer in check.judge(batch, state) if isinstance(answer, Ruling)]
    verdicts = [
        Verdict(f"r{at}", answer.outcome, "contamination", answer.reason, "statistics", answer.score, answer.evidence)
        for at, answer in enumerate(answers)
    ]
    found = check.conclude([(batch, verdict_table(verdicts))], state)
    return {one.inputs.get("benchmark", one.name): one for one in found}


def test_the_evidence_names_the_items_that_were_hit(tmp_path: Path) -> None:
    other = "It was the best of times and it was the worst of times, so they say."
    one = lines(tmp_path / "one.jsonl", {"q": "Who wrote Hamlet?"}, {"q": QUESTION})
    two = lines(
        tmp_path / "two.jsonl", {"q": other}, {"q": "an item that nobody has copied into the data of this test yet"}
    )
    texts = [QUESTION, f"{other} {QUESTION}", "nothing of the kind", "who wrote hamlet"]
    found = concluded(Contamination(against=(one, two)), [{"text": text} for text in texts])
    evidence = found["contamination.items_hit"]
    assert (evidence.name, evidence.value) == ("contamination.items_hit", 3)
    assert evidence.inputs["benchmarks"] == {"one.jsonl": 2, "two.jsonl": 1}
    assert evidence.inputs["examples"] == [
        {"item": "one.jsonl:2", "records": 2, "first": "r0"},
        {"item": "one.jsonl:1", "records": 1, "first": "r3"},
        {"item": "two.jsonl:1", "records": 1, "first": "r1"},
    ]
    shares = {name: (found[name].inputs["hits"], found[name].n) for name in ("one.jsonl", "two.jsonl")}
    assert shares == {"one.jsonl": (2, 2), "two.jsonl": (1, 2)}


def test_nothing_hit_is_said_too(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", {"question": QUESTION})
    found = concluded(Contamination(against=path), [{"text": "nothing of the kind"}])
    evidence, share = found["contamination.items_hit"], found["eval.jsonl"]
    assert (evidence.value, evidence.inputs["examples"]) == (0, [])
    assert (share.value, share.n, share.interval) == (0, 1, clopper_pearson(0, 1))


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


def test_items_of_equally_named_files_are_told_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        lines(tmp_path / folder / "test.jsonl", {"q": f"{QUESTION} Tell it to the people of {folder}."})
    for against in (("one/test.jsonl", "two/test.jsonl"), ("one", "two"), ("one/*.jsonl", "two/*.jsonl")):
        check = Contamination.model_validate({"against": against}, context={"base": str(tmp_path)})
        known = check.fit(NOTHING).benchmark
        assert known.labels == ("one/test.jsonl:1", "two/test.jsonl:1")
        assert known.sizes == {"one/test.jsonl": 1, "two/test.jsonl": 1}


def test_a_named_evaluation_set_of_the_hub_is_searched_by_its_test_split(tmp_path: Path) -> None:
    """In a process of its own: the hub's client reads its endpoint when it is imported."""
    other = "Something that is only trained on, and that nobody needs to be kept away from at all."
    files = {
        "main/test-0.jsonl": json.dumps({"question": QUESTION}).encode() + b"\n",
        "main/train-0.jsonl": json.dumps({"question": other}).encode() + b"\n",
    }
    lines(tmp_path / "in.jsonl", {"text": QUESTION}, {"text": other})
    command = ["check", "contamination", "--input", "in.jsonl", "--output", "out.jsonl"]
    with serving(files) as hub:
        settings = {"HF_ENDPOINT": hub.endpoint, "XDG_CACHE_HOME": str(tmp_path), "HF_HUB_DISABLE_TELEMETRY": "1"}
        settings |= {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            [sys.executable, "-m", "sterling", *command, "--option", "against=hf://datasets/org/name"],
            env=os.environ | settings, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    hit, clean = rows_of(tmp_path / "out.jsonl")
    assert (hit["reason"], clean["reason"]) == ("contaminated", "no_overlap")
    assert hit["evidence"]["benchmark"] == "hf://datasets/org/name/main/test-0.jsonl:1"


PROBLEMS = [
    "Anna bakes nine loaves of bread every day, and her son eats two of them for breakfast. She sells what is left at "
    "the market for four dollars each. How much does she earn in a week?",
    "A train leaves Lund with sixty passengers on board. At each of its five stops eleven people get on and seven get "
    "off. How many passengers are there when it gets to Malmo?",
    "Three sisters share a garden of forty square metres. The oldest one waters half of it, and the others water the "
    "rest in equal parts. How many square metres does the youngest sister water?",
]


def test_items_in_other_words_are_flagged_where_that_is_asked_for(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.jsonl", *({"q": text} for text in PROBLEMS))
    told = "Her son has two loaves at breakfast; Ingrid bakes nine loaves of bread daily. What is left she sells for "
    told += "4 dollars each at the market. What does she earn in one week?"
    unlike = "The capital of Sweden is Stockholm, a city on fourteen islands where a lake flows into the Baltic Sea."
    payloads: list[dict[str, Any]] = [
        {"prompt": "Do this.", "completion": told}, {"text": unlike}, {"text": PROBLEMS[0]}, {"text": "nine loaves"},
        {"messages": [{"role": "user", "content": told}, {"role": "assistant", "content": unlike}]},
    ]  # fmt: skip
    check = Contamination(against=path, rephrased=0.6)
    nouns, people = ("dog", "cat", "moon", "sun", "car"), ("man", "girl", "king", "fox")
    plain_talk = [f"The {a} is what the {b} has on its {a} when the {b} comes home." for a in nouns for b in people]
    pool = FitContext(pool=lambda: iter([batch_of(record({"text": text}) for text in plain_talk)]))
    said, other, copied, short, talk = judged(check, payloads, pool)
    assert [one.reason for one in (said, other, copied, short, talk)] == [
        "rephrased_item", "no_overlap", "contaminated", "no_overlap", "rephrased_item",
    ]  # fmt: skip
    assert (said.outcome, said.score) == ("flag", said.evidence["cosine"])
    assert said.evidence["cosine"] >= said.evidence["limit"] == 0.6
    assert (said.evidence["benchmark"], said.evidence["item"], said.evidence["matched"]) == (
        "eval.jsonl:1",
        PROBLEMS[0],
        told,
    )
    assert judged(Contamination(against=path), payloads[:1], pool)[0].reason == "no_overlap"
    each = [judged(check, [payload], pool)[0] for payload in payloads]
    assert each == [said, other, copied, short, talk]


def test_recall_falls_with_edits_and_with_n_and_nothing_is_found_where_nothing_is(shared_data: Path) -> None:
    """The curve of `benchmarks/contamination.py`, smaller: 120 texts for each share of edited words."""
    questions = [row["question"] for row in rows_of(shared_data / "gsm8k" / "test.jsonl")]
    rows = rows_of(shared_data / "grounding" / "halueval_general.jsonl")[:1_000]
    hosts = [Planted(row["user_query"], row["chatgpt_response"]) for row in rows]
    check = Contamination(against=str(shared_data / "gsm8k" / "test.jsonl"), columns=("question",), ngram=(8, 10, 13))
    others = [word for host in hosts for word in host.completion.split()]
    curve = []
    for share in (0.0, 0.1, 0.3):
        draw = random.Random(7)
        spans = [words for question in questions if (words := span(draw, question, 30))][:120]
        texts = [
            carried(draw, draw.choice(hosts), edited(draw, words, share, others), ("prompt", "completion")[at % 2])
            for at, words in enumerate(spans)
        ]
        found = [one.evidence.get("overlaps", {}) for one in judged(check, [text._asdict() for text in texts])]
        curve.append([sum(bool(hits.get(n)) for hits in found) / len(found) for n in ("8", "10", "13")])
    assert curve[0] == [1.0, 1.0, 1.0]
    assert all(row == sorted(row, reverse=True) for row in curve)
    assert all(list(column) == sorted(column, reverse=True) for column in zip(*curve, strict=True))
    assert curve[1][1] > 0.9
    assert 0 < curve[2][1] < 0.4
    nothing = judged(check, [host._asdict() for host in hosts])
    assert sum(one.reason == "contaminated" for one in nothing) == 0
    assert sum(one.reason == "common_phrase" for one in nothing) <= 2


def test_golden_verdicts(tmp_path: Path) -> None:
    """A change here changes what is dropped: raise `version` and write down the new values."""
    path = lines(tmp_path / "eval.jsonl", *({"q": text} for text in PROBLEMS), {"q": "Who wrote Hamlet?"})
    texts = [PROBLEMS[0][:90], "who wrote Hamlet", " ".join(PROBLEMS[1].split()[:9]), "nothing of the kind"]
    check = Contamination(against=path, ngram=(8, 13))
    said = [
        (one.outcome, one.reason, one.score, dict(one.evidence))
        for one in judged(check, [{"text": text} for text in texts])
    ]
    shown = {
        "benchmark": "eval.jsonl:1", "items": ["eval.jsonl:1"], "overlap_ngrams": 6, "longest_run_words": 18, "n": 13,
        "matched": PROBLEMS[0][:90].lower().strip(), "overlaps": {"13": 6, "8": 11},
    }  # fmt: skip
    phrase = {
        "benchmark": "eval.jsonl:2", "items": ["eval.jsonl:2"], "overlap_ngrams": 2, "longest_run_words": 9, "n": 8,
        "matched": "a train leaves lund with sixty passengers on board", "overlaps": {"13": 0, "8": 2},
    }  # fmt: skip
    whole = {"benchmark": "eval.jsonl:4", "items": ["eval.jsonl:4"], "matched": "who wrote Hamlet"}
    assert check.version == 3
    assert said == [
        ("drop", "contaminated", 1.0, shown),
        ("drop", "exact_match", 1.0, whole),
        ("flag", "common_phrase", 1.0, phrase),
        ("keep", "no_overlap", 0.0, {}),
    ]
