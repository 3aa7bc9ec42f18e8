"""`sterling monitor --endpoint`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sterling.cli import main
from sterling.cli.examine import examinee
from sterling.errors import InputError
from sterling.models import mock, store


def test_it_tells_each_generation_and_exits_by_the_last(tmp_path: Path) -> None:
    tail = tmp_path / "tail.jsonl"
    rows = [{"prompt": f"How much is {n} plus {n}?", "answer": str(2 * n)} for n in range(40)]
    tail.write_text("".join(json.dumps(row) + "\n" for row in rows))
    right = [{"match": f"much is {n} ", "answer": f"A: {2 * n}"} for n in range(40)]
    store.use(tmp_path / ".sterling")
    try:
        with mock({"rules": right}) as good, mock({"rules": [{"answer": "A: 1"}]}) as bad:
            asked = ["monitor", "--tail", str(tail), "--check", "math", "--samples", "2"]
            one = CliRunner().invoke(main, [*asked, "--endpoint", f"v1={good}#m"])
            both = CliRunner().invoke(main, [*asked, "--endpoint", f"v1={good}#m", "--endpoint", f"v2={bad}#m"])
            plain = CliRunner().invoke(main, [*asked, "--endpoint", f"v1={good}#m", "--json"])
    finally:
        store.use(None)
    assert one.exit_code == 0, one.output
    assert "  all        v1 100.0% [91.2%, 100.0%] (n 40)" in one.output
    assert "no server gave log-probabilities" in one.output
    assert both.exit_code == 3, both.output
    assert "v2 against v1: late\n  the pass rate falls: all" in both.output
    assert json.loads(plain.output)["generations"][0]["from_journal"] == 80


def test_an_endpoint_is_named_described_or_refused() -> None:
    one = examinee("v1=http://localhost:8000/v1#org/model", {"temperature": 1}, "KEY")
    assert (one.name, one.endpoint.model, one.endpoint.key_env) == ("v1", "org/model", "KEY")
    own = examinee("v2={endpoint: http://a.invalid/v1, model: m, sampling: {temperature: 0.5}}", {"top_p": 1}, None)
    assert own.endpoint.sampling == {"top_p": 1, "temperature": 0.5}
    assert examinee("http://localhost:8000/v1?a=b#m", {}, None).name == "m"
    for text, said in (
        ("v1=http://localhost:8000/v1", "no model is named"),
        ("v1=localhost#m", "an address begins with"),
        ("v1={endpoint: http://localhost, modell: m}", "`modell`"),
    ):
        with pytest.raises(InputError, match=said):
            examinee(text, {}, None)


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    for arguments, said in (
        (["--tail", "t.jsonl"], "--tail goes with --endpoint"),
        (["--samples", "4", "a"], "--samples goes with --endpoint"),
        (["--endpoint", "v1=http://localhost/v1#m"], "--endpoint needs --tail"),
        (["--endpoint", "v1=http://localhost/v1#m", "a", "b"], "only REAL may be named"),
    ):
        told = CliRunner().invoke(main, ["monitor", *arguments])
        assert told.exit_code == 2
        assert said in told.output
