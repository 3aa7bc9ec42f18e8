"""C, compiled by whatever `cc` is, without a shell and without a process that makes processes."""

import functools
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from sterling.errors import SandboxUnavailable
from sterling.sandbox.conversation import printable
from sterling.sandbox.execution import LIBRARIES, LINKERS, Launcher, Order, Run, tier
from sterling.sandbox.outcome import Limits, Outcome
from sterling.sandbox.process import ZygoteDied

_COMPILERS = ("cc", "gcc", "clang")
_MEND = "install a C compiler (`apt install gcc libc6-dev`), and see that `cc` is on the PATH"
_OPTIONS = ("-std=gnu17", "-O1", "-w", "-fno-diagnostics-color", "-fmax-errors=3", "-fno-lto", "-fno-use-linker-plugin")
_HEADERS = tuple(it for it in ("/usr/include", "/usr/local/include", "/usr/local/lib") if Path(it).exists())
_LARGEST_FILE = 64 << 20
_COMPILER_MB, _COMPILER_S = 1024, 10
_STACK = 64 << 20
_ENVIRONMENT = {"LC_ALL": "C"}


class C:
    """Compiles and runs C that nobody trusts, one program at a time.

    Compiling is untrusted work itself: a source may include any file, and expand without end. Compiler, assembler and
    linker are therefore executed one after the other, each in a ward in which it may execute only itself, read only
    headers and libraries, and write only one folder of this program's own. The program then runs in a ward in which it
    may execute itself, and where it is static (the usual case) can read no file at all.

    Covered: files, network, processes, `system`, inline assembly, signals, floods. Not covered, beyond what `Sandbox`
    says: programs that need threads or files, which fail here. Make one per process or worker. It must not be used by
    two threads at once, nor after a fork. SandboxUnavailable without a compiler, and below Linux 6.2.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._stages = _stages()
        self.limits = limits
        self.tier = tier()
        self._launcher = Launcher(limits)
        self._builder = Launcher(Limits(_COMPILER_S, _COMPILER_MB, 1 << 16))
        self._built: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End whatever still runs in it."""
        self._launcher.close()
        self._builder.close()

    def run_stdin(self, source: str, stdin: str) -> Outcome:
        """Compile a whole program, and run it with this standard input.

        `ok` says that it ended with exit code 0; whether `stdout` is right, the caller compares. Another code is
        `exited`; `error` says why it could not be compiled. The last source stays compiled for the next call.
        """
        folder, spent = self._compiled(source)
        if isinstance(folder, Outcome):
            return folder
        order = Order(
            (f"{folder}/program",), self._ward(folder), _ENVIRONMENT, folder, stdin.encode("utf-8", "surrogatepass")
        )
        run = _run(self._launcher, order)
        status, detail = run.judged(self.limits)
        stdout = run.stdout[: self.limits.output_bytes].decode("utf-8", "replace")
        return Outcome(status, printable(detail), cpu_s=spent + run.ending.cpu_s, stdout=stdout)

    def _compiled(self, source: str) -> tuple[str | Outcome, float]:
        """The folder with the program, and the CPU seconds that it took to make."""
        if self._built is not None:
            built, folder = self._built
            if built == source:
                return folder, 0.0
            shutil.rmtree(folder, ignore_errors=True)
            self._built = None
        folder = tempfile.mkdtemp(dir=self._builder.folder)
        Path(folder, "main.c").write_bytes(source.encode("utf-8", "surrogatepass"))
        spent = 0.0
        for stage in self._stages:
            run = _run(self._builder, Order(stage.command, stage.ward(folder), _ENVIRONMENT, folder))
            spent += run.ending.cpu_s
            status, detail = run.judged(Limits(_COMPILER_S))
            if status != "ok":
                shutil.rmtree(folder, ignore_errors=True)
                return _refusal(status, run.stderr or detail, spent), spent
        os.chmod(f"{folder}/program", 0o500)  # noqa: PTH101
        self._built = source, folder
        return folder, spent

    def _ward(self, folder: str) -> Mapping[str, Any]:
        limits = {
            "CPU": 2 * self.limits.cpu_s + 1, "AS": self.limits.memory_mb << 20, "STACK": _STACK, "NPROC": 0,
            "FSIZE": 0, "CORE": 0, "NOFILE": 64,
        }  # fmt: skip
        static = self._stages[0].static
        return {
            "profile": "program",
            "executable": (f"{folder}/program", *(() if static else LINKERS)),
            "readable": () if static else LIBRARIES,
            "writable": None,
            "limits": limits,
        }


class _Stage(NamedTuple):
    """One program of the compiler: from C to assembly, to an object, to a program."""

    command: tuple[str, ...]
    static: bool

    def ward(self, folder: str) -> Mapping[str, Any]:
        limits = {
            "CPU": 2 * _COMPILER_S + 1, "AS": _COMPILER_MB << 20, "STACK": _STACK, "NPROC": 0,
            "FSIZE": _LARGEST_FILE, "CORE": 0, "NOFILE": 64,
        }  # fmt: skip
        return {
            "profile": "compiler",
            "executable": (self.command[0], *LINKERS),
            "readable": (*_HEADERS, *LIBRARIES),
            "writable": folder,
            "limits": limits,
        }


def _run(launcher: Launcher, order: Order) -> Run:
    try:
        return launcher.run(order)
    except ZygoteDied:
        return launcher.run(order)


def _refusal(status: str, detail: str, spent: float) -> Outcome:
    status = "error" if status in ("exited", "crashed") else status
    return Outcome(status, printable(f"compiling: {detail}"), cpu_s=spent)


@functools.cache
def _stages() -> tuple[_Stage, ...]:
    """What the compiler driver would execute, as it tells it itself."""
    driver = next((found for name in _COMPILERS if (found := shutil.which(name))), None)
    if driver is None:
        raise SandboxUnavailable(f"C needs a compiler (`cc`), and there is none on the PATH\n  mend: {_MEND}")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
        tried = _asked([driver, *_OPTIONS, "-static", "-o", "program", "main.c", "-lm"], folder)
        static = tried.returncode == 0
        link = ("-static",) if static else ()
        steps = (
            ("-S", "-o", "main.s", "main.c"),
            ("-c", "-o", "main.o", "main.s"),
            (*link, "-o", "program", "main.o", "-lm"),
        )
        return tuple(_Stage(_told(driver, step, folder), static) for step in steps)


def _told(driver: str, step: tuple[str, ...], folder: str) -> tuple[str, ...]:
    """The one command that the driver would execute for this step."""
    said = _asked([driver, "-###", *_OPTIONS, *step], folder).stderr
    commands = [shlex.split(line) for line in said.splitlines() if line.startswith(" ") and line.strip()]
    if len(commands) != 1:
        raise SandboxUnavailable(f"{driver} does not say what it would execute\n  mend: {_MEND}")
    program, *arguments = commands[0]
    if Path(program).name == "collect2":  # it would make a process for the linker, without the driver's own options
        arguments = [it for it in arguments if not it.startswith("-f")]
        program = _asked([driver, "-print-prog-name=ld"], folder).stdout.strip()
    return (_resolved(program), *arguments)


def _asked(command: list[str], folder: str) -> "subprocess.CompletedProcess[str]":
    surroundings = {**os.environ, **_ENVIRONMENT}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=surroundings)  # noqa: S603


def _resolved(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise SandboxUnavailable(f"the compiler's `{program}` is not on the PATH\n  mend: {_MEND}")
    return str(Path(found).resolve())
