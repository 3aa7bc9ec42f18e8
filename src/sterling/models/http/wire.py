"""The wire format of chat completions: what is sent, and what is taken from an answer.

Spoken by vLLM, Ollama, llama.cpp, OpenAI and the compatible endpoints of others. The journal keeps the server's own
words (`said`), and they are read anew each time: a better reader costs no answer twice.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sterling.models.conversation import Answer, Failure, Question, Usage
from sterling.models.endpoint import Endpoint

OURS = frozenset({"model", "messages", "n", "stream", "stream_options"})
"""Keys of a request that are not sampling."""
_FINISHES = {"eos": "stop", "eos_token": "stop", "stop_sequence": "stop", "end_turn": "stop", "max_tokens": "length"}
_BROKEN_OFF = ("error", "abort", "aborted", "cancelled")
"""The server gave up halfway: no answer, and none of the model's doing."""
_FAILED_FINISH = {
    "length": ("truncated", "; mend: raise `max_tokens`"),
    "content_filter": ("content_filter", "; mend: reword the prompt, or ask a model without this filter"),
}
NO_CHAT = "look whether `endpoint` is a chat endpoint (most end in /v1), and no proxy answers for it"
"""What to do about an answer with status 200 that is none."""


class Call(NamedTuple):
    """One request, ready to be sent."""

    path: str
    """Below the endpoint's address: `chat/completions`."""
    body: bytes
    key: str
    """Of the journal: 64 hexadecimal digits."""
    tokens: int
    """How many it will cost, roughly: for the limiter alone."""
    longest: int | None = None
    """Tokens of the answer at most, where the request says so."""


class Garbled(Exception):
    """An answer with status 200 that is not what was asked for. Never leaves this package."""

    def __init__(self, message: str, reason: str = "garbage") -> None:
        self.reason = reason
        super().__init__(message)


def call_for(endpoint: Endpoint, path: str, request: Mapping[str, Any], sample: int = 0) -> Call:
    """A request with its key. ValueError, TypeError or RecursionError when JSON cannot say it."""
    sent = {"model": endpoint.model, **request}
    body = _compact(sent | {"seed": sent["seed"] + sample} if sample and isinstance(sent.get("seed"), int) else sent)
    keyed = {
        "service": endpoint.identity,
        "revision": endpoint.revision,
        "path": path,
        "request": _plain(sent),
        "sample": sample,
    }
    key = hashlib.sha256(_compact(keyed)).hexdigest()
    said = request.get("max_completion_tokens") or request.get("max_tokens")
    longest = said if isinstance(said, int) else None
    return Call(path, body, key, len(body) // 4 + (256 if longest is None else longest), longest)


def chat_call(endpoint: Endpoint, question: Question) -> Call:
    """The request for one question."""
    request = {**endpoint.sampling, **question.sampling, "messages": [dict(m) for m in question.messages]}
    return call_for(endpoint, "chat/completions", request, question.sample)


def _compact(value: Any) -> bytes:
    """ASCII, so that a lone surrogate in a text is the server's business and not a crash of ours."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _plain(value: Any) -> Any:
    """The same request however its numbers were typed: 1.0 is 1."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def chat_said(answer: Any) -> dict[str, Any]:
    """What the journal keeps of an answer: the first choice, usage, and the model's name. Garbled when it has none."""
    if not isinstance(answer, dict):
        raise Garbled(f"not a JSON object; mend: {NO_CHAT}")
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise Garbled(f"no choices in it: {json.dumps(answer)[:200]}; mend: {NO_CHAT}")
    choice = choices[0]
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        raise Garbled("the first choice holds no message")
    if not isinstance(choice["message"].get("content"), str | list | None):
        raise Garbled("the message's content is no text")
    if choice.get("finish_reason") in _BROKEN_OFF:
        raise Garbled(f"the server broke off: {choice['finish_reason']}", "server_error")
    return {"choice": choice, "usage": answer.get("usage"), "model": answer.get("model"), "at": _now()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_answer(said: Mapping[str, Any], *, from_journal: bool = False) -> Answer:
    """An answer out of what `chat_said` kept."""
    choice = said["choice"]
    message = choice["message"]
    text, reasoning = _apart(_text_of(message.get("content")) or _text_of(message.get("refusal")), message)
    finish = choice.get("finish_reason")
    calls = message.get("tool_calls")
    return Answer(
        text,
        reasoning,
        _FINISHES.get(finish, finish) if isinstance(finish, str) and finish else "unknown",
        usage_of(said),
        choice.get("logprobs"),
        said["model"] if isinstance(said.get("model"), str) else None,
        tuple(call for call in calls if isinstance(call, dict)) if isinstance(calls, list) else (),
        from_journal,
        said.get("at"),
    )


def usage_of(said: Mapping[str, Any]) -> Usage:
    """Token counts, where the server gave whole numbers."""
    usage = said.get("usage")
    counts = (usage.get(name) if isinstance(usage, dict) else None for name in Usage._fields)
    return Usage(*(count if isinstance(count, int) and count >= 0 else None for count in counts))


def _text_of(content: Any) -> str:
    """Text, or the joined text parts where a server answers in parts; empty for anything else."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _apart(text: str, message: Mapping[str, Any]) -> tuple[str, str | None]:
    """(answer, reasoning). A chat template may have opened `<think>` already, so the closing tag alone counts too."""
    said = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(said, str) and said:
        return text, said
    head, closing, tail = text.partition("</think>")
    opened = head.lstrip()
    if closing and (opened.startswith("<think>") or "<think>" not in head):
        return tail.lstrip(), opened.removeprefix("<think>").strip() or None
    if opened.startswith("<think>"):
        return "", opened.removeprefix("<think>").strip() or None
    return text, None


def _is_text(text: str) -> bool:
    return text.isascii() or text == text.encode("utf-8", "replace").decode()


def judged(answer: Answer, finish_ok: frozenset[str], attempts: int) -> Answer | Failure:
    """The answer, or the failure that its end makes of it. Nothing of it is owed: it was paid for and would recur."""
    if answer.finish not in finish_ok:
        reason, mend = _FAILED_FINISH.get(answer.finish, ("unfinished", ""))
        said = f"the answer ended with `{answer.finish}`{mend}"
        return Failure(reason, said, attempts, 200, owed=False, answer=answer)
    if not _is_text(answer.text):
        said = "the answer holds half of a surrogate pair, which no file of UTF-8 can; look at the server's tokeniser"
        return Failure("garbage", said, attempts, 200, owed=False)
    if not answer.text.strip() and not answer.tool_calls:
        said = "the answer holds no text"
        return Failure("empty", said, attempts, 200, owed=False, answer=answer)
    return answer
