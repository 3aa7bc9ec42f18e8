"""A real inference server of somebody else's, with a model of random weights: `make real-server` installs and runs it.

The server is llama-cpp-python's. What it does otherwise than the mock endpoint: it answers any model's name, refuses a
`response_format` of the type `json_schema` with status 500, and takes one request at a time.
"""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import WriteRecipe, write_recipe  # noqa: F401 - a fixture

from sterling.models import Answer, Endpoint, Failure, Question, ask, store
from sterling.pipeline import run

PYTHON = Path(__file__).resolve().parents[2] / ".venv" / "real-server" / "bin" / "python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="`make real-server` installs the server and runs this")
KEY = "sk-0123456789abcdef"
GREEDY = {"temperature": 0, "max_tokens": 24}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REAL_KEY", KEY)
    store.use(tmp_path / ".sterling")
    yield
    store.close()
    store.use(None)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few hundred kilobytes."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    subprocess.run([PYTHON, Path(__file__).with_name("tiny_model.py"), path], check=True)
    return path


@contextmanager
def serving(model: Path) -> Iterator[str]:
    """The server on a free port, until it is ended. Its log is beside the model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--api_key", KEY, "--n_ctx", "8192", "--logits_all", "true"]
    command = [str(PYTHON), "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "tiny", *options]
    with model.with_suffix(".log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            wait_until_listening(f"http://127.0.0.1:{port}/v1/models", server, model.with_suffix(".log"))
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()


def wait_until_listening(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {KEY}"})
    for _ in range(600):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(asked, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture(scope="module")
def server(model: Path) -> Iterator[str]:
    with serving(model) as address:
        yield address


def endpoint(address: str, **options: Any) -> Endpoint:
    return Endpoint(**{"endpoint": address, "model": "tiny", "key_env": "REAL_KEY", "attempts": 2, **options})


def question(text: str, sample: int = 0, **sampling: Any) -> Question:
    return Question(({"role": "user", "content": text},), sampling, sample)


def test_an_answer_with_its_usage_and_its_end(server: str) -> None:
    whole = question("Say something.", **GREEDY)
    [truncated] = ask(endpoint(server), [whole])
    assert isinstance(truncated, Failure)
    assert (truncated.reason, truncated.owed, truncated.attempts) == ("truncated", False, 1)
    [answer] = ask(endpoint(server), [whole], finish_ok=frozenset({"stop", "length"}))
    assert isinstance(answer, Answer)
    assert (answer.finish, answer.model, answer.from_journal) == ("length", "tiny", True)
    assert answer.text
    assert answer.usage.completion_tokens == GREEDY["max_tokens"]
    assert (answer.usage.prompt_tokens or 0) > 0


def test_stop_ends_an_answer(server: str) -> None:
    [whole] = ask(endpoint(server), [question("Go on.", **GREEDY)], finish_ok=frozenset({"length"}))
    assert isinstance(whole, Answer)
    late = max(whole.text, key=whole.text.index)
    [cut] = ask(endpoint(server), [question("Go on.", stop=[late], **GREEDY)])
    assert isinstance(cut, Answer)
    assert cut.finish == "stop"
    assert cut.text == whole.text[: whole.text.index(late)]


def test_samples_differ_by_their_seeds_and_repeat_with_them(server: str) -> None:
    def texts(service: str) -> list[str]:
        asked = [question("Say something.", n, seed=3, temperature=1.5, max_tokens=16) for n in range(4)]
        said = ask(endpoint(server, service=service), asked, finish_ok=frozenset({"stop", "length"}))
        return [answer.text for answer in said if isinstance(answer, Answer)]

    first = texts("first")
    assert len(set(first)) == 4
    assert texts("second") == first


def test_logprobs_come_as_the_server_sent_them(server: str) -> None:
    asked = question("Say something.", logprobs=True, top_logprobs=3, temperature=0, max_tokens=5)
    [answer] = ask(endpoint(server), [asked], finish_ok=frozenset({"length"}))
    assert isinstance(answer, Answer)
    assert answer.logprobs is not None
    tokens = answer.logprobs["content"]
    assert "".join(token["token"] for token in tokens) == answer.text
    assert all(len(token["top_logprobs"]) >= 3 and token["logprob"] <= 0 for token in tokens)


def test_what_was_answered_needs_no_server(model: Path) -> None:
    asked = [question(f"Say {n}.", **GREEDY) for n in range(20)]
    ends = frozenset({"stop", "length"})
    with serving(model) as address:
        first = ask(endpoint(address), asked, finish_ok=ends)
    again = ask(endpoint(address), [*asked, question("Say more.")], finish_ok=ends)
    assert all(isinstance(answer, Answer) and not answer.from_journal for answer in first)
    assert again[:20] == [answer._replace(from_journal=True) for answer in first if isinstance(answer, Answer)]
    assert isinstance(again[20], Failure)
    assert again[20].reason == "connection"


def test_a_wrong_path_a_wrong_key_and_a_prompt_too_long_are_named(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [lost] = ask(endpoint(server.removesuffix("/v1")), [question("q")])
    [long] = ask(endpoint(server), [question("word " * 5000)])
    monkeypatch.setenv("REAL_KEY", "sk-of-somebody-else")
    [locked] = ask(endpoint(server), [question("q")])
    named = [answer for answer in (lost, long, locked) if isinstance(answer, Failure)]
    assert [failure.reason for failure in named] == ["not_found", "bad_request", "unauthorised"]
    assert [failure.attempts for failure in named] == [1, 1, 1]
    assert "most servers want it to end in /v1" in named[0].message
    assert "maximum context length is 8192" in named[1].message
    assert "the key in REAL_KEY" in named[2].message


def test_a_recipe_that_writes_and_judges_with_it_accounts_for_every_row(
    server: str,
    write_recipe: WriteRecipe,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    """Random weights write words and give no verdict: every text is a record, has a fault, and is not released."""
    sampling = {"max_tokens": 32, "stop": ["e"], "seed": 1}
    entry = {"endpoint": server, "key_env": "REAL_KEY", "terms": "made-up", "sampling": sampling}
    waived = [{"rule": rule, "because": "a test", "by": "the test"} for rule in ("generate.seeds", "mix.synthetic_cap")]
    path = write_recipe(
        models={
            "writer": entry | {"model": "tiny-writer", "family": "house"},
            "judge": entry | {"model": "tiny-judge", "family": "court"},
        },
        generate=[{"strategy": "rephrase", "model": "writer", "seeds": "questions"}],
        checks=[{"check": "judge", "model": "judge", "rubric": "Is it right?"}],
        mix={"synthetic_cap": 0.9},
        waive=waived,
    )
    done = run(path, out=tmp_path)
    steps = {step["name"]: step for step in done.report["steps"]}
    wrote, judged = steps["generate:rephrase"], steps["check:judge"]
    faults = [fault for fault in done.faults.arrow.to_pylist() if fault["step"] == "judge"]
    assert wrote["requested"] == wrote["produced"] + wrote["faults"] == 27
    assert wrote["produced"] > 0
    assert judged["in"] == judged["kept"] + judged["dropped"]
    assert judged["dropped"] == len(faults) == len({fault["record"] for fault in faults}) == wrote["produced"]
    assert {fault["reason"] for fault in faults} <= {"unparsable_judgement", "truncated", "empty"}
    assert max(fault["attempts"] for fault in faults) == 3, "once with response_format, then twice without"
    tables = [pq.read_table(path) for path in (tmp_path / "releases" / "small" / "data").glob("*.parquet")]
    assert {origin for table in tables for origin in table["origin"].to_pylist()} == {"human"}
