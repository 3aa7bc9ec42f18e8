"""Debates: who sees what, a judge asked in both orders and of another family, and what is made of the verdict."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.generate.conversing import (
    LLAMA,
    MISTRAL,
    QWEN,
    as_json,
    asked,
    endpoint,
    fault_of,
    made,
    record_of,
    text_of_request,
)

from sterling.generate.debate import Debate
from sterling.generate.talks.arguing import transcript
from sterling.recipes.json_schema import schema
from sterling.records import Fault, Record
from sterling.registry import Past

QUESTION = "Should a small town build a swimming pool?"
YES, NO = "It should build one.", "It should not build one."


class Hall:
    """Debaters who say their position, and a judge who prefers a side, or a place."""

    def __init__(self, judge: str = NO, **said: str) -> None:
        self.judge, self.said = judge, said
        self.shown: list[tuple[str, str]] = []

    def __call__(self, request: Mapping[str, Any]) -> str:
        text = text_of_request(request)
        self.shown.append((request["model"], text))
        return self.said.get(self.task(text), self._answer(text))

    def task(self, text: str) -> str:
        marks = {"Name two": "positions", "take part": "turn", "Now answer": "closing", "You judge": "judge"}
        return next((task for mark, task in marks.items() if mark in text), "answer")

    def asked(self, task: str) -> list[tuple[str, str]]:
        return [(model, text) for model, text in self.shown if self.task(text) == task]

    def _answer(self, text: str) -> str:
        task = self.task(text)
        if task == "positions":
            return as_json(debatable=True, first=YES, second=NO)
        if task == "judge":
            return as_json(reason="Costs.", better=self._better(text))
        if task == "answer":
            return as_json(reasoning="Costs weigh more than fun.", answer="No, not now.")
        held = re.findall(r"[Pp]osition(?: that you hold)?: (.*)", text)[0]
        return f"{'Closing' if task == 'closing' else 'Round'}: {held}"

    def _better(self, text: str) -> str:
        if self.judge in {"A", "B"}:
            return self.judge
        return "A" if f"The answer of A:\n\nClosing: {self.judge}" in text else "B"


def debated(hall: Hall, folder: Path, question: str = QUESTION, **options: Any) -> list[Record | Fault]:
    return made(
        Debate, [asked(question)], hall, folder,
        lambda address: {"judge": endpoint(address, MISTRAL), "lenses": {"action": "what to do"}, **options},
    )  # fmt: skip


def test_a_debate_becomes_reasoning_and_an_answer(tmp_path: Path) -> None:
    hall = Hall()
    record = record_of(debated(hall, tmp_path))
    reply = {"role": "assistant", "content": "No, not now.", "reasoning_content": "Costs weigh more than fun."}
    assert record.payload == {"prompt": [{"role": "user", "content": QUESTION}], "completion": [reply]}
    assert record.tags == ("task:debate", "cell:action", "as:reasoning", "topic:home")
    assert record.maker is not None
    assert (record.maker.model, record.maker.family) == (QWEN, "mistral+qwen")
    assert [len(hall.asked(task)) for task in ("positions", "turn", "closing", "judge", "answer")] == [1, 4, 2, 2, 1]
    assert f"speak for: {NO}\nWhy: Costs." in hall.asked("answer")[0][1]


def test_the_winner_is_chosen_and_the_other_rejected(tmp_path: Path) -> None:
    record = record_of(debated(Hall(), tmp_path, **{"as": "preference"}))
    assert record.payload == {
        "prompt": [{"role": "user", "content": QUESTION}],
        "chosen": [{"role": "assistant", "content": f"Closing: {NO}"}],
        "rejected": [{"role": "assistant", "content": f"Closing: {YES}"}],
    }
    assert record.format == "preference"


def test_both_are_made_of_one_debate_and_fail_by_themselves(tmp_path: Path) -> None:
    pair, thought = debated(Hall(), tmp_path / "a", **{"as": "both"})
    assert isinstance(pair, Record)
    assert isinstance(thought, Record)
    assert (pair.format, thought.format, pair.row == thought.row) == ("preference", "prompt_completion", True)
    leaky = Hall(answer=as_json(reasoning="The judge said no.", answer="No."))
    pair, fault = debated(leaky, tmp_path / "b", **{"as": "both"})
    assert isinstance(pair, Record)
    assert isinstance(fault, Fault)
    assert fault.reason == "debate_leaked"


def test_two_records_of_a_debate_want_half_as_many_seeds() -> None:
    seeds = [asked(f"Should town {n} build a pool?") for n in range(9)]
    said = {"model": endpoint("http://127.0.0.1:9/v1"), "judge": endpoint("http://127.0.0.1:9/v1", MISTRAL), "count": 5}
    wanted = {kind: len(list(Debate.model_validate({**said, "as": kind}).tasks(seeds, Past(), 0))) for kind in
              ("both", "preference")}  # fmt: skip
    assert wanted["both"] == 3
    assert wanted["preference"] >= 5


def test_sides_speak_at_the_same_time_and_read_each_other_between_rounds(tmp_path: Path) -> None:
    hall = Hall()
    debated(hall, tmp_path)
    first, second = (
        [text for _, text in hall.asked("turn") if f"Your position: {position}" in text] for position in (YES, NO)
    )
    assert [("Nothing yet" in text) for text in (*first, *second)] == [True, False, True, False]
    assert f"You: Round: {YES}\n\nThe other side: Round: {NO}" in first[1]
    assert f"You: Round: {NO}\n\nThe other side: Round: {YES}" in second[1]


def test_the_judge_sees_each_side_in_each_place(tmp_path: Path) -> None:
    hall = Hall()
    debated(hall, tmp_path, exchanges=1)
    assert {model for model, _ in hall.asked("judge")} == {MISTRAL}
    told = sorted(text.partition("The debate:")[2] for _, text in hall.asked("judge"))
    swap = {YES: NO, NO: YES}
    assert told[0] == re.sub(f"{YES}|{NO}", lambda found: swap[found[0]], told[1])
    assert transcript([("a", "b"), ("c", "d")], 1, ("A", "B")) == "A: b\n\nB: a\n\nA: d\n\nB: c"


@pytest.mark.parametrize(("hall", "reason"), [
    (Hall("A"), "order_decides"),
    (Hall("B"), "order_decides"),
    (Hall(positions=as_json(debatable=False)), "not_debatable"),
    (Hall(positions=as_json(debatable=True, first="Yes.", second="Yes.")), "not_debatable"),
    (Hall(closing="The same."), "closings_alike"),
    (Hall(turn="I cannot help with that."), "refused"),
    (Hall(closing="As the other side says, it is dear."), "debate_leaked"),
    (Hall(answer=as_json(reasoning="", answer="No.")), "unparsable"),
])  # fmt: skip
def test_what_comes_to_nothing_is_a_fault(hall: Hall, reason: str, tmp_path: Path) -> None:
    fault = fault_of(debated(hall, tmp_path))
    assert (fault.reason, fault.owed) == (reason, False)


def test_what_the_question_speaks_of_is_no_leak(tmp_path: Path) -> None:
    hall = Hall(answer=as_json(reasoning="The judge may.", answer="The judge may."))
    assert record_of(debated(hall, tmp_path, "May the judge ask questions?"))


def test_every_model_is_a_writer(tmp_path: Path) -> None:
    found = made(
        Debate, [asked(QUESTION)], Hall(), tmp_path,
        lambda address: {"judge": endpoint(address, MISTRAL), "opponent": endpoint(address, LLAMA)},
    )  # fmt: skip
    maker = record_of(found).maker
    assert maker is not None
    assert maker.family == "llama+mistral+qwen"
    assert maker.sampling["with"] == [LLAMA, MISTRAL]


@pytest.mark.parametrize(("judge", "opponent", "what"), [
    (QWEN, None, "`qwen3-32b` and `qwen3-32b` share the family qwen"),
    (MISTRAL, "mixtral-8x7b", "`mistral-small-3` and `mixtral-8x7b` share the family mistral"),
    ("deepseek-r1-distill-qwen-7b", None, "share the family qwen"),
    ("our-own", None, "the family of `our-own` is unknown"),
    (MISTRAL, "our-own", "the family of `our-own` is unknown"),
])  # fmt: skip
def test_a_judge_that_is_not_known_to_be_independent_is_refused(judge: str, opponent: str | None, what: str) -> None:
    said = {"model": endpoint("http://h/v1"), "judge": endpoint("http://h/v1", judge)}
    with pytest.raises(ValidationError, match=re.escape(what)) as refused:
        Debate.model_validate(said | ({"opponent": endpoint("http://h/v1", opponent)} if opponent else {}))
    assert "another family" in refused.value.errors()[0]["ctx"]["mend"]


def test_only_questions_are_debated() -> None:
    strategy = Debate.model_validate({"model": endpoint("http://h/v1"), "judge": endpoint("http://h/v1", MISTRAL)})
    asking = ["Is it so?", "是吗\uff1f", "Say it."]
    assert [strategy.suits(asked(text)) for text in asking] == [True, True, False]


def test_the_recipe_s_schema_knows_as() -> None:
    properties = schema()["$defs"]["strategy.debate"]["properties"]
    assert properties["as"]["enum"] == ["reasoning", "preference", "both"]
