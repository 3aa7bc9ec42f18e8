"""The process that forks jobs: a warm interpreter which never sees a program, a test or a result.

It is started with a socket as descriptor argument and knows two orders. `fork`: lock one or two children in, each with
the descriptors that came along; they read their job from there. `reap`: end them and say how they ended. Because the
content of a job never passes through this process, a later job inherits nothing of an earlier one. At the end of its
socket (the parent is gone, however it died) it kills what it forked and leaves.

Loaded by path, outside the package: standard library only.
"""

import contextlib
import gc
import json
import os
import random
import select
import signal
import socket
import sys
import time

from . import isolation, runner

_GRACE_S = 0.2
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


def main(descriptor: int, cpu_s: int, memory_mb: int, seed: int) -> None:
    """Serve until the socket ends."""
    control = socket.socket(fileno=descriptor)
    try:
        cage = isolation.Cage.build(cpu_s)
        _warm()
        isolation.limit_memory(memory_mb)
        cage.ruleset(())
        nursery = _Nursery(control, cage, seed)
    except (isolation.Unfit, OSError, ImportError) as lack:
        _send(control, {"unfit": str(lack)})
        return
    _forget_surroundings()
    _send(control, {"landlock": cage.abi, "pid": os.getpid()})
    nursery.serve()


def _send(control: socket.socket, message: object) -> None:
    control.send(json.dumps(message).encode())


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

    def __init__(self, control: socket.socket, cage: isolation.Cage, seed: int) -> None:
        self._control = control
        self._parent = os.pidfd_open(os.getppid())
        self._cage = cage
        self._seed = seed
        self._children: list[int] = []

    def serve(self) -> None:
        with contextlib.suppress(ConnectionError):  # the parent may die while it is spoken to
            while self._wanted() and self._obey():
                pass
        self._reap(grace=False)
        with contextlib.suppress(OSError):
            os.rmdir(os.getcwd())  # noqa: PTH106, PTH109 - the parent, if it lives, has done it already

    def _obey(self) -> bool:
        """Do one order; False when there is none and will be none."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 1 << 18, 8)
        if not message:
            return False
        order = json.loads(message)
        if order["do"] == "fork":
            answer = self._fork(tuple(order["paths"]), order["count"], descriptors)
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

    def _fork(self, paths: tuple[str, ...], count: int, descriptors: list[int]) -> dict[str, object]:
        each = len(descriptors) // count
        try:
            ruleset = self._cage.ruleset(paths)
            for start in range(0, len(descriptors), each):
                self._children.append(self._child(ruleset, descriptors[start : start + each]))
        except OSError as mishap:
            return {"failed": str(mishap)}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return {"pids": self._children}

    def _child(self, ruleset: int, descriptors: list[int]) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            self._cage.enter(ruleset, descriptors)
            random.seed(self._seed)  # the same program sees the same chance in each run
            gc.enable()
            runner.main(*descriptors)
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


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it never became the leader of a group, or the group died with it
