"""A few moments of the fuzz campaign, with a fixed seed, and proof that it would notice."""

import dataclasses
import os

import pytest
from benchmarks import fuzz_sandbox
from benchmarks.fuzz_sandbox import Case, campaign, case_of, complaints
from tests.sandbox.attacks import SECRET
from tests.sandbox.scene import staged

from sterling.sandbox import Answer, Outcome, Sandbox, Shown


def test_nothing_gets_through() -> None:
    counts, found = campaign(seconds=60, seed=20, most=60)
    assert found == []
    assert counts["all"] > 0
    assert {"mutant", "bytes", "calls"} <= set(counts) or counts["all"] < 30  # a machine so slow that time ran out


def test_a_case_can_be_had_again() -> None:
    assert [case_of(7, number) for number in range(50)] == [case_of(7, number) for number in range(50)]
    assert len({case_of(7, number) for number in range(50)}) == 50
    assert case_of(7, 0) != case_of(8, 0)


class Sly(int):
    pass


@pytest.mark.parametrize(
    ("way", "outcome", "complaint"),
    [
        ("tests", Outcome("ok", ""), "the tests were passed"),
        ("evaluate", Outcome("won", ""), "the status won"),
        ("evaluate", Outcome("error", "\x1b[2J"), "a detail that is not printable, or long"),
        ("evaluate", Outcome("ok", "", value=Sly(2)), "a result that is not plain data: a Sly is not plain data"),
        ("evaluate", Outcome("ok", "", value=SECRET), "a secret came out"),
        ("examples", Outcome("ok", "", (Shown("", None),) * 4), "more results than were asked for"),
        ("examples", Outcome("ok", "", (Shown("x" * 10_001, None),)), "more was shown than the limit"),
        ("calls", Outcome("ok", "", answers=(Answer("value", 1),) * 3), "more results than were asked for"),
        ("stdin", Outcome("ok", "", stdout="x" * 30_001), "more was printed than the limit"),
    ],
)
def test_what_is_wrong_with_an_outcome_is_noticed(way: str, outcome: Outcome, complaint: str) -> None:
    assert [*complaints(Case("mutant", "", way), outcome)] == [complaint]


def test_what_changes_outside_is_noticed(sandbox: Sandbox) -> None:
    with staged() as scene:
        watch = fuzz_sandbox.Watch(sandbox, scene)
        assert [*watch.complaints()] == []
        scene.canary.value = b"changed"
        (scene.folder / "new").touch()
        scene.file.chmod(0o600)
        left = os.dup(0)
        wanted = [
            "files were made or removed",
            "the file was changed",
            "memory of the parent was changed",
            "a descriptor was left open",
        ]
        assert [*watch.complaints()] == wanted
        os.close(left)
        scene.victim.kill()
        scene.victim.wait()
        assert "a process was ended or stopped" in [*watch.complaints()]
        elsewhere = fuzz_sandbox.Watch(sandbox, dataclasses.replace(scene))
        elsewhere._zygote = 1
        assert "the zygote died" in [*elsewhere.complaints()]
