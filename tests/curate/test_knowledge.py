"""What a teacher knows by heart, with a mock endpoint that knows all of an evaluation set, a part of it, or none."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sterling.curate import BenchmarkKnowledge
from sterling.curate.evaluation_sets.benchmark import Item
from sterling.curate.evaluation_sets.recital import Text, sampled, texts_of, weighed
from sterling.errors import InputError, SterlingError
from sterling.models import Endpoint, Script, mock, mock_stats, store
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, Ruling
from sterling.stats import Evidence

ITEMS = [
    "A baker in Lund sells nine loaves before noon and four after it, and each of them weighs as much as two cats, "
    "so how heavy are the loaves that he sold on Monday if a cat weighs three kilograms?",
    "Three sisters share a garden of forty square metres in which they grow beans, and the oldest waters a half of it, "
    "while the others water what is left in equal parts every evening; how much is that for the youngest one?",
    "A train to Turin leaves at eight with sixty people in it, takes up eleven at every stop and loses five, and when "
    "it gets there after seven stops the conductor counts them twice; which number does he write into his book?",
    "Who wrote Hamlet?",
]
COMMON = " Give the result as a whole number and explain each of your steps in one sentence."
Answer = Callable[[Mapping[str, Any]], str]


@pytest.fixture(autouse=True)
def journal(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path / ".sterling")
    yield
    store.close()
    store.use(None)


@pytest.fixture
def items(tmp_path: Path) -> str:
    return written(tmp_path / "exam.jsonl", ITEMS)


def written(path: Path, texts: Sequence[str]) -> str:
    path.write_text("".join(json.dumps({"question": text}) + "\n" for text in texts))
    return str(path)


def beginning(request: Mapping[str, Any]) -> str:
    return str(request["messages"][-1]["content"]).rpartition("\n\n")[2].strip()


def by_heart(*texts: str) -> Answer:
    """Goes on with what it knows, and with the same few words where it knows nothing."""

    def answer(request: Mapping[str, Any]) -> str:
        shown = beginning(request)
        known = (text.removeprefix(shown) for text in texts if text.startswith(shown))
        return next(known, "I would say that it goes on for a while and ends with a question, as such texts do.")

    return answer


def teacher(url: str) -> Endpoint:
    return Endpoint(endpoint=url, model="teacher", attempts=1, patience_s=0, price={"input": 1, "output": 1})


def found(check: BenchmarkKnowledge) -> dict[str, Evidence]:
    return {one.name.rpartition(".")[2]: one for one in check.measure(check.fit(FitContext()))}


def made(payload: Mapping[str, Any], model: str | None = "teacher") -> Record:
    return Record.synthetic(payload, source="s", row="1", maker=Maker("distill", model=model))


def test_items_that_are_recited_are_listed_and_what_is_near_them_is_flagged(items: str) -> None:
    with mock(by_heart(ITEMS[0], ITEMS[1])) as url:
        check = BenchmarkKnowledge(model=teacher(url), against=items)
        state = check.fit(FitContext())
    known = check.measure(state)[0]
    assert (known.name, known.inputs["hits"], known.n) == ("benchmark_knowledge.known", 2, 3)
    assert known.interval is not None
    assert [one["item"] for one in known.inputs["examples"]] == ["exam.jsonl:2", "exam.jsonl:1"]
    assert known.inputs["examples"][0]["recalled"] == 1
    near = "Two " + " ".join(ITEMS[0].split()[1:12])
    records = [
        made({"text": near}), made({"prompt": "Go on.", "completion": near.upper()}), made({"text": ITEMS[2]}),
        made({"text": near}, "another"), made({"text": near}, None),
        Record.real({"text": near}, source="s", row="2", origin="human"),
        Record.real({"text": near}, source="s", row="3", origin="unknown"),
    ]  # fmt: skip
    rulings = [one for one in check.judge(batch_of(records), state) if isinstance(one, Ruling)]
    assert [(one.outcome, one.reason) for one in rulings] == [
        ("flag", "near_known_item"), ("flag", "near_known_item"), ("keep", "no_overlap"),
        ("keep", "other_maker"), ("keep", "other_maker"), ("keep", "other_maker"), ("flag", "near_known_item"),
    ]  # fmt: skip
    shown = rulings[0].evidence
    assert (shown["benchmark"], shown["longest_run_words"], shown["n"]) == ("exam.jsonl:1", 11, 8)


def test_a_teacher_that_knows_nothing_is_said_to(items: str) -> None:
    with mock(by_heart()) as url:
        check = BenchmarkKnowledge(model=teacher(url), against=items)
        state = check.fit(FitContext())
    evidence = {one.name.rpartition(".")[2]: one for one in check.measure(state)}
    assert (evidence["known"].value, evidence["known"].n, evidence["chance"].value) == (0, 3, 0)
    assert check.judge(batch_of([made({"text": ITEMS[0]})]), state) == [Ruling("keep", "nothing_known")]


def halves(texts: Sequence[str]) -> list[Text]:
    return texts_of((Item(f"e:{n}", (text,), (text,), "e") for n, text in enumerate(texts)), 10)


def test_what_can_be_guessed_is_not_known() -> None:
    """An ending that all items have, a repetition of the beginning, and another item's rest."""
    texts = [f"{item[:110]} and so on {COMMON}" for item in ITEMS[:3]]
    able = halves(texts)
    said = [COMMON, able[1].shown, able[0].rest]
    common, echo, other = weighed(able, said, texts, 10)
    assert (common.own, common.phrase, common.foreign) == (False, True, False)
    assert (echo.own, echo.phrase) == (False, False)
    assert other.own is False
    first, second, _ = halves(ITEMS[:3])
    swapped = weighed([first, second], [second.rest, first.rest], ITEMS, 10)
    assert [(one.own, one.foreign) for one in swapped] == [(False, True)] * 2


def test_the_control_says_what_guessing_does(items: str, tmp_path: Path) -> None:
    own = [re.sub("a|e", "o", item) for item in ITEMS]
    with mock(by_heart(ITEMS[0], own[1])) as url:
        evidence = found(
            BenchmarkKnowledge(model=teacher(url), against=items, control=written(tmp_path / "o.jsonl", own))
        )
    assert (evidence["known"].inputs["hits"], evidence["known"].inputs["benchmark"]) == (1, "exam.jsonl")
    assert (evidence["unseen"].inputs["hits"], evidence["unseen"].inputs["benchmark"]) == (1, "o.jsonl")
    assert evidence["asked"].inputs == {"items": 4, "long_enough": 3}


def test_it_is_asked_once(items: str) -> None:
    with mock(by_heart(*ITEMS)) as url:
        for _ in range(2):
            BenchmarkKnowledge(model=teacher(url), against=items).fit(FitContext())
        assert mock_stats(url)["requests"] == 3


def test_a_sample_depends_on_words_alone() -> None:
    one, other = ({text.whole for text in sampled(halves(texts), 2)} for texts in (ITEMS, ITEMS[::-1]))
    assert one == other
    assert len(one) == 2


def test_an_owed_answer_stops_the_run_and_a_refusal_is_counted(items: str) -> None:
    down = Script.model_validate({"rules": [{"match": "Turin", "status": 503}, {"answer": "Well."}]})
    owes = r"^`teacher` owes 1 of 3 continuations of evaluation items \(server_error"
    with mock(down) as url, pytest.raises(SterlingError, match=owes):
        BenchmarkKnowledge(model=teacher(url), against=items).fit(FitContext())
    refusal = {"match": "Turin", "answer": "No.", "finish": "content_filter"}
    with mock(Script.model_validate({"rules": [refusal, {"answer": "Well."}]})) as url:
        evidence = found(BenchmarkKnowledge(model=teacher(url), against=items))
    assert (evidence["unanswered"].value, evidence["known"].n) == (1, 2)


def test_a_teacher_that_answers_nobody_ends_the_run(items: str) -> None:
    with mock(Script.model_validate({"rules": [{"status": 401}]})) as url, pytest.raises(InputError):
        BenchmarkKnowledge(model=teacher(url), against=items).fit(FitContext())


def test_golden_verdicts() -> None:
    """A change here changes what is flagged, or what is asked: raise `version` and write down the new values."""
    with mock(by_heart(*ITEMS)) as url:
        check = BenchmarkKnowledge(model=teacher(url), against="test", columns=None)
        held = [
            Record.real({"prompt": text}, source="e", row=str(n), origin="human", role="test")
            for n, text in enumerate(ITEMS)
        ]
        state = check.fit(FitContext(lambda: iter([batch_of(held)])))
    (ruling,) = check.judge(batch_of([made({"text": " ".join(ITEMS[2].split()[3:14])})]), state)
    assert isinstance(ruling, Ruling)
    assert (check.version, ruling.outcome, ruling.reason, ruling.score) == (1, "flag", "near_known_item", 1.0)
    assert ruling.evidence == {
        "benchmark": "e:2", "items": ["e:2"], "overlap_ngrams": 4, "longest_run_words": 11, "n": 8,
        "matched": "turin leaves at eight with sixty people in it, takes up",
    }  # fmt: skip
    assert check.measure(state)[0].inputs["template"] == "7abe8185aafd53d46336c58cd19266ca"
