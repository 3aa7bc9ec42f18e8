"""The scripted endpoint does what its script says, and the same each time."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.models.conftest import endpoint, question

from sterling.cli import main
from sterling.errors import InputError
from sterling.models import Answer, Script, ask, mock, mock_stats


def send(url: str, text: str, path: str = "/chat/completions") -> tuple[int, Any]:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, body), timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_rules_apply_in_their_order() -> None:
    rules = [
        {"match": "capital of (\\w+)", "fill": "$1 has $2 none, $0."},
        {"match": "twice", "times": 1, "answer": "once"},
        {"match": "twice", "answer": "again"},
        {"echo": True},
    ]
    with mock({"rules": rules}) as url:
        answers = [send(url, text)[1] for text in ("the capital of Oz", "twice", "twice", "x")]
        stats = mock_stats(url)
    told = [answer["choices"][0]["message"]["content"] for answer in answers]
    assert told == ["Oz has $2 none, capital of Oz.", "once", "again", "x"]
    assert stats["by_rule"] == {"0": 1, "1": 1, "2": 1, "3": 1}
    assert (stats["requests"], stats["distinct"], stats["repeated"], stats["answered"]) == (4, 3, 1, 4)


def test_first_and_after_count_what_the_server_got() -> None:
    with mock({"rules": [{"first": 2, "status": 503}, {"after": 3, "status": 500}, {"answer": "fine"}]}) as url:
        assert [send(url, str(n))[0] for n in range(5)] == [503, 503, 200, 500, 500]


def test_chance_is_the_same_in_any_order() -> None:
    def refused(order: list[int], seed: int) -> set[int]:
        with mock({"seed": seed, "rules": [{"share": 0.3, "status": 500}, {"answer": "fine"}]}) as url:
            return {n for n in order if send(url, str(n))[0] == 500}

    numbers = list(range(100))
    first = refused(numbers, 1)
    assert first == refused(numbers[::-1], 1) != refused(numbers, 2)
    assert 15 <= len(first) <= 45


def test_a_function_answers_too() -> None:
    with mock(lambda request: request["messages"][0]["content"].upper()) as url:
        [answer] = ask(endpoint(url), [question("loud")])
    assert isinstance(answer, Answer)
    assert answer.text == "LOUD"


def test_requests_that_are_nonsense_are_answered_somehow() -> None:
    with mock({"rules": [{"match": "never", "answer": ""}]}) as url:
        for body in (b"", b"[]", b"{", b'{"messages": 5}', b"\xff", b'{"messages": [1, {"content": null}]}'):
            request = urllib.request.Request(url + "/chat/completions", body)
            with pytest.raises(urllib.error.HTTPError, match="404") as error:
                urllib.request.urlopen(request, timeout=10)
            error.value.close()
        with urllib.request.urlopen(url + "/models", timeout=10) as response:
            assert json.load(response)["data"][0]["id"] == "scripted"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: [{anser: x}]", "rules.0.anser"),
        ("rules: [{match: '('}]", "no regular expression"),
        ("rules: [{share: 2}]", "rules.0.share"),
        ("- a", "dictionary"),
        ("{", "no YAML"),
    ],
)
def test_a_wrong_script_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=re.escape(says)):
        Script.load(file)
    shown = CliRunner().invoke(main, ["mock-endpoint", str(file), "--port", "0"])
    assert shown.exit_code == 2
    assert says in shown.output


def test_a_taken_port_is_said() -> None:
    with mock() as url:
        taken = mock(port=int(url.split(":")[2].split("/")[0]))
        with pytest.raises(InputError, match="cannot be used"):
            taken.__enter__()


def test_the_command_serves_a_script(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("rules:\n  - {match: hello, answer: world}\n")
    command = [sys.executable, "-u", "-m", "sterling", "mock-endpoint", str(file), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            assert send(url, "hello")[1]["choices"][0]["message"]["content"] == "world"
        finally:
            process.terminate()
