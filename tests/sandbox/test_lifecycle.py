import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sandbox.nobody import as_nobody
from tests.sandbox.scene import descendants, zygote_of

import sterling.sandbox.tier as tier_module
from sterling.errors import SandboxUnavailable
from sterling.sandbox import STATUSES, Limits, Program, Sandbox, self_test

SOURCES = Path(tier_module.__file__).resolve().parents[2]
PATH = f"{SOURCES}:{Path(__file__).resolve().parents[2]}"
ENDLESS = """
import os, subprocess, sys, time
from sterling.sandbox import Limits, Program, Sandbox
from tests.sandbox.scene import zygote_of
sandbox = Sandbox(Limits(cpu_s=600, stall_s=600))
if sys.argv[1] == "forked" and os.fork() == 0:
    time.sleep(600)  # holds a copy of the socket to the zygote
print(zygote_of(sandbox), flush=True)
sandbox.run_tests(Program("while True: pass"), "f", "f(1)")
"""


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


@pytest.fixture(params=["alone landlock", "forked landlock", "alone bubblewrap", "forked bubblewrap"])
def parent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    how, way = request.param.split()
    held(way)
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, how],
        env={**os.environ, "PYTHONPATH": PATH, "STERLING_SANDBOX": way, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()


def held(way: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERLING_SANDBOX", way)
        try:
            self_test()
        except SandboxUnavailable as why:
            pytest.skip(str(why))


def test_nothing_survives_the_parent(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout
    zygote = int(parent.stdout.readline())
    assert eventually(lambda: len(descendants(zygote)) == 2)
    jobs = descendants(zygote)
    folder = Path(f"/proc/{zygote}/cwd").readlink()
    parent.kill()
    assert eventually(lambda: all(map(gone, [zygote, *jobs])))
    assert eventually(lambda: not folder.exists())


def test_nothing_survives_the_zygote(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdout
    zygote = int(parent.stdout.readline())
    assert eventually(lambda: len(descendants(zygote)) == 2)
    jobs = descendants(zygote)
    os.kill(zygote, signal.SIGKILL)
    assert eventually(lambda: all(map(gone, jobs)))


def test_closing_ends_the_zygote_and_removes_its_folder() -> None:
    with Sandbox() as sandbox:
        zygote = zygote_of(sandbox)
        assert zygote is not None
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
    print(os.getuid(), sandbox.run_tests(good, "f", "assert f(1) == 2").status, sandbox.tier[0])
    print(sandbox.run_tests(bad, "f", "f(1)").detail.partition(":")[0])
    print(sandbox.evaluate(Program("import os"), "os.fork()").detail)
"""


@pytest.mark.parametrize(
    ("way", "tier", "complaint"),
    [("bubblewrap", "A", "FileNotFoundError"), ("landlock", "B", "PermissionError")],
)
def test_an_unprivileged_user_gets_the_same_tier(way: str, tier: str, complaint: str) -> None:
    if os.getuid() != 0:
        pytest.skip("the other tests run unprivileged already")
    done = as_nobody(["-c", UNPRIVILEGED], way)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"{pwd.getpwnam('nobody').pw_uid} ok {tier}",
        complaint,
        "PermissionError: [Errno 1] Operation not permitted",
    ]


def test_every_status_is_explained() -> None:
    assert list(STATUSES) == [
        "ok", "failed", "raised", "not_plain", "error", "timeout", "stalled", "memory", "output", "crashed", "exited",
        "refused",
    ]  # fmt: skip
