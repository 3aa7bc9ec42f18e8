"""What a strategy asks: answers, forms with one repair, and what ends a task."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, Field

from sterling.errors import InputError
from sterling.models import Endpoint, Models, Unanswered, mock, mock_stats
from sterling.models.loop import wait_for
from sterling.models.opened import read_form


class Item(BaseModel):
    """A form."""

    question: str
    level: int = Field(ge=1, le=5)


def endpoint(address: str, **more: Any) -> Endpoint:
    return Endpoint.model_validate({"endpoint": address, "model": "m", "attempts": 1, **more})


def asked(work: Any) -> Any:
    """Run a coroutine function over open models."""

    async def inside() -> Any:
        async with Models() as models:
            return await work(models)

    return wait_for(inside())


def test_an_answer_is_paid_once() -> None:
    with mock({"rules": [{"answer": "Paris."}]}) as address:
        first = asked(lambda models: models.say(endpoint(address), "Capital of France?"))
        again = asked(lambda models: models.say(endpoint(address), "Capital of France?"))
        assert mock_stats(address)["requests"] == 1
    assert (first.text, first.from_journal, again.from_journal) == ("Paris.", False, True)
    assert first.at == again.at


def test_the_same_question_at_the_same_time_is_asked_once() -> None:
    with mock({"latency_s": 0.2, "rules": [{"answer": "Yes."}]}) as address:
        server = endpoint(address)
        assert asked(lambda models: _gathered(models, server)) == ["Yes."] * 10
        assert mock_stats(address)["requests"] == 1


async def _gathered(models: Models, server: Endpoint) -> list[str]:
    return [answer.text for answer in await asyncio.gather(*(models.say(server, "Same?") for _ in range(10)))]


def test_samples_are_different_questions() -> None:
    with mock({"rules": [{"answer": "Yes."}]}) as address:
        server = endpoint(address)
        for sample in (0, 1, 1):
            asked(lambda models, sample=sample: models.say(server, "Same?", sample=sample))
        assert mock_stats(address)["requests"] == 2


def test_a_form_is_read_from_a_fence_and_by_its_schema() -> None:
    with mock({"rules": [{"answer": '```json\n{"question": "Why?", "level": 3}\n```'}]}) as address:
        filled = asked(lambda models: models.fill(endpoint(address), "Make one.", Item))
    assert filled.value == Item(question="Why?", level=3)


def test_a_bad_form_is_sent_back_once_with_what_is_wrong() -> None:
    script = {
        "rules": [
            {"match": "level: Input should be less than or equal to 5", "answer": '{"question": "Why?", "level": 5}'},
            {"answer": '{"question": "Why?", "level": 9}'},
        ]
    }
    with mock(script) as address:
        filled = asked(lambda models: models.fill(endpoint(address), "Make one.", Item))
        assert mock_stats(address)["requests"] == 2
    assert filled.value.level == 5


def test_two_bad_forms_are_a_failure_that_is_not_owed() -> None:
    said = "unparsable: no Item in two answers: no JSON"
    with mock({"rules": [{"answer": "I'd rather not."}]}) as address, pytest.raises(Unanswered, match=said) as none:
        asked(lambda models: models.fill(endpoint(address), "Make one.", Item))
    assert not none.value.failure.owed


@pytest.mark.parametrize(
    ("rule", "mend"),
    [({"status": 401}, "key_env"), ({"status": 404}, "/v1"), ({"status": 402}, "account")],
)
def test_an_endpoint_that_will_answer_nobody_is_an_error_of_the_input(rule: dict[str, Any], mend: str) -> None:
    with mock({"rules": [rule]}) as address, pytest.raises(InputError) as error:
        asked(lambda models: models.say(endpoint(address), "Anyone?"))
    assert mend in str(error.value.mend)


def test_one_question_that_cannot_be_answered_costs_itself_alone() -> None:
    async def both(models: Models) -> list[Any]:
        said = (models.say(server, text) for text in ("fine", "poison"))
        return list(await asyncio.gather(*said, return_exceptions=True))

    with mock({"rules": [{"match": "poison", "status": 500}, {"answer": "Fine."}]}) as address:
        server = endpoint(address)
        good, bad = asked(both)
    assert good.text == "Fine."
    assert isinstance(bad, Unanswered)
    assert bad.failure.owed


@pytest.mark.parametrize(
    ("text", "said"),
    [("[1]", "the object"), ('{"level": 1}', "question: Field required"), ("{", "no JSON"), ("", "no JSON")],
)
def test_what_is_wrong_with_a_form_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_form(Item, text)


def test_half_a_surrogate_pair_is_the_servers_failure() -> None:
    body = '{"choices": [{"message": {"content": "a \\ud800 b"}, "finish_reason": "stop"}]}'
    with mock({"rules": [{"body": body}]}) as address, pytest.raises(Unanswered, match=r"garbage: .*surrogate"):
        asked(lambda models: models.say(endpoint(address), "q"))
