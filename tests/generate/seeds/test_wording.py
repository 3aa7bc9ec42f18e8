"""The texts of every format, taken out and put back."""

from typing import Any

import pytest
from tests.generate.scene import seed

from sterling.generate.seeds.wording import has_tools, texts_in, with_request, with_texts

TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image", "url": "a.png"}]},
    {"role": "assistant", "reasoning_content": "A greeting.", "content": "Hello"},
]
PAYLOADS: list[tuple[dict[str, Any], list[str]]] = [
    ({"text": "Hi"}, ["Hi"]),
    ({"prompt": "Hi", "completion": "Hello"}, ["Hi", "Hello"]),
    ({"messages": TALK}, ["Be kind.", "Hi", "A greeting.", "Hello"]),
    ({"prompt": TALK[:2], "chosen": TALK[2:], "rejected": TALK[2:]}, ["Be kind.", "Hi", *["A greeting.", "Hello"] * 2]),
    ({"prompt": "Hi", "completion": "Hello", "label": True}, ["Hi", "Hello"]),
]


@pytest.mark.parametrize(("payload", "texts"), PAYLOADS)
def test_every_text_is_found_and_can_be_replaced(payload: dict[str, Any], texts: list[str]) -> None:
    assert texts_in(payload) == texts
    assert with_texts(payload, texts) == payload
    louder = with_texts(payload, [text.upper() for text in texts])
    assert texts_in(louder) == [text.upper() for text in texts]
    assert seed(louder).format == seed(payload).format


def test_only_the_request_is_replaced() -> None:
    assert with_request(seed({"prompt": "Hi", "completion": "Hello"}), "Hey") == {
        "prompt": "Hey",
        "completion": "Hello",
    }
    assert with_request(seed({"text": "Hi"}), "Hey") == {"text": "Hey"}
    talk = with_request(seed({"messages": TALK}), "Hey")["messages"]
    assert [turn["content"] for turn in talk] == ["Be kind.", "Hey", "Hello"]
    assert talk[2]["reasoning_content"] == "A greeting."


def test_tools_are_seen_wherever_they_stand() -> None:
    call = {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {}}}]}
    assert has_tools(seed({"messages": [TALK[0], call]}))
    assert has_tools(seed({"prompt": TALK[:1], "completion": [call]}))
    assert has_tools(seed({"prompt": "Hi", "completion": "Hello", "tools": []}))
    assert not has_tools(seed({"messages": TALK}))
