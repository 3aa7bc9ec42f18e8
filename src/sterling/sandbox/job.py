"""One job inside the locked-in process: its order, its channels, its way out, and the text of what it raises.

Loaded by path: standard library only.
"""

import io
import os
import re
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, cast

from . import namespace, protocol

_JOB_CAP = 1 << 28


class Job:
    """The job of this process, and its way out."""

    def __init__(self, channel: int, peer: int | None) -> None:
        self._channel = channel
        self._peer = peer
        self.order = cast("dict[str, Any]", protocol.decode(protocol.read_frame(channel, _JOB_CAP) or b""))
        self.room: int = self.order["output_bytes"]
        self.cap = protocol.frame_cap(self.room)

    def show(self, output: str, exception: str | None) -> None:
        """Report one finished example."""
        self._tell(("shown", output, exception))

    def answer(self, answer: tuple[object, ...]) -> None:
        """Report what came of one call: an iterator stays here, the caller learns that it is one."""
        shown = ("iterator",) if answer[0] == "iterator" else answer
        try:
            payload = protocol.encode(("answer", *shown), self.cap)
        except protocol.NotPlain as why:
            self.end("not_plain", f"the result: {why}")
        protocol.write_frame(self._channel, payload)

    def end(self, status: str, detail: str = "", value: object = None) -> NoReturn:
        """Report, and end this process at once: no handler of the candidate runs after it."""
        self._tell(("end", status, detail[:2000], value))
        os._exit(0)

    def _tell(self, message: tuple[object, ...]) -> None:
        try:
            payload = protocol.encode(message, self.cap)
        except protocol.NotPlain as why:
            status = "output" if message[0] == "shown" else "not_plain"
            payload = protocol.encode(("end", status, str(why)[:2000], None))
        protocol.write_frame(self._channel, payload)

    def load(self) -> dict[str, Any]:
        """The namespace of the program; whatever keeps it from being executed ends the job."""
        order = self.order
        try:
            return namespace.load(order["source"], order["module"], order["replaces"], order["paths"])
        except MemoryError:
            raise
        except Exception as mishap:  # noqa: BLE001 - foreign code raises anything
            self.end("error", describe(mishap))

    def ask(self, payload: bytes) -> bytes:
        """Send to the other process of this job, and wait for its answer."""
        assert self._peer is not None  # noqa: S101 - only roles with a peer come here
        try:
            protocol.write_frame(self._peer, payload)
            answer = protocol.read_frame(self._peer, self.cap)
        except protocol.BadFrame as why:
            self.end("refused", str(why))
        except OSError:
            answer = None
        if answer is None:
            self.end("gone")
        return answer

    def serve(self, answer: Callable[[object], object]) -> NoReturn:
        """Answer the other process until it is satisfied."""
        assert self._peer is not None  # noqa: S101
        while (request := protocol.read_frame(self._peer, self.cap)) is not None:
            try:
                payload = protocol.encode(answer(protocol.decode(request)), self.cap)
            except protocol.NotPlain as why:
                payload = protocol.encode(("not_plain", str(why)))
            protocol.write_frame(self._peer, payload)
        os._exit(0)


class Sink(io.TextIOBase):
    """Takes what nobody reads."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)


class Capture(io.StringIO):
    """Standard output of the examples, which ends the job when it overflows."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def write(self, text: str) -> int:
        """Keep it, within the limit."""
        self._job.room -= len(text)
        if self._job.room < 0:
            self._job.end("output", "printed more than the limit")
        return super().write(text)

    def taken(self) -> str:
        """What was printed since the last time, with the last newline that doctest adds."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text + "\n" if text and not text.endswith("\n") else text


def describe(mishap: BaseException) -> str:
    """`ValueError: message`, as the last lines of a traceback have it and doctest compares it."""
    lines = traceback.format_exception_only(type(mishap), mishap)
    if isinstance(mishap, SyntaxError):
        start = next((at for at, line in enumerate(lines) if re.match(r"[\w.]+(:|$)", line)), 0)
        lines = lines[start:]
    # A class of a program without a module prints its bare name, as one that was typed in does.
    return "".join(lines).rstrip("\n").removeprefix(f"{namespace.CANDIDATE}.")
