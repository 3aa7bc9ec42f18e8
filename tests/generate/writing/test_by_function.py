from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from sterling.generate import Desk, strategy
from sterling.generate.writing.by_function import FunctionStrategy
from sterling.models import mock, store
from sterling.records import Fault, Record
from sterling.registry import Past, lookup

SEED = Record.real({"text": "Water falls."}, source="notes", row="1", origin="human", tags=("topic:rain",))


class Title(BaseModel):
    """A form."""

    title: str


@strategy("test_titled")
async def titled(seed: Record, desk: Desk) -> dict[str, str]:
    """A title, and then a text for it."""
    form = await desk.fill(f"A title for: {seed.payload['text']}", Title)
    return {"prompt": form.title, "completion": await desk.ask(f"Write about {form.title}.")}


@strategy("test_broken")
async def broken(seed: Record, desk: Desk) -> dict[str, str]:
    """Nobody's work."""
    return {"text": seed.payload["nothing"]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path)
    yield
    store.close()
    store.use(None)


def proposed(name: str, address: str) -> list[Record | Fault]:
    made = lookup("strategy", name)
    assert issubclass(made, FunctionStrategy)
    one = made.model_validate({"model": {"endpoint": address, "model": "qwen3-8b", "attempts": 1}})
    (task,) = one.tasks([SEED], Past(), 0)
    (proposal,) = one.propose_all([task], "entry")
    return list(proposal.open())


def test_a_function_is_a_strategy_and_its_record_knows_who_wrote_it() -> None:
    script = {"rules": [{"match": "A title", "answer": '{"title": "Rain"}'}, {"match": "about Rain", "answer": "Wet."}]}
    with mock(script) as address:
        (record,) = proposed("test_titled", address)
    assert isinstance(record, Record)
    assert record.payload == {"prompt": "Rain", "completion": "Wet."}
    assert record.parents == (SEED.id,)
    assert record.tags == ("task:test_titled", "topic:rain")
    assert record.maker is not None
    assert (record.maker.strategy, record.maker.family) == ("test_titled", "qwen")


def test_a_question_without_an_answer_is_a_fault_of_its_seed() -> None:
    with mock({"rules": [{"status": 500}]}) as address:
        (fault,) = proposed("test_titled", address)
    assert isinstance(fault, Fault)
    assert (fault.boundary, fault.reason, fault.owed) == ("provider", "server_error", True)


def test_what_a_function_raises_is_raised_to_the_engine() -> None:
    with mock() as address, pytest.raises(KeyError, match="nothing"):
        proposed("test_broken", address)
