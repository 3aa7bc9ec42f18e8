"""Datasets of reasoning-gym at a level: which are taken, their items in turn, and each item as a record."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError

from sterling.errors import InputError
from sterling.generate.programs.templates import template
from sterling.records import Fault, Maker, Record, canonical_json, digest
from sterling.registry import Task
from sterling.sandbox.gym import REVIEWED, Entry, Gym, Item, Trouble, known_datasets, library_version

_TAKES = 500
_SIBLINGS = 4
_WHY_NOT = {
    "open": "some of its items have several right answers, of which one is known",
    "faulty": "its own answers cannot be trusted",
}


class Offer(NamedTuple):
    """A dataset at one level."""

    dataset: str
    level: int | None
    """Step of the dataset's curriculum, or of the recipe's; None for the dataset's defaults."""
    config: Mapping[str, Any] = {}
    weight: float = 1.0
    by_recipe: bool = False
    """Whether the level is the recipe's, and `config` all that it is."""

    @property
    def name(self) -> str:
        """`chain_sum/level-2`."""
        return f"{self.dataset}/{'default' if self.level is None else f'level-{self.level}'}"

    def item(self, row: str, seed: int) -> Item:
        """The item of a task."""
        drawn = int(digest(str(seed), row)[:8], 16) >> 1  # numpy and reasoning-gym take 32 bits
        return Item(self.dataset, None if self.by_recipe else self.level, self.config, drawn)

    def task(self, row: str, seed: int, **more: Any) -> Task:
        """The task that makes it. What `more` says becomes tags."""
        tags = {"task": "procedural", "dataset": self.dataset, "level": self.name.rpartition("/")[2], **more}
        named = [f"{key}:{str(value).removeprefix('level-')}" for key, value in tags.items()]
        return Task(row, (), {"item": self.item(row, seed)._asdict(), "tags": named})


def in_turn(offers: Sequence[Offer]) -> Iterator[tuple[Offer, int]]:
    """Offers with the number of their item, without end: next is the one that is furthest behind its weight."""
    given = dict.fromkeys(range(len(offers)), 0)
    while True:
        behind = min(given, key=lambda at: ((given[at] + 1) / offers[at].weight, at))
        yield offers[behind], given[behind]
        given[behind] += 1


# What is taken --------------------------------------------------------------------------------------------------------
def refuse_datasets(names: Iterable[str], accept_open: bool) -> None:
    """PydanticCustomError with the mend for the first dataset that may not be taken."""
    known = known_datasets()
    for name in names:
        row = known.get(name)
        if row is None and not accept_open:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            hint = (
                f"did you mean `{near[0]}`?"
                if near
                else "sterling/sandbox/gym/datasets.yaml lists them; a newer one needs `accept_open: true`"
            )
            raise objection(f"`{name}` is no dataset of reasoning-gym {REVIEWED} that was reviewed", hint)
        if row is not None and row.answers == "faulty":
            raise objection(f"`{name}` is not taken: {_WHY_NOT['faulty']}: {row.because}", "take another dataset")
        if row is not None and row.answers == "open" and not accept_open:
            what = f"`{name}` is not taken: {_WHY_NOT['open']}: {row.because}"
            raise objection(
                what, "take another, or `accept_open: true`: then right answers of a student may be dropped"
            )


def objection(what: str, mend: str) -> PydanticCustomError:
    """A mistake in the options, in the form that the loader turns into a line of the recipe."""
    return PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})


def refuse_options(gym: Gym, offers: Iterable[Offer]) -> None:
    """InputError for the first whose dataset takes no such options, or has no such level."""
    for offer in offers:
        steps = gym.steps(offer.dataset)
        if offer.level is not None and not offer.by_recipe and offer.level >= steps:
            has = f"its levels are 0 to {steps - 1}" if steps else "it has no levels: leave `level` out"
            raise InputError(f"`{offer.dataset}` has no level {offer.level}", mend=has)
        if why := gym.objection(offer.item("", 0)):
            raise InputError(f"`{offer.name}` is refused by reasoning-gym: {why}", mend="correct its `config`")


# Records --------------------------------------------------------------------------------------------------------------
def proposed(gym: Gym, task: Task, source: str, strategy: str, *, tagged: bool) -> Record | Fault:
    """The item of a task as a record, or the fault that it ended in."""
    item = Item(**task.spec["item"])
    try:
        entry = gym.build(item)
    except OSError as error:
        return Fault(task.row, "sandbox", "sandbox_failed", str(error)[:_TAKES])
    if isinstance(entry, Trouble):
        return Fault(task.row, "user_code", "not_built", f"{entry.reason}: {entry.message}"[:_TAKES])
    if entry.answer is None or not entry.question.strip() or not entry.answer.strip():
        return Fault(task.row, "user_code", "no_answer", "the library gives no answer to this item")
    if entry.score != 1.0:
        what = f"its own answer scores {entry.score:g}, so neither the answer nor the score can be relied on"
        return Fault(task.row, "user_code", "rejects_own_answer", what)
    try:
        return _record(gym, task, source, strategy, entry, tagged)
    except UnicodeEncodeError:
        return Fault(task.row, "user_code", "not_text", "question or answer hold what UTF-8 cannot say")


def _record(gym: Gym, task: Task, source: str, strategy: str, entry: Entry, tagged: bool) -> Record:
    item, release, answer = Item(**task.spec["item"]), library_version(), entry.answer or ""
    form = template("procedural_tagged" if tagged else "procedural")
    prompt = form.fill(question=entry.question).removesuffix("\n")
    return Record.synthetic(
        {"prompt": prompt, "completion": f"<answer>{answer}</answer>" if tagged else answer},
        source=source,
        row=task.row,
        maker=Maker(
            strategy,
            revision=f"reasoning-gym {release}",
            template=form.digest,
            sampling={"dataset": item.dataset, "level": item.level, "config": item.config},
            seed=item.seed,
        ),
        reference={"procedural": {**item._asdict(), "release": release, "metadata": entry.metadata}, "answer": answer},
        tags=tuple(task.spec["tags"]),
        view=f"{item.dataset}: {own_part(entry.question, _siblings(gym.cpu_s, item))}\n{answer}",
    )


def own_part(question: str, siblings: Iterable[str]) -> str:
    """A question without the words at both ends that it shares with one of its siblings: the one that leaves least."""
    words = question.split()
    left = [" ".join(_between(words, sibling.split())) for sibling in siblings if sibling != question]
    return min(left, key=len, default=question)


def _between(words: list[str], others: list[str]) -> list[str]:
    start = _shared(words, others)
    end = _shared(words[start:][::-1], others[start:][::-1])
    return words[start : len(words) - end]


def _shared(words: list[str], others: list[str]) -> int:
    """How many words both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(words, others, strict=False)))


def _siblings(cpu_s: int, item: Item) -> tuple[str, ...]:
    """Other questions of the same dataset at the same level."""
    return _asked_like(cpu_s, item.dataset, item.level, canonical_json(item.config))


@lru_cache(maxsize=1024)
def _asked_like(cpu_s: int, dataset: str, level: int | None, config: str) -> tuple[str, ...]:
    gym = Gym(cpu_s)
    found = (gym.build(Item(dataset, level, json.loads(config), number)) for number in range(_SIBLINGS))
    return tuple(entry.question for entry in found if isinstance(entry, Entry))
