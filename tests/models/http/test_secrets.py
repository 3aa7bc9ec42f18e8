"""No key in anything that is written or shown, whatever goes wrong."""

import base64
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError
from tests.models.conftest import endpoint, question

from sterling.errors import InputError, StorageError
from sterling.models import Endpoint, ask, classify, mock
from sterling.models.http.secrets import Secrets, secrets_of

KEY = 'planted/"secret"+key=0123456789'
SPELLINGS = [KEY, json.dumps(KEY)[1:-1], quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode(), "planted/"]


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PLANTED_KEY", f"  {KEY}\n")
    return "PLANTED_KEY"


def everything_of(error: BaseException) -> str:
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(told.format()) + repr(error) + str(error)


RULES: list[dict[str, Any]] = [
    {"status": 401, "echo_key": True},
    {"status": 400, "echo_key": True},
    {"status": 500, "echo_key": True},
    {"status": 429, "echo_key": True},
    {"status": 307, "message": f"go to https://user:{KEY}@elsewhere/"},
    {"body": f"<html>{KEY}"},
    {"body": json.dumps({"choices": [], "debug": KEY})},
    {"body": json.dumps({"choices": [{"message": {"content": 5, "key": KEY}}]})},
    {"body": f"{{broken {base64.b64encode(KEY.encode()).decode()}"},
    {"answer": f"You sent {KEY}, that is {quote(KEY, safe='')}."},
    {"answer": "fine", "reasoning": f"the key is {KEY}"},
    {"answer": f"cut {KEY}", "finish": "length"},
    {"body": '{"choices": [{"message": {"content": "' + "".join(f"\\u{ord(c):04x}" for c in KEY) + '"}}]}'},
    {"drop": "before"},
    {"drop": "within", "answer": KEY * 100},
    {"latency_s": 1.0},
]


def test_no_error_path_shows_the_key(
    planted: str, home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    for rule in RULES:
        with mock({"rules": [rule]}) as url:
            asked = endpoint(url, key_env=planted, attempts=2, timeout_s=0.3)
            shown.append(repr(ask(asked, [question(str(rule)[:9])])))
            shown.append(repr(classify(asked, ["text"])))
    gone = endpoint(f"http://127.0.0.1:9/{quote(KEY, safe='')}/v1", key_env=planted, attempts=1)
    shown.append(repr(ask(gone, [question("q")])))
    shown.append(repr(ask(endpoint(f"http://{'a' * 70}.invalid/v1", key_env=planted, attempts=1), [question("q")])))
    shown.append(repr(secrets_of(gone)))
    written = [file.read_text() for file in home.rglob("*") if file.is_file()]
    assert any("You sent [redacted]" in text for text in written)
    told = [*shown, *written, caplog.text, *capfd.readouterr()]
    assert [text for text in told for spelling in SPELLINGS if spelling in text] == []


def test_a_traceback_with_local_variables_shows_no_key(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with mock({"rules": [{"answer": f"You sent {KEY}."}]}) as url:
        monkeypatch.setattr("sterling.models.journal.journal.Journal._append", full)
        with pytest.raises(StorageError) as storage:
            ask(endpoint(url, key_env=planted), [question("q")])
    monkeypatch.setenv(planted, KEY + "\u00e9")
    with pytest.raises(InputError, match="no HTTP header") as odd:
        ask(endpoint("http://127.0.0.1:9", key_env=planted), [question("q")])
    for error in (storage.value, odd.value):
        assert [spelling for spelling in SPELLINGS if spelling in everything_of(error)] == []


def test_a_key_that_is_not_set_is_an_error_of_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(InputError, match="NO_SUCH_KEY is not set"):
        ask(endpoint("http://127.0.0.1:9", key_env="NO_SUCH_KEY"), [question("q")])


@pytest.mark.parametrize(
    "address",
    [
        "https://user:hunter22hunter22@host/v1",
        "https://host/v1?api_key=hunter22hunter22",
        "https://host/?Token=hunter22",
    ],
)
def test_a_credential_in_an_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ValidationError, match="credential") as refused:
        Endpoint(endpoint=address, model="m")
    assert "hunter22" not in str(refused.value)
    assert "hunter22" not in f"{refused.value!r} {refused.value.errors(include_input=False)}"


def test_a_short_key_is_a_placeholder_and_tears_nothing_out_of_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACEHOLDER", "EMPTY")
    with mock({"rules": [{"answer": "The list is EMPTY."}]}) as url:
        [answer] = ask(endpoint(url, key_env="PLACEHOLDER"), [question("q")])
    assert getattr(answer, "text", None) == "The list is EMPTY."


def test_the_key_reaches_the_server(planted: str) -> None:
    with mock({"rules": [{"status": 400, "echo_key": True}]}) as url:
        [failure] = ask(endpoint(url, key_env=planted), [question("q")])
    assert "Bearer [redacted]" in getattr(failure, "message", "")


@pytest.mark.parametrize("take", [repr, str, lambda secrets: f"{secrets}"])
def test_secrets_do_not_print(take: Callable[[Secrets], str]) -> None:
    assert KEY not in take(Secrets(KEY))


def test_secrets_are_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secrets(KEY))


def test_messages_hide_what_looks_like_anyones_key() -> None:
    text = "Authorization: Bearer abcdef123456, sk-proj-AbCdEf0123456789, https://me:pw@host/x, the basic idea"
    assert Secrets(None).quote(text) == (
        "Authorization: [redacted], [redacted], https://[redacted]host/x, the basic idea"
    )
