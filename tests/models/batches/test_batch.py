"""Batches: the same call, half the price, and a kill between question and answer pays for nothing twice."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.models.conftest import endpoint, question

from sterling.errors import BudgetSpent, InputError
from sterling.models import Answer, Endpoint, Failure, Models, ask, mock, mock_stats
from sterling.models.loop import wait_for
from sterling.models.money.bills import Item
from sterling.models.money.purse import Purse, opened, purpose

PRICE = {"input": 10.0, "output": 100.0, "batch": 0.5}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterling.models.batches.batch.QUIET_S", 0.05)


def batched(url: str, **options: Any) -> Endpoint:
    return endpoint(url, **{"batch": True, "poll_s": 0.05, **options})


def texts(answers: list[Answer | Failure]) -> list[str]:
    return [answer.text if isinstance(answer, Answer) else f"! {answer.reason}" for answer in answers]


def files(home: Path) -> list[str]:
    folder = home / "batches"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_list_is_one_batch_and_its_answers_are_the_journals(home: Path) -> None:
    script = {"rules": [{"echo": True}], "batches": {"delay_s": 0.2}}
    questions = [question(f"q{n}") for n in range(40)]
    with mock(script) as url:
        answers = ask(batched(url), [*questions, questions[0]])
        direct = ask(endpoint(url), questions)
        again = ask(batched(url), questions)
        stats = mock_stats(url)
    assert texts(answers) == [f"q{n}" for n in range(40)] + ["q0"]
    assert texts(direct) == texts(again) == texts(answers[:40])
    assert all(isinstance(a, Answer) and a.from_journal for a in (*direct, *again))
    assert (stats["batches"], stats["requests"], stats["answered"]) == (1, 40, 40)
    assert files(home) == []


def test_failing_rows_fail_by_themselves() -> None:
    rules = [
        {"match": "limit", "status": 429},
        {"match": "bad", "status": 400, "message": "too long"},
        {"match": "garbage", "body": "<html>"},
        {"match": "cut", "answer": "cut o", "finish": "length"},
        {"echo": True},
    ]
    asked = ["good", "limit", "bad", "garbage", "cut", "fine"]
    with mock({"rules": rules}) as url:
        answers = ask(batched(url), [question(text) for text in asked])
    assert texts(answers) == ["good", "! rate_limited", "! bad_request", "! garbage", "! truncated", "fine"]
    assert [a.owed for a in answers if isinstance(a, Failure)] == [True, False, True, False]
    assert all(a.attempts == 1 for a in answers if isinstance(a, Failure))


@pytest.mark.parametrize(("ends", "done"), [("expired", 5), ("cancelled", 5), ("failed", 0)])
def test_what_a_batch_did_not_get_done_is_owed_and_cost_nothing(home: Path, ends: str, done: int) -> None:
    script = {"rules": [{"echo": True}], "batches": {"ends": ends, "answered": 0.5}}
    questions = [question(f"q{n}", max_tokens=50) for n in range(10)]
    with mock(script) as url, opened("small", cap=1.0) as purse, purpose("generate:x"):
        answers = ask(batched(url, price=PRICE), questions)
    assert texts(answers) == [f"q{n}" for n in range(done)] + [f"! batch_{ends}"] * (10 - done)
    assert all(a.owed for a in answers if isinstance(a, Failure))
    assert sum(sums.requests for sums in purse.ledger.values()) == done
    assert purse.doubtful == Purse("small", None).doubtful == {}
    with mock({"rules": [{"echo": True}]}) as url:
        answers = ask(batched(url), questions)
        assert mock_stats(url)["answered"] == 10 - done
    assert texts(answers) == [f"q{n}" for n in range(10)]
    assert files(home) == []


def test_half_the_price_is_what_is_booked() -> None:
    with mock({"rules": [{"answer": "z" * 400}]}) as url, opened("small") as purse, purpose("generate:x"):
        ask(batched(url, price=PRICE), [question("q" * 400)])
    [sums] = purse.ledger.values()
    assert (sums.batched, sums.prompt, sums.completion) == (1, 100, 100)
    assert purse.usd == pytest.approx((100 * 10 + 100 * 100) / 1e6 / 2)
    assert Purse("small", None).ledger == purse.ledger


def test_a_strategys_questions_are_collected_while_nothing_new_comes() -> None:
    async def conversations(url: str) -> list[str]:
        asked = batched(url)

        async def two(models: Models, n: int) -> str:
            first = await models.say(asked, f"first {n}")
            return (await models.say(asked, f"second, after {first.text}")).text

        async with Models() as models:
            return await models.together(*(two(models, n) for n in range(30)))

    with mock({"rules": [{"echo": True}], "batches": {"delay_s": 0.1}}) as url:
        said = wait_for(conversations(url))
        assert mock_stats(url)["batches"] == 2
    assert said == [f"second, after first {n}" for n in range(30)]


def test_more_than_a_batch_holds_is_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterling.models.batches.batch._MOST_ROWS", 8)
    with mock({"rules": [{"echo": True}]}) as url:
        answers = ask(batched(url), [question(f"q{n}") for n in range(20)])
        assert mock_stats(url)["batches"] == 3
    assert texts(answers) == [f"q{n}" for n in range(20)]


def test_a_batch_whose_id_was_lost_on_the_way_is_found_among_all() -> None:
    with mock({"rules": [{"echo": True}], "batches": {"lose": 1}}) as url:
        answers = ask(batched(url), [question(f"q{n}") for n in range(5)])
        assert mock_stats(url)["batches"] == 1
    assert texts(answers) == [f"q{n}" for n in range(5)]


def test_a_cap_lets_in_what_fits_and_goes_on_with_what_is_left() -> None:
    """The most that a question may cost is about 0.0034 USD, and each costs 0.0006: three batches, then the end."""
    rules = [{"answer": "z" * 40, "latency_s": 0}]
    questions = [question(f"{'w' * 40}{n:03}", max_tokens=60) for n in range(100)]
    with mock({"rules": rules}) as url:
        with opened("small", cap=0.03) as purse, purpose("generate:x"), pytest.raises(BudgetSpent):
            ask(batched(url, price=PRICE), questions)
        spent = purse.usd
        assert 0.02 < spent <= 0.03
        assert mock_stats(url)["batches"] > 1
        with opened("small", cap=1.0), purpose("generate:x"):
            answers = ask(batched(url, price=PRICE), questions)
        assert mock_stats(url)["answered"] == 100
    assert all(isinstance(answer, Answer) for answer in answers)


def test_a_server_without_batches_ends_it_before_anything_is_begun(home: Path) -> None:
    async def say(url: str) -> None:
        async with Models() as models:
            await models.say(batched(url), "q")

    script = {"rules": [{"status": 404, "message": "no such route"}], "batches": {"offered": False}}
    with opened("small", cap=1.0) as purse, purpose("generate:x"), mock(script) as url:
        [failure] = ask(batched(url, price=PRICE), [question("q")])
        with pytest.raises(InputError, match="cannot be asked"):
            wait_for(say(url))
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.owed) == ("not_found", True)
    assert (purse.usd, purse.doubtful) == (0.0, {})
    assert files(home) == []


ASKER = """
import sys
import sterling.models.batches.batch as batch
from sterling.models import Answer, Endpoint, Question, ask, store
from sterling.models.money.purse import opened, purpose
home, url, count = sys.argv[1:]
batch.QUIET_S = 0.05
store.use(home)
price = {"input": 10, "output": 100, "batch": 0.5}
asked = Endpoint(endpoint=url, model="m", batch=True, poll_s=0.05, price=price, attempts=2, patience_s=0)
questions = [Question(({"role": "user", "content": f"q{n}"},), {"max_tokens": 20}) for n in range(int(count))]
with opened("small", 1.0) as purse, purpose("generate:x"):
    answers = ask(asked, questions)
    assert all(isinstance(answer, Answer) for answer in answers), answers
    print(len(answers), purse.usd, len(purse.doubtful))
"""


def asker(home: Path, url: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", ASKER, str(home), url, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def noted(home: Path, word: str) -> bool:
    return any(word in path.read_text() for path in (home / "batches").glob("*.jsonl"))


@pytest.mark.parametrize("until", ['"file"', '"batch"'])
def test_a_run_killed_between_question_and_answer_pays_for_nothing_twice(home: Path, until: str) -> None:
    """Killed when the note says that much: before the batch is begun, and before its end."""
    with mock({"rules": [{"echo": True}], "batches": {"delay_s": 1.0}}) as url:
        process = asker(home, url, 20)
        while not noted(home, until) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert noted(home, until)
        second = asker(home, url, 25)
        out, errors = second.communicate(timeout=60)
        stats = mock_stats(url)
    assert second.returncode == 0, errors
    count, usd, doubtful = out.split()
    assert (count, doubtful, stats["answered"], stats["distinct"]) == ("25", "0", 25, 25)
    assert float(usd) == pytest.approx(sum(25 * [(1 * 10 + 1 * 100) / 2e6]))
    item = Item("generate:x", "local", "m")
    assert Purse("small", None).ledger[item].requests == Purse("small", None).ledger[item].batched == 25
    assert files(home) == []


def test_answers_of_an_earlier_batch_that_nobody_asks_for_now_are_kept_too(home: Path) -> None:
    with mock({"rules": [{"echo": True}], "batches": {"delay_s": 0.5}}) as url:
        process = asker(home, url, 20)
        while not noted(home, '"batch"') and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        [answer] = ask(batched(url, price=PRICE), [question("q3", max_tokens=20)])
        later = ask(batched(url), [question(f"q{n}", max_tokens=20) for n in range(20)])
        assert mock_stats(url)["answered"] == 20
    assert isinstance(answer, Answer)
    assert all(isinstance(one, Answer) and one.from_journal for one in later)
    assert Purse("small", None).ledger[Item("generate:x", "local", "m")].requests == 20


def test_two_processes_that_find_one_batch_pay_for_it_once(home: Path) -> None:
    with mock({"rules": [{"echo": True}], "batches": {"delay_s": 1.0}}) as url:
        first = asker(home, url, 10)
        while not noted(home, '"batch"') and first.poll() is None:
            time.sleep(0.001)
        second = asker(home, url, 10)
        for process in (first, second):
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
        assert mock_stats(url)["answered"] == 10
    assert Purse("small", None).ledger[Item("generate:x", "local", "m")].requests == 10


def test_a_note_and_a_file_hold_no_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-planted-0123456789abcdef"
    monkeypatch.setenv("BATCH_KEY", secret)
    rules = [{"match": "echo", "status": 400, "echo_key": True}, {"answer": f"your key is {secret}"}]
    with mock({"rules": rules, "batches": {"delay_s": 0.3}}) as url:
        answers = ask(batched(url, key_env="BATCH_KEY"), [question("echo"), question("q")])
    assert secret not in repr(answers)
    assert texts(answers)[1] == "your key is [redacted]"
    kept = [path.read_text() for path in home.rglob("*") if path.is_file()]
    refusing = {"rules": [{"status": 400, "echo_key": True}], "batches": {"offered": False}}
    with mock(refusing) as url:
        [refused] = ask(batched(url, key_env="BATCH_KEY"), [question("other")])
    assert isinstance(refused, Failure)
    assert "[redacted]" in refused.message
    assert secret not in repr(refused)
    assert kept
    assert not any(secret in text for text in kept)
    assert json.loads(kept[0].splitlines()[0])["said"]
