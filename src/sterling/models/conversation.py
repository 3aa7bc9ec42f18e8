"""`Question`, `Answer`, `Failure`: what is asked of a model and what comes back. Data only."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Question(NamedTuple):
    """One chat to be continued once."""

    messages: tuple[Mapping[str, Any], ...]
    """Chat messages as the wire has them: `{"role": "user", "content": "..."}`."""
    sampling: Mapping[str, Any] = {}
    """Over the endpoint's own: `temperature`, `max_tokens`, `logprobs`, `stop`, `seed`, `response_format`, `tools`."""
    sample: int = 0
    """Index among several samples of the same question; part of the journal's key. A `seed` is sent plus this index,
    because one seed would give the same answer to each."""


class Usage(NamedTuple):
    """Tokens as the server counted them; None where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Answer(NamedTuple):
    """What a model said."""

    text: str
    """Without its reasoning."""
    reasoning: str | None
    """`reasoning_content`, `reasoning`, or what stood in a leading `<think>` block."""
    finish: str
    """`stop`, `length`, `tool_calls`, `content_filter`, or the server's own word; `unknown` when it gave none."""
    usage: Usage = Usage()
    logprobs: Any | None = None
    """As the server sent them."""
    model: str | None = None
    """As the server named it in this answer, which may say more than the request (a date, a quantisation)."""
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    from_journal: bool = False
    """It was paid for earlier."""
    at: str | None = None
    """When it was given, ISO 8601. The same whenever it is read from the journal again."""


class Scores(NamedTuple):
    """What a classifier or reward model said of one text or pair."""

    values: tuple[float, ...]
    """One number for a reward model or a cross-encoder; one a class for a classifier. On the server's own scale."""
    label: str | None = None
    """Of the likeliest class, where the server names it."""
    usage: Usage = Usage()
    model: str | None = None
    from_journal: bool = False


class Failure(NamedTuple):
    """Why a question has no answer that can be used."""

    reason: str
    """A code in snake_case; docs/models.md lists them."""
    message: str
    """Redacted and capped."""
    attempts: int = 0
    """Requests that were sent; 0 for a question that was never asked."""
    status: int | None = None
    """HTTP status of the last answer, if there was one."""
    owed: bool = True
    """Worth asking again on the next run. False where the same request would fail the same way."""
    answer: Answer | None = None
    """What was said, where something was: `truncated`, `content_filter`, `empty`. Its tokens were paid for."""
