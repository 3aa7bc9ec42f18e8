"""What goes into the sandbox and what comes out of it: frozen shapes, no behaviour."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use. They hold per process; there is no limit for a group of processes."""

    cpu_s: int = 4
    """CPU seconds. The verdict rests on this one, because wall time depends on the load."""
    memory_mb: int = 1024
    """RLIMIT_AS above what the warm interpreter already maps."""
    output_bytes: int = 1 << 20
    """The most that a job may print or return; characters of text, before they are encoded."""
    stall_s: float = 20.0
    """Wall seconds in which a job must use a twentieth of them as CPU time, or it is `stalled`.

    On a machine with twenty times as much to do as it can, a working program may not get that much. One that doles it
    out ends with its CPU seconds.
    """


@dataclass(frozen=True, slots=True)
class Program:
    """The code of a candidate, and the surroundings it is meant for."""

    source: str
    """Code to execute. May be empty where the module alone is wanted."""
    module: str | None = None
    """Dotted name of a real module: imported inside the sandbox, and `source` is executed in its namespace."""
    replaces: str | None = None
    """Qualified name inside the module (`dedent`, `NormalDist.cdf`) that the definition in `source` replaces."""
    paths: tuple[str, ...] = ()
    """Directories that become readable, and go to the front of `sys.path`."""
    files: tuple[tuple[str, str], ...] = ()
    """(relative name, text): a read-only folder of the job's own, its working directory and first on `sys.path`."""


class Shown(NamedTuple):
    """What one interactive example printed."""

    output: str
    """Standard output and what the display hook wrote, as doctest captures it: a missing last newline is added."""
    exception: str | None
    """`ValueError: message`, or None where nothing was raised."""


class Answer(NamedTuple):
    """What came of one call: a value, an exception, or an iterator, of which nothing is known but that it is one."""

    kind: Literal["value", "raised", "iterator"]
    value: object = None
    """Exact builtin plain data."""
    raised: str = ""
    """The nearest builtin type of the exception."""
    named: str = ""
    """The name of its own class, which the candidate chooses."""
    arguments: tuple[object, ...] = ()
    """Of the exception: plain data, or its text."""


class Outcome(NamedTuple):
    """What became of one job."""

    status: str
    """One of `STATUSES`."""
    detail: str
    """Why, in short printable text. It may quote the candidate: show it, never interpret it."""
    shown: tuple[Shown, ...] = ()
    """The examples that got finished (`run_examples`)."""
    value: object = None
    """The value (`evaluate`): exact builtin plain data."""
    cpu_s: float = 0.0
    """User and system CPU seconds of all the processes of the job, isolation included."""
    answers: tuple[Answer, ...] = ()
    """One a call, as many as got finished (`run_calls`)."""
    stdout: str = ""
    """What was written to descriptor 1 (`run_stdin`); what is no UTF-8 is replaced."""


STATUSES = {
    "ok": "ran to its end",
    "failed": "a test did not hold, or raised",
    "raised": "the expression, or a program that reads standard input, raised",
    "not_plain": "a value that is not exact builtin plain data, or too large",
    "error": "the program (or the tests) could not be executed at all: syntax, import, exception while defining",
    "timeout": "used up its CPU seconds",
    "stalled": "slept or waited longer than the wall limit",
    "memory": "ran out of memory",
    "output": "printed more than the limit",
    "crashed": "died of a signal",
    "exited": "ended the process instead of finishing",
    "refused": "sent something that is not a frame of the protocol, or closed its channel",
}
"""Every status that an `Outcome` can have."""
