"""`sterling experiment` without a recipe."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sterling.cli.group import main


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["experiment", *arguments])
    return done.exit_code, done.output


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A set of 40 items, and outcomes of two arms on them."""
    items, outcomes = tmp_path / "set.jsonl", tmp_path / "solved.csv"
    items.write_text("".join(json.dumps({"prompt": f"question w{n} v{n} u{n}?"}) + "\n" for n in range(40)))
    rows = [f"{arm},{n},{int(n % 5 >= bad)}" for arm, bad in (("real", 2), ("added", 1)) for n in range(40)]
    outcomes.write_text("\n".join(["arm,unit,outcome", *rows, "added,,1"]))
    return str(items), str(outcomes)


def test_a_set_alone_says_what_it_cannot_say(files: tuple[str, str]) -> None:
    code, told = _run("--evaluation", files[0])
    assert code == 0
    assert told.startswith("40 items, no two alike: worth 40 items\n")
    assert "no fall" in next(line for line in told.splitlines() if "fails 5.0%" in line)
    assert "tail: not looked at (--real FILE says what is rare)" in told


def test_outcomes_of_the_set_and_by_themselves(files: tuple[str, str]) -> None:
    code, told = _run("--evaluation", files[0], "--outcomes", files[1])
    assert code == 0
    assert "solved, of a control that fails 40.0%" in told
    code, told = _run("--outcomes", files[1])
    assert code == 0
    assert "left out: solved.csv:82: `unit` is missing" in told
    assert "added: solved, share of failures: -0.2 [-0.3181, -0.06288], n = 40: better" in told
    code, told = _run("--outcomes", files[1], "--json")
    assert [one["name"] for one in json.loads(told)["evidence"]] == ["experiment.added.outcomes.solved"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to look at"),
        (("--real", "r.jsonl"), "--real says what is rare, and there is no set to look at"),
        (("recipe.yaml", "--evaluation", "s.jsonl"), "--evaluation looks at files, not at a recipe"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], said: str) -> None:
    code, told = _run(*arguments)
    assert (code, said in told, "mend: " in told) == (2, True, True)
