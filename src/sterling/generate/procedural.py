"""`procedural`: seeded items of reasoning-gym, each with the answer that its own scorer accepts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sterling.generate.puzzles.offers import Offer, in_turn, objection, proposed, refuse_datasets, refuse_options
from sterling.records import Fault, Record
from sterling.registry import Past, Strategy, Task, register
from sterling.sandbox.gym import Gym


class Wanted(BaseModel):
    """What is wanted of one dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    level: int | None = Field(default=None, ge=0)
    """Step of the dataset's own curriculum, from 0: sizes run from the first step to this one. Unsaid: its defaults."""
    config: Mapping[str, Any] = {}
    """Options of the dataset, as reasoning-gym calls them; they outweigh the level."""
    weight: float = Field(default=1.0, gt=0)
    """Of two datasets, one with twice the weight gives twice as many items."""


@register("strategy", "procedural")
class Procedural(Strategy):
    """Puzzles and exercises that a program makes, with their answers, in any number and at any level. No model writes.

    The same recipe gives the same items: an item's seed follows from the run's, the dataset and the item's number, and
    everything is built in the sandbox, always with the same hash seed. Not guaranteed: the same items from another
    release of reasoning-gym; its version is the maker's revision.

    Prompt: the question. Completion: the library's own answer, bare or `tagged`. Reference: `procedural`, from which
    the check of that name builds the item anew, and `answer`.

    Datasets whose own answers are wrong are refused, and so are those with several right answers of which one is known:
    `accept_open: true` takes these. A keep of their records still verifies, for what equals the answer is right; it is
    right answers of a student that are then turned away.
    """

    datasets: Mapping[str, Wanted] = Field(min_length=1)
    """Name of each dataset, and what is wanted of it: `{chain_sum: {level: 2}, spell_backward: {}}`."""
    accept_open: bool = False
    """Take datasets with several right answers and one that is known, and datasets that were not reviewed."""
    tagged: bool = False
    """Ask for the answer in `<answer>` tags, as reasoning-gym does, so that a student may think aloud before it."""
    cpu_s: int = Field(default=20, ge=1, le=600)
    """CPU seconds to build one item."""

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """One task an item, the datasets in turn by their weights. InputError for options that a dataset refuses."""
        offers = [Offer(name, wanted.level, wanted.config, wanted.weight) for name, wanted in self.datasets.items()]
        refuse_options(Gym(self.cpu_s), offers)
        rows = ((offer, f"{offer.name}/{number}") for offer, number in in_turn(offers))
        untried = ((offer, row) for offer, row in rows if row not in past.tried)
        for offer, row in islice(untried, max(0, (self.count or 0) - past.kept)):
            yield offer.task(row, seed)

    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        """The item, or the fault that it ended in. MissingExtra and SandboxUnavailable pass through."""
        return [proposed(Gym(self.cpu_s), task, source, "procedural", tagged=self.tagged)]

    @model_validator(mode="after")
    def _can_be_made(self) -> Self:
        if self.seeds is not None:
            raise objection("`seeds` means nothing to `procedural`: a program makes its items", "leave `seeds` out")
        if self.count is None:
            raise objection("`procedural` never comes to an end by itself", "say how many records: `count: 1000`")
        refuse_datasets(self.datasets, self.accept_open)
        return self
