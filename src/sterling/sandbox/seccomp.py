"""The system calls that a candidate may make: an allow-list as a BPF program, for x86-64 and AArch64.

There is one list for Python code, which runs in a fork of the zygote (`code`), and three for programs that the fork
executes: `program`, `compiler` (may also write files, where Landlock lets it) and `threads` (may also start threads of
its own process, and wait for events). None of them may make a process.

What is not listed fails with EPERM, so that a program which merely tries something (a thread, a socket) sees an
exception and its verdict says so. Only a call under a foreign architecture or the x32 interface kills: no honest
program makes one. Creating processes and threads, executing, signalling, sockets, changing limits, credentials, names,
owners or modes of files, memory of other processes, and every call newer than this list are thereby denied.

Not covered: bugs of the kernel inside the calls that are allowed, and what `stat` tells about the existence of files.

Loaded inside the sandbox by path: standard library only.
"""

import errno
import struct

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _DENY = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_MISSING = 0x00050000 | errno.ENOSYS
_X32 = 0x40000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

_WRITING = 0o1 | 0o2 | 0o100 | 0o1000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC. Landlock denies them too, but before its third version it let O_TRUNC through."""
_HARMLESS_FCNTL = (1, 3)
"""F_GETFD and F_GETFL. F_SETOWN must not pass: it makes the kernel send signals in the candidate's name."""
_OWN_FCNTL = (1, 2, 3, 4, 1030)
"""Also F_SETFD, F_SETFL and F_DUPFD_CLOEXEC, which an event loop needs for its own pipes."""

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The architectures that this module knows, with the kernel's name for each."""

# name: (x86-64, AArch64); the most frequent first.
_CALLS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "brk": (12, 214),
    "newfstatat": (262, 79),
    "fstat": (5, 80),
    "close": (3, 57),
    "lseek": (8, 62),
    "futex": (202, 98),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "exit_group": (231, 94),
    "exit": (60, 93),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "getrandom": (318, 278),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getdents64": (217, 61),
    "stat": (4, None),
    "lstat": (6, None),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "getcwd": (79, 17),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "membarrier": (324, 283),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
}
# What starts an executed program. It may execute again, but only what Landlock lets it, and with the same limits.
_EXECUTED: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221),
    "arch_prctl": (158, None),
    "set_tid_address": (218, 96),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getrlimit": (97, 163),
}
_COMPILING: dict[str, tuple[int | None, int | None]] = {
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "umask": (95, 166),
}
_THREADED: dict[str, tuple[int | None, int | None]] = {
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "pipe2": (293, 59),
    "dup": (32, 23),
    "dup3": (292, 24),
    "getcpu": (309, 168),
}
# (x86-64, AArch64), the argument that holds the flags
_OPENING: tuple[tuple[tuple[int | None, int | None], int], ...] = (((257, 56), 2), ((2, None), 1))
_FCNTL, _PRLIMIT, _PRCTL, _IOCTL, _TGKILL = (72, 25), (302, 261), (157, 167), (16, 29), (234, 131)
_CLONE, _CLONE3 = (56, 220), (435, 435)
_THREAD, _SET_NAME, _NONBLOCKING = 0x10000, 15, 0x5421

PROFILES = ("code", "program", "compiler", "threads")
"""What `build` has a list for."""


def build(machine: str, profile: str = "code", pid: int = 0) -> bytes:
    """The filter for this machine; KeyError where the architecture is unknown.

    An executed program may signal its own process, `pid`, which is what `abort` does.
    """
    column = list(AUDIT).index(machine)
    calls, more = _CALLS, b""
    if profile != "code":
        calls = calls | _EXECUTED
        more += _only(_PRLIMIT[column], 0, (0,))  # its own limits, and they are hard
        more += _only(_TGKILL[column], 0, (pid,))
    if profile == "compiler":
        calls = calls | _COMPILING | {"openat": (257, 56), "open": (2, None)}
    if profile == "threads":
        calls = calls | _THREADED
        more += _only(_PRCTL[column], 0, (_SET_NAME,)) + _only(_IOCTL[column], 1, (_NONBLOCKING,))
        more += _threads(_CLONE[column], _CLONE3[column])
    parts = [_gate(machine)]
    parts += [_opening(call[column], argument) for call, argument in _OPENING if profile != "compiler"]
    parts += [_allowed(call[column]) for call in calls.values()]
    parts += [more, _only(_FCNTL[column], 1, _OWN_FCNTL if profile == "threads" else _HARMLESS_FCNTL)]
    return b"".join([*parts, _op(_RETURN, _DENY)])


def _op(code: int, k: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, k)


def _gate(machine: str) -> bytes:
    gate = _op(_LOAD, _ARCHITECTURE) + _op(_EQUAL, AUDIT[machine], 1, 0) + _op(_RETURN, _KILL) + _op(_LOAD, _NUMBER)
    if machine == "x86_64":
        gate += _op(_AT_LEAST, _X32, 0, 1) + _op(_RETURN, _KILL)
    return gate


def _allowed(number: int | None) -> bytes:
    return b"" if number is None else _op(_EQUAL, number, 0, 1) + _op(_RETURN, _ALLOW)


def _opening(number: int | None, argument: int) -> bytes:
    if number is None:
        return b""
    check = _op(_LOAD, _ARGUMENTS + 8 * argument) + _op(_ANY_BIT, _WRITING, 0, 1)
    return _op(_EQUAL, number, 0, 4) + check + _op(_RETURN, _DENY) + _op(_RETURN, _ALLOW)


def _only(number: int, argument: int, values: tuple[int, ...]) -> bytes:
    """Allow the call where the argument (its low half: all these are 32 bits wide) is one of the values."""
    tests = [_op(_EQUAL, value, len(values) - at, 0) for at, value in enumerate(values)]
    check = _op(_LOAD, _ARGUMENTS + 8 * argument) + b"".join(tests) + _op(_RETURN, _DENY) + _op(_RETURN, _ALLOW)
    return _op(_EQUAL, number, 0, len(check) // 8) + check


def _threads(clone: int, clone3: int) -> bytes:
    """Threads, not processes. `clone3` hides its flags in memory: the C library takes `clone` when it is missing."""
    flags = _op(_LOAD, _ARGUMENTS) + _op(_ANY_BIT, _THREAD, 0, 1) + _op(_RETURN, _ALLOW) + _op(_RETURN, _DENY)
    return _op(_EQUAL, clone3, 0, 1) + _op(_RETURN, _MISSING) + _op(_EQUAL, clone, 0, 4) + flags
