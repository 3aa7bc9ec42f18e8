"""The same work over the same shards as tasks of a Ray cluster.

The driver holds the units in flight and their results, both small; shards go from the place where they lie to the
node that works on them, and back. The work itself, with what a check was fitted to, is put into Ray's object store
once for each step, and read from there once by each worker process.
"""

import os
import pickle
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from sterling.engine.crew import Result, Unit, pickled
from sterling.engine.local import default_workers
from sterling.engine.worker import attempt
from sterling.errors import InputError, MissingExtra, SterlingError
from sterling.version import VERSION

RETRIES = 3
"""How often Ray does a task again whose worker or node was lost. A task that fails by itself is never done again."""


class RayCrew:
    """Tasks on a cluster, one processor each. A context manager.

    `address` is `host:port` of a running cluster; unsaid, a Ray of its own is started on this machine, and ends with
    this. A Ray that the caller has begun is used as it is, and left alone. `size` is how many tasks are in flight at
    most: unsaid, twice the cluster's processors, so that none waits for its next unit.
    """

    def __init__(self, address: str | None = None, size: int | None = None, witness: Path | None = None) -> None:
        self.address = address
        self.size = size
        self.witness = witness
        """A file that every node must see: the shards lie beside it."""
        self._own = False

    def __enter__(self) -> "RayCrew":
        ray = _ray()
        if not ray.is_initialized():
            _connect(ray, self.address, self.size)
            self._own = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._own:
            _ray().shutdown()
            self._own = False

    def map(self, work: Callable[[Unit], Result], units: Iterable[Unit], owed: int | None = None) -> Iterator[Result]:
        """As a `Crew` does. A worker or node that is lost costs its tasks, which others do again."""
        data = pickled(work) if owed != 0 else None
        if data is None:
            yield from map(work, units)
            return
        ray = _ray()
        processors = int(ray.cluster_resources().get("CPU", 1))  # none yet where nodes come when they are needed
        yield from _Shift(ray, data, self.witness).map(units, self.size or 2 * processors)


class _Ticket(NamedTuple):
    """What every task of a step is handed, beside its unit."""

    key: str
    """Tells one piece of work from another."""
    place: Any
    """Where the work lies in the object store."""
    witness: Path | None
    made_by: tuple[str, ...]


class _Shift:
    """One piece of work for a cluster."""

    def __init__(self, ray: Any, work: bytes, witness: Path | None) -> None:
        self._ray = ray
        place = ray.put(work)
        self._ticket = _Ticket(place.hex(), place, witness, _makers())
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES, retry_exceptions=False)(_do)

    def map(self, units: Iterable[Any], ahead: int) -> Iterator[Any]:
        """Results as they come; when this ends early, what is in flight is called off."""
        stream = iter(units)
        flying = [self._task.remote(self._ticket, unit) for unit in islice(stream, ahead)]
        try:
            while flying:
                done, flying = self._ray.wait(flying, num_returns=1)
                flying += [self._task.remote(self._ticket, unit) for unit in islice(stream, 1)]
                yield self._result(done[0])
        finally:
            for task in flying:
                self._ray.cancel(task, force=True)

    def _result(self, task: Any) -> Any:
        try:
            good, value = self._ray.get(task)
        except self._ray.exceptions.RayError as error:
            raise _lost(error) from None
        if not good:
            raise value
        return value


_last: tuple[str, Any] | None = None
"""The work that this worker process did last, so that it is read once and not for each unit."""


def _do(ticket: _Ticket, unit: Any) -> tuple[bool, Any]:
    """One unit, in a worker process on some node."""
    try:
        work = _work(ticket)
    except SterlingError as error:
        return False, error
    return attempt(work, unit)


def _work(ticket: _Ticket) -> Any:
    global _last  # noqa: PLW0603 - a worker process is all that Ray lets one task leave to the next
    if _last is None or _last[0] != ticket.key:
        _require_same(ticket.made_by)
        _require_seen(ticket.witness)
        _last = ticket.key, pickle.loads(_ray().get(ticket.place))  # noqa: S301 - from our own driver
    return _last[1]


def _makers() -> tuple[str, ...]:
    """Everything whose version decides what a shard looks like, byte for byte."""
    return (f"Python {sys.version.split()[0]}", f"Sterling {VERSION}", f"pyarrow {pa.__version__}")


def _require_same(made_by: tuple[str, ...]) -> None:
    if made_by != _makers():
        here, there = ", ".join(_makers()), ", ".join(made_by)
        mend = "install the same on every node: what is finished would not be what its address says"
        raise InputError(f"this node has {here}; the run was started by {there}", where=os.uname().nodename, mend=mend)


def _require_seen(witness: Path | None) -> None:
    if witness is not None and not witness.exists():
        mend = "give --out a folder that all nodes share, or a URL such as s3://bucket/folder"
        raise InputError(f"this node does not see {witness}", where=os.uname().nodename, mend=mend)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody has been asked
    try:
        import ray  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise MissingExtra("--engine ray", "ray") from None
    return ray


def _connect(ray: Any, address: str | None, size: int | None) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "warning"}
    if address is None:
        ray.init(address="local", num_cpus=size or default_workers(), include_dashboard=False, **quiet)
        return
    if address.startswith("ray://"):
        mend = "run the command on a node of the cluster, with the address that `ray start` printed there"
        raise InputError("a driver outside the cluster (Ray Client) is not supported", where=address, mend=mend)
    try:
        _require_open(address)
        ray.init(address=address, **quiet)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        mend = "`ray status` there says whether a cluster runs; RAY_AUTH_MODE and the token have to be the cluster's"
        raise InputError(f"no way into the Ray cluster: {error}", where=address, mend=mend) from None


def _require_open(address: str) -> None:
    """Ray itself tries for five minutes. OSError when nobody listens; `auto` is left to Ray."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=20).close()


def _lost(error: Exception) -> SterlingError:
    said = str(error).strip().splitlines()
    return SterlingError(
        f"Ray lost a task {1 + RETRIES} times, or could not start it: {type(error).__name__}: {' '.join(said)[:500]}\n"
        "  mend: see that workers have the memory they need and Sterling installed, then run again; "
        "finished shards are kept"
    )
