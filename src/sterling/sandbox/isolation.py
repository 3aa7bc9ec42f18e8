"""Locks a freshly forked process in: limits, no new privileges, a Landlock domain, a system-call filter.

What costs time is built once (`Cage.build`, in the zygote) and entered per job (`Cage.enter`, a handful of system
calls). Not covered: exploits of the kernel, a memory limit for a group of processes, covert channels such as timing,
and the existence and size of files, which `stat` tells without opening them. Files under the Python installation and
the system's library directories can be read.

Loaded inside the sandbox by path: standard library only, and Linux only.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterable

from . import seccomp

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CAPGET, _CAPSET = {"x86_64": 125, "aarch64": 90}, {"x86_64": 126, "aarch64": 91}
_TIMER_CREATE, _TIMER_SETTIME = {"x86_64": 222, "aarch64": 107}, {"x86_64": 223, "aarch64": 110}
_PROCESS_CPU = 2
_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _NO_NEW_PRIVS = 1, 4, 22, 38
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS_BY_ABI = (0, 13, 14, 15, 15, 16)
"""How many file-system rights each version of Landlock handles; later versions have added none."""
_DAC_READ_SEARCH = 2
_STACK = 64 << 20
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")
_SILENT = 1
"""Denials inside the sandbox are expected: they need not fill the audit log (seventh version and later)."""

_KILL_EVENT = struct.pack("=Qii48x", 0, signal.SIGKILL, 0)

_libc = ctypes.CDLL(None, use_errno=True)


class Unfit(Exception):
    """This machine lacks something that the isolation needs."""


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _prctl(option: int, *arguments: object) -> None:
    padded = [*arguments, *[ctypes.c_ulong(0)] * (4 - len(arguments))]
    if _libc.prctl(option, *padded):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def landlock_abi() -> int:
    """The version of Landlock that the running kernel offers."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError as mishap:
        raise Unfit(f"Landlock is not available ({mishap.strerror})") from None


class Cage:
    """Everything that a job's process enters, prepared once."""

    def __init__(self, abi: int, machine: str, cpu_s: int) -> None:
        program = seccomp.build(machine)
        self.abi = abi
        self._machine = machine
        self._cpu_s = cpu_s
        self._program = program  # the filter points into it
        self._filter = _Filter(len(program) // 8, program)
        self._rulesets: dict[tuple[str, ...], int] = {}
        self._self = os.getpid()

    @classmethod
    def build(cls, cpu_s: int) -> "Cage":
        """Prepare this process as a zygote. Unfit says what the machine lacks."""
        machine = platform.machine()
        if machine not in seccomp.AUDIT:
            raise Unfit(f"no system-call table for the architecture {machine}")
        abi = landlock_abi()
        _drop_capabilities(machine)
        try:
            _prctl(_NO_NEW_PRIVS, ctypes.c_ulong(1))
            _prctl(_SET_DUMPABLE, ctypes.c_ulong(0))
        except OSError as mishap:
            raise Unfit(f"prctl is not available ({mishap.strerror})") from None
        return cls(abi, machine, cpu_s)

    def ruleset(self, paths: tuple[str, ...]) -> int:
        """A descriptor of the Landlock rules for these extra directories. The last few are kept."""
        if paths not in self._rulesets:
            if len(self._rulesets) > 7:
                os.close(self._rulesets.pop(next(iter(self._rulesets))))
            self._rulesets[paths] = _new_ruleset(self.abi, [*readable(), *paths])
        return self._rulesets[paths]

    def enter(self, ruleset: int, keep: Iterable[int]) -> None:
        """Lock this process in for good. It must be a fork of the process that built the cage."""
        os.setsid()
        _prctl(_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != self._self:
            os._exit(1)  # the zygote died between fork and here: nobody would end this process
        _die_after(self._cpu_s, self._machine)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(_SILENT if self.abi >= 7 else 0))
        _close_all_but(keep)
        _prctl(_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(self._filter))


def _die_after(cpu_s: int, machine: str) -> None:
    # RLIMIT_CPU counts the ticks that find a process running: on a busy machine it kills after three quarters of the
    # time. A timer on the process's CPU clock is exact, and the filter lets no one disarm it; the limit backs it up.
    timer = ctypes.c_int()
    _call(_TIMER_CREATE[machine], ctypes.c_int(_PROCESS_CPU), _KILL_EVENT, ctypes.byref(timer))
    _call(_TIMER_SETTIME[machine], timer, ctypes.c_int(0), struct.pack("=4q", 0, 0, cpu_s, 0), None)
    resource.setrlimit(resource.RLIMIT_CPU, (2 * cpu_s + 1, 2 * cpu_s + 1))


def limit_memory(memory_mb: int) -> None:
    """Limits that all processes of the job inherit. RLIMIT_AS counts what the warm interpreter maps, hence the sum."""
    with open("/proc/self/statm") as statm:  # noqa: PTH123 - pathlib is not needed for one line
        mapped = int(statm.read().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, mapped + (memory_mb << 20))
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, 64)
    _lower(resource.RLIMIT_STACK, _STACK)


def _lower(kind: int, wanted: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(kind, (value, value))


def readable() -> list[str]:
    """The directories that every job may read: the standard library and the system's shared libraries."""
    library = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    shared = sysconfig.get_config_var("LIBDIR")
    own = [shared] if isinstance(shared, str) and shared.startswith(sys.base_prefix) else []
    return [path for path in dict.fromkeys([*library, *own, *_LIBRARIES]) if os.path.exists(path)]  # noqa: PTH110


def _new_ruleset(abi: int, paths: Iterable[str]) -> int:
    rights = (1 << _RIGHTS_BY_ABI[min(abi, len(_RIGHTS_BY_ABI) - 1)]) - 1
    fields = [rights] + [3] * (abi >= 4) + [3] * (abi >= 6)  # files; TCP bind and connect; abstract sockets and signals
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for path in paths:
        _allow(ruleset, path)
    return ruleset


def _allow(ruleset: int, path: str) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112
        rule = struct.pack("=Qi", rights, descriptor)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _close_all_but(keep: Iterable[int]) -> None:
    low = 3
    for descriptor in sorted(keep):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, 1 << 16)


def _drop_capabilities(machine: str) -> None:
    # Root keeps the right to read other users' directories: Landlock decides which, and a checkout is often not root's.
    header = struct.pack("=Ii", 0x20080522, 0)
    data = ctypes.create_string_buffer(24)
    _call(_CAPGET[machine], header, data)
    kept = struct.unpack("=6I", data.raw)[1] & (1 << _DAC_READ_SEARCH)
    _call(_CAPSET[machine], header, struct.pack("=6I", kept, kept, 0, 0, 0, 0))
