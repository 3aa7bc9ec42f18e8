"""Executes one program in a ward of its own, and watches it from outside.

An executed program is not a fork of ours any more, so nothing inside it can be relied upon to hold it back. The kernel
does (Landlock, the filter, resource limits), and this side looks every few milliseconds at the CPU time, the resident
memory and the number of threads, and ends the program when one of them is over its limit. Between two looks it can be
over by what it manages in that time.
"""

import contextlib
import glob
import json
import mmap
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import SandboxUnavailable
from sterling.sandbox.conversation import Channel, Patience
from sterling.sandbox.outcome import Limits
from sterling.sandbox.process import Ending, Zygote, ZygoteDied
from sterling.sandbox.tier import behind_landlock

LIBRARIES = tuple(it for it in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache") if Path(it).exists())
"""What the dynamic linker reads."""
LINKERS = tuple(it for form in ("/lib*/ld-linux*.so*", "/lib/ld-musl-*") for it in sorted(glob.glob(form)))  # noqa: PTH207
"""The dynamic linkers, which the kernel executes for a program."""
_LOOK_MS = 10
_MOST_THREADS = 32
_WORDS = 4000
_PAGE = mmap.PAGESIZE


class Order(NamedTuple):
    """One execution. The zygote sees all of it but `stdin`."""

    command: tuple[str, ...]
    """The file to execute, and its arguments. No shell looks at them."""
    ward: Mapping[str, Any]
    """The fields of `isolation.Ward`."""
    environment: Mapping[str, str]
    folder: str | None = None
    """Working directory, which the zygote removes if this process dies."""
    stdin: bytes = b""
    memory_mb: int | None = None
    """Resident memory at which the program is ended; None where the kernel's limits are enough."""


class Run(NamedTuple):
    """What came of an execution."""

    ending: Ending
    stdout: bytes
    stderr: str
    """The first of it."""
    stopped: tuple[str, str] | None
    """Status and detail, where it was ended from outside."""

    def judged(self, limits: Limits) -> tuple[str, str]:
        """Status and detail as far as they show from outside; `ok` for the exit code 0."""
        if self.stopped is not None:
            return self.stopped
        code = os.waitstatus_to_exitcode(self.ending.status)
        if code in (-signal.SIGKILL, -signal.SIGXCPU) and self.ending.cpu_s > limits.cpu_s / 2:
            return "timeout", f"more than {limits.cpu_s} s of CPU time"
        if code < 0:
            return "crashed", signal.Signals(-code).name
        return ("exited", f"exit code {code}: {self.stderr[-300:]}".rstrip(": ")) if code else ("ok", "")


class Launcher:
    """A zygote that executes programs; started anew when the system kills it. One program at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._zygote = _Executor()

    @property
    def folder(self) -> str:
        """A folder of this launcher's own, which goes with it."""
        return self._zygote.folder

    def run(self, order: Order, channel: "Talk | None" = None) -> Run:
        """Execute it, and wait for its end or for a reason to end it. ZygoteDied when the system is short of memory."""
        try:
            with _Watch(self._zygote, self._limits, order, channel) as watch:
                return watch.run()
        except ZygoteDied:
            self._zygote.close()
            self._zygote = _Executor()
            raise

    def close(self) -> None:
        """End whatever still runs."""
        self._zygote.close()


class Talk(NamedTuple):
    """What is said on descriptor 3 of a program that knows the protocol."""

    payload: bytes
    """Sent to it first."""
    role: Mapping[str, Any]
    """As `Channel` wants it: which messages are allowed, and how many answers."""
    heard: list[Channel]
    """Gets the channel, with what it has said."""


class _Executor(Zygote):
    def __init__(self) -> None:
        super().__init__(Limits(memory_mb=0), 0)

    def execute(self, order: Order, descriptors: Sequence[int]) -> int:
        said = {name: getattr(order, name) for name in ("command", "ward", "environment", "folder")}
        answer = self._ask(json.dumps({"do": "execute", **said}).encode(), list(descriptors))
        if "failed" in answer:
            raise SandboxUnavailable(f"the sandbox could not start a process: {answer['failed']}")
        return int(answer["pids"][0])


class _Pipe:
    """The parent's end of a program's output. What is over the limit is read and forgotten."""

    def __init__(self, end: int, most: int) -> None:
        self.end = end
        self.full = False
        self.kept = bytearray()
        self._most = most
        os.set_blocking(end, False)

    def receive(self) -> bool:
        """Take what is there, but a megabyte at most, so that other things get a look. False at its end."""
        for _ in range(16):
            try:
                data = os.read(self.end, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.kept += data[: self._most - len(self.kept)]
            self.full = len(self.kept) == self._most
        return True


class _Watch:
    """One program while it runs."""

    def __init__(self, zygote: _Executor, limits: Limits, order: Order, talk: Talk | None) -> None:
        self._zygote, self._limits, self._order = zygote, limits, order
        self._stack = contextlib.ExitStack()
        self._running = False
        self._talk = talk
        self._channel: Channel | None = None

    def __enter__(self) -> "_Watch":
        with self._stack:  # what is open is closed if the start fails half-way
            self._start()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if self._running:
            self._zygote.reap(grace=False)

    def _start(self) -> None:
        with contextlib.ExitStack() as theirs:
            given = [_file(self._order.stdin, theirs)]
            self._stdout = self._pipe(given, theirs, self._limits.output_bytes + 1)
            self._stderr = self._pipe(given, theirs, _WORDS)
            if self._talk is not None:
                self._channel = self._line(self._talk, given, theirs)
            self._pid = self._zygote.execute(self._order, given)
        self._running = True
        self._handle = os.pidfd_open(self._pid)
        self._stack.callback(os.close, self._handle)
        if self._talk is not None and self._channel is not None:
            self._say(self._talk.payload, self._channel.end)

    def run(self) -> Run:
        """To the end."""
        stopped = self._listen()
        self._running = False
        ending = self._zygote.reap(grace=False)[0]
        self._stdout.receive()
        self._stderr.receive()
        self._hear()
        if self._stdout.full:
            stopped = ("output", "printed more than the limit")
        said = self._stderr.kept.decode("utf-8", "replace").strip()
        return Run(ending, bytes(self._stdout.kept), said, stopped)

    def _listen(self) -> tuple[str, str] | None:
        """Why it was ended, or None when it came to its own end."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        receivers: dict[int, Callable[[], bool]] = {it.end: it.receive for it in (self._stdout, self._stderr)}
        if self._channel is not None:
            receivers[self._channel.end.fileno()] = self._hear
        for descriptor in receivers:
            poll.register(descriptor, select.POLLIN)
        patience = Patience(self._cpu_s, self._limits.stall_s)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll(_LOOK_MS)]
            for descriptor in ready:
                if descriptor in receivers and not receivers[descriptor]():
                    poll.unregister(descriptor)
            if self._handle in ready:
                return None
            reason = self._overdone(patience)
            if reason is not None:
                return reason

    def _overdone(self, patience: Patience) -> tuple[str, str] | None:
        """Why it has to be ended now, if it has."""
        limits, most, verdict = self._limits, self._order.memory_mb, self._channel and self._channel.verdict
        refusal = verdict[1] if verdict and verdict[0] == "refused" else ""
        reasons = (
            ("output", self._stdout.full, "printed more than the limit"),
            ("refused", bool(refusal), refusal),
            ("timeout", self._cpu_s() > limits.cpu_s, f"more than {limits.cpu_s} s of CPU time"),
            ("memory", most is not None and _resident(self._pid) > most << 20, f"more than {most} MB of memory"),
            ("refused", _threads(self._pid) > _MOST_THREADS, f"more than {_MOST_THREADS} threads"),
            ("stalled", patience.exhausted(), f"no result within {limits.stall_s:g} s and no CPU time used"),
        )
        return next(((status, detail) for status, holds, detail in reasons if holds), None)

    def _cpu_s(self) -> float:
        """CPU seconds of all its threads, to the nanosecond."""
        try:
            return time.clock_gettime(~self._pid << 3 | 2)  # CPUCLOCK_SCHED of another process, clock_getcpuclockid(3)
        except OSError:
            return 0.0

    def _hear(self) -> bool:
        if self._channel is None:
            return False
        self._channel.end.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while self._channel.open and self._channel.verdict is None:
                self._channel.receive()
        return self._channel.open and self._channel.verdict is None

    def _say(self, payload: bytes, end: socket.socket) -> None:
        # The program's own code begins after it has read this.
        end.settimeout(self._limits.stall_s)
        with contextlib.suppress(OSError):
            end.sendall(payload)

    def _pipe(self, given: list[int], theirs: contextlib.ExitStack, most: int) -> _Pipe:
        ours, other = os.pipe()
        self._stack.callback(os.close, ours)
        theirs.callback(os.close, other)
        given.append(other)
        return _Pipe(ours, most)

    def _line(self, talk: Talk, given: list[int], theirs: contextlib.ExitStack) -> Channel:
        ours, other = socket.socketpair()
        self._stack.callback(ours.close)
        theirs.callback(other.close)
        given.append(other.fileno())
        channel = Channel(talk.role, ours, self._limits, None)
        talk.heard.append(channel)
        return channel


def _file(content: bytes, owner: contextlib.ExitStack) -> int:
    """A descriptor from which the content can be read, and nothing written: a writable one would be free memory."""
    made = os.memfd_create("stdin")
    owner.callback(os.close, made)
    with open(made, "wb", closefd=False) as file:
        file.write(content)
    readable = os.open(f"/proc/self/fd/{made}", os.O_RDONLY)
    owner.callback(os.close, readable)
    return readable


def _resident(pid: int) -> int:
    """Bytes."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _threads(pid: int) -> int:
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return int(said.rpartition(")")[2].split()[17])
    except (OSError, IndexError):
        return 0


def tier() -> str:
    """What keeps an executed program in. SandboxUnavailable where nothing does."""
    kind = behind_landlock()
    return f"{kind} + execution in a ward"
