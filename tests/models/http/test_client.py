"""Equal questions asked at once: one request, and nobody hangs on what becomes of another asker."""

import asyncio
from pathlib import Path

import pytest
from tests.models.conftest import endpoint

from sterling.errors import StorageError
from sterling.models import Models, Unanswered, mock, mock_stats
from sterling.models.loop import wait_for

SLOW = {"rules": [{"match": "bad", "status": 400}, {"echo": True, "latency_s": 0.1}]}


def test_equal_questions_at_once_are_one_request() -> None:
    async def both(url: str) -> list[str]:
        asked = endpoint(url)
        async with Models() as models:
            return [answer.text for answer in await models.together(*(models.say(asked, "q") for _ in range(5)))]

    with mock(SLOW) as url:
        assert wait_for(both(url)) == ["q"] * 5
        assert mock_stats(url)["requests"] == 1


def test_who_lets_go_takes_the_answer_from_nobody_else() -> None:
    async def one_lets_go(url: str) -> str:
        asked = endpoint(url)
        async with Models() as models:
            first = asyncio.ensure_future(models.say(asked, "q"))
            second = asyncio.ensure_future(models.say(asked, "q"))
            await asyncio.sleep(0.02)
            first.cancel()
            async with asyncio.timeout(10):
                return (await second).text

    with mock(SLOW) as url:
        assert wait_for(one_lets_go(url)) == "q"
        assert mock_stats(url)["requests"] == 1


def test_a_failure_is_everybodys_and_the_next_asks_anew() -> None:
    async def fails(url: str) -> list[BaseException | object]:
        asked = endpoint(url)
        async with Models() as models:
            found: list[BaseException | object] = []
            for _ in range(2):
                say = [models.say(asked, "bad") for _ in range(3)]
                found += await asyncio.gather(*say, return_exceptions=True)
            return found

    with mock(SLOW) as url:
        found = wait_for(fails(url))
        assert mock_stats(url)["requests"] == 2
    assert all(isinstance(one, Unanswered) and one.failure.reason == "bad_request" for one in found)


def test_a_disk_that_takes_nothing_fails_all_who_wait(home: Path) -> None:
    async def fails(url: str) -> list[BaseException | object]:
        asked = endpoint(url)
        async with Models() as models:
            (home / "journal").write_text("in the way")
            return [*await asyncio.gather(*(models.say(asked, "q") for _ in range(3)), return_exceptions=True)]

    home.mkdir()
    with mock(SLOW) as url:
        found = wait_for(fails(url))
    assert [type(one) for one in found] == [StorageError] * 3


@pytest.mark.parametrize("askers", [1, 3])
def test_when_all_have_let_go_the_answer_is_there_for_who_asks_next(askers: int) -> None:
    async def all_let_go(url: str) -> str:
        asked = endpoint(url)
        async with Models() as models:
            say = [asyncio.ensure_future(models.say(asked, "q")) for _ in range(askers)]
            await asyncio.sleep(0.02)
            for one in say:
                one.cancel()
            await asyncio.gather(*say, return_exceptions=True)
            return (await models.say(asked, "q")).text

    with mock(SLOW) as url:
        assert wait_for(all_let_go(url)) == "q"
        assert mock_stats(url)["requests"] == 1


def test_what_nobody_waits_for_ends_with_the_models() -> None:
    async def leave(url: str) -> None:
        async with Models() as models:
            say = asyncio.ensure_future(models.say(endpoint(url), "q"))
            await asyncio.sleep(0.02)
            say.cancel()
        assert [task for task in asyncio.all_tasks() if "_outcome" in repr(task)] == []

    with mock(SLOW) as url:
        wait_for(leave(url))
