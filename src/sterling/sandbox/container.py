"""Jobs in one long-lived container of docker or podman: for macOS, Windows, and whoever wants one more wall.

Inside runs `relay`, which is sent in through standard input, and in it everything that keeps code in on Linux, as far
as the kernel of the container has it; the tier says how far. The container has no network, a read-only file system, no
capabilities, and limits of memory, processes and CPU for all jobs together. Folders that jobs may read are mounted
read-only under `/host` when it starts: a folder that is new costs a new container. Without Landlock a job can read
every folder that an earlier job was given, and what the image holds.

An image is never pulled from here: the message says how.
"""

import contextlib
import functools
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, NamedTuple

from sterling.errors import SandboxUnavailable
from sterling.sandbox import protocol, relay
from sterling.sandbox.backend import Heed, Job
from sterling.sandbox.outcome import STATUSES, Answer, Limits, Outcome

IMAGE = "STERLING_SANDBOX_IMAGE"
_ENGINES = ("podman", "docker")
_START_S = 120.0
_SLACK_S = 60.0
"""What a job may take longer than its own limits allow, before the container is taken for dead."""
_PYTHON = ("-I", "-S", "-B", "-c", relay.BOOT)
_ROOM = Path(__file__).resolve().parent
_INSTALL = {
    "darwin": "brew install podman && podman machine init && podman machine start && {pull}",
    "win32": "winget install RedHat.Podman, then: podman machine init; podman machine start; {pull}",
    "linux": "install podman (`apt install podman`, `dnf install podman`), then: {pull}",
}
_AWAKE = {
    ("podman", "darwin"): "podman machine start (the first time: podman machine init && podman machine start)",
    ("podman", "win32"): "podman machine start (the first time: podman machine init; podman machine start)",
    ("docker", "darwin"): "open -a Docker",
    ("docker", "win32"): "start Docker Desktop",
    ("docker", "linux"): "sudo systemctl start docker, as a user of the group docker",
}


class _Died(Exception):
    """The container is gone, or says what no relay says."""


class _Engine(NamedTuple):
    program: str
    name: str
    digest: str
    """Of the image: its tag may mean another one tomorrow."""


def image() -> str:
    """The image that containers are started from."""
    return os.environ.get(IMAGE) or "python:3.12-slim"


class Container:
    """Jobs in a container, which is started anew when it dies or is to show another folder."""

    def __init__(
        self, limits: Limits, hash_seed: int, packages: tuple[str, ...] = (), preload: tuple[str, ...] = ()
    ) -> None:
        self._engine = _engine()
        order = ("start", _plain(limits), hash_seed, tuple(map(_inside, packages)), preload)
        self._start = functools.partial(_Relay, self._engine, limits, order)
        self._packages = packages
        self._paths: tuple[str, ...] = ()
        self._relay = self._start(packages)
        self.tier = f"A: container ({self._engine.name}, {image()} {self._engine.digest}) + {self._relay.tier}"

    def run(self, job: Job, heed: Heed | None = None) -> Outcome:
        """Run one job. It cannot be ended half-way: `heed` is told no more once it has had enough."""
        fields = relay.pack_job(_moved(job))
        new = tuple(path for path in job.paths if path not in self._paths)
        if new:
            self._paths += new
            self._again()
        for _ in range(2):
            try:
                return self._relay.run(fields, heed)
            except _Died:
                self._again()
        return Outcome("crashed", "the container died twice while this program ran")

    def close(self) -> None:
        """End the container and whatever still runs in it."""
        self._relay.close()

    def _again(self) -> None:
        self._relay.close()
        self._paths = tuple(path for path in self._paths if Path(path).is_dir())  # an engine refuses what is gone
        self._relay = self._start((*self._packages, *self._paths))


def _plain(limits: Limits) -> tuple[object, ...]:
    return tuple(getattr(limits, name) for name in Limits.__dataclass_fields__)


def _inside(path: str) -> str:
    """Where a folder of this machine is seen in the container: never over something that the image has."""
    if "," in path:
        raise SandboxUnavailable(f"a folder with a comma in its name cannot be shown to a container: {path}")
    given = PureWindowsPath(path) if sys.platform == "win32" else PurePosixPath(path)
    return str(PurePosixPath("/host", given.drive.rstrip(":").lower(), *given.parts[1:]))


def _moved(job: Job) -> Job:
    orders = [{**order, "paths": tuple(map(_inside, order["paths"]))} for order in job.orders]
    return job._replace(orders=orders, paths=tuple(map(_inside, job.paths)))


# One container --------------------------------------------------------------------------------------------------------
class _Relay:
    """A running container and the conversation with it."""

    def __init__(self, engine: _Engine, limits: Limits, order: tuple[object, ...], paths: Sequence[str]) -> None:
        self._owner = os.getpid()
        self._deadline_s = 4 * limits.stall_s + _SLACK_S
        name = f"sterling-{os.getpid()}-{secrets.token_hex(4)}"
        options = _options(engine, limits, name, paths)
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the container
        self._words: list[str] = []
        self._process = subprocess.Popen(  # noqa: S603 - the engine that was found on the path
            [engine.program, "run", *options, image(), *_PYTHON],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            bufsize=0,
        )
        self._kill = functools.partial(_kill, self._process, engine.program, name, self._owner)
        self._finish = weakref.finalize(self, _finish, self._process, self._kill, complaints, self._words, self._owner)
        self.tier = self._greeting(order)

    def run(self, fields: dict[str, object], heed: Heed | None) -> Outcome:
        """One job. _Died when the container does not survive it."""
        answers: list[Answer] = []
        enough = False
        for message in self._ask(("job", fields, heed is not None), self._deadline_s):
            match message:
                case ("answer", bytes(payload)):
                    answers.append(_answer(payload))
                    if heed is not None and not enough:
                        enough = not heed(len(answers) - 1, answers[-1])
                case ("outcome", dict(outcome)) if outcome.get("status") in STATUSES:
                    outcome |= {"status": "ok", "detail": "enough was answered"} if enough else {}
                    return _outcome(outcome, [] if heed else answers)
                case ("unavailable", str(why)):
                    raise SandboxUnavailable(why)
                case _:
                    break
        raise _Died

    def close(self) -> None:
        """End the container."""
        self._finish()

    def _greeting(self, order: tuple[object, ...]) -> str:
        with contextlib.suppress(_Died, OSError):
            protocol.write_frame(self._stdin(), json.dumps(_sources()).encode())
        with contextlib.suppress(_Died):
            for message in self._ask(order, _START_S):
                match message:
                    case ("ready", str(tier)):
                        return tier
                    case ("unavailable", str(why)):
                        self.close()
                        raise SandboxUnavailable(f"in the container {image()}: {why}")
                    case _:
                        break
        self.close()
        words = self._words[-1][:500] if self._words else "it ended without a word"
        raise SandboxUnavailable(
            f"the container could not be started: {words}\n"
            "  mend: read what the engine says; folders of checks and packages must be ones that it may mount"
        )

    def _ask(self, message: tuple[object, ...], deadline_s: float) -> Iterator[object]:
        """What the relay says to this, until the caller has heard enough. _Died at its end, or after the deadline."""
        if os.getpid() != self._owner:
            raise SandboxUnavailable("a Sandbox does not survive a fork\n  mend: make one in each process")
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        watch = threading.Timer(deadline_s, self._kill)
        watch.daemon = True
        watch.start()
        heard = False
        try:
            protocol.write_frame(self._stdin(), protocol.encode(message, relay.CAP))
            while (payload := protocol.read_frame(self._process.stdout.fileno(), relay.CAP)) is not None:
                said = protocol.decode(payload)
                heard = isinstance(said, tuple) and said[:1] != ("answer",)
                yield said
        except (OSError, ValueError, protocol.BadFrame):
            raise _Died from None
        finally:
            watch.cancel()
            if not heard:  # interrupted, or dead: the next answer would belong to this question
                if self._process.poll() is None:
                    self._kill()
                self.close()
        raise _Died

    def _stdin(self) -> int:
        if self._process.stdin is None or self._process.stdin.closed:
            raise _Died
        return self._process.stdin.fileno()


def _answer(payload: bytes) -> Answer:
    match protocol.decode(payload):
        case ("value" | "raised" | "iterator" as kind, value, str(raised), str(named), tuple(arguments)):
            return Answer(kind, value, raised, named, arguments)
    raise _Died


def _outcome(fields: Mapping[str, Any], answers: Sequence[Answer]) -> Outcome:
    try:
        return relay.unpack_outcome(fields, answers)
    except (KeyError, TypeError, protocol.BadFrame):
        raise _Died from None


def _options(engine: _Engine, limits: Limits, name: str, paths: Sequence[str]) -> list[str]:
    memory = f"{2 * limits.memory_mb + 512}m"  # two processes of a job, the relay and the zygote
    options = ["-i", "--rm", "--name", name, "--pull", "never", "--log-driver", "none", "--entrypoint", "python3"]
    options += ["--network", "none", "--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,noexec,size=64m"]  # noqa: S108
    options += ["--memory", memory, "--memory-swap", memory, "--pids-limit", "64", "--cpus", "1"]
    options += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", *_user(engine)]
    if engine.name == "podman":
        options += ["--http-proxy=false"]  # it would hand in the proxy's address, password included
    for path in paths:
        options += ["--mount", f"type=bind,source={path},target={_inside(path)},readonly"]
    return options


def _user(engine: _Engine) -> list[str]:
    if sys.platform != "linux" or os.getuid() == 0:
        return ["--user", "65534:65534"]
    # The same user inside, so that folders which only this user may read can be read.
    own = ["--user", f"{os.getuid()}:{os.getgid()}"]
    return ["--userns", "keep-id", *own] if engine.name == "podman" else own


def _sources() -> dict[str, str]:
    files = [_ROOM.parent / "errors.py", *sorted(_ROOM.glob("*.py"))]
    return {path.relative_to(_ROOM.parent).as_posix(): path.read_text(encoding="utf-8") for path in files}


def _kill(process: "subprocess.Popen[bytes]", program: str, name: str, owner: int) -> None:
    if os.getpid() != owner:
        return
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([program, "rm", "-f", name], capture_output=True, check=False, timeout=30)  # noqa: S603
    process.kill()


def _finish(
    process: "subprocess.Popen[bytes]", kill: Callable[[], None], complaints: IO[bytes], words: list[str], owner: int
) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if os.getpid() != owner:
        return  # a forked copy of the owner
    try:
        process.wait(10)  # at the end of its input the relay ends, and with it the container
    except subprocess.TimeoutExpired:
        kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
    with complaints:
        complaints.seek(0)
        words += complaints.read().decode(errors="replace").strip().splitlines()


# The engine -----------------------------------------------------------------------------------------------------------
def _engine() -> _Engine:
    """The first engine that answers and has the image. SandboxUnavailable says what to type."""
    found = [(name, program) for name in _ENGINES if (program := shutil.which(name))]
    if not found:
        mend = _INSTALL.get(sys.platform, _INSTALL["linux"]).format(pull=_pull("podman"))
        raise SandboxUnavailable(f"no container engine (podman or docker) is installed\n  mend: {mend}")
    refusals = []
    for name, program in found:
        asked = _ask_engine(program, "image", "inspect", "--format", "{{.Id}}", image())
        if asked.returncode == 0:
            digest = asked.stdout.strip().removeprefix("sha256:")[:12]
            return _Engine(program, name, digest)
        refusals.append(_refusal(name, program))
    raise SandboxUnavailable("\n".join(refusals))


def _refusal(name: str, program: str) -> str:
    asked = _ask_engine(program, "info")
    if asked.returncode == 0:
        return f"{name} has no image {image()}, and none is pulled from here\n  mend: {_pull(name)}"
    words = asked.stderr.strip().splitlines() or ["it does not say why"]
    mend = _AWAKE.get((name, sys.platform), f"find out what `{name} info` complains of")
    return f"{name} is installed, but does not answer: {words[-1][:300]}\n  mend: {mend}"


def _ask_engine(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [program, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as mishap:
        return subprocess.CompletedProcess(command, 1, "", str(mishap))


def _pull(name: str) -> str:
    full = image() if "/" in image() else f"docker.io/library/{image()}"
    return f"{name} pull {full}"
