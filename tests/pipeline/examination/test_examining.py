"""Models examined on a tail: the real client, journal, checks and sandbox, and a scripted endpoint."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sterling.errors import InputError, NotAnswered
from sterling.models import Endpoint, mock, mock_stats, store
from sterling.pipeline.checking import configured
from sterling.pipeline.examination.answering import Examinee, bits_of
from sterling.pipeline.examination.examining import Exam, as_json, examine
from sterling.stats import Evidence

ITEMS = 24
MATH = configured("math", {})
Script = Mapping[str, Any]


@pytest.fixture(autouse=True)
def journal(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path / ".sterling")
    yield
    store.use(None)


def tail(folder: Path, items: int = ITEMS, **more: Any) -> str:
    path = folder / "tail.jsonl"
    rows = [
        {"id": f"q{n}", "prompt": f"How much is {n} plus {n}?", "answer": str(2 * n),
         "band": "rare" if n % 3 == 0 else "common", **more}
        for n in range(items)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def at(address: str, name: str, model: str = "m", **more: Any) -> Examinee:
    return Examinee(name, Endpoint(endpoint=address, model=model, attempts=1, **more))


def adding(*, steps: int, wrong: float = 0.0) -> Callable[[Mapping[str, Any]], str]:
    """A model that adds, in so many ways, and is wrong in a share of its answers."""

    def answer(request: Mapping[str, Any]) -> str:
        question = request["messages"][-1]["content"]
        chance = random.Random(f"{question} {request.get('seed')}")
        n = int(question.split()[3])
        if chance.random() < wrong:
            return f"A: {2 * n + 1}"
        return f"First {1000 + chance.randrange(steps)}.\nA: {2 * n}"

    return answer


def named(evidence: tuple[Evidence, ...]) -> dict[str, Evidence]:
    return {one.name: one for one in evidence}


def test_fewer_ways_are_seen_although_every_answer_is_right(tmp_path: Path) -> None:
    with mock(adding(steps=4)) as first, mock(adding(steps=1)) as second:
        found = examine(
            [at(first, "gen1", sampling={"seed": 1}), at(second, "gen2", sampling={"seed": 1})],
            Exam(tail(tmp_path, 60), MATH, samples=6),
        )
    known = named(found.evidence)
    assert known["models.gen1.pass.all"].value == known["models.gen2.pass.all"].value == 1.0
    assert known["models.gen2.distinct.rare"].value == 1.0
    assert (known["models.gen1.distinct.rare"].value or 0) > 2
    assert known["models.gen2.distinct.rare"].inputs["generation"] == 2
    assert found.verdicts[0].stage == "early"


def test_two_servers_that_call_their_models_alike_are_told_apart(tmp_path: Path) -> None:
    with mock(adding(steps=1)) as first, mock(adding(steps=1, wrong=1.0)) as second:
        found = examine([at(first, "gen1"), at(second, "gen2")], Exam(tail(tmp_path), MATH, samples=2))
    assert named(found.evidence)["models.gen2.pass.all"].value == 0.0
    assert found.verdicts[0].stage == "late"
    assert [item.id for item in found.lost["gen2"]] == ["q0", "q3", "q6"]  # the rarest band first


def test_a_fault_is_owed_and_asked_again_and_nothing_else_is(tmp_path: Path) -> None:
    broken: Script = {"rules": [
        {"match": "much is 2\\d ", "times": 1, "status": 500}, {"answer": "A: 8"}
    ]}  # fmt: skip
    exam = Exam(tail(tmp_path), MATH, samples=1)
    with mock(broken) as address:
        first = examine([at(address, "gen1")], exam)
        asked = mock_stats(address)
        again = examine([at(address, "gen1")], exam)
        after = mock_stats(address)
    owed = [fault for fault in first.sat[0].faults if fault.owed]
    assert [fault.where for fault in owed] == ["q20", "q21", "q22", "q23"]
    assert {(fault.boundary, fault.reason) for fault in owed} == {("provider", "server_error")}
    assert named(first.evidence)["models.gen1.pass.all"].n == ITEMS - len(owed)
    assert any("answers are owed (server_error): run the same command again" in note for note in first.notes)
    assert after["requests"] - asked["requests"] == len(owed)
    assert not again.sat[0].faults
    assert named(again.evidence)["models.gen1.pass.all"].n == ITEMS
    assert again.sat[0].paid_before == ITEMS - len(owed)


def test_a_cut_answer_is_not_right_and_a_missing_one_is_no_answer(tmp_path: Path) -> None:
    script: Script = {"rules": [
        {"match": "much is 4 ", "answer": "A: 8", "finish": "length"}, {"match": "much is 5 ", "answer": ""},
        {"match": "much is 6 ", "answer": "x", "finish": "content_filter"}, {"answer": "A: 2"},
    ]}  # fmt: skip
    with mock(script) as address:
        found = examine([at(address, "gen1")], Exam(tail(tmp_path), MATH, samples=1))
    assert (found.sat[0].reasons["truncated"], found.sat[0].reasons["empty"]) == (1, 1)
    assert [(fault.where, fault.reason, fault.owed) for fault in found.sat[0].faults] == [
        ("q6", "content_filter", False)
    ]
    assert found.sat[0].generation.answers["q4"].passed == 0


def test_log_probabilities_are_read_where_a_server_has_them(tmp_path: Path) -> None:
    told = {"content": [{"token": "A", "logprob": -0.6931471805599453}, {"token": ":", "logprob": 0.0}]}
    with mock({"rules": [{"answer": "A: 2", "logprobs": told}]}) as address:
        found = examine([at(address, "gen1")], Exam(tail(tmp_path), MATH, samples=1))
    entropy = named(found.evidence)["models.gen1.token_entropy"]
    assert entropy.value == pytest.approx(0.5)
    assert entropy.n == ITEMS
    assert bits_of(None) == bits_of({"content": None}) == (0.0, 0)


def test_a_server_that_refuses_log_probabilities_is_asked_without(tmp_path: Path) -> None:
    script = {"rules": [{"first": 3, "status": 400, "message": "logprobs is not supported"}, {"answer": "A: 2"}]}
    with mock(script) as address:
        found = examine([at(address, "gen1")], Exam(tail(tmp_path), MATH, samples=1))
    assert not found.sat[0].faults
    assert named(found.evidence)["models.gen1.token_entropy"].value is None


def test_programs_are_run_and_told_apart_by_their_syntax(tmp_path: Path) -> None:
    row = {"prompt": "Write double(x).", "reference": {
        "cases": [{"args": [2], "expected": 4}], "entry_point": "double"}}  # fmt: skip
    path = tmp_path / "code.jsonl"
    path.write_text(json.dumps(row) + "\n")
    answers = [
        "```python\ndef double(x):\n    return x + x\n```", "```python\ndef double(x):\n  return x + x  # sum\n```",
        "```python\ndef double(x):\n    return 2 * x\n```", "```python\ndef double(x):\n    return x\n```",
    ]  # fmt: skip
    with mock({"rules": [{"answer": answers}]}) as address:
        one = at(address, "gen1", sampling={"seed": 0})
        found = examine([one], Exam(str(path), configured("tests", {}), samples=4))
    (judged,) = found.sat[0].generation.answers.values()
    assert (judged.judged, judged.passed, sorted(judged.forms.values())) == (4, 3, [1, 2])


def test_rows_that_cannot_be_asked_are_said_and_bands_need_no_column(tmp_path: Path) -> None:
    path = tmp_path / "tail.jsonl"
    rows = [{"prompt": f"How much is {n} plus {n}, {'please' if n % 2 else f'w{n}'}?", "answer": "2"} for n in range(9)]
    chat = {"messages": [{"role": "user", "content": "How much is 1 plus 1?"}, {"role": "assistant", "content": "2"}],
            "answer": "2"}  # fmt: skip
    odd = [chat, rows[0], {"text": "no prompt", "answer": "2"}, {"prompt": "no reference"}, "no row"]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *odd]))
    with mock({"rules": [{"answer": "A: 2"}]}) as address:
        found = examine([at(address, "gen1")], Exam(str(path), MATH, samples=1))
    assert len(found.paper.items) == 10
    assert [fault.reason for fault in found.paper.faults][:3] == ["repeated", "no_prompt", "no_reference"]
    assert found.paper.tail.names == ("all", "common", "usual", "unusual", "rare")
    assert found.paper.banded.startswith("quarters of the items")
    assert json.loads(json.dumps(as_json(found)))["bands"]["all"] == 10


def test_what_cannot_be_examined_is_refused_with_a_mend(tmp_path: Path) -> None:
    exam = Exam(tail(tmp_path), MATH, samples=1)
    with pytest.raises(InputError, match="two generations are called `a`"):
        examine([at("http://localhost:9/v1", "a"), at("http://localhost:9/v1", "a")], exam)
    with pytest.raises(InputError, match="compares records with each other"):
        examine([at("http://localhost:9/v1", "a")], Exam(exam.tail, configured("exact_duplicates", {})))
    with pytest.raises(InputError, match="nobody has said what `m` costs"):
        examine([at("https://example.invalid/v1", "a")], Exam(exam.tail, MATH, usd=1.0))
    (tmp_path / "bare.jsonl").write_text('{"prompt": "What?"}\n')
    with pytest.raises(InputError, match="no row of 1 can be asked and judged"):
        examine([at("http://localhost:9/v1", "a")], Exam(str(tmp_path / "bare.jsonl"), MATH))
    with mock({"rules": [{"status": 503}]}) as address, pytest.raises(NotAnswered, match="`a` got no answer"):
        examine([at(address, "a")], exam)
