"""One strategy that asks models, a scripted endpoint, and what comes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sterling import registry
from sterling.models import ModelStrategy, mock, store
from sterling.records import Fault, Record
from sterling.registry import Past

Answer = Callable[[str], str]
"""From the texts of a request, one below the other, to what is answered."""


def seed(payload: Mapping[str, Any], row: str = "1", **more: Any) -> Record:
    return Record.real(payload, source="anchor", row=row, origin="human", **more)


class Scene:
    """Says what a strategy makes of seeds, and keeps every question."""

    def __init__(self, name: str, address: str) -> None:
        self.asked: list[str] = []
        self._name = name
        self._model = {"endpoint": address, "model": "qwen3-32b", "attempts": 1}

    def strategy(self, **options: Any) -> ModelStrategy:
        part = registry.lookup("strategy", self._name).model_validate({"model": self._model} | options)
        assert isinstance(part, ModelStrategy)
        return part

    def made(self, *seeds: Record, past: Past | None = None, **options: Any) -> list[Record | Fault]:
        part = self.strategy(**options)
        found = part.propose_all(part.tasks(seeds, past or Past(), 1), self._name)
        by_task = sorted(((one.task.row, one.open()) for one in found), key=lambda pair: pair[0])
        return [answer for _, answers in by_task for answer in answers]


@contextmanager
def scene(name: str, home: Path, answer: Answer) -> Iterator[Scene]:
    """The named strategy before an endpoint that answers so."""
    said: list[Scene] = []

    def reply(request: Mapping[str, Any]) -> str:
        text = "\n".join(str(message["content"]) for message in request["messages"])
        said[0].asked.append(text)
        return answer(text)

    store.use(home)
    try:
        with mock(reply) as address:
            said.append(Scene(name, address))
            yield said[0]
    finally:
        store.close()
        store.use(None)


def records(found: Sequence[Record | Fault]) -> list[Record]:
    """All of them, or the first fault in the message."""
    faults = [one for one in found if isinstance(one, Fault)]
    assert not faults, faults[0]
    return [one for one in found if isinstance(one, Record)]


def reasons(found: Sequence[Record | Fault]) -> list[str]:
    """Why there is no record, where there is none."""
    return [one.reason for one in found if isinstance(one, Fault)]
