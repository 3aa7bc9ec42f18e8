"""Wrong programs that attack the checker, each looked at from outside: no verdict in their favour, no effect.

Each runs behind every tier that this machine has, as this user here and as nobody in `test_as_nobody`.
"""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

import pytest
from tests.sandbox.attacks import (
    ATTACKS,
    BOMBS,
    EFFECTS,
    EXHAUSTION,
    EXITS,
    FORGERIES,
    HEAD,
    RIGHT,
    SECRET,
    TESTS,
    THEFTS,
)
from tests.sandbox.nobody import as_nobody
from tests.sandbox.scene import LIMITS, Scene, attack, every_way, passed, staged, zygote_of

from sterling.errors import SandboxUnavailable
from sterling.sandbox import Program, Sandbox

WAYS = ["bubblewrap", "landlock"]


@pytest.fixture(scope="module", params=WAYS)
def tight(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Small limits, behind one tier."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERLING_SANDBOX", request.param)
        try:
            sandbox = Sandbox(LIMITS)
        except SandboxUnavailable as why:
            pytest.skip(str(why))
    with sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def best() -> Iterator[Sandbox]:
    """Small limits, behind the best tier: for what costs seconds, and for what no wall changes."""
    with Sandbox(LIMITS) as sandbox:
        yield sandbox


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("API_KEY", SECRET)
    with staged() as it:
        yield it


def parametrize(attacks: Mapping[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("source", attacks.values(), ids=attacks.keys())


def test_a_right_program_passes_every_way(tight: Sandbox) -> None:
    assert all(passed(way, outcome) for way, outcome in every_way(tight, HEAD + RIGHT.source).items())


@parametrize(ATTACKS["pretending"])
def test_pretending_to_be_right(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source)


@parametrize(EXITS)
def test_exiting_is_no_success(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source)


@parametrize(FORGERIES)
def test_forging_reports(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source)


@parametrize(ATTACKS["bombs"])
def test_bombs(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source, all_ways=False)


@parametrize(EXHAUSTION)
def test_exhausting_the_machine(best: Sandbox, scene: Scene, source: str) -> None:
    attack(best, scene, source, all_ways=False)  # each costs a second


@parametrize(ATTACKS["effects"])
def test_reaching_out(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source)


@parametrize(ATTACKS["thefts"])
def test_stealing(tight: Sandbox, scene: Scene, source: str) -> None:
    attack(tight, scene, source)


UNHELD = [
    "write with open",
    "write with pathlib and io",
    "write with libraries",
    "write by mapping",
    "write by raw system calls",
    "unlink",
    "truncate a file",
    "subprocess",
    "a program of its own",
    "orphan with setsid",
    "TCP",
    "TCP by ctypes",
    "UDP",
    "sockets of the system",
    "a request",
]


@pytest.mark.parametrize("name", UNHELD)
def test_the_attacks_work_where_nothing_holds_them(scene: Scene, name: str) -> None:
    subprocess.run([sys.executable, "-c", scene.source(EFFECTS[name])], check=False, capture_output=True)
    assert eventually_damaged(scene)


def test_the_memory_of_the_parent_is_within_reach_where_nothing_holds(scene: Scene) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may write into any process")
    source = scene.source(EFFECTS["memory of the parent"].partition("    libc.ptrace")[0])
    subprocess.run([sys.executable, "-c", source], check=True, capture_output=True)
    assert scene.damage() == ["memory of the parent was changed"]


def eventually_damaged(scene: Scene) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if scene.damage():  # asked once: a packet is heard but once
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("name", ["a file", "a file by os.open", "a file by ctypes", "the environment of the parent"])
def test_the_thefts_work_where_nothing_holds_them(scene: Scene, name: str) -> None:
    source = scene.source(THEFTS[name]) + "\nprint(loot)\n"
    assert SECRET in subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True).stdout


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
        (BOMBS, "memory at once", "memory"),
        (EXHAUSTION, "segmentation fault", "crashed"),
        (EXHAUSTION, "recursion in C", "crashed"),
        (BOMBS, "output at once", "not_plain"),
        (FORGERIES, "a header of one GiB", "refused"),
        (FORGERIES, "nested brackets", "refused"),
        (FORGERIES, "closing every descriptor", "exited"),
    ],
)
def test_the_reason_is_told(best: Sandbox, scene: Scene, attacks: dict[str, str], name: str, status: str) -> None:
    outcome = best.evaluate(Program(scene.source(attacks[name])), "f(1)")
    assert outcome.status == status, outcome


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the other architecture has one interface only")
@pytest.mark.parametrize("name", ["system calls of a foreign interface", "system calls of x32"])
def test_a_foreign_interface_kills(best: Sandbox, scene: Scene, name: str) -> None:
    outcome = best.evaluate(Program(scene.source(EFFECTS[name])), "1")
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
def test_the_tests_hear_how_the_candidate_ended(best: Sandbox, scene: Scene, name: str, status: str) -> None:
    outcome = best.run_tests(Program(scene.source({**BOMBS, **EXHAUSTION}[name])), "f", TESTS)
    assert outcome.status == status, outcome


def test_an_example_that_prints_too_much(best: Sandbox) -> None:
    outcome = best.run_examples(Program(""), ["print('a')\n", "while True: print('x' * 999)\n"])
    assert (outcome.status, outcome.shown) == ("output", (("a\n", None),))


@pytest.mark.parametrize(("count", "outcome"), [(0, "refused"), (1, "refused"), (2, "ok"), (3, "refused")])
def test_no_more_is_shown_than_was_asked_for_and_no_less(best: Sandbox, scene: Scene, count: int, outcome: str) -> None:
    source = f"""
shown = frames(["t", "shown", "", None]) * {count} + frames(["t", "end", "ok", "", None])
for descriptor in range(3, 9): attempt(os.write, descriptor, shown)
"""
    assert best.run_examples(Program(scene.source(source)), ["1\n", "2\n"]).status == outcome


def test_finished_examples_survive_a_timeout(best: Sandbox) -> None:
    outcome = best.run_examples(Program(""), ["1\n", "while True: pass\n", "2\n"])
    assert (outcome.status, outcome.shown) == ("timeout", (("1\n", None),))
    assert outcome.cpu_s == pytest.approx(1.0, abs=0.3)


def test_a_working_program_is_not_stalled_by_a_slow_machine(best: Sandbox) -> None:
    # It is frozen for longer than the wall limit, in pieces, but uses the CPU in between.
    source = """
import time
for _ in range(25):
    time.sleep(0.08)
    end = time.process_time() + 0.02
    while time.process_time() < end: pass
"""
    assert best.run_examples(Program(source), ["1\n"]).status == "ok"


def test_a_killed_zygote_is_replaced(tight: Sandbox) -> None:
    zygote = zygote_of(tight)
    assert zygote is not None
    os.kill(zygote, signal.SIGKILL)
    assert tight.run_tests(RIGHT, "f", TESTS).status == "ok"


@pytest.mark.parametrize("way", WAYS)
def test_as_nobody(way: str) -> None:
    if os.getuid() != 0:
        pytest.skip("the other tests run unprivileged already")
    families = [it for it in ATTACKS if it != "exhaustion"]  # it takes long, and no user has other limits
    done = as_nobody(["-m", "tests.sandbox.scene", *families], way)
    assert done.returncode == 0, done.stdout + done.stderr
    count = sum(len(ATTACKS[family]) for family in families)
    assert done.stdout.startswith(f"uid {pwd.getpwnam('nobody').pw_uid}: {count} attacks held back by ")
    assert done.stderr == ""
