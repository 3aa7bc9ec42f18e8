"""The shapes in which stored answers of chat models lie about, read into one: `Answer`.

OpenAI's shapes, which most services and servers imitate:

- a stored `chat.completion` object, the input beside it as `messages`, `request.messages` or `input`
- an output line of the Batch API (`custom_id`, `response.body`); the input is in the file that was sent
- a line of messages that ends in the assistant's (distillation, fine-tuning)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sterling.records import Boundary
from sterling.sources.values import parsed, turns

Messages = list[dict[str, Any]]
_SAMPLING = (
    "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty",
    "reasoning_effort", "system_fingerprint",
)  # fmt: skip
_FINISHED = frozenset({"None", "stop", "tool_calls", "function_call", "end_turn", "stop_sequence", "eos_token", "eos"})
"""Reasons to stop that leave a whole answer. Not among them: `length`, `content_filter`, and whatever we don't know."""


class Unusable(Exception):
    """Why a row holds no answer; becomes a fault."""

    def __init__(self, boundary: Boundary, reason: str, message: str) -> None:
        self.boundary, self.reason, self.message = boundary, reason, message
        super().__init__(message)


class Request(NamedTuple):
    """What a model was asked."""

    messages: Any
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing a model said, and what it was asked."""

    prompt: str | Messages
    completion: str | Messages
    """Conversational if the prompt is."""
    model: str | None = None
    time: str | None = None
    """ISO 8601."""
    seed: int | None = None
    tools: Any = None
    sampling: Mapping[str, Any] = field(default_factory=dict)


def is_stored(values: Mapping[str, Any]) -> bool:
    """Whether a row is a `chat.completion` object or an output line of the Batch API, told by its content."""
    return values.get("object") == "chat.completion" or _is_batch(values)


def choices(values: Mapping[str, Any]) -> Sequence[Any]:
    """What the model answered, in whichever of the two shapes; empty when it did not."""
    response = values.get("response")
    body = response.get("body") if isinstance(response, Mapping) else values
    found = body.get("choices") if isinstance(body, Mapping) else None
    return found if isinstance(found, list) else ()


def answers(values: Mapping[str, Any], requests: Mapping[str, Mapping[str, Any]]) -> Iterator[Answer | Unusable]:
    """Every choice of a stored row: an answer, or why it is none. Unusable when that holds for the whole row.

    `requests` are the bodies that were sent to the Batch API, by `custom_id`.
    """
    body = _batch_body(values) if _is_batch(values) else values
    request = _request(values, requests)
    prompt = messages_of(request.messages)
    found = choices(values)
    if not found:
        raise Unusable("provider", "no_choices", "the response has no choices")
    for index, choice in enumerate(found):
        try:
            yield _answer(body, request, prompt, choice, index)
        except Unusable as why:
            yield why


def _answer(body: Mapping[str, Any], request: Request, prompt: Messages, choice: Any, index: int) -> Answer:
    if not isinstance(choice, Mapping) or not isinstance(choice.get("message"), Mapping):
        raise Unusable("provider", "no_message", f"choice {index} has no message")
    finish = choice.get("finish_reason")
    check_finished(finish)
    said = {**request.body, **{k: v for k, v in body.items() if v is not None}}
    sampling = {key: said[key] for key in _SAMPLING if said.get(key) is not None}
    seed = said.get("seed")
    return Answer(
        prompt,
        [assistant(choice["message"])],
        model=next((m for m in (body.get("model"), request.body.get("model")) if m and isinstance(m, str)), None),
        time=when(body.get("created")),
        seed=seed if isinstance(seed, int) else None,
        tools=said.get("tools") or None,
        sampling={"choice": choice.get("index", index), "finish_reason": finish} | sampling,
    )


def check_finished(finish: Any) -> None:
    """Unusable for an answer that was cut off, filtered, or ended in a way we do not know."""
    if str(finish or None) not in _FINISHED:
        code = "".join(c if c.isalnum() else "_" for c in str(finish).lower())[:40]
        raise Unusable("provider", f"finish_{code}", f"the answer is not whole: finish_reason is `{finish}`")


def split_messages(value: Any) -> tuple[Messages, Messages]:
    """A conversation that ends in the assistant's message, as what came before and that message."""
    listed = parsed(value, "[")
    last = listed[-1] if isinstance(listed, list) and listed else None
    if not isinstance(last, Mapping) or last.get("role") != "assistant":
        last = messages_of(listed)[-1]
    if last["role"] != "assistant":
        raise Unusable("source", "no_completion", "the last message is not the assistant's")
    if len(listed) == 1:
        raise Unusable("source", "no_input", "there is no message before the assistant's")
    return messages_of(listed[:-1]), [assistant(last)]


def messages_of(value: Any) -> Messages:
    """A list of messages, plain; of content in parts, the text. A string is what the user said."""
    listed = parsed(value, "[")
    if isinstance(listed, str) and listed.strip():
        return [{"role": "user", "content": listed}]
    if isinstance(listed, list):
        listed = [_flat(message) for message in listed]
    return turns(listed, "messages")


def assistant(message: Mapping[str, Any]) -> dict[str, Any]:
    """The assistant's message, plain, with reasoning in its own field. Unusable for a refusal or an empty answer."""
    if message.get("refusal"):
        raise Unusable("provider", "refusal", "the model refused")
    said = _flat({"role": "assistant", **message})
    if not str(said.get("content") or "").strip() and not said.get("tool_calls"):
        raise Unusable("provider", "empty_completion", "the answer is empty")
    return turns([said], "message")[0]


def when(created: Any) -> str | None:
    """A time as ISO 8601: seconds since 1970, or a text that is one already. None for anything else."""
    if isinstance(created, datetime):
        return created.isoformat()
    if isinstance(created, str) and not created.isdigit():
        try:
            return datetime.fromisoformat(created).isoformat()
        except ValueError:
            return None
    try:
        return datetime.fromtimestamp(float(created), UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _is_batch(values: Mapping[str, Any]) -> bool:
    return "custom_id" in values and ("response" in values or "error" in values)


def _batch_body(values: Mapping[str, Any]) -> Mapping[str, Any]:
    error, response = values.get("error"), values.get("response")
    if error:
        code = error.get("code") if isinstance(error, Mapping) else error
        raise Unusable("provider", "batch_error", f"the batch failed here: {str(code)[:100]}")
    if not isinstance(response, Mapping):
        raise Unusable("provider", "no_response", "the line has neither a response nor an error")
    status, body = response.get("status_code"), response.get("body")
    if status != 200:
        raise Unusable("provider", f"http_{status}", f"the service answered with status {status}")
    if not isinstance(body, Mapping) or "choices" not in body:
        raise Unusable("source", "unknown_shape", "the response's body is no chat.completion")
    return body


def _request(values: Mapping[str, Any], requests: Mapping[str, Mapping[str, Any]]) -> Request:
    """What was asked: beside the answer, within it, or in the file of requests."""
    sent = requests.get(str(values.get("custom_id")), {})
    beside = values.get("request")
    body = {**sent, **(beside if isinstance(beside, Mapping) else {})}
    for asked in (values.get("messages"), body.get("messages"), values.get("input"), body.get("input")):
        if asked:
            return Request(asked, body)
    raise Unusable(
        "source", "no_input", "the row says what was answered but not what was asked; name the file with `requests:`"
    )


def _flat(message: Any) -> Any:
    """The message with its text parts joined, without fields that say nothing. Parts that are no text are refused."""
    if not isinstance(message, Mapping):
        return message
    flat = {key: value for key, value in message.items() if value not in (None, [], "")}
    parts = flat.get("content")
    if isinstance(parts, list):
        if not all(isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in parts):
            raise Unusable("source", "not_text", "a message has content that is not text")
        flat["content"] = "".join(part["text"] for part in parts)
    return flat
