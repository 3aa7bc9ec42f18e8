"""Attacks that the self-test runs inside the sandbox. Read as text and executed there; never imported.

Each must fail with a refusal of the kernel, or for want of something to attack; what it would have done is looked at
from outside as well.
"""

import ctypes
import errno
import os
import signal
import socket
import threading
from collections.abc import Callable

_VERDICTS = {errno.EPERM: "denied", errno.EACCES: "denied", errno.ENOENT: "absent", errno.EROFS: "absent"}


def attempts(folder: str, secret: str, port: int) -> dict[str, str]:
    """What became of each attack: `denied`, `absent` (there is no such file), or what happened instead."""
    attacks = {
        "write a file": lambda: open(f"{folder}/written", "w"),  # noqa: PTH123, SIM115
        "remove a file": lambda: os.unlink(secret),  # noqa: PTH108
        "read a secret": lambda: open(secret, "rb").read(),  # noqa: PTH123, SIM115
        "read /etc/passwd": lambda: open("/etc/passwd", "rb").read(),  # noqa: PTH123, SIM115
        "read /proc": lambda: open("/proc/self/environ", "rb").read(),  # noqa: PTH123, SIM115
        "list /": lambda: os.listdir("/"),  # noqa: PTH208
        "change modes": lambda: os.chmod(secret, 0o777),  # noqa: PTH101, S103
        "open a socket": lambda: socket.create_connection(("127.0.0.1", port), 1),
        "execute": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "fork": _fork,
        "start a thread": lambda: threading.Thread(target=int).start(),
        "kill the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
        "trace the parent": lambda: _raw(ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0)),
        "become dumpable": lambda: _raw(ctypes.CDLL(None, use_errno=True).prctl(4, 1, 0, 0, 0)),
        "anonymous file": lambda: os.memfd_create("x"),
    }
    return {name: _verdict(attack) for name, attack in attacks.items()}


def _verdict(attack: Callable[[], object]) -> str:
    try:
        attack()
    except OSError as refusal:
        return _VERDICTS.get(refusal.errno or 0, f"failed otherwise: {refusal.strerror}")
    except RuntimeError as refusal:
        return "denied" if "start new thread" in str(refusal) else f"failed otherwise: {refusal}"
    return "SUCCEEDED"


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _raw(result: int) -> None:
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
