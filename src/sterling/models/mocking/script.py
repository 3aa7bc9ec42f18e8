"""The script of a mock endpoint: rules that say what is answered to which request, and how it goes wrong.

```yaml
seed: 7
latency_s: 0.05
rules:
  - {match: "capital of (\\w+)", fill: "The capital of $1 is unknown."}
  - {match: poison, status: 500}
  - {share: 0.05, status: 429, retry_after: 1}
  - {times: 1, drop: true}
  - {answer: "Fine."}
```

The first rule that applies answers. Chance depends on the seed, the request and how often it was sent, never on the
order of arrival, so a rehearsal goes the same way each time.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sterling.models import yaml_file

Latency = float | tuple[float, float]
"""Seconds, or between so many and so many."""


class Rule(BaseModel):
    """When it applies (`match`, `share`, `first`, `after`, `times`: all that are given), and what happens then."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    match: str | None = None
    """Regular expression, searched in the request's texts (all messages, one below the other)."""
    share: float = Field(default=1.0, ge=0, le=1)
    """Applies to this share of the matching requests, by chance."""
    times: int | None = Field(default=None, ge=1)
    """Applies to the first so many sendings of the same request, so that a retry meets the next rule."""
    first: int | None = Field(default=None, ge=1)
    """Applies to the first so many requests that the server gets."""
    after: int = Field(default=0, ge=0)
    """Applies once the server has had more than so many requests."""

    answer: str | tuple[str, ...] | None = None
    """Text, or several: the n-th sending of a request, or its sample's `seed`, gets the n-th of them."""
    fill: str | None = None
    """Text with `$0`, `$1`, … for what `match` caught."""
    echo: bool = False
    """The last message is the answer."""
    rehearse: bool = False
    """The answer is made up, in the form that is asked for, as in a rehearsal without a script."""
    reasoning: str | None = None
    finish: str = "stop"
    logprobs: Any = None
    tool_calls: tuple[Mapping[str, Any], ...] | None = None
    scores: tuple[float, ...] | None = None
    """For `classify`, `score` and `pooling`; for `embeddings` the vector, unsaid one of the text's words."""

    latency_s: Latency | None = None
    status: int = Field(default=200, ge=200, le=599)
    retry_after: str | float | None = None
    """Seconds, or a date as HTTP writes it."""
    message: str | None = None
    """Of an error's body."""
    body: str | None = None
    """Sent as it is: garbage."""
    echo_key: bool = False
    """The error's message repeats the request's headers, as careless servers do."""
    drop: Literal["before", "within"] | None = None
    """The connection is cut before the answer, or in the middle of it."""
    trickle_s: float | None = Field(default=None, gt=0)
    """The answer comes in ten parts, so many seconds apart."""

    @field_validator("drop", mode="before")
    @classmethod
    def _plain_drop(cls, value: Any) -> Any:
        return "before" if value is True else value

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        return value


class Batches(BaseModel):
    """How batches of questions go, each of which the rules answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    offered: bool = True
    """False for a server without batches: what is sent to begin one meets the rules."""
    delay_s: float = Field(default=0.0, ge=0)
    """Until one ends."""
    ends: Literal["completed", "failed", "expired", "cancelled"] = "completed"
    answered: float = Field(default=1.0, ge=0, le=1)
    """Share of its questions that are answered until then, the first ones; none of a failed batch."""
    lose: int = Field(default=0, ge=0)
    """So many times a batch is begun, and the connection cut before its id is told."""


class Script(BaseModel):
    """What a mock endpoint does."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    seed: int = 0
    latency_s: Latency = 0.0
    """Of every answer that its rule gives none."""
    most_in_flight: int | None = Field(default=None, ge=1)
    """More than so many at once are refused with 429."""
    model: str | None = None
    """Named in every answer; unsaid, what the request asked for."""
    batches: Batches = Batches()
    rules: tuple[Rule, ...] = (Rule(answer="This is a scripted answer."),)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a YAML file. InputError names what is wrong with it."""
        return yaml_file.read(cls, path, "docs/models.md lists the keys")

    def chance(self, request: str, sending: int, what: str) -> float:
        """A number in [0, 1) that is the same for the same sending of the same request."""
        said = hashlib.blake2b(
            f"{self.seed}|{what}|{sending}|{request}".encode("utf-8", "surrogatepass"), digest_size=8
        )
        return int.from_bytes(said.digest()) / 2**64


def texts_of(request: Mapping[str, Any]) -> list[str]:
    """The texts that rules match: of messages, or of whatever a classifier is given."""
    messages = request.get("messages")
    if isinstance(messages, list):
        return [_text(message.get("content")) for message in messages if isinstance(message, Mapping)]
    return [_text(request[name]) for name in ("input", "text_1", "text_2", "prompt") if name in request]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def filled(template: str, found: re.Match[str]) -> str:
    """`$1` becomes what the first group caught; a group that there is not stays as it is written."""

    def caught(group: re.Match[str]) -> str:
        number = int(group[1])
        return (found[number] or "") if number <= found.re.groups else group[0]

    return re.sub(r"\$(\d)", caught, template)
