"""What is taken from an answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.conftest import question

from sterling.models import Endpoint, Usage
from sterling.models.conversation import Answer
from sterling.models.http.scoring import score_said
from sterling.models.http.wire import Garbled, chat_call, chat_said, read_answer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
MESSAGE = st.dictionaries(
    st.sampled_from(["content", "reasoning", "reasoning_content", "tool_calls", "refusal"]), JSON, max_size=4
)
CHOICE = st.fixed_dictionaries({}, optional={"message": MESSAGE | JSON, "finish_reason": JSON, "logprobs": JSON})
ANSWER = st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICE | JSON, max_size=2) | JSON, "usage": JSON, "model": JSON}
)


def read(message: dict[str, Any], finish: Any = "stop") -> Answer:
    return read_answer(chat_said({"choices": [{"message": message, "finish_reason": finish}]}))


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "four"}, "four", None),
        ({"content": "four", "reasoning_content": "2+2"}, "four", "2+2"),
        ({"content": "four", "reasoning": "2+2"}, "four", "2+2"),
        ({"content": "<think>2+2</think>four"}, "four", "2+2"),
        ({"content": "\n<think>\n2+2\n</think>\n\nfour\n"}, "four\n", "2+2"),
        ({"content": "2+2</think>\nfour"}, "four", "2+2"),
        ({"content": "<think></think>four"}, "four", None),
        ({"content": "<think>2+2 and on"}, "", "2+2 and on"),
        ({"content": "use <think> as a tag, and </think> ends it"}, "use <think> as a tag, and </think> ends it", None),
        ({"content": "a </think>", "reasoning_content": "r"}, "a </think>", "r"),
        ({"content": None, "tool_calls": [{}]}, "", None),
        ({"content": None, "refusal": "I will not."}, "I will not.", None),
        ({"content": [{"type": "text", "text": "fo"}, {"type": "text", "text": "ur"}]}, "four", None),
    ],
)
def test_reasoning_is_kept_apart(message: dict[str, Any], text: str, reasoning: str | None) -> None:
    answer = read(message)
    assert (answer.text, answer.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    ("said", "finish"),
    [("stop", "stop"), ("eos", "stop"), ("end_turn", "stop"), ("max_tokens", "length"), (None, "unknown"), ("x", "x")],
)
def test_servers_have_their_own_words_for_an_end(said: Any, finish: str) -> None:
    assert read({"content": "a"}, said).finish == finish


def test_usage_that_is_no_count_is_unknown() -> None:
    said = chat_said({"choices": [{"message": {}}], "usage": {"prompt_tokens": 3, "completion_tokens": "many"}})
    assert read_answer(said).usage == Usage(3, None)


@given(answer=ANSWER | JSON)
def test_whatever_a_server_says_is_an_answer_or_garbled(answer: Any) -> None:
    try:
        said = chat_said(answer)
    except Garbled:
        return
    read_answer(json.loads(json.dumps(said)))


@given(answer=st.fixed_dictionaries({}, optional={"data": st.lists(JSON, max_size=2) | JSON, "usage": JSON}) | JSON)
def test_whatever_a_classifier_says_is_scores_or_garbled(answer: Any) -> None:
    try:
        said = score_said(answer)
    except Garbled:
        return
    assert said["entry"]


def test_a_request_holds_what_was_said_and_the_model() -> None:
    endpoint = Endpoint(endpoint="http://x/v1", model="m", sampling={"temperature": 1.0, "max_tokens": 5})
    call = chat_call(endpoint, question("héllo", temperature=0.5, response_format={"type": "json_object"}))
    assert call.path == "chat/completions"
    assert json.loads(call.body) == {
        "model": "m",
        "messages": [{"role": "user", "content": "héllo"}],
        "temperature": 0.5,
        "max_tokens": 5,
        "response_format": {"type": "json_object"},
    }


def test_the_key_of_a_question_never_changes() -> None:
    """Golden: another key for the same question would pay for every answer again."""
    endpoint = Endpoint(endpoint="http://localhost:1/v1", model="m", revision="r", sampling={"temperature": 1.0})
    assert chat_call(endpoint, question("q", sample=2)).key == GOLDEN


GOLDEN = "9f9155c52216b6c907807e78fc269471993beed52576fed802daa4823aee51f0"
