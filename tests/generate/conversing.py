"""What tests of strategies with several questions share: a journal of their own, seeds, and a scripted model."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sterling.models import ModelStrategy, mock, store
from sterling.models.mocking.mock import Scripted
from sterling.records import Fault, Record
from sterling.registry import Past

QWEN, MISTRAL, LLAMA = "qwen3-32b", "mistral-small-3", "llama-3.3-70b-instruct"
Heard = Callable[[Mapping[str, Any]], str]


def endpoint(address: str, model: str = QWEN) -> dict[str, Any]:
    return {"endpoint": address, "model": model, "attempts": 1, "patience_s": 0}


def asked(question: str, row: str = "1", **more: Any) -> Record:
    """A real record in which somebody asks something."""
    payload = {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": "Real."}]} | more
    return Record.real(payload, source="chats", row=row, origin="human", tags=("topic:home",))


def made(
    kind: type[ModelStrategy],
    seeds: list[Record],
    script: Scripted,
    folder: Path,
    options: Callable[[str], Mapping[str, Any]],
    past: Past = Past(),  # noqa: B008 - frozen
) -> list[Record | Fault]:
    """Everything that the strategy's tasks come to, in the order of the tasks."""
    store.use(folder)
    try:
        with mock(script) as address:
            said = {"model": endpoint(address), **options(address)}
            strategy = kind.model_validate(said, context={"base": folder})
            tasks = list(strategy.tasks(seeds, past, 0))
            found = {proposal.task.row: proposal.open() for proposal in strategy.propose_all(tasks, "entry")}
            return [one for task in tasks for one in found[task.row]]
    finally:
        store.close()
        store.use(None)


def record_of(found: list[Record | Fault]) -> Record:
    (one,) = found
    assert isinstance(one, Record), one
    return one


def fault_of(found: list[Record | Fault]) -> Fault:
    (one,) = found
    assert isinstance(one, Fault), one
    return one


def text_of_request(request: Mapping[str, Any]) -> str:
    return "\n".join(str(message.get("content")) for message in request["messages"])


def as_json(**said: Any) -> str:
    return json.dumps(said)
