"""Items of reasoning-gym: built from their numbers, anew each time, and other answers to them scored."""

import importlib.util
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import MissingExtra
from sterling.records import canonical_json
from sterling.sandbox.gym.table import UNKNOWN, known_datasets
from sterling.sandbox.outcome import Limits, Outcome, Program
from sterling.sandbox.sandbox import Sandbox
from sterling.sandbox.shared import shared_sandbox

_INSIDE = Path(__file__).with_name("inside")
_PROGRAM = Program("import json\nfrom sterling_gym import build, judge, objection, steps")
_LOST = frozenset({"timeout", "stalled", "memory", "output", "crashed", "exited", "refused"})
"""Ends of a process that say nothing of the answer but that it cannot be scored."""


class Item(NamedTuple):
    """One item, as far as it decides what is built: the same numbers give the same question anywhere."""

    dataset: str
    level: int | None
    """Step of the dataset's curriculum, from 0; None for the dataset's defaults."""
    config: Mapping[str, Any]
    """Options of the dataset that differ from that. JSON values."""
    seed: int
    """The item is the first one of a dataset with this seed."""


class Entry(NamedTuple):
    """What an item says."""

    question: str
    answer: str | None
    """The library's own; None where it has none."""
    metadata: Mapping[str, Any]
    """As far as JSON can say it."""
    score: float | None
    """Of its own answer."""


class Scored(NamedTuple):
    """An answer beside the item it was meant for."""

    question: str
    answer: str | None
    """The library's own."""
    score: float
    """From 0 to 1."""


class Trouble(NamedTuple):
    """An item that could not be built, or an answer that could not be scored."""

    reason: str
    """How the process ended: `raised`, `timeout`, `memory`."""
    message: str

    @property
    def is_lost(self) -> bool:
        """Whether the process was ended, instead of saying what is wrong."""
        return self.reason in _LOST


class Gym:
    """reasoning-gym in this process's sandbox. MissingExtra without it, SandboxUnavailable without a sandbox."""

    def __init__(self, cpu_s: int) -> None:
        limits = Limits(cpu_s=cpu_s, stall_s=max(20.0, 2.0 * cpu_s))
        folders = (_site(), str(_INSIDE))
        self.cpu_s = cpu_s
        self._sandbox: Sandbox = shared_sandbox(limits, 0, packages=folders, preload=("sterling_gym",))
        self.tier = self._sandbox.tier

    def steps(self, dataset: str) -> int:
        """How many levels its curriculum has; 0 without one."""
        return int(str(self._asked(f"steps({dataset!r})").value or 0))

    def objection(self, item: Item) -> str | None:
        """What its dataset has against its options; None when it takes them."""
        outcome = self._asked(f"objection({_said(item)})")
        if outcome.status == "ok":
            return None if outcome.value is None else str(outcome.value)
        return outcome.detail or outcome.status

    def build(self, item: Item) -> Entry | Trouble:
        """Its question and its answer."""
        outcome = self._asked(f"build({_said(item)}, {_way(item)})")
        match outcome.value:
            case {"question": str(question), "answer": answer, "metadata": str(told), "score": score}:
                gold = None if answer is None else str(answer)
                return Entry(question, gold, json.loads(told), score if isinstance(score, float) else None)
        return Trouble(outcome.status, outcome.detail)

    def judge(self, item: Item, answer: str) -> Scored | Trouble:
        """The score of an answer, as it stands or without the spaces around it, whichever is better."""
        readings = json.dumps(list(dict.fromkeys((answer, answer.strip()))))
        outcome = self._asked(f"judge({_said(item)}, {_way(item)}, json.loads({readings!r}))")
        match outcome.value:
            case {"question": str(question), "answer": gold, "score": float(score)}:
                return Scored(question, None if gold is None else str(gold), score)
        return Trouble(outcome.status, outcome.detail)

    def _asked(self, expression: str) -> Outcome:
        return self._sandbox.evaluate(_PROGRAM, expression)


def library_version() -> str:
    """Of reasoning-gym. MissingExtra when it is not installed."""
    _site()
    return version("reasoning-gym")


@lru_cache(maxsize=1)
def _site() -> str:
    """The folder that reasoning-gym is installed in. It is imported in the sandbox only."""
    found = importlib.util.find_spec("reasoning_gym")
    if found is None or found.origin is None:
        raise MissingExtra("reasoning-gym", "procedural")
    return str(Path(found.origin).parent.parent)


def _said(item: Item) -> str:
    return f"json.loads({canonical_json(item._asdict())!r})"


def _way(item: Item) -> str:
    row = known_datasets().get(item.dataset, UNKNOWN)
    return f"json.loads({row.model_dump_json(include={'by', 'like', 'within', 'answer_in'})!r})"
