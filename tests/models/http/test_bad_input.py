"""What a person gets wrong, and what servers do wrong: named, with what to change, and held against one record."""

import asyncio
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.models.conftest import endpoint, question

import sterling
from sterling.errors import InputError
from sterling.models import Failure, Models, ask, mock, mock_stats
from sterling.models.loop import wait_for
from sterling.models.mocking.script import Script
from sterling.models.mocking.server import MockServer

NO_CHAT = "look whether `endpoint` is a chat endpoint (most end in /v1), and no proxy answers for it"
FILTER = "reword the prompt, or ask a model without this filter"


def failure_of(url: str, **options: Any) -> Failure:
    [failure] = ask(endpoint(url, attempts=1, **options), [question("q")])
    assert isinstance(failure, Failure)
    return failure


SAID: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    (
        {"status": 401, "message": "Invalid API key"},
        {},
        "unauthorised",
        'status 401: {"error": {"message": "Invalid API key", "code": 401}}'
        "; mend: set `key_env` to the environment variable that holds the key",
    ),
    (
        {"status": 401, "body": "no"},
        {"key_env": "TEACHER_KEY"},
        "unauthorised",
        "status 401: no; mend: look at the key in TEACHER_KEY, and whether it belongs to URL",
    ),
    (
        {"status": 404, "body": "The model `m` does not exist."},
        {},
        "not_found",
        "status 404: The model `m` does not exist.; mend: `model: m` is not served there; URL/models lists what is",
    ),
    (
        {"status": 404, "body": "Not Found"},
        {},
        "not_found",
        "status 404: Not Found; mend: look at `endpoint: URL`; most servers want it to end in /v1",
    ),
    (
        {"status": 308, "body": "moved"},
        {},
        "redirected",
        "status 308: moved; mend: write the address that it redirects to as `endpoint`",
    ),
    ({"body": "<html>busy"}, {}, "garbage", f"no JSON: <html>busy; mend: {NO_CHAT}"),
    ({"body": "[1]"}, {}, "garbage", f"not a JSON object; mend: {NO_CHAT}"),
    ({"body": '{"choices": []}'}, {}, "garbage", f'no choices in it: {{"choices": []}}; mend: {NO_CHAT}'),
    (
        {"answer": "", "finish": "content_filter"},
        {},
        "content_filter",
        f"the answer ended with `content_filter`; mend: {FILTER}",
    ),
    (
        {"status": 400, "body": '{"code": "content_filter"}'},
        {},
        "content_filter",
        f'status 400: {{"code": "content_filter"}}; mend: {FILTER}',
    ),
    (
        {"answer": "cut o", "finish": "length"},
        {},
        "truncated",
        "the answer ended with `length`; mend: raise `max_tokens`",
    ),
    (
        {"latency_s": 1.0},
        {"timeout_s": 0.1},
        "timeout",
        "no whole answer within 0.1 s; mend: raise `timeout_s` (0.1), or lower `concurrency` (32) or `max_tokens`",
    ),
    (
        {"drop": True},
        {},
        "connection",
        "ServerDisconnectedError: Server disconnected; mend: look at the server's own log; "
        "a server with a certificate is asked by https://",
    ),
]


@pytest.mark.parametrize(("rule", "options", "reason", "message"), SAID, ids=[reason for _, _, reason, _ in SAID])
def test_a_failure_says_what_is_wrong_and_what_to_change(
    rule: dict[str, Any], options: dict[str, Any], reason: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEACHER_KEY", "sk-0123456789")
    with mock({"rules": [rule]}) as url:
        failure = failure_of(url, **options)
    assert failure.reason == reason
    assert failure.message.removeprefix(f"{url}: ").replace(url, "URL") == message


def test_a_server_that_is_not_there_is_named_with_its_address() -> None:
    with mock() as url:
        pass
    failure = failure_of(url)
    assert failure.reason == "connection"
    assert failure.message.endswith(f"mend: start the server, or look at host and port of `endpoint: {url}`")


@pytest.mark.parametrize("status", [200, 401, 500])
def test_ten_megabytes_that_are_no_json_leave_room_for_the_mend(status: int) -> None:
    with mock({"rules": [{"status": status, "body": "x" * (10 << 20)}]}) as url:
        failure = failure_of(url)
    assert len(failure.message) <= 500
    assert "…; mend: " in failure.message
    assert not failure.message.endswith("…")


def test_what_a_server_will_never_take_is_asked_once_whatever_its_status() -> None:
    """As the server of llama-cpp-python refuses a `response_format` of the type `json_schema`."""
    refusal = "1 validation error: {'type': 'literal_error', 'loc': ('body', 'response_format', 'type')}"
    with mock({"rules": [{"status": 500, "message": refusal}]}) as url:
        [failure] = ask(endpoint(url, attempts=3), [question("q")])
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.attempts, failure.owed) == ("bad_request", 1, False)


def test_it_costs_the_record_that_it_happened_to() -> None:
    rules = [
        {"match": "row 1", "body": '{"choices": []}'},
        {"match": "row 3", "answer": "", "finish": "content_filter"},
        {"match": "<<<(\\w+)", "fill": '{"case": "$1", "reason": "It is right.", "score": 5}'},
    ]
    rows = [{"prompt": f"This is row {n}.", "completion": "7"} for n in range(5)]
    with mock({"rules": rules}) as url:
        judge = {"endpoint": url, "model": "m", "attempts": 1}
        answers = sterling.check("judge", rows, model=judge, rubric="Is it right?")
    assert [answer["outcome"] for answer in answers] == ["keep", "fault", "keep", "fault", "keep"]
    assert [(answers[n]["index"], answers[n]["reason"]) for n in (1, 3)] == [(1, "garbage"), (3, "content_filter")]
    assert [answers[n]["evidence"]["boundary"] for n in (1, 3)] == ["provider", "provider"]
    assert NO_CHAT in answers[1]["evidence"]["fault"]
    assert FILTER in answers[3]["evidence"]["fault"]


WRONG: list[dict[str, Any]] = [{"status": 401}, {"status": 404, "message": "no model m"}, {"status": 402}]


@pytest.mark.parametrize("rule", WRONG, ids=["key", "model", "credit"])
def test_what_no_question_will_survive_costs_what_was_in_flight(rule: dict[str, Any]) -> None:
    with mock({"latency_s": 0.01, "rules": [rule]}) as url:
        failures = ask(endpoint(url), [question(str(n)) for n in range(5000)])
        assert mock_stats(url)["requests"] <= 32
    asked = [failure for failure in failures if isinstance(failure, Failure) and failure.attempts]
    assert len(failures) == 5000
    assert 1 <= len(asked) <= 32
    assert all("mend: " in failure.message for failure in failures if isinstance(failure, Failure))


def test_a_strategy_with_a_wrong_key_is_told_once_and_what_to_change() -> None:
    async def say(url: str) -> None:
        async with Models() as models:
            await models.say(endpoint(url), "q")

    with mock({"rules": [{"status": 401, "body": "who are you?"}]}) as url, pytest.raises(InputError) as refused:
        wait_for(say(url))
    assert str(refused.value) == (
        f"`m` cannot be asked: {url}: status 401: who are you?\n"
        "  mend: set `key_env` to the environment variable that holds the key"
    )


def test_a_check_with_a_wrong_key_ends_at_once_and_not_record_by_record() -> None:
    rows = [{"prompt": f"This is row {n}.", "completion": "7"} for n in range(1500)]
    with mock({"latency_s": 0.01, "rules": [{"status": 401, "body": "who are you?"}]}) as url:
        with pytest.raises(InputError, match="set `key_env`"):
            sterling.check("judge", rows, model={"endpoint": url, "model": "m"}, rubric="Is it right?")
        assert mock_stats(url)["requests"] <= 32


# TLS ------------------------------------------------------------------------------------------------------------------
CERTIFICATE = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out certificate.pem -subj /CN=localhost"
ASK = """
import sys
from sterling.models import Endpoint, Question, ask, store
store.use(sys.argv[2])
print(ask(Endpoint(endpoint=sys.argv[1], model="m"), [Question(({"role": "user", "content": "q"},))])[0])
"""


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for `localhost` that its own key signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", *CERTIFICATE.split(), "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def port(certified: Path) -> Iterator[int]:
    """Of a mock endpoint that speaks HTTPS alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified / "certificate.pem", certified / "key.pem")
    told: dict[str, Any] = {}
    ready = threading.Event()

    async def serve() -> None:
        runner = web.AppRunner(MockServer(Script()).application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        told.update(port=runner.addresses[0][1], loop=asyncio.get_running_loop(), stop=asyncio.Event())
        ready.set()
        await told["stop"].wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    ready.wait()
    yield told["port"]
    told["loop"].call_soon_threadsafe(told["stop"].set)
    thread.join()


def test_a_certificate_that_nobody_vouches_for_is_named(port: int) -> None:
    failure = failure_of(f"https://localhost:{port}/v1")
    assert (failure.reason, failure.owed) == ("tls", True)
    assert "self-signed certificate" in failure.message
    assert failure.message.endswith("mend: name the file of its certificate authority in SSL_CERT_FILE")


def test_the_mend_for_it_works(port: int, certified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified / "certificate.pem"))

    def said(host: str) -> str:
        command = [sys.executable, "-c", ASK, f"https://{host}:{port}/v1", str(tmp_path / host)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert "This is a scripted answer." in said("localhost")
    assert "mend: write the host name that its certificate is for" in said("127.0.0.1")


def test_http_and_https_the_wrong_way_round(port: int) -> None:
    plain = failure_of(f"http://localhost:{port}/v1")
    assert (plain.reason, "asked by https://" in plain.message) == ("connection", True)
    with mock() as url:
        sealed = failure_of(url.replace("http:", "https:"))
    assert (sealed.reason, "asked by http://" in sealed.message) == ("tls", True)
