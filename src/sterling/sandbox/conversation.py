"""The parent's side of one job: start its processes, listen, end them, and judge from outside what happened."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from sterling.sandbox import protocol
from sterling.sandbox.backend import Heed, Job
from sterling.sandbox.outcome import Answer, Limits, Outcome, Shown
from sterling.sandbox.process import Ending, Zygote
from sterling.sandbox.runner import NO_MEMORY
from sterling.sandbox.stream import Stream

_IDLE_SHARE = 0.05
_MAY_SAY = {
    "examples": {"ok", "error", "memory", "output", "exited"},
    "evaluate": {"ok", "error", "memory", "output", "exited", "raised", "not_plain"},
    "calls": {"ok", "error", "memory", "exited", "not_plain"},
    "stdin": {"ok", "error", "memory", "exited", "raised"},
    "serve": {"error", "memory", "exited"},
    "tests": {"ok", "failed", "error", "memory", "output", "exited", "not_plain", "refused", "gone"},
}
"""The statuses that each role may report about itself. The others are found from outside."""


def converse(zygote: Zygote, limits: Limits, job: Job, heed: Heed | None = None) -> Outcome:
    """Run one job of one or two processes; the last one decides. ZygoteDied and SandboxUnavailable go through.

    With `heed`, answers are given to it as they come, and not kept; when it returns False, the job is ended.
    """
    with _Conversation(zygote, limits, job, heed) as conversation:
        conversation.start(job.orders)
        return conversation.outcome()


class Channel:
    """The parent's view of one process of a job."""

    def __init__(self, order: Mapping[str, Any], end: socket.socket, limits: Limits, heed: Heed | None) -> None:
        self.role = order["role"]
        self.end = end
        self.verdict: tuple[str, str, object] | None = None
        self.shown: list[Shown] = []
        self.answers: list[Answer] = []
        self.open = True
        self._heed = heed
        self._calls = len(order.get("calls", ()))
        self._examples = len(order.get("examples", ()))
        self._answered = 0
        self._room = limits.output_bytes
        self._inbox = protocol.Inbox(protocol.frame_cap(limits.output_bytes), 1 + (self._calls if heed else 0))

    def receive(self) -> None:
        """Take what has arrived. Anything that is not the protocol ends the conversation with `refused`."""
        try:
            data = self.end.recv(1 << 18)
            self.open = bool(data)
            for payload in self._inbox.feed(data):
                self._understand(protocol.decode(payload))
        except ConnectionError:
            self.open = False
        except protocol.BadFrame as why:
            self.verdict = ("refused", str(why), None)

    def _understand(self, message: object) -> None:
        if self.verdict is not None:
            return
        match message:
            case ("shown", str(output), None | str() as exception) if len(self.shown) < self._examples:
                self._room -= len(output) + len(exception or "")
                if self._room < 0:
                    self.verdict = ("output", "printed more than the limit", None)
                else:
                    self.shown.append(Shown(output, exception))
            case ("answer", *parts) if self._answered < self._calls:
                self._take(_answer(parts))
            case ("end", "ok", _, _) if self._answered < self._calls or len(self.shown) < self._examples:
                raise protocol.BadFrame("an end before the last answer")
            case ("end", str(status), str(detail), value) if status in _MAY_SAY[self.role]:
                self.verdict = (status, detail, value if status == "ok" else None)
            case _:
                raise protocol.BadFrame("a message that no honest process sends")

    def _take(self, answer: Answer) -> None:
        self._answered += 1
        if self._heed is None:
            self.answers.append(answer)
        elif not self._heed(self._answered - 1, answer):
            self.verdict = ("ok", "enough was answered", None)


def _answer(parts: Sequence[object]) -> Answer:
    match parts:
        case ["value", value]:
            return Answer("value", value)
        case ["raised", str(kind), str(named), tuple(arguments)]:
            return Answer("raised", None, kind, named, arguments)
        case ["iterator"]:
            return Answer("iterator")
    raise protocol.BadFrame("an answer that no honest process gives")


class _Conversation:
    """One job: its processes, what they say, how they end."""

    def __init__(self, zygote: Zygote, limits: Limits, job: Job, heed: Heed | None) -> None:
        self._zygote = zygote
        self._limits = limits
        self._channels: list[Channel] = []
        self._stream: Stream | None = None
        self._reaped = False
        theirs: list[int] = []
        try:
            links = [it.detach() for it in socket.socketpair()] if len(job.orders) == 2 else []
            theirs += links
            for order in job.orders:
                ours, other = socket.socketpair()
                ours.settimeout(limits.stall_s)
                self._channels.append(Channel(order, ours, limits, heed))
                theirs.append(other.detach())
            theirs += self._standard(job.stdin)
            given = theirs if not links else [theirs[2], theirs[0], theirs[3], theirs[1]]
            zygote.fork(job.paths, given, len(job.orders), job.folder, job.stdin is not None)
        except BaseException:
            self._close_ours()
            raise
        finally:
            for it in theirs:
                os.close(it)

    def _standard(self, stdin: bytes | None) -> list[int]:
        """Descriptors that become a process's standard input and output."""
        if stdin is None:
            return []
        content = os.memfd_create("stdin")
        ours, other = os.pipe()
        self._stream = Stream(ours, self._limits)
        with open(content, "wb", closefd=False) as file:
            file.write(stdin)
        os.lseek(content, 0, os.SEEK_SET)
        return [content, other]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close_ours()
        if not self._reaped:
            self._zygote.reap(grace=False)  # interrupted: nothing of this job may be left when the next one begins

    def _close_ours(self) -> None:
        for channel in self._channels:
            channel.end.close()
        if self._stream is not None:
            os.close(self._stream.end)
            self._stream = None

    def start(self, orders: Sequence[Mapping[str, Any]]) -> None:
        """Give each process its job."""
        for channel, order in zip(self._channels, orders, strict=True):
            payload = protocol.encode({**order, "output_bytes": self._limits.output_bytes})
            try:
                channel.end.sendall(protocol.frame(payload))
            except OSError:
                channel.open = False  # it died early; how, the zygote will tell

    def outcome(self) -> Outcome:
        """Listen until the matter is decided, end the processes, and judge."""
        stalled = self._listen()
        last = self._channels[-1]
        unexplained = last.verdict is None or last.verdict[0] == "gone"
        self._reaped = True
        endings = self._zygote.reap(grace=unexplained and not stalled)
        for channel in self._channels:
            self._drain(channel)
        if self._stream is not None:
            self._stream.receive()
        return self._judge(endings, stalled)

    def _listen(self) -> bool:
        """True when the job has stalled."""
        poll = select.poll()
        by_descriptor: dict[int, Channel | Stream] = {it.end.fileno(): it for it in self._channels if it.open}
        if self._stream is not None:
            by_descriptor[self._stream.end] = self._stream
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        patience = Patience(self._zygote.cpu_s, self._limits.stall_s)
        while not self._decided():
            for descriptor, _ in poll.poll(patience.left() * 1000):
                sender = by_descriptor[descriptor]
                sender.receive()
                if not sender.open:
                    poll.unregister(descriptor)
            if patience.exhausted():
                return True
        return False

    def _decided(self) -> bool:
        last = self._channels[-1]
        refused = any(it.verdict is not None and it.verdict[0] == "refused" for it in self._channels)
        flooded = self._stream is not None and self._stream.full
        return refused or flooded or last.verdict is not None or not last.open

    def _drain(self, channel: Channel) -> None:
        # A report that was sent before the process ended counts, even if another channel decided first.
        channel.end.settimeout(0)
        try:
            while channel.open and channel.verdict is None:
                channel.receive()
        except BlockingIOError:
            return

    def _judge(self, endings: list[Ending], stalled: bool) -> Outcome:
        cpu = sum(ending.cpu_s for ending in endings)
        first, stream = self._channels[0], self._stream
        status, detail, value = self._verdict(endings, stalled)
        if stream is not None and stream.full:
            status, detail = "output", "printed more than the limit"
        stdout = "" if stream is None else stream.text()
        return Outcome(status, printable(detail), tuple(first.shown), value, cpu, tuple(first.answers), stdout)

    def _verdict(self, endings: list[Ending], stalled: bool) -> tuple[str, str, object]:
        candidate, last = self._channels[0], self._channels[-1]
        for channel in self._channels:
            if channel.verdict is not None and channel.verdict[0] == "refused":
                return channel.verdict
        gone = last.verdict is not None and last.verdict[0] == "gone"
        if stalled and (gone or last.verdict is None):  # gone: it saw the other one end a moment before itself
            return "stalled", f"no result within {self._limits.stall_s:g} s and no CPU time used", None
        if last.verdict is None:
            return self._cause(last, endings[-1])
        if gone:
            return candidate.verdict or self._cause(candidate, endings[0])
        return last.verdict

    def _cause(self, channel: Channel, ending: Ending) -> tuple[str, str, object]:
        status, detail = _how_it_ended(ending, self._limits)
        if channel.role == "stdin" and os.waitstatus_to_exitcode(ending.status) == 0 and not ending.ended_by_us:
            return "ok", "", None  # `os._exit(0)` is a usual end, and what counts is the output
        return status, detail if channel.role != "tests" else f"the tests: {detail}", None


class Patience:
    """Decides when waiting is over: the wall limit counts only while the processes hardly use the CPU."""

    def __init__(self, clock: Callable[[], float], window_s: float) -> None:
        self._clock = clock
        self._window_s = window_s
        self._used = 0.0
        self._end = time.monotonic() + window_s

    def left(self) -> float:
        """Seconds to wait at most."""
        return max(0.0, self._end - time.monotonic())

    def exhausted(self) -> bool:
        """True when the window is over and was idle; on a busy machine a working process gets another one."""
        if self.left() > 0:
            return False
        used = self._clock()
        idle = used - self._used < _IDLE_SHARE * self._window_s
        self._used = used
        self._end += self._window_s
        return idle


def _how_it_ended(ending: Ending, limits: Limits) -> tuple[str, str]:
    code = os.waitstatus_to_exitcode(ending.status)
    if code in (-signal.SIGKILL, -signal.SIGXCPU) and ending.cpu_s > limits.cpu_s / 2:
        # The exact timer, or the coarse limit behind it. Too early for either: the system was short of memory.
        return "timeout", f"more than {limits.cpu_s} s of CPU time"
    if ending.ended_by_us:
        return "refused", "closed its channel without a result"
    if code < 0:
        return "crashed", signal.Signals(-code).name
    if code == NO_MEMORY:
        return "memory", "out of memory"
    return "exited", f"exit code {code} without a result"


def printable(text: str, most: int = 500) -> str:
    """Foreign text, safe to show in a terminal and a log: control characters escaped, length capped."""
    safe = "".join(it if it.isprintable() else ascii(it)[1:-1] for it in text[:most])
    return safe if len(text) <= most else safe[:most] + "…"
