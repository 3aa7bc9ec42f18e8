"""`Models`: what a strategy asks while it writes. Answers come from the journal where they were paid for before."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ValidationError

from sterling.models import store
from sterling.models.asking import STOP, answer_of, call_of
from sterling.models.batches.batch import asker
from sterling.models.conversation import Answer, Failure, Question
from sterling.models.endpoint import Endpoint
from sterling.models.http.client import Client
from sterling.models.http.mends import refuse
from sterling.models.http.secrets import secrets_of
from sterling.models.http.transport import need_aiohttp, open_session
from sterling.models.http.wire import chat_said
from sterling.records import Fault

T = TypeVar("T")
Form = TypeVar("Form", bound=BaseModel)
Message = Mapping[str, Any]
_NO_FORMAT = frozenset({400, 415, 422, 500, 501})
"""How servers say that they know no `response_format`; a 500 only if the client took it for a refusal."""
_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$", re.DOTALL)


class Unanswered(Exception):
    """A question without an answer that can be used: it ends a task in a fault. Raise it where an answer is none."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(f"{failure.reason}: {failure.message}")

    @classmethod
    def because(cls, reason: str, message: str) -> "Unanswered":
        """Of an answer that is of no use, though it came. Not owed: asked again, it would be the same."""
        return cls(Failure(reason, message[:500], attempts=1, owed=False))

    def fault(self, where: str) -> Fault:
        """The fault that it ends the work at `where` in."""
        why = self.failure
        return Fault(where, "provider", why.reason, why.message, max(1, why.attempts), owed=why.owed)


class Filled(NamedTuple):
    """A form that a model filled in."""

    value: Any
    """Of the form's type."""
    answer: Answer


class Models:
    """Every endpoint that is asked, open. An asynchronous context that lives on the event loop of this package."""

    def __init__(self) -> None:
        self._clients: dict[int, tuple[Endpoint, Client]] = {}
        self._formless: set[int] = set()
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        store.journal().refresh()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections, and see that what was answered survives a loss of power."""
        for _, client in self._clients.values():
            await client.let_go()
        await self._open.aclose()

    async def say(
        self,
        endpoint: Endpoint,
        messages: str | Sequence[Message],
        *,
        sampling: Mapping[str, Any] | None = None,
        sample: int = 0,
        finish_ok: frozenset[str] = STOP,
    ) -> Answer:
        """One answer to a chat, or to a text as the user's only message. Unanswered when there is none to be used.

        `sample` tells several answers to the same question apart. InputError when the endpoint will answer nobody.
        """
        chat = ({"role": "user", "content": messages},) if isinstance(messages, str) else tuple(messages)
        call = call_of(endpoint, Question(chat, sampling or {}, sample))
        client = await self._client(endpoint)
        outcome = call if isinstance(call, Failure) else await client.answer(call)
        if client.hopeless is not None:
            refuse(endpoint, client.hopeless)
        answer = answer_of(outcome, finish_ok)
        if isinstance(answer, Failure):
            raise Unanswered(answer)
        return answer

    async def fill(
        self,
        endpoint: Endpoint,
        messages: str | Sequence[Message],
        form: type[Form],
        *,
        sampling: Mapping[str, Any] | None = None,
        sample: int = 0,
    ) -> Filled:
        """A JSON object of the form's shape. What is none is sent back once with what is wrong, then Unanswered."""
        chat = [{"role": "user", "content": messages}] if isinstance(messages, str) else [*messages]
        answer = await self._formed(endpoint, chat, form, sampling or {}, sample)
        try:
            return Filled(read_form(form, answer.text), answer)
        except ValueError as error:
            wrong = f"That is not the JSON object that was asked for: {error}. Answer with the corrected object alone."
        chat += [{"role": "assistant", "content": answer.text}, {"role": "user", "content": wrong}]
        again = await self._formed(endpoint, chat, form, sampling or {}, sample)
        try:
            return Filled(read_form(form, again.text), again)
        except ValueError as error:
            raise Unanswered.because("unparsable", f"no {form.__name__} in two answers: {error}") from None

    @staticmethod
    async def together(*questions: Awaitable[T]) -> list[T]:
        """What becomes of several at once. All are waited for; then the first in order that failed is raised."""
        found = await asyncio.gather(*questions, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if not isinstance(one, BaseException)]

    @staticmethod
    async def aside(work: Callable[..., T], *given: Any) -> T:
        """Do what takes processor time in a thread, so that answers are not kept waiting."""
        return await asyncio.to_thread(work, *given)

    async def _formed(
        self,
        endpoint: Endpoint,
        chat: Sequence[Message],
        form: type[BaseModel],
        sampling: Mapping[str, Any],
        sample: int,
    ) -> Answer:
        """Asked with `response_format` first, and without it from then on where the server knows none."""
        if id(endpoint) not in self._formless:
            try:
                return await self.say(endpoint, chat, sampling={**_response_format(form), **sampling}, sample=sample)
            except Unanswered as none:
                if none.failure.owed or none.failure.status not in _NO_FORMAT:
                    raise
                self._formless.add(id(endpoint))
        return await self.say(endpoint, chat, sampling=sampling, sample=sample)

    async def _client(self, endpoint: Endpoint) -> Client:
        if id(endpoint) not in self._clients:
            need_aiohttp("asking a model")
            secrets = secrets_of(endpoint)
            session = await self._open.enter_async_context(open_session())
            client = asker(session, endpoint, secrets, store.journal(), chat_said)
            self._clients.setdefault(id(endpoint), (endpoint, client))
        return self._clients[id(endpoint)][1]


def read_form(form: type[Form], text: str) -> Form:
    """The object in an answer, alone or in a fenced block. ValueError says in a line what is wrong with it."""
    fenced = _FENCE.match(text)
    try:
        return form.model_validate(json.loads(fenced[1] if fenced else text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the object"
        raise ValueError(f"{place}: {first['msg']}") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"no JSON ({error})"[:200]) from None


def _response_format(form: type[BaseModel]) -> dict[str, Any]:
    schema = form.model_json_schema() | {"additionalProperties": False}
    named = {"name": form.__name__.lower(), "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}
