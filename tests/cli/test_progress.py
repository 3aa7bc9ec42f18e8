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


def test_what_was_spent_is_said_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    spent = ["0.1 of 40 USD"]
    with Plain() as plain:
        plain.spends(lambda: spent[-1])
        plain.finish("check-judge", "10 judged", reused=True)
    assert capsys.readouterr().err == "check-judge: 10 judged (unchanged; 0.1 of 40 USD so far)\n"
    with Bars() as bars:
        bars.spends(lambda: spent[-1])
        bars.start("check-judge", 3)
        spent.append("0.2 of 40 USD")
        assert bars._cost.render(bars._progress.tasks[0]).plain == "0.2 of 40 USD"
