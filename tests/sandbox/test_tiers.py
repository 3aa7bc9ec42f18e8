import errno
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sterling.sandbox.bubblewrap as bubblewrap_module
import sterling.sandbox.process as process_module
import sterling.sandbox.tier as tier_module
from sterling.errors import InputError, SandboxUnavailable
from sterling.sandbox import Limits, Program, Sandbox, self_test, shared_sandbox

BWRAP = shutil.which("bwrap")
READS = Program("import module\ndef f(): return module.x")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is remembered, and no engine is found on this machine."""
    monkeypatch.delenv("STERLING_SANDBOX", raising=False)
    monkeypatch.delenv("STERLING_SANDBOX_IMAGE", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: BWRAP if name == "bwrap" else None)
    tier_module._best.cache_clear()
    yield
    tier_module._best.cache_clear()


@pytest.fixture
def bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERLING_SANDBOX", "bubblewrap")
    try:
        self_test()
    except SandboxUnavailable as why:
        pytest.skip(str(why))


def folder_with(home: Path, name: str) -> str:
    folder = home / name
    folder.mkdir()
    (folder / "module.py").write_text(f"x = {name!r}")
    return str(folder)


def test_the_best_tier_is_taken(bubblewrap: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STERLING_SANDBOX")
    assert self_test().startswith("A: bubblewrap (net, ipc, uts, pid, mount) + landlock (ABI ")
    with Sandbox() as sandbox:
        assert sandbox.tier == self_test()
        assert sandbox.tier.endswith(f") + seccomp allow-list ({platform.machine()}) + rlimits")


def test_a_tier_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERLING_SANDBOX", "landlock")
    assert self_test().startswith("B: landlock (ABI ")
    with Sandbox() as sandbox:
        assert sandbox.tier == self_test()


def test_an_unknown_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERLING_SANDBOX", "docker")
    with pytest.raises(InputError) as caught:
        self_test()
    assert str(caught.value) == (
        "STERLING_SANDBOX=docker is not known\n  mend: use one of: auto, bubblewrap, landlock, container"
    )
    with pytest.raises(InputError):
        Sandbox()


def test_without_bubblewrap_the_next_tier_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert self_test().startswith("B: landlock (ABI ")
    monkeypatch.setenv("STERLING_SANDBOX", "bubblewrap")
    with pytest.raises(SandboxUnavailable, match=r"\(`bwrap`\) is not installed\n  mend: install bubblewrap"):
        self_test()


def test_bubblewrap_that_may_not_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program) if name == "bwrap" else None)
    assert self_test().startswith("B: landlock (ABI ")
    monkeypatch.setenv("STERLING_SANDBOX", "bubblewrap")
    with pytest.raises(SandboxUnavailable, match="No permissions to create new namespace\n  mend: install bubblewrap"):
        self_test()


def test_a_time_zone_is_the_same_behind_every_wall(bubblewrap: None, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program("import time; now = time.localtime(0)[:6], time.tzname")
    with Sandbox() as walled:
        seen = walled.evaluate(program, "now").value
    monkeypatch.setenv("STERLING_SANDBOX", "landlock")
    with Sandbox() as bare:
        assert bare.evaluate(program, "now").value == seen


def test_folders_are_shown_when_they_are_asked_for(bubblewrap: None, tmp_path: Path) -> None:
    first, second = folder_with(tmp_path, "first"), folder_with(tmp_path, "second")
    look = Program(f"import os\ndef f(): return os.path.exists({first!r}), os.path.exists({second!r})")
    with Sandbox() as sandbox:
        assert sandbox.run_calls(look, "f", [([], {})]).answers[0].value == (False, False)
        for path in (first, second, first):
            program = Program(READS.source, paths=(path,))
            assert sandbox.run_calls(program, "f", [([], {})]).answers[0].value == Path(path).name
        stranger = Program(f"def f(): return open({first!r} + '/module.py').read()", paths=(second,))
        assert sandbox.run_calls(stranger, "f", [([], {})]).answers[0].raised == "PermissionError"


def test_only_the_latest_folders_stay(bubblewrap: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap_module, "_MOST_PATHS", 1)
    folders = [folder_with(tmp_path, name) for name in ("first", "second", "third")]
    with Sandbox() as sandbox:
        for path in (*folders, *folders):
            assert sandbox.run_calls(Program(READS.source, paths=(path,)), "f", [([], {})]).answers[0].raised == ""
        both = Program(f"import os\ndef f(): return os.listdir({folders[0]!r})", paths=tuple(folders))
        assert sandbox.run_calls(both, "f", [([], {})]).answers[0].value == ["module.py"]
        look = Program(f"import os\ndef f(): return [os.path.exists(it) for it in {folders!r}]", paths=(folders[0],))
        assert sandbox.run_calls(look, "f", [([], {})]).answers[0].value == [True, True, True]


def test_packages_are_shown_from_the_start(bubblewrap: None, tmp_path: Path) -> None:
    with Sandbox(packages=(folder_with(tmp_path, "first"),), preload=("module",)) as sandbox:
        assert sandbox.run_calls(READS, "f", [([], {})]).answers[0].value == "first"


def test_files_of_a_job_are_seen_behind_the_walls(bubblewrap: None) -> None:
    program = Program("def f(): return open('data.txt').read()", files=(("data.txt", "content"),))
    with Sandbox() as sandbox:
        assert sandbox.run_calls(program, "f", [([], {})]).answers[0].value == "content"


def test_there_is_nothing_behind_the_walls(bubblewrap: None) -> None:
    source = """
import os
def f():
    seen = [it for it in ("/proc", "/sys", "/etc/passwd", "/home", "/bin", "/dev/shm", "/var") if os.path.exists(it)]
    return seen, os.getpid() < 100, os.getppid()
"""
    with Sandbox() as sandbox:
        assert sandbox.run_calls(Program(source), "f", [([], {})]).answers[0].value == ([], True, 1)


def test_a_working_program_is_no_stalled_one_where_numbers_differ(bubblewrap: None) -> None:
    # Its CPU time has to be asked for inside: out here its process number is another process's, or nobody's.
    limits = Limits(cpu_s=30, stall_s=0.3)
    program = Program("import time\nend = time.process_time() + 0.7\nwhile time.process_time() < end: pass")
    with Sandbox(limits) as sandbox:
        outcome = sandbox.evaluate(program, "1")
    assert outcome.status == "ok" or outcome.cpu_s > 0.2, outcome


def test_the_shared_sandbox_is_of_the_tier_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERLING_SANDBOX", "landlock")
    assert shared_sandbox(Limits(cpu_s=3), 7).tier == self_test()


# Refusals -------------------------------------------------------------------------------------------------------------
def test_an_attack_that_gets_through_refuses_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    probes = tmp_path / "probes.py"
    probes.write_text("def attempts(*_): return {'fork': 'denied', 'read /proc': 'SUCCEEDED'}")
    monkeypatch.setattr(tier_module, "_PROBES", probes)
    with pytest.raises(SandboxUnavailable) as caught:
        Sandbox()
    message = str(caught.value)
    assert message.startswith("untrusted code is not run here: nothing keeps it in\nbubblewrap: ")
    assert "\nlandlock: this machine does not keep untrusted code in: read /proc: SUCCEEDED\n  mend: check" in message
    assert "\ncontainer: no container engine (podman or docker) is installed\n  mend: install podman" in message


def test_an_effect_refuses_even_where_the_probe_says_denied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STERLING_SANDBOX", "landlock")
    monkeypatch.setattr(tier_module, "_effects", lambda *_: ["a connection arrived"])
    with pytest.raises(SandboxUnavailable, match="does not keep untrusted code in: a connection arrived"):
        self_test()


def test_a_missing_file_is_no_denial_where_it_should_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    probes = tmp_path / "probes.py"
    probes.write_text("def attempts(*_): return {'read a secret': 'absent'}")
    monkeypatch.setattr(tier_module, "_PROBES", probes)
    monkeypatch.setenv("STERLING_SANDBOX", "landlock")
    with pytest.raises(SandboxUnavailable, match="read a secret: absent"):
        self_test()


@pytest.mark.parametrize("source", ["1 / 0", "import os; os._exit(0)", "def attempts(*_): return {}"])
def test_an_attack_that_says_nothing_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str) -> None:
    probes = tmp_path / "probes.py"
    probes.write_text(source)
    monkeypatch.setattr(tier_module, "_PROBES", probes)
    monkeypatch.setenv("STERLING_SANDBOX", "landlock")
    with pytest.raises(SandboxUnavailable, match="the attacks ended with"):
        self_test()


def boot_without_landlock() -> str:
    patched = f"isolation._CREATE_RULESET = {2**31 - 1}; "
    return process_module._BOOT.replace("from _cell.zygote", f"from _cell import isolation; {patched}from _cell.zygote")


def test_a_kernel_without_landlock_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "_BOOT", boot_without_landlock())
    with pytest.raises(SandboxUnavailable) as caught:
        self_test()
    assert f"Landlock is not available ({os.strerror(errno.ENOSYS)})" in str(caught.value)
    assert "\n  mend: use Linux 5.13 or later" in str(caught.value)


def test_a_zygote_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "_BOOT", "raise RuntimeError('no luck')")
    with pytest.raises(SandboxUnavailable, match="RuntimeError: no luck"):
        self_test()


@pytest.mark.parametrize(
    ("system", "mend"),
    [
        (
            "darwin",
            "brew install podman && podman machine init && podman machine start"
            " && podman pull docker.io/library/python:3.12-slim",
        ),
        (
            "win32",
            "winget install RedHat.Podman, then: podman machine init; podman machine start;"
            " podman pull docker.io/library/python:3.12-slim",
        ),
    ],
)
def test_other_systems_are_told_what_to_type(monkeypatch: pytest.MonkeyPatch, system: str, mend: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(SandboxUnavailable) as caught:
        Sandbox()
    assert str(caught.value) == (
        "untrusted code is not run here: nothing keeps it in\n"
        f"no container engine (podman or docker) is installed\n  mend: {mend}"
    )


@pytest.mark.parametrize("way", ["bubblewrap", "landlock"])
def test_what_exists_on_linux_only_is_refused_elsewhere(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("STERLING_SANDBOX", way)
    with pytest.raises(SandboxUnavailable, match=f"{way} exists on Linux only\n  mend: unset STERLING_SANDBOX"):
        self_test()


ELSEWHERE = """
import os, select, signal, sys
for name in ("resource", "fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
for module, names in (
    (os, ("pidfd_open", "memfd_create", "geteuid", "getuid", "wait4", "fork", "O_DIRECTORY", "O_PATH", "O_CLOEXEC")),
    (select, ("poll",)),
    (signal, ("SIGXCPU", "SIGKILL")),
):
    for name in names:
        delattr(module, name)
import sterling.sandbox
"""


def test_the_room_can_be_imported_where_what_only_linux_has_is_missing() -> None:
    # On Windows the container back end works with what is left.
    subprocess.run([sys.executable, "-c", ELSEWHERE], check=True)
