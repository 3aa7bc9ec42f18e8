"""Wrong programs that attack the checker, each looked at from outside: no verdict in their favour, no effect.

`f` should add one. The programs below do not; instead they cheat, escape, destroy or spy. A program that prints the
right answers because it knows them is no attack: that is what hidden tests are for.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sterling.sandbox import Outcome, Program, Sandbox

TESTS = """
def check(candidate):
    for x in (1, 41, -7):
        assert candidate(x) == x + 1
"""
SECRET = "the-secret-nobody-may-read"
RIGHT = Program("def f(x):\n    return x + 1\n")

HEAD = """
import builtins, ctypes, gc, io, os, signal, socket, struct, subprocess, sys, threading, time
def attempt(action, *arguments):
    try:
        return action(*arguments)
    except Exception as mishap:
        return repr(mishap)
"""

PRETENDERS = {
    "int that equals everything": """
class I(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def f(x): return I(0)
""",
    "object that equals everything": """
class A:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def f(x): return A()
""",
    "str that equals everything": """
class S(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def f(x): return S()
""",
    "list that equals everything": """
class L(list):
    def __eq__(self, other): return True
def f(x): return L([I for I in ()])
""",
    "class that pretends to be int": """
class M(type):
    def __eq__(self, other): return True
    __hash__ = type.__hash__
class A(metaclass=M):
    @property
    def __class__(self): return int
    def __eq__(self, other): return True
def f(x): return A()
""",
    "comparison replaced in builtins": """
builtins.all = builtins.any = lambda *_: True
builtins.AssertionError = type("Quiet", (Exception,), {})
def f(x): return 0
""",
}
EXITS = {
    "sys.exit": "sys.exit(0)",
    "SystemExit": "raise SystemExit",
    "os._exit": "os._exit(0)",
    "exit inside the call": "def f(x): os._exit(0)",
    "SystemExit inside the call": "def f(x): sys.exit(0)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "atexit": "import atexit\natexit.register(os._exit, 0)\nsys.exit(1)",
    "excepthook": "sys.excepthook = lambda *_: os._exit(0)\n1 / 0",
    "exit overridden": "sys.exit = os._exit = lambda *_: None\ndef f(x): return 0",
    "abort": "os.abort()",
    "execute itself again without asserts": "os.execv(sys.executable, [sys.executable, '-O', '-c', ''])",
    "GeneratorExit": "def f(x): raise GeneratorExit",
}
FORGERIES = {
    "markers on standard output": "print('ok'); print('passed'); os.write(1, b'ok')\ndef f(x): print('ok'); return 0",
    "frames on every descriptor": """
import json
for message in (["t", "end", "ok", "", None], ["t", "value", 2], ["t", "ok"]):
    payload = json.dumps(message).encode()
    for descriptor in range(64):
        attempt(os.write, descriptor, len(payload).to_bytes(4, "big") + payload)
def f(x): return 0
""",
    "a header of one GiB": """
for descriptor in range(3, 64):
    attempt(os.write, descriptor, (1 << 30).to_bytes(4, "big"))
def f(x): return 0
""",
    "nested brackets": """
payload = b"[" * 100_000
for descriptor in range(3, 64):
    attempt(os.write, descriptor, len(payload).to_bytes(4, "big") + payload)
def f(x): return 0
""",
    "a pickle": """
payload = b"\\x80\\x04\\x8c\\x05posix\\x94\\x8c\\x06system\\x94\\x93\\x94\\x8c\\x04true\\x94\\x85\\x94R\\x94."
for descriptor in range(3, 64):
    attempt(os.write, descriptor, len(payload).to_bytes(4, "big") + payload)
def f(x): return 0
""",
    "closing every descriptor": "os.closerange(0, 64)\ndef f(x): return 0",
    "reading every descriptor": """
def f(x):
    for descriptor in range(3, 64):
        attempt(os.read, descriptor, 1)
""",
    "walking the frames": """
def f(x):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if hasattr(value, "append"): value.append("passed")
            if hasattr(value, "end"): value.end("ok")
            if hasattr(value, "show"): value.show("ok", None)
        frame = frame.f_back
    return 0
""",
    "using the runner's own modules": """
for name, module in list(sys.modules.items()):
    if name.startswith("_cell"):
        for key, value in list(vars(module).items()):
            if callable(value) and key in ("encode", "_portable", "describe"):
                setattr(module, key, lambda *_: b'["t","value",2]')
def f(x): return 0
""",
    "reloading the runner": """
import importlib
for name in [it for it in sys.modules if it.startswith("_cell")]:
    attempt(importlib.reload, sys.modules[name])
def f(x): return 0
""",
    "replacing builtins": """
for name in ("print", "len", "isinstance", "type", "exec", "compile", "list", "str", "repr", "getattr"):
    setattr(builtins, name, lambda *_, **__: True)
sys.displayhook = lambda value: None
def f(x): return 0
""",
    "replacing json": """
import json
json.dumps = json.JSONEncoder.encode = lambda *_: '["t","value",2]'
json.loads = lambda *_, **__: ((2,), {})
def f(x): return 0
""",
}
EXHAUSTION = {
    "loop": "while True: pass",
    "loop inside the call": "def f(x):\n    while True: pass",
    "catching everything": """
def f(x):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    "disarming signals": """
for number in range(1, 64):
    attempt(signal.signal, number, signal.SIG_IGN)
attempt(__import__("resource").setrlimit, 0, (-1, -1))
while True: pass
""",
    "sleeping": "time.sleep(3600)",
    "deadlock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "fork bomb": "while True: attempt(os.fork)",
    "threads": """
threads = [attempt(threading.Thread(target=time.sleep, args=(9,)).start) for _ in range(99)]
def f(x): return 0
""",
    "memory": "x = [0]\nwhile True: x += x",
    "memory at once": "x = bytearray(1 << 40)",
    "memory caught": """
x = []
while True:
    try:
        while True: x.append(bytearray(1 << 20))
    except MemoryError: pass
""",
    "output": "while True: print('x' * 10_000)\n",
    "output at once": "def f(x): return 'x' * 10**8",
    "raw output": "while True: os.write(1, b'x' * 65536)",
    "flooding the channel": "while True:\n    for d in range(3, 9): attempt(os.write, d, b'\\0\\0\\0\\2[]')",
    "disk": "attempt(lambda: open('flood', 'wb').write(b'x' * 10**9))\ndef f(x): return 0",
    "deep recursion": "sys.setrecursionlimit(10**9)\ndef f(x): return f(x) + 1",
    "recursion in C": """
sys.setrecursionlimit(10**9)
def f(x):
    value = iter([1])
    for _ in range(10**6): value = map(int, value)
    return next(value)
""",
    "large number": "def f(x): return 10**5_000_000",
    "power tower": "def f(x): return 9**9**9**9",
    "segmentation fault": "ctypes.string_at(0)",
    "colliding keys": """
keys = ",".join(f'["i","{(2**61 - 1) * n:x}"]' for n in range(2**60, 2**60 + 20_000))
payload = f'["t","value",["s",{keys}]]'.encode()
def f(x):
    for descriptor in range(3, 9): attempt(os.write, descriptor, len(payload).to_bytes(4, "big") + payload)
""",
}
EFFECTS = {
    "write with open": "attempt(lambda: open(FOLDER + '/a', 'w').write('x'))",
    "write with os.open": "attempt(os.open, FOLDER + '/b', os.O_CREAT | os.O_RDWR)",
    "write with ctypes": "ctypes.CDLL(None).creat((FOLDER + '/c').encode(), 0o600)",
    "append to a file": "attempt(lambda: open(FILE, 'a').write('x'))",
    "truncate a file": "attempt(os.truncate, FILE, 0); attempt(os.open, FILE, os.O_RDONLY | os.O_TRUNC)",
    "make directories, links and pipes": """
attempt(os.mkdir, FOLDER + '/d'); attempt(os.symlink, FILE, FOLDER + '/e'); attempt(os.link, FILE, FOLDER + '/f')
attempt(os.mkfifo, FOLDER + '/g'); attempt(os.mknod, FOLDER + '/h'); attempt(os.rename, FILE, FOLDER + '/i')
""",
    "unlink": "attempt(os.unlink, FILE); attempt(os.remove, FILE); attempt(__import__('shutil').rmtree, FOLDER)",
    "change modes, owners and times": """
attempt(os.chmod, FILE, 0); attempt(os.chown, FILE, 1, 1); attempt(os.utime, FILE, (0, 0))
attempt(os.setxattr, FILE, 'user.x', b'x')
""",
    "os.system": "attempt(os.system, f'touch {FOLDER}/j')",
    "subprocess": "attempt(subprocess.run, ['touch', FOLDER + '/k'])",
    "posix_spawn": "attempt(os.posix_spawn, '/usr/bin/touch', ['touch', FOLDER + '/l'], {})",
    "multiprocessing": """
import multiprocessing
attempt(lambda: multiprocessing.Process(target=open, args=(FOLDER + '/m', 'w')).start())
""",
    "orphan with setsid": """
def orphan():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(0.2); open(FOLDER + '/n', 'w'); os._exit(0)
        os._exit(0)
attempt(orphan)
""",
    "anonymous executable": """
d = attempt(os.memfd_create, 'x'); attempt(os.write, d, b'#!/bin/sh')
attempt(os.execve, d, ['x'], {})
""",
    "raw system calls": """
libc = ctypes.CDLL(None)
for number in (56, 57, 58, 59, 322, 435, 41, 101, 310, 311, 425, 323, 272, 308, 434, 438, 424, 298, 321, 248, 250):
    libc.syscall(number, 0, 0, 0, 0, 0, 0)
""",
    "signals": """
for pid in (VICTIM, PARENT, os.getppid(), 0, -1):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP): attempt(os.kill, pid, number)
attempt(os.killpg, 0, 9)
""",
    "signal through a pidfd": "attempt(lambda: signal.pidfd_send_signal(os.pidfd_open(VICTIM), 9))",
    "signal by F_SETOWN": """
import fcntl
for d in range(3, 9):
    attempt(fcntl.fcntl, d, fcntl.F_SETOWN, VICTIM); attempt(fcntl.fcntl, d, 10, 9)
    attempt(fcntl.fcntl, d, fcntl.F_SETFL, os.O_ASYNC)
""",
    "limits of the parent": "attempt(__import__('resource').prlimit, PARENT, 7, (1, 1))",
    "priority of the parent": "attempt(os.setpriority, 0, PARENT, 19)",
    "TCP": "attempt(lambda: socket.create_connection(('127.0.0.1', PORT), 1).send(b'x'))",
    "TCP by ctypes": """
libc = ctypes.CDLL(None)
d = libc.socket(2, 1, 0)
libc.connect(d, struct.pack('!HHI8x', 0x0200, PORT, 0x7F000001), 16)
""",
    "system calls of a foreign interface": """
import mmap
libc = ctypes.CDLL(None)
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes([0x53, 0xB8, 102, 0, 0, 0, 0xBB, 1, 0, 0, 0, 0xCD, 0x80, 0x5B, 0xC3]))  # socketcall by int 0x80
if os.uname().machine == "x86_64":
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
    "system calls of x32": "ctypes.CDLL(None).syscall(0x40000000 + 41, 2, 1, 0)",
    "io_uring": "ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(256))",
}
THEFTS = {
    "a file": "loot = attempt(lambda: open(FILE).read())",
    "a file by os.open": "loot = attempt(lambda: os.read(os.open(FILE, os.O_RDONLY), 999))",
    "a file by O_PATH": "loot = attempt(lambda: open('/dev/fd/%d' % os.open(FILE, os.O_PATH)).read())",
    "a file by mmap": "loot = attempt(lambda: __import__('mmap').mmap(os.open(FILE, 0), 0, prot=1)[:])",
    "a file as a module": "sys.path.insert(0, FOLDER)\nloot = attempt(__import__, 'loot')",
    "a file by ctypes": """
buffer = ctypes.create_string_buffer(99); libc = ctypes.CDLL(None)
libc.read(libc.open(FILE.encode(), 0), buffer, 98)
loot = buffer.value
""",
    "the environment of the parent": """
loot = [attempt(lambda p=p: open(f'/proc/{p}/environ').read()) for p in (PARENT, 'self', os.getppid())]
""",
    "its own environment": """
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')
loot = dict(os.environ), [environ[n] for n in range(99 if environ else 0)]
""",
    "the memory of the parent": """
loot = attempt(lambda: open(f'/proc/{PARENT}/mem', 'rb').read(1))
ctypes.CDLL(None).process_vm_readv(PARENT, None, 0, None, 0, 0)
""",
    "by listing": "loot = [attempt(os.listdir, it) for it in (FOLDER, '/', '/home', '/root', '/proc', '/tmp', '.')]",
    "by a link": "loot = attempt(os.readlink, '/proc/self/cwd'), attempt(os.readlink, '/proc/self/exe')",
}
WRONG = "\ndef f(x): return 0\n"


@dataclass(frozen=True)
class Scene:
    """What an attack could damage, and how to see that it did not."""

    folder: Path
    file: Path
    listener: socket.socket
    victim: "subprocess.Popen[bytes]"

    def source(self, attack: str) -> str:
        names = {
            "FOLDER": str(self.folder),
            "FILE": str(self.file),
            "PORT": self.listener.getsockname()[1],
            "VICTIM": self.victim.pid,
            "PARENT": os.getpid(),
        }
        return HEAD + "".join(f"{name} = {value!r}\n" for name, value in names.items()) + attack

    def untouched(self) -> bool:
        if not self.file.exists():
            return False
        status = self.file.stat()
        connected = True
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            connected = False
        return (
            sorted(it.name for it in self.folder.iterdir()) == ["loot.py"]
            and self.file.read_text() == f'raise ValueError("{SECRET}")\n'
            and (status.st_mode & 0o777, status.st_nlink) == (0o666, 1)
            and status.st_mtime > 1
            and self.victim.poll() is None
            and Path(f"/proc/{self.victim.pid}/stat").read_text().split()[2] != "T"
            and not connected
        )


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    file = folder / "loot.py"
    file.write_text(f'raise ValueError("{SECRET}")\n')
    file.chmod(0o666)
    monkeypatch.setenv("API_KEY", SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        yield Scene(folder, file, listener, victim)
        victim.kill()
        victim.wait()


def attack(sandbox: Sandbox, scene: Scene, source: str, *, all_ways: bool = True) -> list[Outcome]:
    """All three ways in; then the sandbox must still know right from wrong."""
    program = Program(scene.source(source))
    outcomes = [sandbox.run_tests(program, "f", TESTS)]
    if all_ways:
        outcomes.append(sandbox.run_examples(program, ["f(1)\n", "globals().get('loot')\n"]))
        outcomes.append(sandbox.evaluate(program, "f(1)"))
    assert outcomes[0].status != "ok"
    assert not any(SECRET in repr(it) for it in outcomes)
    assert scene.untouched()
    assert children(sandbox) == []
    assert sandbox.run_tests(RIGHT, "f", TESTS).status == "ok"
    return outcomes


def children(sandbox: Sandbox) -> list[str]:
    zygote = sandbox._backend._zygote._process.pid
    return Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()


def parametrize(attacks: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("source", attacks.values(), ids=attacks.keys())


@parametrize(PRETENDERS)
def test_pretending_to_be_right(tight: Sandbox, scene: Scene, source: str) -> None:
    for outcome in attack(tight, scene, source):
        assert outcome.value in (None, 0)


@parametrize(EXITS)
def test_exiting_is_no_success(tight: Sandbox, scene: Scene, source: str) -> None:
    outcomes = attack(tight, scene, source)
    assert outcomes[2].status != "ok" or outcomes[2].value == 0


@parametrize(FORGERIES)
def test_forging_reports(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source)


@parametrize(EXHAUSTION)
def test_exhausting_the_machine(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source, all_ways=False)  # each costs a second


@parametrize(EFFECTS)
def test_reaching_out(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source + WRONG)


@pytest.mark.parametrize("name", ["write with open", "unlink", "truncate a file", "subprocess", "TCP", "TCP by ctypes"])
def test_the_attacks_work_where_nothing_holds_them(scene: Scene, name: str) -> None:
    subprocess.run([sys.executable, "-c", scene.source(EFFECTS[name])], check=True, capture_output=True)
    assert not scene.untouched()


@pytest.mark.parametrize("name", ["a file", "a file by os.open", "a file by ctypes", "the environment of the parent"])
def test_the_thefts_work_where_nothing_holds_them(scene: Scene, name: str) -> None:
    source = scene.source(THEFTS[name]) + "\nprint(loot)\n"
    assert SECRET in subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True).stdout


@parametrize(THEFTS)
def test_stealing(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source + WRONG)


@pytest.mark.parametrize(
    ("attacks", "name", "status"),
    [
        (EXITS, "sys.exit", "exited"),
        (EXITS, "os._exit", "exited"),
        (EXITS, "abort", "crashed"),
        (EXHAUSTION, "loop", "timeout"),
        (EXHAUSTION, "catching everything", "timeout"),
        (EXHAUSTION, "disarming signals", "timeout"),
        (EXHAUSTION, "sleeping", "stalled"),
        (EXHAUSTION, "deadlock", "stalled"),
        (EXHAUSTION, "memory", "memory"),
        (EXHAUSTION, "memory at once", "memory"),
        (EXHAUSTION, "segmentation fault", "crashed"),
        (EXHAUSTION, "recursion in C", "crashed"),
        (EXHAUSTION, "output at once", "not_plain"),
        (FORGERIES, "a header of one GiB", "refused"),
        (FORGERIES, "nested brackets", "refused"),
        (FORGERIES, "closing every descriptor", "exited"),
    ],
)
def test_the_reason_is_told(tight: Sandbox, scene: Scene, attacks: dict[str, str], name: str, status: str) -> None:
    outcome = tight.evaluate(Program(scene.source(attacks[name])), "f(1)")
    assert outcome.status == status, outcome


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the other architecture has one interface only")
@pytest.mark.parametrize("name", ["system calls of a foreign interface", "system calls of x32"])
def test_a_foreign_interface_kills(tight: Sandbox, scene: Scene, name: str) -> None:
    outcome = tight.evaluate(Program(scene.source(EFFECTS[name])), "1")
    assert outcome[:2] == ("crashed", "SIGSYS")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("loop", "timeout"),
        ("loop inside the call", "timeout"),
        ("sleeping", "stalled"),
        ("memory", "memory"),
        ("output at once", "not_plain"),
        ("segmentation fault", "crashed"),
        ("recursion in C", "crashed"),
        ("colliding keys", "refused"),
    ],
)
def test_the_tests_hear_how_the_candidate_ended(tight: Sandbox, scene: Scene, name: str, status: str) -> None:
    outcome = tight.run_tests(Program(scene.source(EXHAUSTION[name])), "f", TESTS)
    assert outcome.status == status, outcome


def test_an_example_that_prints_too_much(tight: Sandbox) -> None:
    outcome = tight.run_examples(Program(""), ["print('a')\n", "while True: print('x' * 999)\n"])
    assert (outcome.status, outcome.shown) == ("output", (("a\n", None),))


def test_finished_examples_survive_a_timeout(tight: Sandbox) -> None:
    outcome = tight.run_examples(Program(""), ["1\n", "while True: pass\n", "2\n"])
    assert (outcome.status, outcome.shown) == ("timeout", (("1\n", None),))
    assert outcome.cpu_s == pytest.approx(1.0, abs=0.3)


def test_a_working_program_is_not_stalled_by_a_slow_machine(tight: Sandbox) -> None:
    # It is frozen for longer than the wall limit, in pieces, but uses the CPU in between.
    source = """
import time
for _ in range(25):
    time.sleep(0.08)
    end = time.process_time() + 0.02
    while time.process_time() < end: pass
"""
    assert tight.run_examples(Program(source), ["1\n"]).status == "ok"


def test_a_killed_zygote_is_replaced(tight: Sandbox) -> None:
    os.kill(tight._backend._zygote._process.pid, signal.SIGKILL)
    assert tight.run_tests(RIGHT, "f", TESTS).status == "ok"
