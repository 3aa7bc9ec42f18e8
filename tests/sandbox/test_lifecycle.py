import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sterling.sandbox.tier as tier_module
from sterling.errors import SandboxUnavailable
from sterling.sandbox import STATUSES, Limits, Program, Sandbox, self_test

SOURCES = Path(tier_module.__file__).resolve().parents[2]
ENDLESS = """
import os, subprocess, sys, time
from sterling.sandbox import Limits, Program, Sandbox
sandbox = Sandbox(Limits(cpu_s=600, stall_s=600))
if sys.argv[1] == "forked" and os.fork() == 0:
    time.sleep(600)  # holds a copy of the socket to the zygote
print(sandbox._backend._zygote._process.pid, flush=True)
sandbox.run_tests(Program("while True: pass"), "f", "f(1)")
"""


def children(pid: int) -> list[int]:
    return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def eventually(condition: object) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


@pytest.fixture(params=["alone", "forked"])
def parent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, request.param],
        env={**os.environ, "PYTHONPATH": str(SOURCES), "TMPDIR": str(tmp_path)},  # both killed: nobody cleans up
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()


def test_nothing_survives_the_parent(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout
    zygote = int(parent.stdout.readline())
    assert eventually(lambda: len(children(zygote)) == 2)
    jobs = children(zygote)
    folder = Path(f"/proc/{zygote}/cwd").readlink()
    parent.kill()
    assert eventually(lambda: all(map(gone, [zygote, *jobs])))
    assert eventually(lambda: not folder.exists())


def test_nothing_survives_the_zygote(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout
    zygote = int(parent.stdout.readline())
    assert eventually(lambda: len(children(zygote)) == 2)
    jobs = children(zygote)
    os.kill(zygote, signal.SIGKILL)
    assert eventually(lambda: all(map(gone, jobs)))


def test_closing_ends_the_zygote_and_removes_its_folder() -> None:
    with Sandbox() as sandbox:
        zygote = sandbox._backend._zygote._process.pid
        folder = Path(f"/proc/{zygote}/cwd").readlink()
        assert folder.exists()
    assert gone(zygote)
    assert not folder.exists()
    with pytest.raises(SandboxUnavailable, match="closed"):
        sandbox.evaluate(Program(""), "1")


def test_no_descriptor_is_left_behind(sandbox: Sandbox) -> None:
    sandbox.run_tests(Program("def f(): pass"), "f", "f()")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        sandbox.run_tests(Program("def f(): pass"), "f", "f()")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_interrupted_job_leaves_the_sandbox_usable(sandbox: Sandbox) -> None:
    class Interrupt(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupt):
            sandbox.evaluate(Program("import time; time.sleep(60)"), "1")
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert sandbox.evaluate(Program(""), "1 + 1").value == 2


def test_a_forked_copy_is_refused(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(SandboxUnavailable, match="does not survive a fork"):
        sandbox.evaluate(Program(""), "1")
    monkeypatch.undo()
    assert sandbox.evaluate(Program(""), "1").value == 1


def test_the_tier_is_told(sandbox: Sandbox) -> None:
    assert sandbox.tier == self_test()
    assert sandbox.tier.startswith("B: landlock (ABI ")


@pytest.mark.parametrize(("platform", "name"), [("darwin", "macOS"), ("win32", "Windows")])
def test_other_systems_are_told_what_to_do(monkeypatch: pytest.MonkeyPatch, platform: str, name: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(SandboxUnavailable, match=f"not run on {name}.*\n  mend: run `sterling` in a Linux"):
        self_test.__wrapped__()


def test_an_attack_that_gets_through_refuses_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    probes = tmp_path / "probes.py"
    probes.write_text("def attempts(*_): return {'fork': 'denied', 'read /proc': 'SUCCEEDED'}")
    monkeypatch.setattr(tier_module, "_PROBES", probes)
    with pytest.raises(SandboxUnavailable, match="does not keep untrusted code in: read /proc: SUCCEEDED"):
        self_test.__wrapped__()


def test_a_kernel_without_landlock_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sterling.sandbox.process as process_module

    boot = (
        "import ctypes, errno, os, sys, types; p = types.ModuleType('_cell'); p.__path__ = [sys.argv[1]]; "
        "sys.modules['_cell'] = p; from _cell import isolation; isolation._CREATE_RULESET = 9999; "
        "from _cell.zygote import main; main(*map(int, sys.argv[2:]))"
    )
    monkeypatch.setattr(process_module, "_BOOT", boot)
    with pytest.raises(SandboxUnavailable, match=r"Landlock is not available .*\n  mend: use Linux 5.13 or later"):
        self_test.__wrapped__()


def test_a_zygote_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sterling.sandbox.process as process_module

    monkeypatch.setattr(process_module, "_BOOT", "raise RuntimeError('no luck')")
    with pytest.raises(SandboxUnavailable, match="RuntimeError: no luck"):
        self_test.__wrapped__()


def test_two_sandboxes_do_not_meet(sandbox: Sandbox) -> None:
    with Sandbox(Limits(cpu_s=1)) as other:
        assert other.evaluate(Program("x = 1"), "x").value == 1
        assert sandbox.evaluate(Program(""), "x").status == "raised"


UNPRIVILEGED = """
import os
from sterling.sandbox import Program, Sandbox
with Sandbox() as sandbox:
    good = Program("def f(x): return x + 1")
    bad = Program("def f(x): return open('/etc/passwd').read()")
    print(os.getuid(), sandbox.run_tests(good, "f", "assert f(1) == 2").status)
    print(sandbox.run_tests(bad, "f", "f(1)").detail)
    print(sandbox.evaluate(Program("import os"), "os.fork()").detail)
"""


def test_an_unprivileged_user_gets_the_same_tier() -> None:
    if os.getuid() != 0:
        pytest.skip("the other tests run unprivileged already")
    nobody = pwd.getpwnam("nobody").pw_uid
    interpreter = next((it for it in (sys.executable, "/usr/bin/python3") if _usable(it, nobody)), None)
    if interpreter is None:
        pytest.skip("no Python >= 3.11 here that the user nobody may execute")
    done = _as(nobody, [interpreter, "-c", UNPRIVILEGED])
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"{nobody} ok",
        "PermissionError: [Errno 13] Permission denied (tests, line 1)",
        "PermissionError: [Errno 1] Operation not permitted",
    ]


def _as(user: int, command: list[str]) -> "subprocess.CompletedProcess[str]":
    environment = {"PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"}
    who = {"user": user, "group": user, "extra_groups": []}
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False, **who)  # type: ignore[call-overload,no-any-return]


def _usable(interpreter: str, user: int) -> bool:
    test = "import sys, sterling.errors; sys.exit(sys.version_info < (3, 11))"
    try:
        return _as(user, [interpreter, "-c", test]).returncode == 0
    except PermissionError:
        return False


def test_every_status_is_explained() -> None:
    assert list(STATUSES) == [
        "ok", "failed", "raised", "not_plain", "error", "timeout", "stalled", "memory", "output", "crashed", "exited",
        "refused",
    ]  # fmt: skip
