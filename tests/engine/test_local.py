import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sterling.engine.local import LocalCrew
from sterling.errors import InputError, SterlingError


@dataclass(frozen=True)
class Square:
    def __call__(self, number: int) -> tuple[int, int]:
        print("a part that prints must not disturb the answers")  # noqa: T201
        return number * number, os.getpid()


@dataclass(frozen=True)
class Slow:
    def __call__(self, number: int) -> int:
        time.sleep(0.05)
        return number


@dataclass(frozen=True)
class Fail:
    how: str

    def __call__(self, number: int) -> int:
        if number == 3:
            if self.how == "input":
                raise InputError("wrong", where="a.jsonl:3", mend="right it")
            if self.how == "bug":
                raise ZeroDivisionError("a bug")
            os._exit(9)
        return number


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_unit_is_done_once(workers: int) -> None:
    with LocalCrew(workers) as crew:
        answers = list(crew.map(Square(), range(20)))
    assert sorted(square for square, _ in answers) == [n * n for n in range(20)]
    assert (os.getpid() in {pid for _, pid in answers}) == (workers == 1)


def test_units_are_made_only_as_they_are_needed() -> None:
    made: list[int] = []

    def units() -> Iterator[int]:
        for number in range(10_000):
            made.append(number)
            yield number

    results = LocalCrew(2).map(Slow(), units())
    next(results)
    time.sleep(0.3)
    assert len(made) < 10_000
    results.close()  # type: ignore[attr-defined]


def test_an_input_error_crosses_the_process_whole() -> None:
    with pytest.raises(InputError, match=r"a\.jsonl:3: wrong\n  mend: right it") as caught:
        list(LocalCrew(2).map(Fail("input"), range(8)))
    assert (caught.value.where, caught.value.mend, caught.value.exit_code) == ("a.jsonl:3", "right it", 2)


def test_a_bug_crosses_with_its_trace() -> None:
    with pytest.raises(SterlingError, match=r"ZeroDivisionError: a bug\n(?s:.*)test_local\.py"):
        list(LocalCrew(2).map(Fail("bug"), range(8)))


def test_a_worker_that_dies_is_said() -> None:
    with pytest.raises(SterlingError, match=r"a worker process died \(exit status 9\)"):
        list(LocalCrew(2).map(Fail("die"), range(8)))


def test_a_script_without_a_main_guard_is_not_run_twice(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from sterling.engine.local import LocalCrew\nfrom math import factorial\n"
        "print('once', sorted(LocalCrew(2).map(factorial, range(5))))\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "once [1, 1, 2, 6, 24]\n"


def test_work_defined_in_a_notebook_runs_here(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from sterling.engine.local import LocalCrew\ndef double(n): return 2 * n\n"
        "print(list(LocalCrew(2).map(double, range(4))))\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[0, 2, 4, 6]\n"


def test_the_crew_stays_for_the_next_piece_of_work() -> None:
    with LocalCrew(2) as crew:
        first = {pid for _, pid in crew.map(Square(), range(20))}
        second = {pid for _, pid in crew.map(Square(), range(20))}
        assert list(crew.map(Square(), [], 0)) == []
    assert second <= first


def test_no_worker_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, time\nfrom sterling.engine.local import LocalCrew\n"
        "crew = LocalCrew(2)\nlist(crew.map(abs, range(4)))\n"
        "print(*[w._process.pid for w in crew._idle], flush=True)\ntime.sleep(60)\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(workers) == 2
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
