"""The four addresses of a Batch API, as OpenAI has them and others after it.

`/files` takes the questions, `/batches` begins a batch and lists all, `/batches/ID` tells how far one is, and
`/files/ID/content` gives answers and errors.
"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from sterling.models.endpoint import Endpoint
from sterling.models.http.retrying import AGAIN, pause
from sterling.models.http.secrets import Secrets
from sterling.models.http.transport import Parcel, Reply, reason_of, send
from sterling.models.http.wire import Call

if TYPE_CHECKING:
    from aiohttp import ClientSession

ANEW = "batch_unknown"
"""Reason of a reply for questions that no batch was begun with: ask them anew."""
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_ROUTE = "/v1/chat/completions"
_PAGES = 20
"""Of a hundred batches each, in which one is looked for."""
_SLOW_S = 900.0
"""Seconds for a whole file, up or down."""


class BatchServer:
    """A server that answers in batches. What goes wrong comes back as a `Reply` with a reason, like anything else."""

    def __init__(self, session: "ClientSession", endpoint: Endpoint, secrets: Secrets) -> None:
        self._session = session
        self._endpoint = endpoint
        self._secrets = secrets

    async def upload(self, calls: Iterable[Call]) -> Reply:
        """The questions as a file, told apart by their keys; the reply's body has its `id`."""
        listed = list(calls)
        return _with_id(await self._patiently(lambda: self._parcel_of(listed)))

    async def create(self, file: str) -> Reply:
        """Begin a batch; the reply's body is it. One that was not `sent` says that surely none was begun."""
        order = {"input_file_id": file, "endpoint": _ROUTE, "completion_window": "24h"}
        parcel = Parcel("POST", "batches", json.dumps(order).encode(), {"Content-Type": "application/json"})
        attempts, began = 0, time.monotonic()
        while True:
            reply, attempts = _with_id(await self._send(parcel)), attempts + 1
            wait = pause(self._endpoint, reply, attempts, time.monotonic() - began)
            if wait is None:
                refused = reply.status is not None and 400 <= reply.status < 500
                return reply._replace(sent=reply.sent and not refused)
            await asyncio.sleep(wait)
            found = await self.find(file)  # what was lost may be the answer, and not the batch
            if found.reason is None:
                return found

    async def find(self, file: str) -> Reply:
        """The batch that was made of a file, among all that the server lists; not `sent` when there is none."""
        after = ""
        for _ in range(_PAGES):
            reply = await self._patiently(partial(Parcel, "GET", f"batches?limit=100{after}"))
            if reply.reason is not None:
                return Reply(None, reason="batch_lost", message=f"batches cannot be listed: {reply.message}")
            listed = [one for one in reply.body.get("data") or () if isinstance(one, Mapping)]
            for one in listed:
                if one.get("input_file_id") == file:
                    return _with_id(Reply(200, one))
            if not listed or not reply.body.get("has_more"):
                break
            after = f"&after={listed[-1].get('id')}"
        return Reply(None, reason=ANEW, message="no batch was begun", sent=False)

    async def end_of(self, batch: str) -> Reply:
        """Look from time to time until a batch has ended; the reply's body is it, unless nobody can tell."""
        missed = 0
        while True:
            reply = await self._send(Parcel("GET", f"batches/{batch}"))
            if reply.reason is None and reply.body.get("status") in _ENDED:
                return reply
            missed = 0 if reply.reason is None else missed + 1
            if missed > 2 * self._endpoint.attempts or not (reply.reason is None or reply.reason in AGAIN):
                return Reply(None, reason=reply.reason, message=reply.message)
            await asyncio.sleep(max(self.poll_s(), reply.retry_after or 0.0))

    async def download(self, name: str, file: IO[bytes]) -> Reply:
        """Put a file of the server's into one of ours."""
        reply = await self._patiently(partial(self._emptied, name, file))
        file.seek(0)
        return reply

    def replies(self, file: IO[bytes]) -> Iterator[tuple[str, Reply]]:
        """The key of each question in a downloaded file, and what a direct request would have come to."""
        for line in file:
            try:
                said = json.loads(self._secrets.mask(line.decode("utf-8", "replace")))
                yield str(said["custom_id"]), self._reply(said.get("response"), said.get("error"))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                continue  # its question has heard nothing, and is owed

    def poll_s(self) -> float:
        """Seconds until the next look."""
        return self._endpoint.poll_s * random.uniform(0.8, 1.2)  # noqa: S311 - spreads requests, keeps no secret

    def _parcel_of(self, calls: Iterable[Call]) -> Parcel:
        """Written anew for each attempt, since sending closes the file."""
        from aiohttp import FormData  # noqa: PLC0415 - only who asks pays for it

        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by what sends it
        for call in calls:
            head = f'{{"custom_id":"{call.key}","method":"POST","url":"{_ROUTE}","body":'
            file.write(head.encode() + call.body + b"}\n")
        file.seek(0)
        form = FormData({"purpose": "batch"})
        form.add_field("file", file, filename="questions.jsonl", content_type="application/jsonl")
        return Parcel("POST", "files", form, timeout_s=max(_SLOW_S, self._endpoint.timeout_s))

    def _emptied(self, name: str, file: IO[bytes]) -> Parcel:
        file.seek(0)
        file.truncate()
        return Parcel("GET", f"files/{name}/content", into=file, timeout_s=max(_SLOW_S, self._endpoint.timeout_s))

    def _reply(self, response: Any, error: Any) -> Reply:
        status = response.get("status_code") if isinstance(response, Mapping) else None
        if status == 200:
            return Reply(200, response.get("body"))
        if isinstance(status, int):
            text = json.dumps(response.get("body"))
            return Reply(status, reason=reason_of(status, text), message=self._secrets.quote(text))
        code = error.get("code") if isinstance(error, Mapping) else None
        known = code if code in {"batch_expired", "batch_cancelled"} else "batch_failed"
        return Reply(None, reason=known, message=self._secrets.quote(json.dumps(error)), sent=False)

    async def _patiently(self, parcel: Callable[[], Parcel]) -> Reply:
        """Sent again, each time made anew, as long as that may help."""
        attempts, began = 0, time.monotonic()
        while True:
            reply, attempts = await self._send(parcel()), attempts + 1
            wait = pause(self._endpoint, reply, attempts, time.monotonic() - began)
            if wait is None:
                return reply
            await asyncio.sleep(wait)

    async def _send(self, parcel: Parcel) -> Reply:
        reply = await send(self._session, self._endpoint, self._secrets, parcel)
        if reply.reason is None and parcel.into is None and not isinstance(reply.body, dict):
            return Reply(200, reason="garbage", message="no JSON object")
        return reply


def missing(batch: Mapping[str, Any]) -> Reply:
    """For a question that an ended batch says nothing of: it was not done, so it cost nothing."""
    status, errors = str(batch.get("status")), batch.get("errors")
    listed = errors.get("data") if isinstance(errors, Mapping) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    why = f": {first.get('message')}" if isinstance(first, Mapping) else ""
    reason = "batch_lost" if status == "completed" else f"batch_{status}"
    return Reply(None, reason=reason, message=f"the batch ended as `{status}` without it{why}"[:400], sent=False)


def _with_id(reply: Reply) -> Reply:
    if reply.reason is None and not isinstance(reply.body.get("id"), str):
        return Reply(200, reason="garbage", message="what was made has no id")
    return reply
