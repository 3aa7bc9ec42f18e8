"""How much may be asked of an endpoint at once: in flight, per minute, and after it has said that it is too much.

Noise and overload look alike in one answer and differ over a window. Concurrency is halved only when at least half of
a window's answers were refused (429, 5xx, timeouts, dropped connections), or when a token takes three times as long
as it used to; a window with few refusals adds a little back. A server that fails one request in ten at random
therefore stays fully used, and one that is drowning is let up.
"""

import asyncio
import statistics
import time
from collections import deque
from typing import NamedTuple

from sterling.models.conversation import Usage
from sterling.models.endpoint import Endpoint

_OVERLOADED = 0.5
"""Share of refusals in a window from which it is overload."""
_QUIET = 0.15
"""Share up to which concurrency grows again."""
_SLOWER = 3.0
"""Times the usual seconds per token."""
_FLOOR = 4
_SMALLEST_WINDOW = 16
_ANY_ANSWER = 16.0
"""Tokens' worth of time that an answer takes however short it is."""
_NOTICEABLE_S = 0.2
_UNKNOWN = Usage()


class Slot(NamedTuple):
    """Leave to have one request in flight."""

    era: int
    started: float
    tokens: int


class Pace:
    """At most so many units a minute, evenly spread: providers count over seconds, too."""

    def __init__(self, per_minute: int | None) -> None:
        self._seconds = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0

    def reserve(self, units: float, now: float) -> float:
        """Seconds to wait before these units may be spent."""
        if not self._seconds:
            return 0.0
        start = max(now, self._next)
        self._next = start + units * self._seconds
        return start - now

    def correct(self, units: float) -> None:
        """So many units more, or fewer, were spent than reserved."""
        self._next += units * self._seconds


class Gate:
    """Lets requests through to one endpoint. Lives on one event loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.most = endpoint.concurrency
        self.limit = float(self.most)
        self.in_flight = 0
        self.answered_at: float | None = None
        self._floor = min(_FLOOR, self.most)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._requests = Pace(endpoint.requests_per_minute)
        self._tokens = Pace(endpoint.tokens_per_minute)
        self._not_before = 0.0
        self._era = 0
        self._window = Window()
        self._usual: float | None = None

    def answers(self) -> bool:
        """Whether this endpoint has ever answered anything in this process."""
        return self.answered_at is not None

    async def enter(self, tokens: int) -> Slot:
        """Wait for a place, for the pace, and for a pause to end."""
        if self._waiting or self.in_flight >= int(self.limit):
            await self._turn()
        else:
            self.in_flight += 1
        try:
            await self._pause(tokens)
        except BaseException:
            self._free()
            raise
        return Slot(self._era, time.monotonic(), tokens)

    def leave(self, slot: Slot, *, refused: bool, usage: Usage = _UNKNOWN, retry_after: float = 0.0) -> None:
        """A request came back, or failed."""
        now = time.monotonic()
        self._free()
        if not refused:
            self.answered_at = now
        if usage.prompt_tokens is not None or usage.completion_tokens is not None:
            self._tokens.correct((usage.prompt_tokens or 0) + (usage.completion_tokens or 0) - slot.tokens)
        if slot.era == self._era:
            self._window.take(refused, now - slot.started, usage.completion_tokens, retry_after)
            if self._window.size >= max(_SMALLEST_WINDOW, int(self.limit)):
                self._decide(now)

    def _free(self) -> None:
        self.in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        """Hand free places to those who wait, first come, first served."""
        while self._waiting and self.in_flight < int(self.limit):
            waiter = self._waiting.popleft()
            if not waiter.done():
                self.in_flight += 1
                waiter.set_result(None)

    async def _turn(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._free()
            raise

    async def _pause(self, tokens: int) -> None:
        now = time.monotonic()
        wait = max(self._requests.reserve(1, now), self._tokens.reserve(tokens, now), self._not_before - now)
        while wait > 0:
            await asyncio.sleep(wait)
            wait = self._not_before - time.monotonic()

    def _decide(self, now: float) -> None:
        window, self._window = self._window, Window()
        slow = window.slower_than(self._usual)
        self._usual = window.pace() if slow else _blend(self._usual, window.pace())
        if slow or window.refusals >= _OVERLOADED * window.size:
            self.limit = max(float(self._floor), self.limit / 2)
            self._era += 1
            self._not_before = max(self._not_before, now + window.retry_after)
        elif window.refusals <= _QUIET * window.size:
            self.limit = min(float(self.most), self.limit + max(1.0, self.most / 32))
            self._wake()


class Window:
    """What the last so many requests came to."""

    def __init__(self) -> None:
        self.size = 0
        self.refusals = 0
        self.retry_after = 0.0
        self._seconds: list[float] = []
        self._paces: list[float] = []

    def take(self, refused: bool, seconds: float, tokens: int | None, retry_after: float) -> None:
        """Count one."""
        self.size += 1
        self.refusals += refused
        self.retry_after = max(self.retry_after, retry_after)
        if not refused:
            self._seconds.append(seconds)
            self._paces.append(seconds / (_ANY_ANSWER + (tokens or 0)))

    def pace(self) -> float | None:
        """Median seconds per token, or None when too few answered to say."""
        return statistics.median(self._paces) if len(self._paces) >= _SMALLEST_WINDOW // 2 else None

    def slower_than(self, usual: float | None) -> bool:
        """Whether answers take several times as long as usual, and long enough to matter."""
        pace = self.pace()
        if usual is None or pace is None:
            return False
        return pace > _SLOWER * usual and statistics.median(self._seconds) > _NOTICEABLE_S


def _blend(usual: float | None, latest: float | None) -> float | None:
    """What is usual drifts with the server, so that only a jump is one."""
    if usual is None or latest is None:
        return latest if usual is None else usual
    return 0.8 * usual + 0.2 * latest
