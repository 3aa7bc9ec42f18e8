"""Many tasks at once: all in flight, handed over as they end, let go when nobody listens."""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from sterling.engine.produce import Chunk, ProposeTogether
from sterling.engine.step import Step
from sterling.errors import InputError
from sterling.models import Models, ModelStrategy, Unanswered, mock, mock_stats
from sterling.records import Fault, Maker, Record
from sterling.registry import Past, Task


class Ask(ModelStrategy):
    """Asks what the task says."""

    name_in_recipe: ClassVar[str] = "ask"
    prompts_used: ClassVar[tuple[str, ...]] = ("ask",)

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        return iter(())

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        if task.row == "useless":
            raise Unanswered.because("useless", "as expected")
        if task.row == "broken":
            raise RuntimeError("a bug")
        answer = await models.say(self.model, task.row)
        return [
            Record.synthetic({"text": f"{task.row} {answer.text}"}, source=source, row=task.row, maker=Maker("ask"))
        ]


def asking(address: str, **more: Any) -> Ask:
    model = {"endpoint": address, "model": "m", "attempts": 1, "concurrency": 40}
    return Ask.model_validate({"model": model, **more})


def chunks(count: int, size: int) -> list[Chunk]:
    rows = [Task(f"task {n}") for n in range(count)]
    return [Chunk(at // size, rows[at : at + size]) for at in range(0, count, size)]


def step(folder: Path) -> Step:
    return Step.at(folder, 1, "generate", {}, [])


def test_tasks_of_several_shards_are_in_flight_together(tmp_path: Path) -> None:
    with mock({"latency_s": 0.3, "rules": [{"echo": True}]}) as address:
        markers = list(ProposeTogether(step(tmp_path), asking(address), "ask")(chunks(40, 5)))
        assert mock_stats(address)["in_flight_max"] == 40
    assert [marker["records"] for marker in markers] == [5] * 8


def test_a_slow_task_keeps_only_its_own_shard_open(tmp_path: Path) -> None:
    script = {"rules": [{"match": "^task 0$", "latency_s": 1.0, "echo": True}, {"echo": True}]}
    with mock(script) as address:
        shards = step(tmp_path)
        for number, marker in enumerate(ProposeTogether(shards, asking(address), "ask")(chunks(40, 5))):
            assert marker["tasks"][0] != "task 0" or number == 7


def test_finished_shards_are_not_asked_again(tmp_path: Path) -> None:
    with mock({"rules": [{"echo": True}]}) as address:
        for _ in ProposeTogether(step(tmp_path), asking(address), "ask")(chunks(20, 5)):
            break
        done = sum(step(tmp_path).finished(n) is not None for n in range(4))
        before = mock_stats(address)["requests"]
        markers = list(ProposeTogether(step(tmp_path), asking(address), "ask")(chunks(20, 5)))
        assert 1 <= done <= 4
        assert mock_stats(address)["requests"] == 20 >= before
    assert sum(marker["records"] for marker in markers) == 20


def test_a_task_without_a_record_is_a_fault_and_a_bug_costs_its_task(tmp_path: Path) -> None:
    rows = [Task("fine"), Task("useless"), Task("broken")]
    with mock({"rules": [{"echo": True}]}) as address:
        (marker,) = ProposeTogether(step(tmp_path), asking(address), "ask")([Chunk(0, rows)])
    assert marker["records"] == 1
    assert marker["reasons"] == {"strategy_failed": 1, "useless": 1}
    assert not marker["owed"]


def test_when_nobody_listens_any_more_nothing_is_asked_any_more() -> None:
    with mock({"latency_s": 0.2, "rules": [{"echo": True}]}) as address:
        ended = asking(address).propose_all((Task(f"task {n}") for n in range(10_000)), "ask")
        next(ended)
        ended.close()
        time.sleep(0.3)
        asked = mock_stats(address)["requests"]
        assert asked <= 200
        time.sleep(0.3)
        assert mock_stats(address)["requests"] == asked


def test_tasks_are_drawn_no_faster_than_they_are_worked_on() -> None:
    drawn: list[str] = []

    def tasks() -> Iterator[Task]:
        for n in range(1_000):
            drawn.append(f"task {n}")
            yield Task(f"task {n}")

    with mock({"latency_s": 0.05, "rules": [{"echo": True}]}) as address:
        ended = asking(address).propose_all(tasks(), "ask")
        next(ended)
        assert len(drawn) <= 2 * 40
        ended.close()


def test_a_prompt_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="there is no prompt `aks`"):
        asking("http://localhost:1/v1", prompts={"aks": "mine.md"})


def test_a_prompt_of_ones_own_may_use_the_names_that_are_filled(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "shipped.md").write_text("{passage} as {style}")
    (tmp_path / "good.md").write_text("My {style}: {passage}")
    (tmp_path / "bad.md").write_text("My {colour}")
    monkeypatch.setattr(Ask, "_shipped", lambda self, name: tmp_path / "shipped.md")
    assert (
        asking("http://localhost:1/v1", prompts={"ask": str(tmp_path / "good.md")}).prompt("ask").text.startswith("My")
    )
    with pytest.raises(InputError, match="filled by nothing") as error:
        asking("http://localhost:1/v1", prompts={"ask": str(tmp_path / "bad.md")}).prompt("ask")
    assert "{passage}, {style}" in str(error.value.mend)
    (tmp_path / "bad.md").write_text("Write anew.")
    with pytest.raises(InputError, match="none of the names that it is filled with") as error:
        asking("http://localhost:1/v1", prompts={"ask": str(tmp_path / "bad.md")}).require()
    assert "{passage}, {style}" in str(error.value.mend)
    (tmp_path / "bad.md").write_text("Only {style}.")
    asking("http://localhost:1/v1", prompts={"ask": str(tmp_path / "bad.md")}).require()
