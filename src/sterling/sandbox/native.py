"""Programs in other languages than Python, behind one face."""

import atexit
import os
from collections.abc import Callable
from typing import Protocol

from sterling.sandbox.c_language import C
from sterling.sandbox.javascript import JavaScript
from sterling.sandbox.outcome import Limits, Outcome


class Language(Protocol):
    """Runs programs that nobody trusts, one at a time. Not to be shared between threads, nor used after a fork."""

    tier: str
    """What keeps the code in, as verdicts and the release record it."""

    def run_stdin(self, source: str, stdin: str) -> Outcome:
        """Run a whole program that reads standard input and writes standard output; `ok` means exit code 0."""

    def close(self) -> None:
        """End whatever still runs."""


LANGUAGES: dict[str, Callable[[Limits], Language]] = {"javascript": JavaScript, "c": C}
"""What can be run besides Python."""
_running: dict[tuple[int, str, Limits], Language] = {}
"""By process, too: what was inherited through a fork answers to the parent."""


def shared_language(name: str, limits: Limits) -> Language:
    """This process's runner of that language. SandboxUnavailable says which tool is missing and how to get it."""
    key = (os.getpid(), name, limits)
    if key not in _running:
        _running[key] = LANGUAGES[name](limits)
        atexit.register(_running[key].close)
    return _running[key]
