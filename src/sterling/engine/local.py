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
from typing import IO, Any, TypeVar, cast

from sterling.errors import SterlingError

Unit = TypeVar("Unit")
Result = TypeVar("Result")


def map_units(
    work: Callable[[Unit], Result], units: Iterable[Unit], workers: int, owed: int | None = None
) -> Iterator[Result]:
    """Do `work` on each unit and yield the results as they come, in any order.

    `work` and units must pickle when there is more than one worker; a part defined in `__main__` does not, so it runs
    in this process. The first failure of a unit ends the rest and is raised here; finished units stay finished.
    """
    crew = min(workers, owed) if owed is not None else workers
    if crew < 2 or not _travels(work):
        yield from map(work, units)
    else:
        yield from _Crew(work, crew).map(units)


def default_workers() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _travels(work: object) -> bool:
    try:
        return b"__main__" not in pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False


class _Crew:
    """Worker processes, each fed by a thread of its own."""

    def __init__(self, work: Callable[[Any], Any], size: int) -> None:
        self._work = pickle.dumps(work)
        self._todo: queue.Queue[Any] = queue.Queue(maxsize=2 * size)
        self._done: queue.Queue[tuple[bool, Any]] = queue.Queue()
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(size)]
        self._stopping = False

    def map(self, units: Iterable[Any]) -> Iterator[Any]:
        feeder = threading.Thread(target=self._feed, args=(units,), daemon=True)
        for thread in (*self._threads, feeder):
            thread.start()
        try:
            yield from self._results()
        finally:
            self._stopping = True

    def _results(self) -> Iterator[Any]:
        running = len(self._threads) + 1
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
        try:
            for unit in units:
                if not self._offer(unit):
                    break
            for _ in self._threads:
                self._offer(_END)
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

    def _serve(self) -> None:
        try:
            with _Worker(self._work) as worker:
                while (unit := self._take()) is not _END:
                    self._done.put((True, worker.ask(unit)))
        except BaseException as error:  # noqa: BLE001 - handed over to the caller's thread
            self._done.put((False, error))
        else:
            self._done.put((True, _END))


class _Worker:
    """One process that does one kind of work."""

    def __init__(self, work: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sterling.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        self._send(work)

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, unit: Any) -> Any:
        self._send(pickle.dumps(unit))
        header = self._receive(8)
        good, value = pickle.loads(self._receive(int.from_bytes(header, "little")))  # noqa: S301 - our own worker's
        if not good:
            raise value
        return value

    def _send(self, data: bytes) -> None:
        pipe = cast("IO[bytes]", self._process.stdin)
        try:
            pipe.write(len(data).to_bytes(8, "little") + data)
            pipe.flush()
        except BrokenPipeError:
            raise self._death() from None

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
