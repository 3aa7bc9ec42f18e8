"""Asks through a server's Batch API: questions are collected, sent as one file, and their answers fetched hours later.

Four addresses, as OpenAI has them and others after it: `/files` takes the questions, `/batches` begins and lists,
`/batches/ID` tells how far it is, `/files/ID/content` gives answers and errors. Whoever asks notices nothing of it but
the time. A batch is noted on disk before anything is paid (`batch_note`), so a killed run finds it again.

Not guaranteed: that files are deleted at the server; it keeps questions and answers as long as it says it does.
"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import Context, copy_context
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from sterling.models import stand_in
from sterling.models.batch_note import Line, Note, notes
from sterling.models.client import AGAIN, Client, Given, Said
from sterling.models.conversation import Failure
from sterling.models.endpoint import Endpoint
from sterling.models.journal import Journal
from sterling.models.loop import gate_of
from sterling.models.purse import Hold, in_the_name_of
from sterling.models.secrets import Secrets
from sterling.models.till import Till
from sterling.models.transport import Parcel, Reply, reason_of, send
from sterling.models.wire import Call

if TYPE_CHECKING:
    from aiohttp import ClientSession

QUIET_S = 2.0
"""Seconds without a new question after which a batch is sent."""
_MOST_ROWS = 50_000
_MOST_BYTES = 190_000_000
"""Of one batch; OpenAI takes 200 MB."""
_ROUTE = "chat/completions"
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_PAGES = 20
"""Of a hundred batches each, in which one is looked for."""
_SLOW_S = 900.0
"""Seconds for a whole file, up or down."""
_BREATH = 200
"""Answers after which others get their turn on the event loop."""


def asker(
    session: "ClientSession", endpoint: Endpoint, secrets: Secrets, journal: Journal, take: Callable[[Any], Said]
) -> Client:
    """Who asks this endpoint: at once, or in batches. A rehearsal waits for no batch."""
    kind = BatchClient if endpoint.batch and stand_in.address() is None else Client
    return kind(session, endpoint, secrets, gate_of(endpoint), journal, take)


class _Row(NamedTuple):
    """A question on its way through a batch."""

    call: Call
    hold: Hold
    context: Context
    """Of whoever asked: it says in whose name."""
    told: "asyncio.Future[Given | Failure | None]"
    """What came of it; None when it has to be asked anew."""


_Rows = dict[str, _Row]
"""By key."""


class _Group:
    """Questions that become one batch."""

    def __init__(self) -> None:
        self.rows: _Rows = {}
        self.size = 0

    def add(self, row: _Row) -> None:
        """One more."""
        self.rows[row.call.key] = row
        self.size += len(row.call.body) + 200

    @property
    def full(self) -> bool:
        """Whether the server might take no more."""
        return len(self.rows) >= _MOST_ROWS or self.size >= _MOST_BYTES


class BatchClient(Client):
    """A client whose questions go the long way. Everything else about clients holds."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._till = Till(self._endpoint, batch=True)
        self._folder = self._journal.folder.parent / "batches"
        self._earlier = {key: note for note in notes(self._folder, self._endpoint) for key in note.lines}
        self._resumed: dict[Path, _Rows] = {}
        self._group = _Group()
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer_all(self, calls: Sequence[Call]) -> list[Given | Failure]:
        """One outcome for each call, in order."""
        try:
            return await super().answer_all(calls)
        finally:
            await self.let_go()

    async def let_go(self) -> None:
        """Leave what is under way to the next run: it finds the notes."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await super().let_go()

    def _at_once(self, calls: int) -> int:
        return calls

    async def _answer(self, call: Call) -> Given | Failure:
        note = self._earlier.pop(call.key, None)
        outcome = None if note is None else await self._resume(note, call.key)
        return outcome or await self._joined(call) or _lost("a batch was begun twice and is not there")

    async def _joined(self, call: Call) -> Given | Failure | None:
        """Into the batch that is being collected, once the purse has room for it."""
        hold = await self._till.hold(call)
        told: asyncio.Future[Given | Failure | None] = asyncio.get_running_loop().create_future()
        if not self._group.rows or self._group.full:
            self._group = _Group()
            self._begin(self._collected(self._group))
        self._group.add(_Row(call, hold, copy_context(), told))
        return await told

    async def _collected(self, group: _Group) -> None:
        """Send the group off when nothing has come to it for a while."""
        count = -1
        while count != len(group.rows):
            count = len(group.rows)
            await asyncio.sleep(QUIET_S)
        if group is self._group:
            self._group = _Group()
        await self._sent_off({key: row for key, row in group.rows.items() if not row.told.cancelled()})

    async def _sent_off(self, rows: _Rows) -> None:
        note = Note.begin(
            self._folder, self._endpoint, {key: Line(row.hold.id, len(row.call.body)) for key, row in rows.items()}
        )
        for row in rows.values():
            row.context.run(self._till.sends, row.hold)
        await self._seen_to(note, rows)

    async def _resume(self, note: Note, key: str) -> Given | Failure | None:
        """What an earlier batch says; None when it never was begun, or is no longer known."""
        while note.path not in self._resumed:
            if note.take():
                self._resumed[note.path] = rows = self._rows_of(note)
                self._begin(self._seen_to(note, rows))
            elif note.gone:
                self._journal.refresh()
                break
            else:
                await asyncio.sleep(self._pause())
        rows = self._resumed.get(note.path, {})
        said = None if key in rows else self._journal.get(key)
        if said is not None:
            return Given(said, attempts=0)
        return await asyncio.shield(rows[key].told) if key in rows else None

    def _rows_of(self, note: Note) -> _Rows:
        """What is still owed of an earlier batch, each question in the name that it was asked in."""
        context, loop = in_the_name_of(note.run, note.purpose), asyncio.get_running_loop()
        return {
            key: _Row(Call(_ROUTE, bytes(line.size), key, 0), Hold(line.hold, 0.0), context, loop.create_future())
            for key, line in note.lines.items()
            if self._journal.get(key) is None
        }

    def _begin(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits has heard of it

    async def _seen_to(self, note: Note, rows: _Rows) -> None:
        """From wherever a batch stands to its end, or to where only another run can go on."""
        try:
            reply = await self._ended(note, rows)
            if reply.reason is None:
                reply = await self._fetched(rows, reply.body)
            over = reply.reason is None or not reply.sent
            for row in rows.values():
                self._deliver(row, reply if reply.reason else _missing(reply.body))
            await self.sync()
            note.end() if over else note.leave()
        except BaseException as error:
            for row in rows.values():
                _drop(row, error, self._till)
            note.leave()
            raise

    def _deliver(self, row: _Row, reply: Reply) -> None:
        """One answer into the journal and to whoever waits for it, once."""
        if not row.told.done():
            outcome = row.context.run(self._received, row, reply)
            row.told.set_result(outcome)

    def _received(self, row: _Row, reply: Reply) -> Given | Failure | None:
        reply = self._taken(reply)
        if reply.reason is None:
            return Given(self._keep(row.call, reply.body, row.hold, None), attempts=1)
        self._till.unanswered(row.call, row.hold, reply)
        return None if reply.reason == _ANEW else self._failure(reply, 1)

    async def _ended(self, note: Note, rows: _Rows) -> Reply:
        """The batch as the server describes it at its end. A reply that was not `sent`: nothing was begun."""
        if note.batch is None:
            reply = await (self._created(note, rows) if note.file is None else self._found(note))
            if reply.reason is not None:
                return reply
            note.add({"batch": reply.body["id"]})
        return await self._watched(f"batches/{note.batch}")

    async def _created(self, note: Note, rows: _Rows) -> Reply:
        reply = await self._patiently(partial(self._upload, rows))
        if reply.reason is not None:
            return reply._replace(sent=False)
        note.add({"file": reply.body["id"]})
        order = {"input_file_id": note.file, "endpoint": f"/v1/{_ROUTE}", "completion_window": "24h"}
        parcel = Parcel("POST", "batches", json.dumps(order).encode(), {"Content-Type": "application/json"})
        attempts, began = 0, time.monotonic()
        while True:
            reply, attempts = self._with_id(await self._send_off(parcel)), attempts + 1
            wait = None if reply.reason is None else self._wait(reply, attempts, time.monotonic() - began)
            if wait is None:
                refused = reply.status is not None and reply.status < 500
                return reply._replace(sent=reply.reason is None or (reply.sent and not refused))
            await asyncio.sleep(wait)
            found = await self._found(note)  # the answer may have been lost, and not the batch
            if found.reason is None:
                return found

    def _upload(self, rows: _Rows) -> Parcel:
        """The questions as a file, which is written anew for each attempt, since sending closes it."""
        from aiohttp import FormData  # noqa: PLC0415

        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
        for row in rows.values():
            file.write(b'{"custom_id":"%b","method":"POST","url":"/v1/%b","body":' % (row.call.key.encode(), _ROUTE.encode()))
            file.write(row.call.body + b"}\n")
        file.seek(0)
        form = FormData({"purpose": "batch"})
        form.add_field("file", file, filename="questions.jsonl", content_type="application/jsonl")
        return Parcel("POST", "files", form, timeout_s=max(_SLOW_S, self._endpoint.timeout_s))

    async def _found(self, note: Note) -> Reply:
        """The batch that was made of a file, looked for among all; not `sent` when there is none."""
        after = ""
        for _ in range(_PAGES):
            reply = await self._patiently(partial(Parcel, "GET", f"batches?limit=100{after}"))
            if reply.reason is not None:
                return Reply(None, reason="batch_lost", message=f"batches cannot be listed: {reply.message}")
            listed = [one for one in reply.body.get("data") or () if isinstance(one, Mapping)]
            for one in listed:
                if one.get("input_file_id") == note.file:
                    return self._with_id(Reply(200, one))
            if not listed or not reply.body.get("has_more"):
                break
            after = f"&after={listed[-1].get('id')}"
        return Reply(None, reason=_ANEW, message="no batch was begun", sent=False)

    async def _watched(self, path: str) -> Reply:
        """Look from time to time until it has ended."""
        missed = 0
        while True:
            reply = await self._send_off(Parcel("GET", path))
            if reply.reason is None and reply.body.get("status") in _ENDED:
                return reply
            missed = 0 if reply.reason is None else missed + 1
            if reply.reason not in AGAIN | {None} or missed > 2 * self._endpoint.attempts:
                return Reply(None, reason=reply.reason, message=reply.message)
            await asyncio.sleep(max(self._pause(), reply.retry_after or 0.0))

    async def _fetched(self, rows: _Rows, batch: Mapping[str, Any]) -> Reply:
        """Deliver what stands in the files of a batch that has ended."""
        for name in ("output_file_id", "error_file_id"):
            if batch.get(name):
                with tempfile.TemporaryFile() as file:
                    reply = await self._patiently(partial(self._download, str(batch[name]), file))
                    if reply.reason is not None:
                        return Reply(None, reason=reply.reason, message=reply.message)
                    await self._deliver_all(rows, file)
        return Reply(200, batch)

    def _download(self, name: str, file: IO[bytes]) -> Parcel:
        file.seek(0)
        file.truncate()
        return Parcel("GET", f"files/{name}/content", into=file, timeout_s=max(_SLOW_S, self._endpoint.timeout_s))

    async def _deliver_all(self, rows: _Rows, file: IO[bytes]) -> None:
        file.seek(0)
        for number, (key, reply) in enumerate(self._replies(file)):
            if key in rows:
                self._deliver(rows[key], reply)
            if number % _BREATH == 0:
                await asyncio.sleep(0)

    def _replies(self, file: IO[bytes]) -> Iterator[tuple[str, Reply]]:
        for line in file:
            try:
                said = json.loads(self._secrets.mask(line.decode("utf-8", "replace")))
                yield str(said["custom_id"]), self._reply(said.get("response"), said.get("error"))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                continue  # its question has heard nothing, and is owed

    def _reply(self, response: Any, error: Any) -> Reply:
        """One line of a file as what a direct request would have come to."""
        if isinstance(response, Mapping) and response.get("status_code") == 200:
            return Reply(200, response.get("body"))
        if isinstance(response, Mapping) and isinstance(response.get("status_code"), int):
            text = json.dumps(response.get("body"))
            status = response["status_code"]
            return Reply(status, reason=reason_of(status, text), message=self._secrets.quote(text))
        code = error.get("code") if isinstance(error, Mapping) else None
        known = code if code in {"batch_expired", "batch_cancelled"} else "batch_failed"
        return Reply(None, reason=known, message=self._secrets.quote(json.dumps(error)), sent=False)

    async def _patiently(self, parcel: Callable[[], Parcel]) -> Reply:
        """Sent again, each time made anew, as long as that may help."""
        attempts, began = 0, time.monotonic()
        while True:
            reply, attempts = await self._send_off(parcel()), attempts + 1
            wait = None if reply.reason is None else self._wait(reply, attempts, time.monotonic() - began)
            if wait is None:
                return self._with_id(reply) if reply.body is not None and "data" not in reply.body else reply
            await asyncio.sleep(wait)

    async def _send_off(self, parcel: Parcel) -> Reply:
        reply = await send(self._session, self._endpoint, self._secrets, parcel)
        if reply.reason is None and parcel.into is None and not isinstance(reply.body, dict):
            return Reply(200, reason="garbage", message="no JSON object")
        return reply

    @staticmethod
    def _with_id(reply: Reply) -> Reply:
        if reply.reason is None and not isinstance(reply.body.get("id"), str):
            return Reply(200, reason="garbage", message="what was made has no id")
        return reply

    def _pause(self) -> float:
        return self._endpoint.poll_s * random.uniform(0.8, 1.2)  # noqa: S311 - spreads requests, keeps no secret


_ANEW = "batch_unknown"
"""Reason of a reply for questions that no batch was begun with."""


def _missing(batch: Mapping[str, Any]) -> Reply:
    """For a question that an ended batch says nothing of: it was not done, so it cost nothing."""
    status = str(batch.get("status"))
    errors = batch.get("errors")
    listed = errors.get("data") if isinstance(errors, Mapping) else None
    first = listed[0] if isinstance(listed, list) and listed else {}
    why = str(first.get("message", "")) if isinstance(first, Mapping) else ""
    known = "batch_lost" if status == "completed" else f"batch_{status}"
    return Reply(None, reason=known, message=f"the batch ended as `{status}` without it {why}".strip(), sent=False)


def _lost(message: str) -> Failure:
    return Failure("batch_lost", message)


def _drop(row: _Row, error: BaseException, till: Till) -> None:
    """Nobody sees to it in this process any more."""
    if row.told.done():
        return
    row.context.run(till.let_go, row.hold, sent=True)
    if isinstance(error, asyncio.CancelledError):
        row.told.cancel()
    else:
        row.told.set_exception(error)
        row.told.exception()  # seen, should nobody wait for it
