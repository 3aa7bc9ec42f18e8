"""Asks through a server's Batch API: questions are collected, sent as one file, and their answers fetched hours later.

Four addresses, as OpenAI has them and others after it: `/files` takes the questions, `/batches` begins and lists,
`/batches/ID` tells how far it is, `/files/ID/content` gives answers and errors. Whoever asks notices nothing of it but
the time. A batch is noted on disk before anything is paid (`batch_note`), so a killed run finds it again.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from sterling.models import stand_in
from sterling.models.batch_note import Line, Note, notes
from sterling.models.client import AGAIN, Client, Given, Said
from sterling.models.conversation import Failure
from sterling.models.endpoint import Endpoint
from sterling.models.journal import Journal
from sterling.models.loop import gate_of
from sterling.models.purse import NOTHING, Hold
from sterling.models.secrets import Secrets
from sterling.models.till import Till
from sterling.models.transport import Parcel, Reply, reason_of, send
from sterling.models.wire import Call

if TYPE_CHECKING:
    from aiohttp import ClientSession

QUIET_S = 2.0
"""Seconds without a new question after which a batch is full enough."""
_MOST_ROWS = 50_000
_MOST_BYTES = 190_000_000
"""Of one batch; OpenAI takes 200 MB."""
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_ROUTE = "chat/completions"
_LISTED = 20
"""Pages of a hundred batches in which one is looked for."""
_SLOW_S = 600.0
"""Seconds for a file, at least."""


def asker(
    session: "ClientSession", endpoint: Endpoint, secrets: Secrets, journal: Journal, take: Callable[[Any], Said]
) -> Client:
    """Who asks this endpoint: at once, or in batches. A rehearsal waits for no batch."""
    kind = BatchClient if endpoint.batch and stand_in.address() is None else Client
    return kind(session, endpoint, secrets, gate_of(endpoint), journal, take)


class _Row(NamedTuple):
    """A question that waits for its batch."""

    call: Call
    hold: Hold
    told: "asyncio.Future[Reply]"
    """What came of it."""
    kept: "asyncio.Future[None]"
    """Done when that is in the journal."""


class _Group:
    """Questions that become one batch."""

    def __init__(self) -> None:
        self.rows: dict[str, _Row] = {}
        self.size = 0

    @property
    def full(self) -> bool:
        """Whether the server would take no more."""
        return len(self.rows) >= _MOST_ROWS or self.size >= _MOST_BYTES


class BatchClient(Client):
    """A client whose questions go the long way. Everything else about clients holds."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._till = Till(self._endpoint, batch=True)
        self._folder = self._journal.folder.parent / "batches"
        self._earlier = {key: note for note in notes(self._folder, self._endpoint) for key in note.lines}
        self._fetched: dict[Path, asyncio.Task[None]] = {}
        self._waiting: dict[str, _Row] = {}
        self._group: _Group | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def let_go(self) -> None:
        """Leave batches that are under way to the next run: their notes stay."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await super().let_go()

    async def answer_all(self, calls: Sequence[Call]) -> list[Given | Failure]:
        """One outcome for each call, in order."""
        try:
            return await super().answer_all(calls)
        finally:
            await self.let_go()

    def _at_once(self, calls: int) -> int:
        return calls

    async def _answer(self, call: Call) -> Given | Failure:
        note = self._earlier.get(call.key)
        row = await (self._joined(call) if note is None else self._resumed(call, note))
        return row if isinstance(row, Given) else await self._settled(row, note)

    async def _settled(self, row: _Row, note: Note | None) -> Given | Failure:
        """Wait for the batch, and see to the account and the journal of one of its answers."""
        try:
            reply = self._taken(await row.told)
            if reply.reason is None:
                return Given(await self._kept(row.call, reply.body, row.hold), 1)
            if reply.sent:
                self._till.unanswered(row.call, row.hold, reply)
            else:
                self._till.let_go(row.hold, sent=False)
            return self._failure(reply, 1)
        except asyncio.CancelledError:
            self._till.let_go(row.hold, sent=True)
            raise
        finally:
            self._waiting.pop(row.call.key, None)
            row.kept.set_result(None)
