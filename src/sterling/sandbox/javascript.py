"""JavaScript, run by Node.js."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from sterling.errors import SandboxUnavailable
from sterling.sandbox import protocol
from sterling.sandbox.conversation import Channel, printable
from sterling.sandbox.execution import LIBRARIES, LINKERS, Launcher, Order, Run, Talk, tier
from sterling.sandbox.outcome import Limits, Outcome
from sterling.sandbox.process import ZygoteDied

_HARNESS = str(Path(__file__).with_name("harness.js").resolve())
_NAME = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", re.ASCII)
_ITS_OWN_MB = 256
"""What Node.js needs for itself, code and stacks included, before a program has anything."""
_STACK = 8 << 20
_ENVIRONMENT = {"UV_THREADPOOL_SIZE": "1", "OPENSSL_CONF": "/usr/lib/there-is-none"}
"""The system's configuration of OpenSSL cannot be read in the ward, and Node.js goes on only where it is missing."""
_MEND = "install Node.js 18 or later (https://nodejs.org), and see that `node` is on the PATH"


class JavaScript:
    """Runs JavaScript that nobody trusts, one program at a time, each in a `node` of its own.

    A script, or a CommonJS or ES module without packages: `require` and `import` find what Node.js brings. Covered:
    files, network, processes, `child_process`, exits, floods, forged reports. Memory is limited three times: V8's heap
    (`--max-old-space-size`), what the process may map to write on (RLIMIT_DATA; its address space cannot be limited, as
    V8 reserves more than there is), and the resident memory, looked at from outside.

    Not covered, beyond what `Sandbox` says: a program may start some hundred threads (`worker_threads`) before it is
    ended for it; what is under `/lib` and `/usr/lib` can be read. Make one per process or worker. It must not be used
    by two threads at once, nor after a fork. SandboxUnavailable when `node` is not installed.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        found = shutil.which("node")
        if found is None:
            raise SandboxUnavailable(f"JavaScript needs `node`, which is not on the PATH\n  mend: {_MEND}")
        self._node = str(Path(found).resolve())
        self.limits = limits
        self.tier = tier()
        self._launcher = Launcher(limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End whatever still runs in it."""
        self._launcher.close()

    def run_stdin(self, source: str, stdin: str) -> Outcome:
        """Run a whole program that reads standard input and writes standard output.

        `ok` says that it came to its end with exit code 0, by `process.exit` too; whether `stdout` is right, the caller
        compares. Other codes are `exited`, an uncaught exception is `raised`, a source that does not parse `error`.
        """
        run, channel = self._run({"source": source, "entry_point": None}, {"role": "stdin"}, stdin)
        status, detail = run.judged(self.limits)
        if channel.verdict is not None and run.stopped is None:
            status, detail, _ = channel.verdict
        stdout = run.stdout[: self.limits.output_bytes].decode("utf-8", "replace")
        return Outcome(status, printable(detail), cpu_s=run.ending.cpu_s, stdout=stdout)

    def run_calls(self, source: str, entry_point: str, calls: Sequence[Sequence[Any]]) -> Outcome:
        """Call a function with JSON values as arguments, each call after the other. Nothing is compared here.

        `entry_point` is a name, or dotted names, of a top-level function or an export; a promise is waited for.
        `answers` has one for each call that got finished: plain data, or what was thrown (`named` has its class).
        A whole number arrives as an int, any other as a float, a BigInt as an int; what JSON cannot say, `undefined`
        included, ends the job with `not_plain`.
        """
        if not _NAME.fullmatch(entry_point):
            return Outcome("error", printable(f"{entry_point} is no name of a function"))
        try:
            order = {"source": source, "entry_point": entry_point, "calls": _checked(calls)}
        except ValueError as why:
            return Outcome("not_plain", printable(f"the job: {why}"))
        run, channel = self._run(order, {"role": "calls", "calls": calls}, "")
        status, detail = self._of_calls(run, channel)
        return Outcome(status, printable(detail), cpu_s=run.ending.cpu_s, answers=tuple(channel.answers))

    def _of_calls(self, run: Run, channel: Channel) -> tuple[str, str]:
        if channel.verdict is not None and run.stopped is None:
            return channel.verdict[:2]
        status, detail = run.judged(self.limits)
        return ("exited", "exit code 0 without a result") if status == "ok" else (status, detail)

    def _run(self, order: Mapping[str, Any], role: Mapping[str, Any], stdin: str) -> tuple[Run, Channel]:
        heard: list[Channel] = []
        talk = Talk(protocol.frame(json.dumps(order).encode("ascii")), role, heard)
        data = stdin.encode("utf-8", "surrogatepass")
        execution = Order(self._command(), self._ward(), _ENVIRONMENT, None, data, self._most())
        try:
            return self._launcher.run(execution, talk), heard[-1]
        except ZygoteDied:
            return self._launcher.run(execution, talk), heard[-1]

    def _command(self) -> tuple[str, ...]:
        heap = f"--max-old-space-size={self.limits.memory_mb}"
        return (self._node, heap, "--v8-pool-size=0", "--disable-wasm-trap-handler", "--no-warnings", _HARNESS)

    def _most(self) -> int:
        return self.limits.memory_mb + _ITS_OWN_MB

    def _ward(self) -> Mapping[str, Any]:
        limits = {
            "CPU": 2 * self.limits.cpu_s + 1, "DATA": self._most() << 20, "STACK": _STACK,
            "FSIZE": 0, "CORE": 0, "NOFILE": 64,
        }  # fmt: skip
        executable, readable = (self._node, *LINKERS), (_HARNESS, *LIBRARIES)
        return {
            "profile": "threads", "executable": executable, "readable": readable, "writable": None, "limits": limits,
        }  # fmt: skip


def _checked(calls: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Arguments as JavaScript would read them back. ValueError where it could not."""
    for value in _leaves(list(map(list, calls))):
        if isinstance(value, int) and abs(value) >= 1 << 53:
            raise ValueError("a whole number beyond what JavaScript can hold exactly")
    plain = [list(values) for values in calls]
    try:
        json.dumps(plain, allow_nan=False)
    except (TypeError, RecursionError) as why:
        raise ValueError(str(why)) from None
    return plain


def _leaves(value: Any) -> list[Any]:
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
        else:
            found.append(one)
    return found
