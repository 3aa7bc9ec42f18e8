"""The container back end: against an engine that is played, and against a real one where there is one."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.attacks import ATTACKS, HEAD, RIGHT, SECRET
from tests.sandbox.scene import LIMITS, attack, every_way, passed, staged

import sterling.sandbox.container as container_module
import sterling.sandbox.tier as tier_module
from sterling.errors import SandboxUnavailable
from sterling.sandbox import Answer, Limits, Program, Sandbox, self_test
from sterling.sandbox.container import Container

IMAGE = "example/python:3"
BASE = {"images": [IMAGE], "awake": True, "refuses": "", "before": "", "bare": False}
WITHOUT_LANDLOCK = """
import builtins
def patched(name, *rest, real=builtins.__import__):
    module = real(name, *rest)
    if name == "sterling.sandbox.relay":
        import sterling.sandbox.process as process
        late = "from _cell import isolation; isolation._CREATE_RULESET = 2**31 - 1; from _cell.zygote"
        process._BOOT = process._BOOT.replace("from _cell.zygote", late)
    return module
builtins.__import__ = patched
"""
DEAF = "import os, time\nwhile os.read(0, 1 << 20): pass\ntime.sleep(600)\n"
MORTAL = """
import builtins, os
def patched(name, *rest, real=builtins.__import__):
    module = real(name, *rest)
    if name == "sterling.sandbox.relay":
        __import__("sys").modules["sterling.sandbox.relay"]._run = lambda *_: os._exit(3)
    return module
builtins.__import__ = patched
"""


class Engine:
    """An engine that is played."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home
        self.program = home / name
        source = Path(__file__).with_name("scripted_engine.py").read_text()
        self.program.write_text(f"#!{sys.executable}\n{source}")
        self.program.chmod(0o755)
        self.play()

    def play(self, **changed: Any) -> None:
        """From now on."""
        (self.home / "script.json").write_text(json.dumps({**BASE, **changed}))

    def calls(self, command: str) -> list[list[str]]:
        """What it was called with."""
        path = self.home / "calls.jsonl"
        calls = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [call for call in calls if call[0] == command]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    home = tmp_path / "engine"
    home.mkdir()
    bwrap = shutil.which("bwrap")
    if bwrap:
        (home / "bwrap").symlink_to(bwrap)
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setenv("STERLING_SANDBOX", "container")
    monkeypatch.setenv("STERLING_SANDBOX_IMAGE", IMAGE)
    return Engine(home, "docker")


def needs_bubblewrap() -> None:
    if not shutil.which("bwrap"):
        pytest.skip("the played engine shows folders with bubblewrap, which is not installed")


def backend_of(sandbox: Sandbox) -> Container:
    assert isinstance(sandbox._backend, Container)
    return sandbox._backend


def test_every_way_of_running(engine: Engine) -> None:
    tier_module._best.cache_clear()
    with Sandbox(LIMITS) as sandbox:
        assert sandbox.tier.startswith(f"A: container (docker, {IMAGE} 0123456789ab) + landlock (ABI ")
        assert sandbox.tier == self_test()
        assert all(passed(way, outcome) for way, outcome in every_way(sandbox, HEAD + RIGHT.source).items())
    assert len(engine.calls("run")) == 2  # one for the self-test, one for all the jobs


@pytest.mark.parametrize("family", ["pretending", "forgeries", "effects"])
def test_attacks(engine: Engine, family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", SECRET)
    with Sandbox(LIMITS) as sandbox, staged() as scene:
        for source in ATTACKS[family].values():
            attack(sandbox, scene, source, all_ways=family != "bombs")


def test_the_same_outcomes_as_without_it(engine: Engine, sandbox: Sandbox) -> None:
    values = Program("class A: pass\ndeep = [[[(1, 2.5, b'x', {'k': {3}}, 1j, 10**99)]]]\nwide = list(range(100_000))")
    with Sandbox() as boxed:
        for expression in ("deep", "wide", "A", "1 / 0", "undefined", "'x' * 10**8", "float('inf')"):
            here, there = sandbox.evaluate(values, expression), boxed.evaluate(values, expression)
            assert here._replace(cpu_s=0) == there._replace(cpu_s=0), expression
        examples = ["print('a')\n", "1 / 0\n", "print('\\ud800')\n"]
        assert sandbox.run_examples(values, examples)[:3] == boxed.run_examples(values, examples)[:3]
        echo = Program("import sys; data = sys.stdin.buffer.read(); print(len(data)); sys.exit(len(data) != 3)")
        for stdin in ("é\n", "longer"):
            assert sandbox.run_stdin(echo, stdin)._replace(cpu_s=0) == boxed.run_stdin(echo, stdin)._replace(cpu_s=0)


def test_answers_are_heeded(engine: Engine) -> None:
    program = Program("def f(x):\n    if x == 3: raise ValueError('three')\n    return x")
    heard: list[tuple[int, Answer]] = []

    def heed(number: int, answer: Answer) -> bool:
        heard.append((number, answer))
        return number < 1

    with Sandbox() as sandbox:
        calls: list[tuple[list[Any], dict[str, Any]]] = [([x], {}) for x in range(5)]
        outcome = sandbox.run_calls(program, "f", calls)
        assert [it.kind for it in outcome.answers] == ["value", "value", "value", "raised", "value"]
        assert outcome.answers[3] == Answer("raised", None, "ValueError", "ValueError", ("three",))
        outcome = sandbox.run_calls(program, "f", calls, heed)
        assert (outcome.status, outcome.detail, outcome.answers) == ("ok", "enough was answered", ())
        assert heard == [(0, Answer("value", 0)), (1, Answer("value", 1))]


def test_the_container_is_shut(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    with Sandbox(Limits(memory_mb=100)):
        options = engine.calls("run")[-1][1:]
    del options[options.index("--name") : options.index("--name") + 2]
    assert options[: options.index(IMAGE)] == [
        *("-i", "--rm", "--pull", "never", "--log-driver", "none", "--entrypoint", "python3"),
        *("--network", "none", "--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,noexec,size=64m"),
        *("--memory", "712m", "--memory-swap", "712m", "--pids-limit", "64", "--cpus", "1"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534"),
    ]


def test_an_ordinary_user_stays_the_same_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(os, "getgid", lambda: 100)
    docker = container_module._Engine("docker", "docker", "")
    assert container_module._user(docker) == ["--user", "1000:100"]
    assert container_module._user(docker._replace(name="podman")) == ["--userns", "keep-id", "--user", "1000:100"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert container_module._user(docker) == ["--user", "65534:65534"]


def test_folders_are_mounted_when_they_are_asked_for(engine: Engine, tmp_path: Path) -> None:
    needs_bubblewrap()
    (tmp_path / "module.py").write_text("x = 5")
    program = Program("import module\ndef f(): return module.x", paths=(str(tmp_path),))
    with Sandbox() as sandbox:
        for _ in range(2):
            assert sandbox.run_calls(program, "f", [([], {})]).answers == (Answer("value", 5),)
        inside = Program("import module", paths=(str(tmp_path),), files=(("data.txt", "content"),))
        assert sandbox.evaluate(inside, "module.__file__").value == f"/host{tmp_path}/module.py"
        assert sandbox.evaluate(inside, "open('data.txt').read()").value == "content"
    mounted = [call for call in engine.calls("run") if "--mount" in call]
    assert len(mounted) == 1
    mount = mounted[0][mounted[0].index("--mount") + 1]
    assert mount == f"type=bind,source={tmp_path},target=/host{tmp_path},readonly"


def test_a_folder_that_is_gone_is_not_mounted_again(engine: Engine, tmp_path: Path) -> None:
    needs_bubblewrap()
    folder = tmp_path / "folder"
    folder.mkdir()
    with Sandbox() as sandbox:
        assert sandbox.evaluate(Program("", paths=(str(folder),)), "1").status == "ok"
        folder.rmdir()
        backend_of(sandbox)._again()
        assert sandbox.evaluate(Program(""), "1").status == "ok"


def test_a_folder_that_cannot_be_named(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "a,readonly=false"
    folder.mkdir()
    with Sandbox() as sandbox:
        with pytest.raises(SandboxUnavailable, match="a comma in its name"):
            sandbox.evaluate(Program("", paths=(str(folder),)), "1")
        assert sandbox.evaluate(Program(""), "1").status == "ok"


def test_packages_are_mounted_from_the_start(engine: Engine, tmp_path: Path) -> None:
    needs_bubblewrap()
    (tmp_path / "module.py").write_text("x = 5")
    with Sandbox(packages=(str(tmp_path),), preload=("module",)) as sandbox:
        assert sandbox.evaluate(Program("import module"), "module.x").value == 5
    with pytest.raises(SandboxUnavailable, match=f"in the container {IMAGE}: the sandbox could not import nothing: "):
        Sandbox(preload=("nothing",))


@pytest.mark.parametrize(
    ("system", "path", "inside"),
    [
        ("linux", "/a/b", "/host/a/b"),
        ("darwin", "/Users/x y", "/host/Users/x y"),
        ("win32", "C:\\Users\\x", "/host/c/Users/x"),
    ],
)
def test_where_a_folder_is_seen(monkeypatch: pytest.MonkeyPatch, system: str, path: str, inside: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert container_module._inside(path) == inside


def test_another_system_uses_an_engine_that_answers(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STERLING_SANDBOX")
    monkeypatch.setattr(sys, "platform", "darwin")
    tier_module._best.cache_clear()
    assert self_test().startswith("A: container (docker, ")


def test_podman_first_and_then_docker(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = tmp_path / "second"
    second.mkdir()
    podman = Engine(second, "podman")
    monkeypatch.setenv("PATH", f"{engine.home}:{second}")
    tier_module._best.cache_clear()
    assert self_test().startswith("A: container (podman, ")
    assert "--http-proxy=false" in podman.calls("run")[0]
    podman.play(images=[])
    tier_module._best.cache_clear()
    assert self_test().startswith("A: container (docker, ")


# Without Landlock -----------------------------------------------------------------------------------------------------
def test_a_container_without_landlock_says_so(engine: Engine) -> None:
    needs_bubblewrap()
    engine.play(bare=True, before=WITHOUT_LANDLOCK)
    tier_module._best.cache_clear()
    with Sandbox() as sandbox:
        assert sandbox.tier.startswith(f"A: container (docker, {IMAGE} 0123456789ab) + seccomp allow-list (")
        assert sandbox.evaluate(Program(""), "1 + 1").value == 2


def test_a_container_that_shows_files_is_refused(engine: Engine) -> None:
    engine.play(before=WITHOUT_LANDLOCK)
    tier_module._best.cache_clear()
    with pytest.raises(SandboxUnavailable, match=r"does not keep untrusted code in: .*read a secret: SUCCEEDED"):
        Sandbox()


# Deaths ---------------------------------------------------------------------------------------------------------------
def test_a_dead_container_is_replaced(engine: Engine) -> None:
    with Sandbox() as sandbox:
        backend_of(sandbox)._relay._kill()
        assert sandbox.evaluate(Program(""), "1 + 1").value == 2
        assert len({tuple(call) for call in engine.calls("rm")}) == 1  # whoever notices the death first, or both


def test_a_second_death_is_put_down_to_the_program(engine: Engine) -> None:
    with Sandbox() as sandbox:
        engine.play(before=MORTAL)
        backend_of(sandbox)._again()
        outcome = sandbox.evaluate(Program(""), "1 + 1")
        assert outcome == ("crashed", "the container died twice while this program ran", (), None, 0.0, (), "")
        engine.play()
        assert sandbox.evaluate(Program(""), "1 + 1").value == 2


def test_a_container_that_says_nothing_is_ended(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_module, "_START_S", 0.5)
    self_test_passed = container_module._engine()
    assert self_test_passed.name == "docker"
    engine.play(before=DEAF)
    with pytest.raises(SandboxUnavailable, match="the container could not be started"):
        Container(Limits(), 0)
    assert engine.calls("rm")


@pytest.mark.parametrize(
    "forged",
    [
        b"\0\0\0\x02[]",
        b"\x40\0\0\0",
        b"\0\0\0\x0f" + b'["t","ready",5]',
        b"\0\0\0\x15" + b'["t","outcome",["d"]]',
        b"garbage" * 100,
        b"",
    ],
)
def test_what_no_relay_says_is_not_believed(engine: Engine, forged: bytes) -> None:
    engine.play(before=f"import os\nos.write(1, {forged!r}); os._exit(0)\n")
    with pytest.raises(SandboxUnavailable, match="the container could not be started"):
        Container(Limits(), 0)


def test_an_interrupted_job_does_not_answer_the_next(engine: Engine) -> None:
    class Interrupt(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupt

    with Sandbox(Limits(stall_s=2)) as sandbox:
        previous = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(Interrupt):
                sandbox.evaluate(Program("import time; time.sleep(60)"), "1")
        finally:
            signal.signal(signal.SIGALRM, previous)
        assert sandbox.evaluate(Program(""), "1 + 1").value == 2


def test_closing_ends_the_container(engine: Engine) -> None:
    with Sandbox() as sandbox:
        process = backend_of(sandbox)._relay._process
    assert process.returncode == 0
    assert not engine.calls("rm")


# Refusals -------------------------------------------------------------------------------------------------------------
def refusal() -> str:
    tier_module._best.cache_clear()
    with pytest.raises(SandboxUnavailable) as caught:
        self_test()
    return str(caught.value)


def test_no_image_is_pulled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.play(images=[])
    assert refusal() == (f"docker has no image {IMAGE}, and none is pulled from here\n  mend: docker pull {IMAGE}")
    monkeypatch.delenv("STERLING_SANDBOX_IMAGE")
    assert refusal().endswith("mend: docker pull docker.io/library/python:3.12-slim")
    assert {call[0] for call in [*engine.calls("pull"), *engine.calls("run")]} == set()


@pytest.mark.parametrize(
    ("name", "system", "mend"),
    [
        ("docker", "linux", "sudo systemctl start docker, as a user of the group docker"),
        ("docker", "darwin", "open -a Docker"),
        ("podman", "darwin", "podman machine start (the first time: podman machine init && podman machine start)"),
        ("podman", "linux", "find out what `podman info` complains of"),
    ],
)
def test_an_engine_that_sleeps(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str, system: str, mend: str
) -> None:
    engine.program.rename(engine.home / name)
    engine.play(images=[], awake=False)
    monkeypatch.setattr(sys, "platform", system)
    assert refusal() == f"{name} is installed, but does not answer: Cannot connect to the daemon.\n  mend: {mend}"


def test_no_engine(engine: Engine) -> None:
    engine.program.unlink()
    assert refusal() == (
        "no container engine (podman or docker) is installed\n"
        f"  mend: install podman (`apt install podman`, `dnf install podman`), then: podman pull {IMAGE}"
    )


def test_an_engine_that_refuses_to_run(engine: Engine) -> None:
    engine.play(refuses="Error: crun: cgroups in hybrid mode not supported")
    assert refusal().startswith(
        "the container could not be started: Error: crun: cgroups in hybrid mode not supported\n"
    )


def test_an_image_without_a_python_that_will_do(engine: Engine) -> None:
    engine.play(before="import sys; sys.version_info = (3, 8)\n")
    assert "the container could not be started: the image needs Python 3.11 or later" in refusal()


# The real thing -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def real() -> Iterator[Sandbox]:
    """STERLING_SANDBOX_IMAGE, else the default image, in whatever engine answers here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERLING_SANDBOX", "container")
        tier_module._best.cache_clear()
        try:
            sandbox = Sandbox(LIMITS)
        except SandboxUnavailable as why:
            pytest.skip(str(why))
    with sandbox:
        yield sandbox


def test_a_real_container(real: Sandbox) -> None:
    assert real.tier.startswith("A: container (")
    assert all(passed(way, outcome) for way, outcome in every_way(real, HEAD + RIGHT.source).items())


@pytest.mark.parametrize("family", [it for it in ATTACKS if it != "exhaustion"])
def test_attacks_in_a_real_container(real: Sandbox, family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", SECRET)
    with staged() as scene:
        for source in ATTACKS[family].values():
            attack(real, scene, source, all_ways=family != "bombs")


def test_a_folder_in_a_real_container(real: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x = 5")
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    program = Program("import module\ndef f(): return module.x", paths=(str(tmp_path),))
    assert real.run_calls(program, "f", [([], {})]).answers == (Answer("value", 5),)
