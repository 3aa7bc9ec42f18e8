"""What a rehearsal answers: of the form that is asked for, and the same of two texts in both orders."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from sterling.models import Endpoint, Question, ask, mock
from sterling.models.mocking.made_up import scripted_answer


class Ranking(BaseModel):
    best_to_worst: list[int]
    notes: list[str]


def said(text: str, schema: dict[str, Any]) -> Any:
    form = {"type": "json_schema", "json_schema": {"name": "form", "schema": schema}}
    return json.loads(scripted_answer({"messages": [{"role": "user", "content": text}], "response_format": form}))


def better(sides: list[str], text: str) -> str:
    found: str = said(text, {"type": "object", "properties": {"better": {"enum": sides}}})["better"]
    return found


@pytest.mark.parametrize("texts", [("a pool", "no pool"), ("no pool", "a pool"), ("one", "two"), ("x\n\ny", "x\n\nz")])
def test_the_same_text_is_better_in_both_orders(texts: tuple[str, str]) -> None:
    def shown(first: str, second: str) -> str:
        fences = [f"<<<abc {at} answer\n{text}\nabc>>>" for at, text in (("first", first), ("second", second))]
        return "Between `<<<abc` and `abc>>>`.\n\n" + "\n\n".join(fences)

    forward, backward = (better(["first", "tie", "second"], shown(*order)) for order in (texts, texts[::-1]))
    assert {forward, backward} == {"first", "second"}


def test_sides_without_fences_are_told_apart_by_what_stands_last_under_their_names() -> None:
    judged = "A: hm.\n\nB: hm.\n\nThe answer of A:\n\n{0}\n\nThe answer of B:\n\n{1}\n\nSay who."
    for texts in (("a pool", "no pool"), ("this", "that")):
        assert {better(["A", "B"], judged.format(*order)) for order in (texts, texts[::-1])} == {"A", "B"}


def test_every_draft_is_ranked_once_and_by_what_it_says() -> None:
    drafts, schema = ["red", "green", "blue", "white"], Ranking.model_json_schema()
    orders = []
    for shown in (drafts, drafts[::-1]):
        listed = "\n\n".join(f"Answer {number}:\n{draft}" for number, draft in enumerate(shown, 1))
        form = said(f"Step 1: a seed.\n\n{listed}\n\nWhich is best?", schema)
        orders.append([shown[number - 1] for number in form["best_to_worst"]])
        assert len({*form["notes"]}) == len(form["notes"]) > 1
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == sorted(drafts)


def test_samples_of_a_question_differ_where_a_rule_rehearses() -> None:
    question = Question(({"role": "user", "content": "Anything?"},))
    with mock({"rules": [{"match": "Nothing", "status": 500}, {"rehearse": True}]}) as address:
        endpoint = Endpoint(endpoint=address, model="m", attempts=1)
        found = ask(endpoint, [question, question._replace(sample=1)])
    texts = [getattr(one, "text", None) for one in found]
    assert None not in texts
    assert texts[0] != texts[1]
