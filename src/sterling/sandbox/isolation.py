"""Locks a freshly forked process in: limits, no new privileges, a Landlock domain, a system-call filter.

What costs time is built once (`Cage.build`, in the zygote) and entered per job (`Cage.enter`, a handful of system
calls). Not covered: exploits of the kernel, a memory limit for a group of processes, covert channels such as timing,
and the existence and size of files, which `stat` tells without opening them. Files under the Python installation and
the system's library directories can be read.

Loaded inside the sandbox by path: standard library only, and Linux only.
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from . import seccomp

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CAPGET, _CAPSET = {"x86_64": 125, "aarch64": 90}, {"x86_64": 126, "aarch64": 91}
_TIMER_CREATE, _TIMER_SETTIME = {"x86_64": 222, "aarch64": 107}, {"x86_64": 223, "aarch64": 110}
_PROCESS_CPU = 2
_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _NO_NEW_PRIVS = 1, 4, 22, 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_FILE = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8
_TRUNCATE = 1 << 14
_RIGHTS_BY_ABI = (0, 13, 14, 15, 15, 16)
"""How many file-system rights each version of Landlock handles; later versions have added none."""
_TRUNCATION = 3
"""The version from which Landlock decides about truncating files."""
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


class Ward(NamedTuple):
    """What an executed program may touch, and use up."""

    profile: str
    """One of `seccomp.PROFILES`."""
    executable: tuple[str, ...]
    """Files."""
    readable: tuple[str, ...]
    """Files and folders."""
    writable: str | None
    """The one folder in which it may make, write and remove files."""
    limits: Mapping[str, int]
    """By the name of the constant in `resource`, `AS` for RLIMIT_AS. These hold for the program, not for the zygote."""


def _landlock_abi_or_none() -> int:
    try:
        return landlock_abi()
    except Unfit:
        return 0


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
    def build(cls, cpu_s: int, landlock: bool) -> "Cage":
        """Prepare this process as a zygote. Unfit says what the machine lacks.

        Without `landlock`, a kernel that lacks it will do: for where a container decides what there is to read.
        """
        machine = platform.machine()
        if machine not in seccomp.AUDIT:
            raise Unfit(f"no system-call table for the architecture {machine}")
        abi = landlock_abi() if landlock else _landlock_abi_or_none()
        _drop_capabilities(machine)
        try:
            _prctl(_NO_NEW_PRIVS, ctypes.c_ulong(1))
            _prctl(_SET_DUMPABLE, ctypes.c_ulong(0))
        except OSError as mishap:
            raise Unfit(f"prctl is not available ({mishap.strerror})") from None
        return cls(abi, machine, cpu_s)

    def ruleset(self, paths: tuple[str, ...]) -> int:
        """A descriptor of the Landlock rules for these extra directories. The last few are kept."""
        if not self.abi:
            return -1
        if paths not in self._rulesets:
            if len(self._rulesets) > 7:
                os.close(self._rulesets.pop(next(iter(self._rulesets))))
            self._rulesets[paths] = _new_ruleset(self.abi, [*readable(), *paths])
        return self._rulesets[paths]

    def enter(self, ruleset: int, keep: Iterable[int]) -> None:
        """Lock this process in for good. It must be a fork of the process that built the cage."""
        self._begin()
        _die_after(self._cpu_s, self._machine)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        self._lock(ruleset, self._filter, keep)

    def enter_ward(self, ward: Ward, keep: Iterable[int]) -> None:
        """Lock this process in for good, so that it may execute a program next.

        What an execution undoes is not relied upon: a timer on the CPU clock is gone then, and the process is dumpable
        again. So the parent watches the CPU time, and `RLIMIT_CPU` is the net below; memory of other processes stays
        out of reach, since the calls for it are denied.
        """
        self._begin()
        for name, value in ward.limits.items():
            _lower(getattr(resource, f"RLIMIT_{name}"), value)
        if ward.writable and self.abi < _TRUNCATION:
            raise OSError(errno.ENOSYS, "writing in one folder only needs Landlock's third version (Linux 6.2)")
        program = seccomp.build(self._machine, ward.profile, os.getpid())
        self._lock(_new_ruleset(self.abi, ward.readable, ward), _Filter(len(program) // 8, program), keep)

    def _begin(self) -> None:
        os.setsid()
        _prctl(_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != self._self:
            os._exit(1)  # the zygote died between fork and here: nobody would end this process

    def _lock(self, ruleset: int, program: _Filter, keep: Iterable[int]) -> None:
        if self.abi:
            _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(_SILENT if self.abi >= 7 else 0))
        _close_all_but(keep)
        _prctl(_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(program))


def _die_after(cpu_s: int, machine: str) -> None:
    # RLIMIT_CPU counts the ticks that find a process running: on a busy machine it kills after three quarters of the
    # time. A timer on the process's CPU clock is exact, and the filter lets no one disarm it; the limit backs it up.
    timer = ctypes.c_int()
    _call(_TIMER_CREATE[machine], ctypes.c_int(_PROCESS_CPU), _KILL_EVENT, ctypes.byref(timer))
    _call(_TIMER_SETTIME[machine], timer, ctypes.c_int(0), struct.pack("=4q", 0, 0, cpu_s, 0), None)
    resource.setrlimit(resource.RLIMIT_CPU, (2 * cpu_s + 1, 2 * cpu_s + 1))


def limit_memory(memory_mb: int, proc: int) -> None:
    """Limits that all processes of the job inherit. RLIMIT_AS counts what the warm interpreter maps, hence the sum.

    `proc` is a descriptor of `/proc`, which need not be mounted where this process lives.
    """
    statm = os.open("self/statm", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    mapped = int(os.read(statm, 99).split()[0]) * resource.getpagesize()
    os.close(statm)
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


def _new_ruleset(abi: int, paths: Iterable[str], ward: Ward | None = None) -> int:
    rights = (1 << _RIGHTS_BY_ABI[min(abi, len(_RIGHTS_BY_ABI) - 1)]) - 1
    fields = [rights] + [3] * (abi >= 4) + [3] * (abi >= 6)  # files; TCP bind and connect; abstract sockets and signals
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for path in paths:
        _allow(ruleset, path, _READ_FILE | _READ_DIR)
    for path in () if ward is None else ward.executable:
        _allow(ruleset, path, _READ_FILE | _EXECUTE)
    if ward is not None and ward.writable is not None:
        _allow(ruleset, ward.writable, _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE | _MAKE_FILE | _REMOVE_FILE)
    return ruleset


def _allow(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):  # noqa: PTH112
            rights &= ~_READ_DIR
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
