"""Questions are asked once, answered in order, and fail one by one."""

import asyncio
from typing import Any

import pytest
from tests.models.conftest import endpoint, question

from sterling.errors import InputError
from sterling.models import Answer, Endpoint, Failure, Usage, ask, classify, mock, mock_stats


def texts(answers: list[Answer | Failure]) -> list[str]:
    return [answer.text if isinstance(answer, Answer) else f"! {answer.reason}" for answer in answers]


def test_answers_come_in_the_order_of_the_questions() -> None:
    rules = [{"match": r"^(\d+)$", "fill": "<think>\nhm\n</think>\n\nit is $1", "latency_s": (0.0, 0.05)}]
    with mock({"rules": rules}) as url:
        answers = ask(endpoint(url), [question(str(n)) for n in range(100)])
    assert texts(answers) == [f"it is {n}" for n in range(100)]
    first = answers[0]
    assert isinstance(first, Answer)
    assert (first.reasoning, first.finish, first.model) == ("hm", "stop", "m")
    assert first.usage == Usage(1, len("<think>\nhm\n</think>\n\nit is 0") // 4)
    assert not first.from_journal


def test_nothing_is_asked_twice_not_even_on_another_port() -> None:
    script = {"rules": [{"echo": True}]}
    questions = [question(f"q{n}") for n in range(20)]
    with mock(script) as url:
        first = ask(endpoint(url), questions)
    with mock(script) as url:
        again = ask(endpoint(url, concurrency=2, timeout_s=1), questions)
        assert mock_stats(url)["requests"] == 0
    assert texts(first) == texts(again)
    assert all(isinstance(answer, Answer) and answer.from_journal for answer in again)


def test_what_makes_a_question_another_one() -> None:
    with mock({"rules": [{"echo": True}]}) as url:
        ask(endpoint(url, sampling={"temperature": 1}), [question("q")])
        same = [
            ask(endpoint(url, sampling={"temperature": 1.0}), [question("q")]),
            ask(endpoint(url), [question("q", temperature=1)]),
        ]
        assert all(isinstance(answer, Answer) and answer.from_journal for [answer] in same)
        others: list[tuple[dict[str, Any], Any]] = [
            ({}, question("q")),
            ({}, question("q", sample=1, temperature=1)),
            ({}, question("q", temperature=0.5)),
            ({"model": "other"}, question("q", temperature=1)),
            ({"revision": "abc"}, question("q", temperature=1)),
            ({"service": "elsewhere"}, question("q", temperature=1)),
        ]
        for options, asked in others:
            [answer] = ask(endpoint(url, **options), [asked])
            assert isinstance(answer, Answer)
            assert not answer.from_journal
        assert mock_stats(url)["requests"] == 1 + len(others)


def test_the_same_question_twice_in_a_list_is_sent_once() -> None:
    with mock({"rules": [{"answer": "a"}]}) as url:
        assert texts(ask(endpoint(url), [question("q")] * 5)) == ["a"] * 5
        assert mock_stats(url)["requests"] == 1


def test_samples_are_questions_of_their_own_with_seeds_of_their_own() -> None:
    with mock({"rules": [{"answer": ["a", "b", "c"]}]}) as url:
        seeded = ask(endpoint(url), [question("q", sample=n, seed=3) for n in range(3)])
        unseeded = ask(endpoint(url, concurrency=1), [question("q", sample=n) for n in range(3)])
    assert texts(seeded) == ["a", "b", "c"]
    assert texts(unseeded) == ["a", "b", "c"]


FAILURES: list[tuple[dict[str, Any], str, bool, int]] = [
    ({"status": 500}, "server_error", True, 3),
    ({"status": 503, "retry_after": 0}, "server_error", True, 3),
    ({"status": 429}, "rate_limited", True, 3),
    ({"status": 429, "retry_after": 3600}, "rate_limited", True, 1),
    ({"status": 400, "message": "too long"}, "bad_request", False, 1),
    ({"status": 422}, "bad_request", False, 1),
    ({"status": 413}, "too_large", False, 1),
    ({"status": 403}, "forbidden", True, 1),
    ({"status": 400, "message": "stopped by content_filter"}, "content_filter", False, 1),
    ({"status": 307}, "redirected", True, 1),
    ({"body": "<html>busy</html>"}, "garbage", True, 3),
    ({"body": '{"choices": []}'}, "garbage", True, 3),
    ({"body": '{"choices": [{"message": {"content": 5}}]}'}, "garbage", True, 3),
    ({"body": "[" * 100_000}, "garbage", True, 3),
    ({"body": 'data: {"choices": [{"delta": {}}]}\n\n'}, "garbage", True, 3),
    ({"drop": True}, "connection", True, 3),
    ({"drop": "within", "answer": "x" * 5000}, "connection", True, 3),
    ({"latency_s": 2.0}, "timeout", True, 3),
    ({"trickle_s": 0.2, "answer": "x" * 500}, "timeout", True, 3),
    ({"answer": "cut o", "finish": "length"}, "truncated", False, 1),
    ({"answer": "", "finish": "content_filter"}, "content_filter", False, 1),
    ({"answer": "  \n"}, "empty", False, 1),
    ({"answer": "x", "finish": "odd"}, "unfinished", False, 1),
    ({"answer": "half an", "finish": "abort"}, "server_error", True, 3),
    ({"status": 402}, "unpaid", True, 1),
    ({"status": 429, "message": "insufficient_quota"}, "unpaid", True, 1),
    ({"status": 501}, "bad_request", False, 1),
]


@pytest.mark.parametrize(("rule", "reason", "owed", "requests"), FAILURES, ids=lambda value: str(value)[:50])
def test_a_poison_row_fails_by_itself(rule: dict[str, Any], reason: str, owed: bool, requests: int) -> None:
    script = {"rules": [{"match": "poison", **rule}, {"answer": "fine"}]}
    rows = [question(f"good {n}") for n in range(12)]
    with mock(script) as url:
        asked = endpoint(url, timeout_s=0.5, concurrency=4)
        ask(asked, [question("before")])
        answers = ask(asked, [*rows[:6], question("poison"), *rows[6:]])
    failure = answers.pop(6)
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.owed, failure.attempts) == (reason, owed, requests)
    assert texts(answers) == ["fine"] * 12


def test_an_answer_larger_than_any_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterling.models.http.transport._LARGEST", 1 << 20)
    with mock({"rules": [{"answer": "x" * (10 << 20)}]}) as url:
        [failure] = ask(endpoint(url), [question("q")])
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.owed) == ("too_large", False)


def test_an_answer_of_ten_megabytes_is_kept() -> None:
    with mock({"rules": [{"answer": "x" * (10 << 20)}]}) as url:
        assert [len(text) for text in texts(ask(endpoint(url), [question("q")]))] == [10 << 20]
        assert [len(text) for text in texts(ask(endpoint(url), [question("q")]))] == [10 << 20]
        assert mock_stats(url)["requests"] == 1


def test_what_passes_when_sent_again_is_no_failure() -> None:
    rules = [
        {"match": "five", "times": 2, "status": 500},
        {"match": "late", "times": 1, "status": 429, "retry_after": 0},
        {"match": "cut", "times": 1, "drop": True},
        {"match": "odd", "times": 1, "body": "{"},
        {"answer": "fine"},
    ]
    with mock({"rules": rules}) as url:
        answers = ask(endpoint(url), [question(text) for text in ("five", "late", "cut", "odd", "good")])
        assert texts(answers) == ["fine"] * 5
        assert mock_stats(url)["requests"] == 10


def test_a_wrong_key_costs_a_few_requests() -> None:
    with mock({"latency_s": 0.01, "rules": [{"status": 401}]}) as url:
        failures = ask(endpoint(url, concurrency=4), [question(str(n)) for n in range(1000)])
        sent = mock_stats(url)["requests"]
    assert {failure.reason for failure in failures if isinstance(failure, Failure)} == {"unauthorised"}
    assert len(failures) == 1000
    assert sent <= 8


def test_a_key_that_is_revoked_midway_costs_few_requests_too() -> None:
    with mock({"rules": [{"after": 100, "status": 401}, {"answer": "fine"}]}) as url:
        answers = ask(endpoint(url, concurrency=4), [question(str(n)) for n in range(1000)])
        sent = mock_stats(url)["requests"]
    assert texts(answers).count("fine") == 100
    assert texts(answers).count("! unauthorised") == 900
    assert sent <= 100 + 2 * 64  # those in flight when the first refusal arrives, and those just started


def test_a_server_that_is_not_there_is_given_up() -> None:
    with mock() as url:
        pass
    failures = ask(endpoint(url, attempts=2, concurrency=64), [question(str(n)) for n in range(2000)])
    assert {failure.reason for failure in failures if isinstance(failure, Failure)} == {"connection"}
    assert sum(failure.attempts for failure in failures if isinstance(failure, Failure)) < 2000


def test_many_poison_rows_in_a_row_hide_no_good_one() -> None:
    script = {"rules": [{"match": "poison", "status": 500}, {"answer": "fine"}]}
    rows = [question(f"poison {n}") for n in range(200)] + [question(f"good {n}") for n in range(20)]
    with mock(script) as url:
        answers = ask(endpoint(url, attempts=2, concurrency=8), rows)
    assert texts(answers[200:]) == ["fine"] * 20
    assert set(texts(answers[:200])) == {"! server_error"}


def test_a_failed_end_is_read_anew_from_the_journal() -> None:
    with mock({"rules": [{"answer": "cut o", "finish": "length"}]}) as url:
        [failure] = ask(endpoint(url), [question("q")])
        assert isinstance(failure, Failure)
        assert failure.answer is not None
        assert failure.answer.text == "cut o"
        [answer] = ask(endpoint(url), [question("q")], finish_ok=frozenset({"stop", "length"}))
        assert mock_stats(url)["requests"] == 1
    assert isinstance(answer, Answer)
    assert answer.from_journal


def test_tool_calls_are_an_answer_where_they_are_wanted() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    with mock({"rules": [{"answer": "", "finish": "tool_calls", "tool_calls": [call]}]}) as url:
        [answer] = ask(endpoint(url), [question("q")], finish_ok=frozenset({"stop", "tool_calls"}))
    assert isinstance(answer, Answer)
    assert answer.tool_calls == (call,)


def test_what_json_cannot_say_costs_only_its_row() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    bad = [question("q", stop={1, 2}), question("q", temperature=float("nan")), question("q", stop=nested)]
    with mock() as url:
        answers = ask(endpoint(url), [*bad, question("lone \ud800 surrogate")])
    assert texts(answers[:3]) == ["! bad_question"] * 3
    assert isinstance(answers[3], Answer)


@pytest.mark.parametrize("sampling", [{"n": 2}, {"stream": True}, {"model": "x"}])
def test_what_the_client_decides_is_refused_as_sampling(sampling: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="not for sampling"):
        ask(endpoint("http://127.0.0.1:9/v1"), [question("q", **sampling)])


def test_it_works_where_a_loop_is_running_already() -> None:
    async def notebook(url: str) -> list[Answer | Failure]:
        return ask(endpoint(url), [question("q")])

    with mock({"rules": [{"answer": "fine"}]}) as url:
        assert texts(asyncio.run(notebook(url))) == ["fine"]


def test_no_questions_need_no_server() -> None:
    assert ask(endpoint("http://127.0.0.1:9/v1", key_env="NO_SUCH_VARIABLE"), []) == []


def test_scores_of_texts_pairs_and_chats() -> None:
    rules = [{"match": "good", "scores": [0.9, 0.1]}, {"match": "broken", "body": '{"data": [{"probs": ["x"]}]}'}]
    with mock({"rules": [*rules, {"scores": [-2.5]}]}) as url:
        chat = ({"role": "user", "content": "good"},)
        scores = classify(endpoint(url), ["good", "bad", chat, "broken"])
        pairs = classify(endpoint(url), [("good", "b"), ("a", "b"), "no pair"], route="score")
        pooled = classify(endpoint(url), ["bad"], route="pooling")
        again = classify(endpoint(url), ["good"])
    assert [getattr(score, "values", None) for score in scores] == [(0.9, 0.1), (-2.5,), (0.9, 0.1), None]
    assert [getattr(score, "values", None) for score in pairs] == [(0.9,), (-2.5,), None]
    assert [getattr(score, "values", None) for score in pooled] == [(-2.5,)]
    assert [getattr(score, "from_journal", None) for score in again] == [True]


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("http://localhost:8000/v1", "local"),
        ("http://127.0.0.1:9/v1", "local"),
        ("http://[::1]:9/v1", "local"),
        ("https://API.example.com:443/v1", "api.example.com"),
        ("http://10.0.0.5:8000/v1", "10.0.0.5"),
    ],
)
def test_a_service_is_known_by_its_host(address: str, identity: str) -> None:
    assert Endpoint(endpoint=address, model="m").identity == identity
    assert Endpoint(endpoint=address, model="m", service="mine").identity == "mine"
