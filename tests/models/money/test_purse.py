"""Money: attributed to who asked, remembered through kills, and never more than the cap."""

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
from sterling.models import Answer, Failure, Models, ask, classify, mock, mock_stats
from sterling.models.http.wire import chat_call
from sterling.models.loop import submit
from sterling.models.money.bills import Bill, Item
from sterling.models.money.purse import NOTHING, Purse, opened, purpose
from sterling.models.money.till import Till

PRICE = {"input": 10.0, "output": 100.0}
"""USD per million tokens."""


def bill_of(stats: dict[str, Any]) -> float:
    """What the mock would put on its bill."""
    tokens = stats["tokens"]
    return float(tokens["prompt"] * PRICE["input"] + tokens["completion"] * PRICE["output"]) / 1e6


def test_who_asked_is_in_the_journal_and_is_summed_again() -> None:
    with mock({"rules": [{"echo": True}]}) as url, opened("small") as purse:
        priced = endpoint(url, price=PRICE)
        with purpose("generate:evolve"):
            ask(priced, [question("a" * 40), question("b" * 40)])
        with purpose("check:judge"):
            ask(priced, [question("a" * 40), question("c" * 40)])
            classify(priced, ["d" * 40])
    evolve, judge = (Item(name, "local", "m") for name in ("generate:evolve", "check:judge"))
    assert (purse.ledger[evolve].requests, purse.ledger[evolve].prompt, purse.ledger[evolve].completion) == (2, 20, 20)
    assert (purse.ledger[judge].requests, purse.ledger[judge].completion) == (2, 10)
    assert purse.found == {judge: 1}
    assert purse.usd == pytest.approx((40 * 10 + 30 * 100) / 1e6)
    again = Purse("small", None)
    assert again.ledger == purse.ledger
    assert again.usd == pytest.approx(purse.usd)
    assert Purse("smal", None).ledger == Purse("other", None).ledger == {}


def test_outside_a_run_lines_are_as_they_were(home: Path) -> None:
    with mock() as url:
        ask(endpoint(url, price=PRICE), [question("q")])
    [file] = (home / "journal").iterdir()
    assert [*json.loads(file.read_text())] == ["key", "path", "service", "model", "at", "said"]


UNUSABLE: list[tuple[dict[str, Any], str, int, bool]] = [
    ({"answer": "x" * 40, "finish": "length"}, "truncated", 1, False),
    ({"answer": "x" * 40, "finish": "content_filter"}, "content_filter", 1, False),
    ({"body": "<html>" + "x" * 394}, "garbage", 3, True),
    ({"body": '{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 9}}'}, "garbage", 3, False),
    ({"status": 500}, "server_error", 0, False),
    ({"status": 400}, "bad_request", 0, False),
]


@pytest.mark.parametrize(("rule", "reason", "paid", "estimated"), UNUSABLE, ids=lambda value: str(value)[:30])
def test_what_came_with_status_200_was_paid_usable_or_not(
    rule: dict[str, Any], reason: str, paid: int, estimated: bool
) -> None:
    with mock({"rules": [rule]}) as url, opened("small") as purse, purpose("generate:x"):
        [failure] = ask(endpoint(url, price=PRICE), [question("q" * 40)])
    assert isinstance(failure, Failure)
    assert failure.reason == reason
    sums = purse.ledger.get(Item("generate:x", "local", "m"))
    assert (0 if sums is None else sums.requests) == paid
    assert (sums is not None and sums.estimated > 0) == estimated
    assert Purse("small", None).ledger == purse.ledger


def test_tokens_that_a_server_does_not_count_are_a_quarter_of_the_characters() -> None:
    body = {"choices": [{"message": {"content": "y" * 400}, "finish_reason": "stop"}]}
    with mock({"rules": [{"body": json.dumps(body)}]}) as url, opened("small") as purse, purpose("generate:x"):
        [answer] = ask(endpoint(url, price=PRICE), [question("q" * 4000)])
    assert isinstance(answer, Answer)
    [sums] = purse.ledger.values()
    assert (sums.estimated, sums.completion) == (1, 100)
    assert sums.prompt == pytest.approx(1000, abs=30)


def test_cached_input_costs_what_cached_input_costs() -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 600}}
    body = {"choices": [{"message": {"content": "y"}, "finish_reason": "stop"}], "usage": usage}
    with mock({"rules": [{"body": json.dumps(body)}]}) as url, opened("small") as purse, purpose("generate:x"):
        ask(endpoint(url, price={**PRICE, "cached_input": 1.0}), [question("q")])
    assert purse.usd == pytest.approx((400 * 10 + 600 * 1 + 10 * 100) / 1e6)


def test_an_unknown_price_is_none_and_with_a_cap_nobody_is_asked() -> None:
    unknown = endpoint("https://unknown.invalid/v1")
    with opened("small") as purse, purpose("generate:x"):
        till = Till(unknown)
        said = {"usage": {"prompt_tokens": 5, "completion_tokens": 6}}
        bill = till.bill(chat_call(unknown, question("q")), said)
        assert bill == Bill(5, 0, 6, None)
        till.pay(bill, NOTHING)
    [sums] = purse.ledger.values()
    assert (sums.usd, sums.unpriced, purse.told()) == (0.0, 1, "0+? USD")
    with opened("other", cap=1.0), pytest.raises(InputError, match="nobody has said what `m` costs"):
        ask(unknown, [question("q2")])


@pytest.mark.parametrize("seed", range(2))
def test_a_cap_is_never_exceeded_and_nothing_is_paid_twice_when_it_is_raised(seed: int) -> None:
    """Answers are between 1 and 30 tokens long, some fail, some are garbage: what counts is the provider's bill."""
    rules = [
        {"share": 0.1, "status": 500},
        {"share": 0.1, "body": "<html>"},
        {"match": "[02468]$", "answer": "z" * 120, "latency_s": (0.0, 0.01)},
        {"answer": "z", "latency_s": (0.0, 0.01)},
    ]
    questions = [question(f"{'w' * 80}{n}", max_tokens=30) for n in range(120)]
    caps = [0.04, 0.1, 10.0]
    with mock({"seed": seed, "rules": rules}) as url:
        paid = endpoint(url, price=PRICE, concurrency=16, attempts=8)
        for cap in caps[:2]:
            with opened("small", cap) as purse, purpose("generate:x"), pytest.raises(BudgetSpent, match="raise `bud"):
                ask(paid, questions)
            assert bill_of(mock_stats(url)) <= purse.usd + 1e-9 <= cap + 2e-9
            assert purse.usd > 0.5 * cap
        with opened("small", caps[2]) as purse, purpose("generate:x"):
            answers = ask(paid, questions)
        stats = mock_stats(url)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert stats["answered"] == purse.ledger[Item("generate:x", "local", "m")].requests
    assert stats["distinct"] == 120


SPENDER = """
import sys
from sterling.models import Endpoint, Question, ask, store
from sterling.models.money.purse import opened, purpose
from sterling.errors import BudgetSpent
home, url, cap = sys.argv[1:]
store.use(home)
asked = Endpoint(endpoint=url, model="m", concurrency=16, price={"input": 10, "output": 100})
questions = [Question(({"role": "user", "content": f"{'w' * 80}{n}"},), {"max_tokens": 30}) for n in range(300)]
try:
    with opened("small", float(cap)), purpose("generate:x"):
        ask(asked, questions)
except BudgetSpent as spent:
    print(spent.spent)
"""


def test_a_cap_holds_through_kills(home: Path) -> None:
    """What was in flight at a kill may be on the bill: it is taken to have cost the most that it could."""
    rules = [{"answer": "z" * 120, "latency_s": (0.01, 0.04)}]
    cap = 0.3
    with mock({"rules": rules}) as url:
        command = [sys.executable, "-c", SPENDER, str(home), url, str(cap)]
        for wanted in (30, 70):
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                while mock_stats(url)["requests"] < wanted and process.poll() is None:
                    time.sleep(0.002)
                process.send_signal(signal.SIGKILL)
        last = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        while mock_stats(url)["in_flight"]:
            time.sleep(0.01)
        stats = mock_stats(url)
    assert float(last.stdout) > 0.5 * cap
    assert bill_of(stats) <= float(last.stdout) + 1e-9 <= cap + 2e-9
    killed = Purse("small", None)
    assert 0 < len(killed.doubtful) <= 32
    assert stats["answered"] >= killed.ledger[Item("generate:x", "local", "m")].requests


def test_an_answer_that_is_lost_on_the_way_may_be_on_the_bill() -> None:
    with mock({"rules": [{"drop": "within", "answer": "x" * 5000}]}) as url:
        with opened("small", cap=1.0) as purse, purpose("generate:x"):
            ask(endpoint(url, price=PRICE, attempts=2), [question("q", max_tokens=50)])
        assert len(purse.doubtful) == 2
    nobody = endpoint("http://127.0.0.1:9/v1", price=PRICE, attempts=2)
    with opened("other", cap=1.0) as purse, purpose("generate:x"):
        ask(nobody, [question("q", max_tokens=50)])
    assert purse.usd == 0


def test_the_name_of_who_asks_travels_into_the_loop_and_into_every_task() -> None:
    async def several(url: str, name: str) -> None:
        async with Models() as models:
            await models.together(*(models.say(endpoint(url), f"{name} {n}") for n in range(3)))

    with mock({"rules": [{"latency_s": 0.02, "echo": True}]}) as url, opened("small") as purse:
        futures = []
        for name in ("generate:a", "generate:b"):
            with purpose(name):
                futures.append(submit(several(url, name)))
        for future in futures:
            future.result(timeout=30)
    assert {item.purpose: sums.requests for item, sums in purse.ledger.items()} == {"generate:a": 3, "generate:b": 3}
