import pytest

from sterling.cli.progress import Bars, Plain, watcher


def test_plain_lines_say_each_step_once(capsys: pytest.CaptureFixture[str]) -> None:
    with Plain() as watch:
        watch.start("check-math", 3)
        watch.advance(10)
        watch.finish("check-math", "10 judged: 10 keep", reused=False)
        watch.finish("mix", "10 judged: 10 keep", reused=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("check-math: 10 judged: 10 keep (")
    assert lines[1] == "mix: 10 judged: 10 keep (unchanged)"


def test_a_bar_has_the_total_of_its_own_step() -> None:
    with Bars() as watch:
        watch.start("check-math", 3)
        watch.advance(10)
        assert [(task.completed, task.total) for task in watch._progress.tasks] == [(1, 3)]
        watch.finish("check-math", "10 judged", reused=False)
        watch.start("generate", None)
        assert [(task.completed, task.total) for task in watch._progress.tasks] == [(0, None)]


def test_bars_are_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(watcher(quiet=False), Plain)
