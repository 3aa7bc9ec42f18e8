"""What a run may spend and what it has spent, told apart by the entry of the recipe that asked.

Every answer that was paid for says in its line of the journal which run and which entry paid how much, so the sum is
known again after a kill. With a cap, what a request may cost at most is set aside before it is sent, and written down:

    {"run": R, "for": P, "hold": id, "usd": …}           set aside: this much, before the request is sent
    {"run": R, "for": P, "back": id}                     it surely cost nothing
    {"run": R, "for": P, "paid": {…, "hold": id}, …}     it cost this much, and was no answer

What was set aside and never settled, because the process was killed or the answer lost on the way, counts as spent.
"""

import asyncio
import os
import secrets
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import NamedTuple

from sterling.errors import BudgetSpent
from sterling.models import store
from sterling.models.money.bills import Asked, Bill, Item, Sums

_ROUNDING = 1e-9
"""USD by which sums of floats may be off."""


class Hold(NamedTuple):
    """An amount that is set aside for one request."""

    id: str
    """Empty without a cap."""
    usd: float


NOTHING = Hold("", 0.0)


class Purse:
    """The money of one run. Amounts are set aside and settled on the event loop; anybody may read the sums."""

    def __init__(self, run: str, cap: float | None) -> None:
        self.run = run
        self.cap = cap
        self.ledger: dict[Item, Sums] = {}
        """Everything that was ever paid under the run's name."""
        self.found: Counter[Item] = Counter()
        """Answers that this process took from the journal."""
        self.doubtful: dict[str, float] = {}
        """What may have been paid for answers that never came, by hold."""
        self._paid = self._lost = self._held = 0.0
        self._live: dict[str, float] = {}
        self._waiting: deque[tuple[Hold, asyncio.Future[None]]] = deque()
        self._stopped = False
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._count = 0
        self._read()
        self.earlier = sum(sums.requests for sums in self.ledger.values())
        """Requests that processes before this one have paid for."""

    @property
    def usd(self) -> float:
        """What is spent, as far as prices are known, lost answers at their highest price included."""
        return self._paid + self._lost

    def told(self) -> str:
        """For a progress bar: `0.412 of 40 USD`; empty while nothing has been asked."""
        if not self.ledger and self.cap is None:
            return ""
        unpriced = any(sums.unpriced for sums in self.ledger.values())
        said = f"{self.usd:.4g}" + ("+?" if unpriced else "")
        return f"{said} USD" if self.cap is None else f"{said} of {self.cap:g} USD"

    async def hold(self, usd: float) -> Hold:
        """Set an amount aside, when it fits: requests in flight may turn out cheaper. BudgetSpent when it cannot fit.

        First come, first served, so that nobody waits for ever.
        """
        if self.cap is None or usd <= 0:
            return NOTHING
        self._count += 1
        hold = Hold(f"{self._name}-{self._count}", usd)
        if self._stopped or self._waiting or not self._fits(usd):
            await self._turn(hold)
        else:
            self._take(hold)
        return hold

    def sends(self, hold: Hold, purpose: str) -> None:
        """Write down what is set aside, just before the request leaves."""
        if hold.id:
            store.journal().note(self.run, {"for": purpose, "hold": hold.id, "usd": hold.usd})

    def pay(self, hold: Hold, item: Item, bill: Bill) -> None:
        """The request cost this much. Its line is in the journal already."""
        self._add(item, bill)
        self._release(hold)

    def waste(self, hold: Hold, item: Item, bill: Bill, why: str) -> None:
        """It cost this much, and what came was no answer."""
        paid = {**bill.to_json(), **({"hold": hold.id} if hold.id else {})}
        said = {"for": item.purpose, "paid": paid, "why": why, "service": item.service, "model": item.model}
        store.journal().note(self.run, said)
        self.pay(hold, item, bill)

    def give_back(self, hold: Hold, purpose: str, *, sent: bool = True) -> None:
        """The request cost nothing."""
        if hold.id and sent:
            store.journal().note(self.run, {"for": purpose, "back": hold.id})
        self._release(hold)

    def doubt(self, hold: Hold) -> None:
        """It was sent, and what came of it is not known: whoever answered may bill it."""
        if hold.id in self._live:
            self.doubtful[hold.id] = hold.usd
            self._lost += hold.usd
            self._let_free(hold)

    def _add(self, item: Item, bill: Bill) -> None:
        self.ledger.setdefault(item, Sums()).add(bill)
        self._paid += bill.usd or 0.0

    def _fits(self, usd: float) -> bool:
        return self.cap is None or self.usd + self._held + usd <= self.cap + _ROUNDING

    def _take(self, hold: Hold) -> None:
        self._held += hold.usd
        self._live[hold.id] = hold.usd

    def _release(self, hold: Hold) -> None:
        """It is settled: one of this process, or what an earlier one had left in doubt."""
        if hold.id in self._live:
            self._let_free(hold)
        elif hold.id in self.doubtful:
            self._lost -= self.doubtful.pop(hold.id)
            self._wake()

    def _let_free(self, hold: Hold) -> None:
        usd = self._live.pop(hold.id)
        self._held = self._held - usd if self._live else 0.0
        self._wake()

    async def _turn(self, hold: Hold) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((hold, waiter))
        self._wake()
        try:
            await waiter
        except asyncio.CancelledError:
            self._release(hold)
            raise
        if self._stopped:
            raise BudgetSpent(self.usd, self.cap or 0.0, hold.usd)

    def _wake(self) -> None:
        """Serve who waits, in turn. With nothing in flight that could turn out cheaper, nobody is served any more."""
        while self._waiting:
            hold, waiter = self._waiting[0]
            if not waiter.done():
                if not self._stopped and self._fits(hold.usd):
                    self._take(hold)
                elif self._live and not self._stopped:
                    return
                else:
                    self._stopped = True
                waiter.set_result(None)
            self._waiting.popleft()

    def _read(self) -> None:
        """Add up what the journal says of this run."""
        held: dict[str, float] = {}
        settled: set[str] = set()
        for head in store.journal().heads(self.run):
            if "hold" in head:
                held[head["hold"]] = head["usd"]
            elif "back" in head:
                settled.add(head["back"])
            elif "paid" in head:
                item = Item(head["for"], head["service"], head["model"])
                self._add(item, Bill.from_json(head["paid"]))
                settled.add(head["paid"].get("hold", ""))
        self.doubtful = {hold: usd for hold, usd in held.items() if hold not in settled}
        self._lost = sum(self.doubtful.values())


class Account(NamedTuple):
    """Whose money is spent, and what for."""

    purse: Purse
    purpose: str
    asked: list[Asked] | None = None
    """Takes every answer of a preview."""


_account: ContextVar[Account | None] = ContextVar("account", default=None)
_unit: ContextVar[str] = ContextVar("unit", default="")


def account() -> Account | None:
    """Of whoever asks here. It travels with the context: into the event loop, and into every task begun there."""
    return _account.get()


def unit() -> str:
    """The task of a strategy that asks here."""
    return _unit.get()


@contextmanager
def opened(run: str, cap: float | None = None) -> Iterator[Purse]:
    """Spend in the name of a run. Reads what it has spent before; StorageError when the journal cannot be read.

    `cap`: USD that requests of this process, together with all that was spent before, never exceed. They may where a
    request sets no `max_tokens`: then its answer is taken to have 4,096 tokens at most.
    """
    purse = Purse(run, cap)
    token = _account.set(Account(purse, ""))
    try:
        yield purse
    finally:
        _account.reset(token)


@contextmanager
def purpose(name: str, asked: list[Asked] | None = None) -> Iterator[None]:
    """Say what is asked for while this lasts: `generate:evolve`. Nothing happens outside a run."""
    now = _account.get()
    token = _account.set(None if now is None else now._replace(purpose=name, asked=asked))
    try:
        yield
    finally:
        _account.reset(token)


def in_the_name_of(run: str, name: str) -> Context:
    """A context in which an entry of some run asks; of another run than this, its own sums are read."""
    now, context = _account.get(), copy_context()
    if not run:
        whose = None
    elif now is not None and now.purse.run == run:
        whose = Account(now.purse, name, now.asked)
    else:
        whose = Account(Purse(run, None), name)
    context.run(_account.set, whose)
    return context


def for_task(row: str) -> None:
    """Say for which task of a strategy the questions of this context are asked, from now on."""
    _unit.set(row)
