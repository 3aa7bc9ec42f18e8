"""Records that models wrote, with all that provenance wants to know of their writers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sterling.generate.seeds.seeding import inherited
from sterling.models import Answer, Endpoint, depth_of, lineage
from sterling.records import Maker, Record, digest
from sterling.registry import Task
from sterling.text.invisible import cleaned_payload
from sterling.text.templates import Template


class Writer(NamedTuple):
    """A model that had a part in a record, and what it said last."""

    endpoint: Endpoint
    answer: Answer


class Draft(NamedTuple):
    """What a strategy has written, before it is a record."""

    payload: Mapping[str, Any]
    """Columns of a dataset type of TRL."""
    writers: Sequence[Writer]
    """The first wrote what is trained on; judges count themselves by this, so nobody may be left out."""
    prompts: Sequence[Template] = ()
    """What they were asked with."""
    reference: Mapping[str, Any] | None = None
    tags: Sequence[str] = ()
    """Beside those that all of its seeds have: `task:evolve`, `cell:deepen`."""
    decided: Mapping[str, Any] = {}
    """Whatever else decided the answer: an operator, a sample's index. JSON values."""
    view: str | None = None

    def record(self, strategy: str, task: Task, source: str) -> Record:
        """The record, child of the task's seeds, without characters that nobody sees (`text.invisible`)."""
        seen = cleaned_payload(self.payload)
        topics = _topics(task.seeds, {tag.partition(":")[0] for tag in self.tags})
        return Record.synthetic(
            seen.content,
            source=source,
            row=task.row,
            maker=self._maker(strategy, task),
            parents=task.seeds,
            reference=self.reference,
            tags=tuple(dict.fromkeys((*self.tags, *topics, *seen.tags))),
            view=self.view,
            distilled=max((depth_of(writer.endpoint) for writer in self.writers), default=0),
        )

    def _maker(self, strategy: str, task: Task) -> Maker:
        first = self.writers[0]
        others = sorted({writer.endpoint.model for writer in self.writers} - {first.endpoint.model})
        sampling = {**first.endpoint.sampling, **self.decided, **({"with": others} if others else {})}
        return Maker(
            strategy,
            first.answer.model or first.endpoint.model,
            first.endpoint.revision,
            _families(self.writers),
            first.endpoint.identity,
            digest(*(prompt.digest for prompt in self.prompts)) if self.prompts else None,
            sampling,
            task.spec.get("seed"),
            first.endpoint.terms,
            first.answer.at,
        )


def _topics(seeds: Sequence[Record], replaced: Collection[str]) -> list[str]:
    """The tags that all of the seeds have, less those of which the draft has its own: one `language:` for another."""
    shared = [tag for tag in (inherited(seeds[0]) if seeds else ()) if all(tag in seed.tags for seed in seeds)]
    return [tag for tag in shared if tag.partition(":")[0] not in replaced]


def _families(writers: Sequence[Writer]) -> str | None:
    """Of all of them; None when one is unknown, for then nobody can say that a judge is independent of it."""
    known = [lineage(writer.endpoint) for writer in writers]
    return "+".join(sorted(frozenset().union(*known))) if all(known) else None
