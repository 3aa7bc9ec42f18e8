"""The parent's end of a job's standard output."""

import contextlib
import os

from sterling.sandbox.outcome import Limits


class Stream:
    """Takes what is written, up to the limit of the job."""

    def __init__(self, end: int, limits: Limits) -> None:
        self.end = end
        self.open = True
        self.taken = bytearray()
        self._most = limits.output_bytes
        os.set_blocking(end, False)

    @property
    def full(self) -> bool:
        """Whether more was written than the limit."""
        return len(self.taken) > self._most

    def receive(self) -> None:
        """Take what is there, at most a little over the limit."""
        with contextlib.suppress(BlockingIOError):
            while self.open and not self.full:
                data = os.read(self.end, 1 << 16)
                self.open = bool(data)
                self.taken += data

    def text(self) -> str:
        """What it has taken, within the limit."""
        return self.taken[: self._most].decode("utf-8", "replace")
