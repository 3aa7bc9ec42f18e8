"""The parent's end of one zygote: start it, have it fork and reap, close it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import SandboxUnavailable
from sterling.sandbox.outcome import Limits

_FOLDER = Path(__file__).resolve().parent
# The files beside this one become a package of their own inside the zygote: it needs neither `sterling` nor any
# directory of third parties on its path.
_BOOT = (
    "import sys, types; p = types.ModuleType('_cell'); p.__path__ = [sys.argv[1]]; sys.modules['_cell'] = p; "
    "from _cell.zygote import main; main(*map(int, sys.argv[2:]))"
)
_OPTIONS = ("-s", "-S", "-P", "-B", "-X", "utf8")
"""What `-I` does, but for reading PYTHONHASHSEED; the environment holds nothing else."""


class ZygoteDied(Exception):
    """The zygote is gone: killed from outside, by the system when memory is short."""


class Walls(NamedTuple):
    """What a zygote is started inside of, besides what it does to itself."""

    name: str
    """As the tier begins."""
    wrap: Callable[[Sequence[str], str], Sequence[str]]
    """The command that starts this command, which works in that folder, behind the walls."""
    mend: str
    """What to do where it cannot be started."""
    landlock: bool = True
    """Whether it is needed, or else used where the kernel has it."""


BARE = Walls(
    "B: ",
    lambda command, _: command,
    "use Linux 5.13 or later on x86-64 or AArch64, with seccomp, and with Landlock enabled "
    "(`lsm=landlock,…` on the kernel's command line); a container must not block these system calls",
)
"""Nothing around it: Landlock and seccomp alone."""


class Ending(NamedTuple):
    """How one process ended."""

    status: int
    """As `os.wait4` gives it."""
    cpu_s: float
    ended_by_us: bool


class Zygote:
    """A running zygote. Not to be shared between processes or threads."""

    def __init__(
        self,
        limits: Limits,
        hash_seed: int,
        packages: tuple[str, ...] = (),
        preload: tuple[str, ...] = (),
        walls: Walls = BARE,
    ) -> None:
        self.owner = os.getpid()
        self._walls = walls
        self.folder = tempfile.mkdtemp(prefix="sterling-sandbox-")
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with other:
                self._process = _start(limits, hash_seed, self.folder, other.fileno(), walls)
        except BaseException:
            self._control.close()
            os.rmdir(self.folder)  # noqa: PTH106 - beside its making
            raise
        # Collected or at exit: nothing stays behind where somebody forgot to close.
        self._finish = weakref.finalize(self, _finish, self._process, self._control, self.folder, self.owner)
        with contextlib.suppress(OSError):  # it died early; its greeting, or the lack of one, tells
            surroundings = {"packages": packages, "preload": preload, "landlock": walls.landlock}
            self._control.send(json.dumps(surroundings).encode())
        self.landlock = int(self._greeting()["landlock"])

    def fork(
        self, paths: tuple[str, ...], descriptors: Sequence[int], count: int, folder: str | None, standard: bool
    ) -> list[int]:
        """Fork `count` locked-in processes, the descriptors shared out in order. Returns their process ids.

        With `folder` they start in it; with `standard` the last two of each one's descriptors become 0 and 1.
        """
        order = {"do": "fork", "paths": paths, "count": count, "folder": folder, "standard": standard}
        answer = self._ask(json.dumps(order).encode(), list(descriptors))
        if "failed" in answer:
            raise SandboxUnavailable(f"the sandbox could not start a process: {answer['failed']}")
        return [int(pid) for pid in answer["pids"]]

    def cpu_s(self) -> float:
        """CPU seconds that the processes of the job have used so far."""
        return float(self._ask(json.dumps({"do": "clock"}).encode(), [])["cpu_s"])

    def reap(self, grace: bool) -> list[Ending]:
        """End every process of the job. With `grace`, a dying process gets a moment to die of its own cause."""
        answer = self._ask(json.dumps({"do": "reap", "grace": grace}).encode(), [])
        return [Ending(*it) for it in answer["ends"]]

    def close(self) -> None:
        """End the zygote and everything that it forked."""
        self._finish()

    def _ask(self, order: bytes, descriptors: list[int]) -> dict[str, Any]:
        if os.getpid() != self.owner:
            raise SandboxUnavailable("a Sandbox does not survive a fork\n  mend: make one in each process")
        try:
            socket.send_fds(self._control, [order], descriptors)
            answer = self._control.recv(1 << 16)
        except OSError:
            raise ZygoteDied from None
        except BaseException:
            self.close()  # interrupted between question and answer: the next answer would belong to this question
            raise
        if not answer:
            raise ZygoteDied
        return dict(json.loads(answer))

    def _greeting(self) -> dict[str, Any]:
        try:
            answer = self._control.recv(1 << 16)
        except ConnectionError:
            answer = b""
        greeting = json.loads(answer) if answer else {"unfit": _last_words(self._process)}
        if self._process.stderr:
            self._process.stderr.close()
        if "preload" in greeting:
            self.close()
            raise SandboxUnavailable(f"the sandbox could not {greeting['preload']}")
        if "unfit" in greeting:
            self.close()
            raise SandboxUnavailable(
                f"this machine cannot keep untrusted code in: {greeting['unfit']}\n  mend: {self._walls.mend}"
            )
        return dict(greeting)


def _start(limits: Limits, hash_seed: int, folder: str, control: int, walls: Walls) -> "subprocess.Popen[bytes]":
    if not sys.executable:
        raise SandboxUnavailable("this Python does not know its own executable, which the sandbox starts again")
    with contextlib.ExitStack() as opened:
        descriptors = [control, os.pidfd_open(os.getpid()), _folder(str(Path(folder).parent)), _folder("/proc")]
        for descriptor in descriptors[1:]:
            opened.callback(os.close, descriptor)
        numbers = (*descriptors, limits.cpu_s, limits.memory_mb, hash_seed)
        command = [sys.executable, *_OPTIONS, "-c", _BOOT, str(_FOLDER), *map(str, numbers)]
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
            walls.wrap(command, folder),
            cwd=folder,
            env={"PYTHONHASHSEED": str(hash_seed)},
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )


def _folder(path: str) -> int:
    return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def _last_words(process: "subprocess.Popen[bytes]") -> str:
    words = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    return words.splitlines()[-1] if words else "the zygote ended without a word"


def _finish(process: "subprocess.Popen[bytes]", control: socket.socket, folder: str, owner: int) -> None:
    control.close()
    if os.getpid() != owner:
        return  # a forked copy of the owner: neither the zygote nor the folder is its own
    if process.stderr:
        process.stderr.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what stands around the zygote may be a process of its own
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)
