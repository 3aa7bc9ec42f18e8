"""Asks every call of a list until it is answered or has failed for good, and writes each answer down at once."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sterling.models.conversation import Failure, Usage
from sterling.models.endpoint import Endpoint
from sterling.models.http.limits import Gate, Slot
from sterling.models.http.mends import HOPELESS, NOT_ASKED
from sterling.models.http.retrying import AGAIN, pause
from sterling.models.http.secrets import Secrets
from sterling.models.http.transport import Reply, post
from sterling.models.http.wire import Call, Garbled, usage_of
from sterling.models.journal.journal import Journal, line_of
from sterling.models.money.purse import Hold
from sterling.models.money.till import Till

if TYPE_CHECKING:
    from aiohttp import ClientSession

Said = dict[str, Any]
"""What the journal keeps of an answer."""

_REFUSED = AGAIN - {"garbage"}
"""Those that say something of the server's load."""
_OWED = AGAIN | {"unauthorised", "unpaid", "forbidden", "not_found", "redirected", "tls"} | {
    "batch_expired", "batch_cancelled", "batch_failed", "batch_lost"
}  # fmt: skip
"""Those that may pass on another day, when somebody has mended what is not the request."""
_SILENT = frozenset({"timeout", "connection", "rate_limited"})
"""Those that cost time, or a place in a queue, each time they are met."""


class Given(NamedTuple):
    """An answer and how many requests it took."""

    said: Said
    attempts: int


class Client:
    """Asks one endpoint, through one session. Lives on the event loop, for one list of calls or one strategy."""

    def __init__(
        self,
        session: "ClientSession",
        endpoint: Endpoint,
        secrets: Secrets,
        gate: Gate,
        journal: Journal,
        take: Callable[[Any], Said],
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._secrets = secrets
        self._gate = gate
        self._journal = journal
        self._take = take
        self._till = Till(endpoint)
        self._answered = 0
        self._failed_in_a_row = 0
        self._stop: Failure | None = None
        self._asked: dict[str, asyncio.Future[Given | Failure]] = {}

    async def answer_all(self, calls: Sequence[Call]) -> list[Given | Failure]:
        """One outcome for each call, in order. Twice as many rows as fit in flight are open: some are waiting."""
        outcomes: list[Given | Failure | None] = [None] * len(calls)
        todo = iter(enumerate(calls))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._at_once(len(calls))):
                    group.create_task(self._work(todo, outcomes))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            await self.sync()
        return [outcome for outcome in outcomes if outcome is not None]

    def _at_once(self, calls: int) -> int:
        return min(calls, 2 * self._gate.most)

    async def answer(self, call: Call) -> Given | Failure:
        """What the journal has, or what is said now. Who asks the same meanwhile waits for the one answer.

        Who no longer waits takes it from nobody else; when nobody waits any more, it is still written down.
        """
        said = self._journal.get(call.key)
        if said is not None:
            self._till.found(call, said)
            return Given(said, attempts=0)
        asked = self._asked.get(call.key)
        if asked is None:
            asked = self._asked[call.key] = asyncio.ensure_future(self._outcome(call))
            asked.add_done_callback(partial(self._forget, call.key))
        return await asyncio.shield(asked)

    def _forget(self, key: str, asked: "asyncio.Future[Given | Failure]") -> None:
        del self._asked[key]
        if not asked.cancelled():
            asked.exception()  # seen here, should nobody be left to whom it is raised

    async def let_go(self) -> None:
        """Ask no more: what nobody waits for any more ends here. Then see that the answers survive a loss of power."""
        left = [*self._asked.values()]
        for asked in left:
            asked.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.sync()

    async def _work(self, todo: Iterator[tuple[int, Call]], outcomes: list[Given | Failure | None]) -> None:
        for place, call in todo:
            outcomes[place] = await self._outcome(call)

    async def _outcome(self, call: Call) -> Given | Failure:
        outcome = self._stop or await self._answer(call)
        if outcome is not self._stop:
            self._count(outcome)
        return outcome

    def _count(self, outcome: Given | Failure) -> None:
        """Stop asking an endpoint that cannot answer: a wrong key costs a few requests, not thousands."""
        if isinstance(outcome, Given):
            self._answered += 1
            self._failed_in_a_row = 0
            return
        self._failed_in_a_row += outcome.owed
        hopeless = outcome.reason in HOPELESS and (not self._answered or self._doubtful)
        gone = outcome.reason in _SILENT and self._failed_in_a_row >= 4 * self._many
        if self._stop is None and (hopeless or gone):
            self._stop = outcome._replace(message=f"{NOT_ASKED}{outcome.message}", attempts=0)

    @property
    def hopeless(self) -> Failure | None:
        """Why nobody will be answered, if that is certain: a wrong key, a model that is not there."""
        return self._stop if self._stop is not None and self._stop.reason in HOPELESS else None

    @property
    def _many(self) -> int:
        return max(64, 2 * self._gate.most)

    @property
    def _doubtful(self) -> bool:
        """So many failed without an answer in between that each further row gets one request only, until one is."""
        return self._failed_in_a_row >= self._many

    async def _answer(self, call: Call) -> Given | Failure:
        """Send until answered. A 429 from a server that answers others does not count before `patience_s` is over."""
        attempts, began = 0, time.monotonic()
        while True:
            hold = await self._till.hold(call)
            slot = await self._entered(call, hold)
            if isinstance(slot, Failure):
                return slot
            reply = await self._send(call, slot, hold)
            attempts += 1
            if reply.reason is None:
                said = self._keep(call, reply.body, hold, time.monotonic() - slot.started)
                if self._journal.due():
                    await self.sync()
                return Given(said, attempts)
            self._till.unanswered(call, hold, reply)
            wait = self._wait(reply, attempts, time.monotonic() - began)
            if wait is None:
                return self._failure(reply, attempts)
            await asyncio.sleep(wait)

    async def _entered(self, call: Call, hold: Hold) -> Slot | Failure:
        """Leave to send, or why nobody is asked any more."""
        try:
            slot = await self._gate.enter(call.tokens)
        except BaseException:
            self._till.let_go(hold, sent=False)
            raise
        if self._stop is not None:
            self._gate.leave(slot, refused=False)
            self._till.let_go(hold, sent=False)
            return self._stop
        return slot

    async def _send(self, call: Call, slot: Slot, hold: Hold) -> Reply:
        """One request; the body of its reply is what is kept, or it has a reason."""
        reply = Reply(None, reason="connection", message="interrupted")
        try:
            self._till.sends(hold)
            reply = self._taken(await post(self._session, self._endpoint, self._secrets, call))
        except BaseException:
            self._till.let_go(hold, sent=True)
            raise
        finally:
            usage = Usage() if reply.reason else usage_of(reply.body)
            self._gate.leave(slot, refused=reply.reason in _REFUSED, usage=usage, retry_after=reply.retry_after or 0.0)
        return reply

    def _taken(self, reply: Reply) -> Reply:
        if reply.reason is not None:
            return reply
        try:
            return reply._replace(body=self._take(reply.body))
        except Garbled as error:
            return reply._replace(reason=error.reason, message=self._secrets.quote(str(error)))

    def _keep(self, call: Call, said: Said, hold: Hold, seconds: float | None) -> Said:
        """The answer as it is written down: without the key, should the server have echoed it."""
        bill = self._till.bill(call, said)
        head = self._till.head(bill, hold)
        line = line_of(call.key, call.path, self._endpoint.identity, self._endpoint.model, said, head)
        masked = self._secrets.mask(line)
        self._journal.put(call.key, masked.encode())
        self._till.pay(bill, hold, seconds)
        kept: Said = said if masked == line else json.loads(masked)["said"]
        return kept

    async def sync(self) -> None:
        """See that what was answered survives a loss of power."""
        await asyncio.get_running_loop().run_in_executor(None, self._journal.sync)

    def _wait(self, reply: Reply, attempts: int, waited: float) -> float | None:
        return pause(self._endpoint, reply, attempts, waited, patient=self._gate.answers(), doubtful=self._doubtful)

    def _failure(self, reply: Reply, attempts: int) -> Failure:
        reason = reply.reason or "garbage"
        said = f"{self._endpoint.endpoint}: {reply.message}"
        return Failure(reason, self._secrets.quote(said, 500), attempts, reply.status, owed=reason in _OWED)
