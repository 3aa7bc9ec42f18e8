"""What an attack could damage, how it is run in every way there is, and how one sees that nothing has happened.

As a program, it runs the attacks as whoever starts it: `python -m tests.sandbox.scene [FAMILY…]`.
"""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox.attacks import ATTACKS, HEAD, RIGHT, SECRET, STOLEN, TESTS

from sterling.sandbox import Answer, Limits, Outcome, Program, Sandbox

LIMITS = Limits(cpu_s=1, memory_mb=256, output_bytes=10_000, stall_s=1.5)
"""Small, so that a flood or a loop ends soon."""
RIGHT_ANSWERS = (Answer("value", 2), Answer("value", 42))
_CANARY = b"untouched"
_SLEEP = shutil.which("sleep") or "/bin/sleep"
_SHM_KEY = 0x57E51


@dataclass(frozen=True)
class Scene:
    """What an attack could damage, and how to see that it did not."""

    folder: Path
    file: Path
    tcp: socket.socket
    udp: socket.socket
    named: socket.socket
    abstract: socket.socket
    victim: "subprocess.Popen[bytes]"
    canary: "ctypes.Array[ctypes.c_char]"

    def source(self, attack: str) -> str:
        """The attack as a whole program, which knows where everything is."""
        names = {
            "FOLDER": str(self.folder),
            "FILE": str(self.file),
            "PORT": self.tcp.getsockname()[1],
            "UDP": self.udp.getsockname()[1],
            "ABSTRACT": self.abstract.getsockname()[1:].decode(),
            "VICTIM": self.victim.pid,
            "PARENT": os.getpid(),
            "CANARY": ctypes.addressof(self.canary),
            "SHM": _SHM_KEY,
        }
        return HEAD + "".join(f"{name} = {value!r}\n" for name, value in names.items()) + attack

    def damage(self) -> list[str]:
        """What has changed: nothing should have."""
        checks = {
            "files were made or removed": self._names() != ["loot.py", "socket"],
            "the file was changed": not self._file_is_whole(),
            "a process was ended or stopped": not _alive(self.victim),
            "a packet arrived": any(map(_heard, (self.tcp, self.udp, self.named, self.abstract))),
            "memory of the parent was changed": self.canary.value != _CANARY,
            "shared memory was left": _left_over(),
        }
        return [what for what, happened in checks.items() if happened]

    def _names(self) -> list[str]:
        return sorted(it.name for it in self.folder.iterdir()) if self.folder.exists() else []

    def _file_is_whole(self) -> bool:
        if not self.file.exists():
            return False
        status = self.file.stat()
        return (
            self.file.read_text() == f'raise ValueError("{SECRET}")\n'
            and (status.st_mode & 0o777, status.st_nlink) == (0o666, 1)
            and status.st_mtime > 1
        )


def _alive(process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        return False
    status = Path(f"/proc/{process.pid}/status").read_text()
    return "TracerPid:\t0\n" in status and "State:\tT" not in status


def _heard(listener: socket.socket) -> bool:
    try:
        listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _left_over() -> bool:
    tables = [Path("/proc/sysvipc", name).read_text() for name in ("shm", "msg", "sem")]
    return any(line.split()[0] == str(_SHM_KEY) for table in tables for line in table.splitlines()[1:])


@contextlib.contextmanager
def staged() -> Iterator[Scene]:
    """A scene that anyone may read and write, were it not for the sandbox."""
    home = tempfile.mkdtemp(prefix="scene-")
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        folder = Path(home, "open")
        folder.mkdir()
        for path in (Path(home), folder):
            path.chmod(0o777)
        file = folder / "loot.py"
        file.write_text(f'raise ValueError("{SECRET}")\n')
        file.chmod(0o666)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        named = stack.enter_context(socket.socket(socket.AF_UNIX))
        named.bind(str(folder / "socket"))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind("")
        for listener in (named, abstract):
            listener.listen()
        for listener in (tcp, udp, named, abstract):
            listener.setblocking(False)
        victim = subprocess.Popen([_SLEEP, "6000"])
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        yield Scene(folder, file, tcp, udp, named, abstract, victim, ctypes.create_string_buffer(_CANARY))


def every_way(sandbox: Sandbox, source: str) -> dict[str, Outcome]:
    """The outcome of this program by each way of running it."""
    program = Program(source)
    whole = Program(source + "\nfor x in sys.stdin: print(f(int(x)))\n")
    return {
        "tests": sandbox.run_tests(program, "f", TESTS),
        "examples": sandbox.run_examples(program, ["f(1)\n", "f(41)\n", "globals().get('loot')\n"]),
        "evaluate": sandbox.evaluate(program, "[f(1), f(41), globals().get('loot')]"),
        "calls": sandbox.run_calls(program, "f", [([1], {}), ([41], {})]),
        "stdin": sandbox.run_stdin(whole, "1\n41\n"),
    }


def attack(sandbox: Sandbox, scene: Scene, source: str, *, all_ways: bool = True) -> dict[str, Outcome]:
    """No way in ends in its favour, nothing has changed outside, and the sandbox still knows right from wrong."""
    source = scene.source(source)
    outcomes = every_way(sandbox, source) if all_ways else {"tests": sandbox.run_tests(Program(source), "f", TESTS)}
    for way, outcome in outcomes.items():
        assert not passed(way, outcome), (way, outcome)
        assert not any(it in repr(outcome) for it in (SECRET, STOLEN)), way
    assert scene.damage() == []
    assert children(sandbox) == []
    assert sandbox.run_tests(RIGHT, "f", TESTS).status == "ok"
    return outcomes


def passed(way: str, outcome: Outcome) -> bool:
    """Whether whoever compares the outcome with what was wanted would take the program for right."""
    if outcome.status != "ok":
        return False
    match way:
        case "examples":
            return [it.output for it in outcome.shown[:2]] == ["2\n", "42\n"]
        case "evaluate":
            return isinstance(outcome.value, list) and outcome.value[:2] == [2, 42]
        case "calls":
            return outcome.answers == RIGHT_ANSWERS
        case "stdin":
            return outcome.stdout == "2\n42\n"
    return True


def zygote_of(sandbox: Sandbox) -> int | None:
    """The process that forks the jobs, as it is numbered out here; None where it lives in a container."""
    backend = sandbox._backend
    local = getattr(backend, "local", backend)
    if not hasattr(local, "_zygote"):
        return None
    first: int = local._zygote._process.pid
    return descendants(first)[0] if local is not backend else first


def children(sandbox: Sandbox) -> list[int]:
    """The processes of jobs: none between two of them."""
    zygote = zygote_of(sandbox)
    return [] if zygote is None else descendants(zygote)


def descendants(pid: int) -> list[int]:
    """The children of a process."""
    return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def main(names: list[str]) -> None:
    """Run every attack of these families, as whoever runs this; says how many there were."""
    count = 0
    os.environ["API_KEY"] = SECRET
    with Sandbox(LIMITS) as sandbox, staged() as scene:
        assert all(passed(way, outcome) for way, outcome in every_way(sandbox, HEAD + RIGHT.source).items())
        for family in names:
            for name, source in ATTACKS[family].items():
                try:
                    attack(sandbox, scene, source, all_ways=family not in ("bombs", "exhaustion"))
                except AssertionError as mishap:
                    raise AssertionError(f"{family}: {name}") from mishap
                count += 1
        sys.stdout.write(f"uid {os.getuid()}: {count} attacks held back by {sandbox.tier}\n")


if __name__ == "__main__":
    main(sys.argv[1:] or list(ATTACKS))
