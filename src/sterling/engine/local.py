"""The default engine: work over shards in a few processes of this machine.

Workers are plain subprocesses that speak pickle over their pipes, not `multiprocessing` children: those would import
the caller's script a second time, which breaks a script without a main guard. A worker ends when its input closes,
so none outlives a parent that was killed.
"""

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, cast

from sterling.engine.crew import Result, Unit, pickled
from sterling.errors import SterlingError


def default_workers() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalCrew:
    """Processes that stay for a whole run, started when they are first needed. A context manager."""

    def __init__(self, size: int) -> None:
        self.size = size
        """How many work at once; 1 means in this process."""
        self._idle: list[_Worker] = []

    def __enter__(self) -> "LocalCrew":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._idle:
            worker.close()
        self._idle.clear()

    def map(self, work: Callable[[Unit], Result], units: Iterable[Unit], owed: int | None = None) -> Iterator[Result]:
        """As a `Crew` does. If it is known how many are `owed`, no more processes than that are started."""
        size = self.size if owed is None else min(self.size, owed)
        data = pickled(work) if size > 1 else None
        if data is None:
            yield from map(work, units)
            return
        shift = _Shift(data, [self._hire() for _ in range(size)])
        yield from shift.map(units)
        self._idle += shift.workers

    def _hire(self) -> "_Worker":
        return self._idle.pop() if self._idle else _Worker()


class _Shift:
    """One piece of work for some workers, each led by a thread of its own."""

    def __init__(self, work: bytes, workers: list["_Worker"]) -> None:
        self.workers = workers
        self._work = work
        self._todo: queue.Queue[Any] = queue.Queue(maxsize=2 * len(workers))
        self._done: queue.Queue[tuple[bool, Any]] = queue.Queue()
        self._stopping = False

    def map(self, units: Iterable[Any]) -> Iterator[Any]:
        """Results as they come. The workers are fit for another shift only if this ends without an exception."""
        threads = [threading.Thread(target=self._lead, args=(worker,), daemon=True) for worker in self.workers]
        threads.append(threading.Thread(target=self._feed, args=(units,), daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield from self._results(len(threads))
        except BaseException:
            self._stopping = True
            for worker in self.workers:
                worker.kill()
            raise

    def _results(self, running: int) -> Iterator[Any]:
        while running:
            good, value = self._done.get()
            if not good:
                raise value
            if value is _END:
                running -= 1
            else:
                yield value

    def _feed(self, units: Iterable[Any]) -> None:
        """Lazily, so that no more units exist than are being worked on."""
        self._until_end(lambda: all(self._offer(unit) for unit in units) and [self._offer(_END) for _ in self.workers])

    def _lead(self, worker: "_Worker") -> None:
        self._until_end(lambda: self._lead_through(worker))

    def _lead_through(self, worker: "_Worker") -> None:
        worker.send(self._work)
        while (unit := self._take()) is not _END:
            self._done.put((True, worker.ask(unit)))
        worker.send(b"")

    def _until_end(self, duty: Callable[[], object]) -> None:
        try:
            duty()
        except BaseException as error:  # noqa: BLE001 - handed over to the caller's thread
            self._done.put((False, error))
        else:
            self._done.put((True, _END))

    def _offer(self, unit: Any) -> bool:
        while not self._stopping:
            try:
                self._todo.put(unit, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def _take(self) -> Any:
        while not self._stopping:
            try:
                return self._todo.get(timeout=0.2)
            except queue.Empty:
                continue
        return _END


class _Worker:
    """One process that does what it is sent: a piece of work, units of it, an empty message at their end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sterling.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )

    def ask(self, unit: Any) -> Any:
        """Its answer, or the exception that it raised."""
        self.send(pickle.dumps(unit))
        header = self._receive(8)
        good, value = pickle.loads(self._receive(int.from_bytes(header, "little")))  # noqa: S301 - our own worker's
        if not good:
            raise value
        return value

    def send(self, data: bytes) -> None:
        """One message. SterlingError when the process is dead."""
        pipe = cast("IO[bytes]", self._process.stdin)
        try:
            pipe.write(len(data).to_bytes(8, "little") + data)
            pipe.flush()
        except (BrokenPipeError, ValueError):
            raise self._death() from None

    def close(self) -> None:
        """Its input ends, and so does it."""
        self._process.communicate()

    def kill(self) -> None:
        """At once, whatever it is doing: what it had not committed is owed."""
        self._process.kill()
        self._process.communicate()

    def _receive(self, size: int) -> bytes:
        data = cast("IO[bytes]", self._process.stdout).read(size)
        if len(data) < size:
            raise self._death()
        return data

    def _death(self) -> SterlingError:
        code = self._process.wait()
        return SterlingError(f"a worker process died (exit status {code}); run again, finished shards are kept")


class _End:
    """Nothing more to come."""


_END = _End()
