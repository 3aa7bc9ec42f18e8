"""The process that forks jobs: a warm interpreter which never sees a program, a test or a result.

It is started with a socket as descriptor argument and knows four orders. `fork`: lock one or two children in, each with
the descriptors that came along; they read their job from there. `execute`: lock a child in and have it execute a
program. `clock`: tell the CPU time of the children, whose process numbers may mean nothing outside. `reap`: end them
and say how they ended. Because the content of a job never passes through this process, a later job inherits nothing of
an earlier one. At the end of its socket (the parent is gone, however it died) it kills what it forked and leaves.

Loaded by path, outside the package: standard library only.
"""

import contextlib
import gc
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from . import isolation, runner

_GRACE_S = 2.0
"""Wall seconds that a process whose channel has ended may take to die of its own cause, on a busy machine, too."""
_ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
"""Threads are refused to jobs, and what numeric libraries start at their import must not be in the zygote."""
# What programs import most, so that no job pays for it.
_WARM = [
    "abc",
    "argparse",
    "array",
    "ast",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "cmath",
    "codecs",
    "collections",
    "collections.abc",
    "contextlib",
    "copy",
    "copyreg",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "doctest",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "inspect",
    "io",
    "itertools",
    "json",
    "keyword",
    "math",
    "numbers",
    "operator",
    "pprint",
    "queue",
    "random",
    "re",
    "reprlib",
    "secrets",
    "statistics",
    "string",
    "struct",
    "sys",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib.parse",
    "uuid",
    "warnings",
    "weakref",
    "zlib",
    "zoneinfo",
]


def main(descriptor: int, parent: int, home: int, proc: int, cpu_s: int, memory_mb: int, seed: int) -> None:
    """Serve until the socket ends.

    The first four are descriptors: of the socket, of the parent's life (a pidfd), of the folder that holds the working
    directory, and of `/proc`. So it matters neither which process namespace this is nor what is mounted here.
    """
    control = socket.socket(fileno=descriptor)
    packages: list[str] = []
    try:
        surroundings = json.loads(control.recv(1 << 18) or b"{}")
        packages = surroundings.get("packages", [])
        cage = isolation.Cage.build(cpu_s, surroundings.get("landlock", True))
        _prepare(packages, surroundings.get("preload", []), proc)
        if memory_mb:  # without it, it is lean: for programs, which bring limits of their own
            _warm()
            isolation.limit_memory(memory_mb, proc)
        os.close(proc)
        cage.ruleset(tuple(packages))
        nursery = _Nursery(control, parent, home, cage, seed, tuple(packages))
    except _NotPreloaded as lack:
        _send(control, {"preload": str(lack)})
        return
    except (isolation.Unfit, OSError, ImportError) as lack:
        _send(control, {"unfit": str(lack)})
        return
    _forget_surroundings()
    if packages:
        os.environ.update(_ONE_THREAD)  # for what is imported in the jobs
    _send(control, {"landlock": cage.abi, "pid": os.getpid()})
    nursery.serve()


def _send(control: socket.socket, message: object) -> None:
    control.send(json.dumps(message).encode())


class _NotPreloaded(Exception):
    """A module that was to be imported before the first job."""


def _prepare(packages: list[str], preload: list[str], proc: int) -> None:
    """Import what no job shall pay for. It runs with the rights of the parent, as installed code does."""
    sys.path += packages
    os.environ.update(_ONE_THREAD)
    for name in preload:
        try:
            __import__(name)
        except BaseException as mishap:  # noqa: BLE001 - an import may raise anything, and the message says what
            raise _NotPreloaded(f"import {name}: {type(mishap).__name__}: {mishap}"[:2000]) from None
        if _threads(proc) > 1:
            raise _NotPreloaded(f"keep {name}: it starts threads, which do not survive a fork")


def _threads(proc: int) -> int:
    tasks = os.open("self/task", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return len(os.listdir(tasks))  # noqa: PTH208 - a descriptor
    finally:
        os.close(tasks)


def _warm() -> None:
    for name in _WARM:
        __import__(name)
    random.seed(0)
    gc.collect()
    gc.freeze()
    gc.disable()


def _forget_surroundings() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    sys.argv = [""]
    sys.orig_argv = [""]
    os.environ.clear()


class _Nursery:
    """The children of one zygote."""

    def __init__(
        self,
        control: socket.socket,
        parent: int,
        home: int,
        cage: isolation.Cage,
        seed: int,
        packages: tuple[str, ...],
    ) -> None:
        self._control = control
        self._parent = parent
        self._home = home
        self._cage = cage
        self._seed = seed
        self._packages = packages
        self._children: list[int] = []
        self._folder: str | None = None

    def serve(self) -> None:
        with contextlib.suppress(ConnectionError):  # the parent may die while it is spoken to
            while self._wanted() and self._obey():
                pass
        self._reap(grace=False)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # the parent, if it lives, has done it already
            os.rmdir(os.path.basename(os.getcwd()), dir_fd=self._home)  # noqa: PTH109, PTH119

    def _obey(self) -> bool:
        """Do one order; False when there is none and will be none."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 1 << 18, 8)
        if not message:
            return False
        order = json.loads(message)
        if order["do"] == "fork":
            answer = self._fork(order, descriptors)
        elif order["do"] == "execute":
            answer = self._execute(order, descriptors)
        elif order["do"] == "clock":
            answer = {"cpu_s": sum(map(_cpu_of, self._children))}
        else:
            answer = self._reap(order["grace"])
        _send(self._control, answer)
        return True

    def _wanted(self) -> bool:
        """Wait for an order; False when the parent is dead, even if a fork of it keeps the socket open."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._parent, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll()}
        return self._parent not in ready

    def _fork(self, order: dict[str, Any], descriptors: list[int]) -> dict[str, object]:
        each = len(descriptors) // order["count"]
        self._folder = order["folder"]
        try:
            ruleset = self._cage.ruleset((*self._packages, *order["paths"]))
            for start in range(0, len(descriptors), each):
                self._children.append(self._child(ruleset, descriptors[start : start + each], order["standard"]))
        except OSError as mishap:
            return {"failed": str(mishap)}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return {"pids": self._children}

    def _child(self, ruleset: int, descriptors: list[int], standard: bool) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            if standard:
                os.dup2(descriptors.pop(), 1)
                os.dup2(descriptors.pop(), 0)
            if self._folder:
                os.chdir(self._folder)
            self._cage.enter(ruleset, descriptors)
            random.seed(self._seed)  # the same program sees the same chance in each run
            gc.enable()
            runner.main(*descriptors)
        finally:
            os._exit(runner.BROKEN)

    def _execute(self, order: dict[str, Any], descriptors: list[int]) -> dict[str, object]:
        """The descriptors become 0, 1, 2 and 3 of the program."""
        self._folder = order["folder"]
        try:
            pid = os.fork()
            if not pid:
                self._become(order, descriptors)
            self._children.append(pid)
        except OSError as mishap:
            return {"failed": str(mishap)}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return {"pids": self._children}

    def _become(self, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
        try:
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
                os.set_inheritable(number, True)
            os.chdir(self._folder or "/")
            self._cage.enter_ward(isolation.Ward(**order["ward"]), range(3, len(descriptors)))
            os.execve(order["command"][0], order["command"], order["environment"])  # noqa: S606 - no shell, on purpose
        except OSError as mishap:
            os.write(2, f"it could not be executed: {mishap}".encode())
        finally:
            os._exit(runner.BROKEN)

    def _reap(self, grace: bool) -> dict[str, object]:
        """Exit status, CPU seconds, and whether it was us who ended it, of every child."""
        deadline = time.monotonic() + (_GRACE_S if grace else 0.0)
        ends = [_end(pid, deadline) for pid in self._children]
        self._children = []
        return {"ends": ends}


def _end(pid: int, deadline: float) -> tuple[int, float, bool]:
    # A process whose channel has ended is usually just dying; its own way of dying is the better evidence.
    while True:
        gone, status, usage = os.wait4(pid, os.WNOHANG)
        if gone:
            return status, usage.ru_utime + usage.ru_stime, False
        if time.monotonic() >= deadline:
            break
        time.sleep(0.002)
    _kill(pid)
    _, status, usage = os.wait4(pid, 0)
    return status, usage.ru_utime + usage.ru_stime, True


def _cpu_of(pid: int) -> float:
    try:
        return time.clock_gettime(~pid << 3 | 2)  # CPUCLOCK_SCHED of another process, see clock_getcpuclockid(3)
    except OSError:
        return 0.0


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it never became the leader of a group, or the group died with it
