"""The process behind `engine.local`: reads a piece of work, then its units, until its input closes."""

import contextlib
import os
import pickle
import signal
import sys
import traceback
from typing import IO, Any

from sterling.errors import SterlingError


def main() -> None:
    """Answer on what was standard output; whatever a part prints goes to standard error instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, whose end ends this
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while (data := _read(sys.stdin.buffer)) is not None:
        work = pickle.loads(data)  # noqa: S301 - from our own parent
        while unit := _read(sys.stdin.buffer):
            _write(answers, attempt(work, pickle.loads(unit)))  # noqa: S301


def attempt(work: Any, unit: Any) -> tuple[bool, Any]:
    """True and the result, or False and the failure as a SterlingError that crosses to another process."""
    try:
        return True, work(unit)
    except SterlingError as error:
        return False, error
    except Exception as error:  # noqa: BLE001 - crosses to the parent as what it is, with the trace it cannot carry
        return False, SterlingError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")


def _read(stream: IO[bytes]) -> bytes | None:
    header = stream.read(8)
    return stream.read(int.from_bytes(header, "little")) if len(header) == 8 else None


def _write(stream: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value)
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # the parent is gone, and nobody waits for the answer
        main()
