"""As much at once as is allowed; noise is told from overload."""

import asyncio
import email.utils
import time
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest
from tests.models.conftest import endpoint, question

from sterling.models import Answer, Usage, ask, mock, mock_stats
from sterling.models.http.limits import Gate, Pace, Slot

HERE = "http://127.0.0.1:9/v1"


def gate(concurrency: int = 64) -> Gate:
    return Gate(endpoint(HERE, concurrency=concurrency))


def through(gate: Gate, refused: bool, seconds: float = 0.3, tokens: int = 100) -> None:
    """One request that took so long."""
    slot = asyncio.run(gate.enter(0))
    began = Slot(slot.era, time.monotonic() - seconds, 0)
    gate.leave(began, refused=refused, usage=Usage(1, tokens))


@pytest.mark.parametrize("concurrency", [1, 7, 64])
def test_all_that_is_allowed_is_in_flight_and_no_more(concurrency: int) -> None:
    with mock({"rules": [{"echo": True, "latency_s": 0.05}]}) as url:
        ask(endpoint(url, concurrency=concurrency), [question(str(n)) for n in range(3 * concurrency)])
        assert mock_stats(url)["in_flight_max"] == concurrency


def test_calls_from_several_threads_share_one_limit() -> None:
    async def both(url: str) -> None:
        asked = endpoint(url, concurrency=4)
        calls = [[question(f"{name}{n}") for n in range(20)] for name in "abc"]
        await asyncio.gather(*(asyncio.to_thread(ask, asked, questions) for questions in calls))

    with mock({"rules": [{"echo": True, "latency_s": 0.01}]}) as url:
        asyncio.run(both(url))
        assert mock_stats(url)["in_flight_max"] == 4


def test_what_is_sampled_makes_no_limit_of_its_own() -> None:
    async def both(url: str) -> None:
        two = [endpoint(url, concurrency=4, sampling={"temperature": t}) for t in (0, 1)]
        await asyncio.gather(*(asyncio.to_thread(ask, one, [question(str(n)) for n in range(20)]) for one in two))

    with mock({"rules": [{"echo": True, "latency_s": 0.01}]}) as url:
        asyncio.run(both(url))
        assert mock_stats(url)["requests"] == 40
        assert mock_stats(url)["in_flight_max"] == 4


def test_noise_does_not_narrow() -> None:
    held = gate()
    for n in range(3000):
        through(held, refused=n % 10 == 0)
    assert held.limit == 64


def test_noise_from_a_server_costs_no_row() -> None:
    rules = [{"share": 0.05, "status": 500}, {"share": 0.05, "status": 429}, {"echo": True}]
    with mock({"latency_s": 0.005, "rules": rules}) as url:
        answers = ask(endpoint(url, attempts=6, concurrency=32), [question(str(n)) for n in range(400)])
        stats = mock_stats(url)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert stats["by_status"].keys() == {"200", "429", "500"}
    assert stats["requests"] < 520


def test_overload_halves_and_recovery_is_slow_and_steady() -> None:
    held = gate()
    for _ in range(64):
        through(held, refused=True)
    assert held.limit == 32
    for _ in range(32):
        through(held, refused=False)
    assert held.limit == 34
    for _ in range(2000):
        through(held, refused=False)
    assert held.limit == 64


def test_there_is_a_floor() -> None:
    held, small = gate(), gate(2)
    for _ in range(1000):
        through(held, refused=True)
        through(small, refused=True)
    assert (held.limit, small.limit) == (4, 2)


def test_what_was_sent_before_a_halving_does_not_halve_again() -> None:
    held = gate(32)
    slots = [asyncio.run(held.enter(0)) for _ in range(32)]
    for slot in slots:
        held.leave(slot, refused=True)
    assert held.limit == 16
    for slot in slots:
        held.in_flight += 1
        held.leave(slot, refused=True)
    assert held.limit == 16


def test_a_server_that_becomes_slow_is_let_up_once() -> None:
    held = gate(16)
    for _ in range(64):
        through(held, refused=False, seconds=0.3)
    for _ in range(16):
        through(held, refused=False, seconds=1.5)
    assert held.limit == 8
    for _ in range(500):
        through(held, refused=False, seconds=1.5)
    assert held.limit == 16


def test_longer_answers_are_not_a_slower_server() -> None:
    held = gate(16)
    for _ in range(64):
        through(held, refused=False, seconds=0.5, tokens=20)
    for _ in range(64):
        through(held, refused=False, seconds=20.0, tokens=2000)
    assert held.limit == 16


def test_a_server_with_room_for_fewer_loses_nothing() -> None:
    with mock({"latency_s": 0.02, "most_in_flight": 8, "rules": [{"echo": True}]}) as url:
        asked = endpoint(url, concurrency=64, attempts=3, patience_s=60)
        answers = ask(asked, [question(str(n)) for n in range(300)])
    assert all(isinstance(answer, Answer) for answer in answers)


def test_waiting_rows_go_in_the_order_in_which_they_came() -> None:
    async def run() -> list[int]:
        held, order = gate(1), []

        async def one(n: int) -> None:
            slot = await held.enter(0)
            order.append(n)
            await asyncio.sleep(0)
            held.leave(slot, refused=False)

        await asyncio.gather(*map(one, range(6)))
        return order

    assert asyncio.run(run()) == list(range(6))


def test_a_cancelled_row_gives_its_place_back() -> None:
    async def run() -> None:
        held = gate(1)
        slot = await held.enter(0)
        waiting = [asyncio.create_task(held.enter(0)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        held.leave(slot, refused=False)
        waiting[1].cancel()
        await asyncio.sleep(0)
        held.leave(await waiting[2], refused=False)
        assert held.in_flight == 0

    asyncio.run(run())


def test_a_pace_spreads_requests_evenly_and_never_exceeds_its_minute() -> None:
    pace, now, sent = Pace(120), 1000.0, deque[float]()
    for _ in range(500):
        now += pace.reserve(1, now)
        sent.append(now)
        while sent[0] <= now - 60:
            sent.popleft()
        assert len(sent) <= 120
    assert now == pytest.approx(1000 + 499 * 0.5)


def test_a_pace_of_tokens_is_corrected_by_what_was_used() -> None:
    pace = Pace(6000)
    assert pace.reserve(100, 0.0) == 0
    pace.correct(500)
    assert pace.reserve(1, 0.0) == pytest.approx(6.0)
    assert Pace(None).reserve(10**9, 0.0) == 0


def test_requests_per_minute_are_kept() -> None:
    with mock({"rules": [{"echo": True}]}) as url:
        began = time.monotonic()
        ask(endpoint(url, requests_per_minute=600), [question(str(n)) for n in range(6)])
        assert time.monotonic() - began >= 0.5


def test_retry_after_in_seconds_is_waited_for() -> None:
    with mock({"rules": [{"times": 1, "status": 429, "retry_after": 1.2}, {"answer": "fine"}]}) as url:
        began = time.monotonic()
        [answer] = ask(endpoint(url, patience_s=5), [question("q")])
        assert time.monotonic() - began >= 1.2
    assert isinstance(answer, Answer)


def test_retry_after_as_a_date_is_waited_for() -> None:
    date = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    rules = [{"times": 1, "status": 503, "retry_after": email.utils.format_datetime(date, usegmt=True)}]
    with mock({"rules": [*rules, {"answer": "fine"}]}) as url:
        [answer] = ask(endpoint(url, patience_s=60), [question("q")])
        assert datetime.now(UTC) >= date
    assert isinstance(answer, Answer)


@pytest.mark.parametrize("nonsense", ["soon", "-1", "nan", "Mon, 99 Foo", "1e999"])
def test_a_retry_after_that_is_no_time_is_ignored(nonsense: str) -> None:
    with mock({"rules": [{"times": 1, "status": 429, "retry_after": nonsense}, {"answer": "fine"}]}) as url:
        [answer] = ask(endpoint(url), [question("q")])
    assert isinstance(answer, Answer)
