"""The one event loop of this process, in a thread of its own, and the gates that every request goes through."""

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from sterling.models import store
from sterling.models.endpoint import Endpoint
from sterling.models.http.limits import Gate

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_gates: dict[tuple[object, ...], Gate] = {}


def gate_of(endpoint: Endpoint) -> Gate:
    """The one gate of this process for a server, a model, a key and their limits."""
    e = endpoint
    limits = (e.concurrency, e.requests_per_minute, e.tokens_per_minute)
    return _gates.setdefault((e.endpoint, e.model, e.key_env, *limits), Gate(e))


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run it on the loop. An interrupt cancels it, and waits until it has let go of connections and journal."""
    ended = threading.Event()

    async def run() -> T:
        try:
            return await work
        finally:
            ended.set()

    future = asyncio.run_coroutine_threadsafe(run(), _running_loop())
    try:
        return future.result()
    except BaseException:
        if future.cancel():
            ended.wait(timeout=10)
        raise


def submit(work: Coroutine[Any, Any, T]) -> "Future[T]":
    """Begin it on the loop, in the caller's context."""
    return asyncio.run_coroutine_threadsafe(work, _running_loop())


def _running_loop() -> asyncio.AbstractEventLoop:
    global _loop  # noqa: PLW0603 - one loop for the process
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_loop.run_forever, name="sterling-models", daemon=True)
            thread.start()
            atexit.register(_end, _loop, thread)
        return _loop


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    if thread.is_alive():
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
    if not loop.is_running():
        loop.close()
    store.close()


def _start_anew() -> None:
    """A forked child has no thread of its parent's, and may have been forked while a lock was held."""
    global _lock, _loop
    _lock, _loop = threading.Lock(), None
    _gates.clear()


os.register_at_fork(after_in_child=_start_anew)
