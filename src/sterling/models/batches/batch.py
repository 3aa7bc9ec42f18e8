"""Asks through a server's Batch API: questions are collected, sent as one file, and their answers fetched hours later.

Whoever asks notices nothing of it but the time. A batch is noted on disk before anything is paid (`batch_note`), so a
killed run finds it again, waits for it, and pays for nothing twice.

Not guaranteed: that files are deleted at the server; it keeps questions and answers as long as it says it does.
"""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextvars import Context, copy_context
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from sterling.models.batches.note import Line, Note, notes
from sterling.models.batches.server import ANEW, BatchServer, missing
from sterling.models.conversation import Failure
from sterling.models.endpoint import Endpoint
from sterling.models.http.client import Client, Given, Said
from sterling.models.http.limits import Gate
from sterling.models.http.secrets import Secrets
from sterling.models.http.transport import Reply
from sterling.models.http.wire import Call
from sterling.models.journal.journal import Journal
from sterling.models.loop import gate_of
from sterling.models.mocking import stand_in
from sterling.models.money.purse import Hold, in_the_name_of
from sterling.models.money.till import Till

if TYPE_CHECKING:
    from aiohttp import ClientSession

QUIET_S = 2.0
"""Seconds without a new question after which a batch is sent."""
_MOST_ROWS = 50_000
_MOST_BYTES = 190_000_000
"""Of one batch; OpenAI takes 200 MB."""
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

    def __init__(
        self,
        session: "ClientSession",
        endpoint: Endpoint,
        secrets: Secrets,
        gate: Gate,
        journal: Journal,
        take: Callable[[Any], Said],
    ) -> None:
        super().__init__(session, endpoint, secrets, gate, journal, take)
        self._till = Till(endpoint, batch=True)
        self._server = BatchServer(session, endpoint, secrets)
        self._folder = journal.folder.parent / "batches"
        self._earlier = {key: note for note in notes(self._folder, endpoint) for key in note.lines}
        journal.refresh()  # a batch that ended since the last look has left answers here, and no note any more
        self._resumed: dict[Path, _Rows] = {}
        self._group = _Group()
        self._tasks: dict[asyncio.Task[None], _Rows] = {}

    async def answer_all(self, calls: Sequence[Call]) -> list[Given | Failure]:
        """One outcome for each call, in order."""
        try:
            return await super().answer_all(calls)
        finally:
            await self.let_go()

    async def let_go(self) -> None:
        """Leave what is under way to the next run, which finds the notes."""
        tasks = dict(self._tasks)
        for task, rows in tasks.items():
            if not all(row.told.done() for row in rows.values()):  # else it is about to end its note
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await super().let_go()

    def _at_once(self, calls: int) -> int:
        return calls

    async def _answer(self, call: Call) -> Given | Failure:
        said = self._journal.get(call.key)
        if said is not None:
            self._till.found(call, said)
            return Given(said, attempts=0)
        note = self._earlier.pop(call.key, None)
        outcome = None if note is None else await self._resume(note, call.key)
        return outcome or await self._join(call)

    async def _join(self, call: Call) -> Given | Failure:
        """Into the batch that is being collected, once the purse has room for it."""
        hold = await self._till.hold(call)
        row = _Row(call, hold, copy_context(), asyncio.get_running_loop().create_future())
        if not self._group.rows or self._group.full:
            self._group = _Group()
            self._begin(self._collect(self._group), self._group.rows)
        self._group.add(row)
        return await row.told or Failure("batch_lost", "the server has forgotten the batch that it had begun")

    async def _collect(self, group: _Group) -> None:
        """Send the group off when nothing has come to it for a while."""
        count = -1
        while count != len(group.rows):
            count = len(group.rows)
            await asyncio.sleep(QUIET_S)
        if group is self._group:
            self._group = _Group()
        for row in group.rows.values():
            if row.told.cancelled():
                row.context.run(self._till.let_go, row.hold, sent=False)
        await self._send_off({key: row for key, row in group.rows.items() if not row.told.cancelled()})

    async def _send_off(self, rows: _Rows) -> None:
        lines = {key: Line(row.hold.id, len(row.call.body)) for key, row in rows.items()}
        note = Note.begin(self._folder, self._endpoint, lines)
        for row in rows.values():
            row.context.run(self._till.sends, row.hold)
        await self._see_to(note, rows, self._create(note, rows))

    async def _create(self, note: Note, rows: _Rows) -> Reply:
        """A batch that is under way. A reply that was not `sent`: nothing was begun."""
        file = await self._server.upload(row.call for row in rows.values())
        if file.reason is not None:
            return file._replace(sent=False)
        note.add({"file": file.body["id"]})
        return await self._server.create(file.body["id"])

    async def _resume(self, note: Note, key: str) -> Given | Failure | None:
        """What an earlier batch says; None when none was begun."""
        while note.path not in self._resumed:
            if note.take():
                rows = self._resumed[note.path] = self._rows_of(note)
                self._begin(self._see_to(note, rows, self._find(note)), rows)
            elif note.gone:  # another process has seen to it
                self._journal.refresh()
                break
            else:
                await asyncio.sleep(self._server.poll_s())
        row = self._resumed.get(note.path, {}).get(key)
        if row is not None:
            return await asyncio.shield(row.told)
        said = self._journal.get(key)
        return None if said is None else Given(said, attempts=0)

    def _rows_of(self, note: Note) -> _Rows:
        """What is still owed of an earlier batch, in the name in which it was asked."""
        context, loop = in_the_name_of(note.run, note.purpose), asyncio.get_running_loop()
        owed = {key: line for key, line in note.lines.items() if self._journal.get(key) is None}
        return {
            key: _Row(Call("chat/completions", bytes(size), key, 0), Hold(hold, 0.0), context, loop.create_future())
            for key, (hold, size) in owed.items()
        }

    async def _find(self, note: Note) -> Reply:
        """The batch of a note: known by its id, or looked for by its file."""
        if note.batch is not None:
            return Reply(200, {"id": note.batch})
        if note.file is not None:
            return await self._server.find(note.file)
        return Reply(None, reason=ANEW, message="nothing was sent", sent=False)

    async def _see_to(self, note: Note, rows: _Rows, begun: Coroutine[Any, Any, Reply]) -> None:
        """From wherever a batch stands to its end, or to where only another run can go on: then its note stays."""
        try:
            reply = await self._end_of(note, rows, begun)
            for row in rows.values():
                self._deliver(row, reply if reply.reason else missing(reply.body))
            await self.sync()
            note.leave() if reply.reason and reply.sent else note.end()
        except BaseException as error:
            for row in rows.values():
                self._drop(row, error)
            note.leave()
            raise

    async def _end_of(self, note: Note, rows: _Rows, begun: Coroutine[Any, Any, Reply]) -> Reply:
        reply = await begun
        if reply.reason is not None:
            return reply._replace(status=None)
        if note.batch is None:
            note.add({"batch": reply.body["id"]})
        reply = await self._server.end_of(reply.body["id"])
        return reply if reply.reason else await self._fetch(rows, reply.body)

    async def _fetch(self, rows: _Rows, batch: Mapping[str, Any]) -> Reply:
        """Deliver what stands in the files of a batch that has ended."""
        for name in ("output_file_id", "error_file_id"):
            if batch.get(name):
                with tempfile.TemporaryFile() as file:
                    reply = await self._server.download(str(batch[name]), file)
                    if reply.reason is not None:
                        return reply._replace(status=None)
                    await self._deliver_all(rows, file)
        return Reply(200, batch)

    async def _deliver_all(self, rows: _Rows, file: IO[bytes]) -> None:
        for number, (key, reply) in enumerate(self._server.replies(file)):
            if key in rows:
                self._deliver(rows[key], reply)
            if number % _BREATH == 0:
                await asyncio.sleep(0)

    def _deliver(self, row: _Row, reply: Reply) -> None:
        """One answer into the journal and to whoever waits for it, once."""
        if not row.told.done():
            row.told.set_result(row.context.run(self._receive, row, reply))

    def _receive(self, row: _Row, reply: Reply) -> Given | Failure | None:
        taken = self._taken(reply)
        if taken.reason is None:
            return Given(self._keep(row.call, taken.body, row.hold, None), attempts=1)
        self._till.unanswered(row.call, row.hold, taken)
        return None if taken.reason == ANEW else self._failure(taken, 1)

    def _drop(self, row: _Row, error: BaseException) -> None:
        """Nobody sees to it in this process any more."""
        if not row.told.done():
            row.context.run(self._till.let_go, row.hold, sent=True)
            if isinstance(error, asyncio.CancelledError):
                row.told.cancel()
            else:
                row.told.set_exception(error)

    def _begin(self, work: Coroutine[Any, Any, None], rows: _Rows) -> None:
        task = asyncio.ensure_future(work)
        self._tasks[task] = rows
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task)
        if not task.cancelled():
            task.exception()  # whoever waits has heard of it
