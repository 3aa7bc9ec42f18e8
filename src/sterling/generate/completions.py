"""The strategy `completions`: take in what some model already said."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from sterling.generate.vendors.stored import (
    Answer,
    Unusable,
    answers,
    assistant,
    check_finished,
    choices,
    is_stored,
    messages_of,
    split_messages,
    when,
)
from sterling.models import depth_of, lineage_of
from sterling.records import Fault, Maker, Record
from sterling.registry import Past, Strategy, Task, register
from sterling.sources import Row, read_by, read_rows
from sterling.sources.values import MISSING, BadRow, dig, listing, mapping, plain, said, scalar
from sterling.text.invisible import cleaned_payload

Column = Literal[
    "id", "prompt", "completion", "messages", "system", "tools", "model", "created", "finish_reason",
    "reference", "answer", "tests", "entry_point", "prelude", "program",
]  # fmt: skip
"""Our name for what a column holds. The last five go into the record's reference, `reference` for all of it."""
_REFERENCE: tuple[Column, ...] = ("answer", "tests", "entry_point", "prelude", "program")


@register("strategy", "completions")
class Completions(Strategy):
    """Stored completions as synthetic records, from JSONL, JSON, Parquet or CSV.

    The shape of a row is told by its content: OpenAI's stored `chat.completion` objects, output lines of its Batch API
    (with the lines that were sent as `requests`), conversations that end in the assistant's message, or columns, which
    `columns` maps by name. Conversations become TRL's conversational prompt and completion. Several choices become
    several records.

    A row that cannot be used is a fault with its place: a refusal, an answer that was cut off or filtered
    (`finish_length`, `finish_content_filter`), no input, no model. Nothing is judged here and nothing is repaired.

    Traps: the records descend from no record of the anchor that we know of (`seeds` is not used), so contamination
    checks matter more than usual. Ids that repeat get their place added. A `requests` file is held in memory. With
    several choices a row, `count` may be exceeded by those of the last row; rows that end in a fault count too.
    """

    version: ClassVar[int] = 2

    path: str
    """File, folder, pattern or `hf://` address of the completions."""
    requests: str | None = None
    """The file that was sent to the Batch API, when `path` is what came back."""
    columns: Mapping[Column, str] = Field(default_factory=dict)
    """Our name to yours; dots go into objects (`metadata.answer`). What is not mapped is left out; with no mapping at
    all, columns that have our names are taken."""
    shape: Literal["auto", "columns", "openai"] = "auto"
    """`auto` tells by content, row by row; mapping `prompt`, `completion` or `messages` means columns."""
    model: str | None = None
    """Who answered, where the rows do not say it."""
    revision: str | None = None
    family: str | None = None
    service: str | None = None
    terms: str | None = None
    """Under which the answers were given."""

    def reads(self) -> Sequence[str]:
        """The completions, and the requests where there are any."""
        given = (path for path in (self.path, self.requests) if path is not None)
        return [file for path in given for file in read_by(self.locate(path))]

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """One task a row, in the order of the file, without those that earlier rounds have done."""
        wanted = math.inf if self.count is None else self.count - past.kept
        given: set[str] = set()
        for row in read_rows(self.locate(self.path)):
            if wanted <= 0:
                return
            name = row.where if isinstance(row, Fault) else self._name(row, given)
            if name in past.tried:
                continue
            if isinstance(row, Fault):
                yield Task(name, spec={"fault": asdict(row)})
            else:
                wanted -= max(1, len(choices(row.values)))
                yield Task(name, spec={"where": row.where, "values": _sayable(row.values)})

    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        """The records of one row, a fault for each choice that is none, or the one fault of the whole row."""
        if "fault" in task.spec:
            return [Fault(**task.spec["fault"])]
        where, values = task.spec["where"], task.spec["values"]
        try:
            found = list(self._answers(values))
            reference = self._reference(values)
        except Unusable as why:
            return [Fault(where, why.boundary, why.reason, why.message)]
        except BadRow as bad:
            return [Fault(where, "source", bad.reason, bad.message)]
        return [self._made(one, reference, task.row, where, source) for one in found]

    def _name(self, row: Row, given: set[str]) -> str:
        """The user's own id, with its place where that alone would name two rows."""
        usual = "custom_id" if "custom_id" in row.values or self.columns else "id"
        found = dig(row.values, self.columns.get("id", usual))
        name = str(found) if isinstance(found, str | int) else row.where
        if name in given:
            name = f"{name} ({row.where})"
        given.add(name)
        return name

    def _answers(self, values: Mapping[str, Any]) -> Iterator[Answer | Unusable]:
        stored = is_stored(values)
        mapped = self.columns.keys() & {"prompt", "completion", "messages"}
        if self.shape == "openai" and not stored and "messages" not in values:
            raise Unusable("source", "unknown_shape", "the row has none of OpenAI's shapes; map it with `columns`")
        if stored and (self.shape == "openai" or (self.shape == "auto" and not mapped)):
            yield from answers(values, {} if self.requests is None else _sent_now(self.locate(self.requests)))
        else:
            yield self._from_columns(values)

    def _from_columns(self, values: Mapping[str, Any]) -> Answer:
        finish, model = self._get(values, "finish_reason"), self._get(values, "model")
        check_finished(finish)
        messages = self._get(values, "messages")
        prompt, completion = self._pair(values) if messages is None else split_messages(messages)
        tools = self._get(values, "tools")
        return Answer(
            prompt,
            completion,
            model=model if isinstance(model, str) and model.strip() else None,
            time=when(self._get(values, "created")),
            tools=listing(tools, "tools") if tools else None,
            sampling={} if finish is None else {"finish_reason": finish},
        )

    def _pair(self, values: Mapping[str, Any]) -> tuple[Any, Any]:
        """Prompt and completion of a row, both text or both conversational."""
        prompt, completion, system = (self._get(values, name) for name in ("prompt", "completion", "system"))
        if not _says(prompt):
            raise Unusable("source", "no_input", f"`{self._column('prompt')}` holds neither text nor messages")
        if not _says(completion):
            raise Unusable("source", "empty_completion", f"`{self._column('completion')}` says nothing")
        if isinstance(prompt, str) and isinstance(completion, str) and not system:
            return prompt, completion
        asked = [{"role": "system", "content": system}] if system else []
        asked += [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        if isinstance(completion, str):
            return messages_of(asked), [assistant({"content": completion})]
        between, said = split_messages([*asked, *completion])
        return messages_of(asked), [*between[len(asked) :], *said]

    def _column(self, name: Column) -> str:
        return self.columns.get(name) or name

    def _get(self, values: Mapping[str, Any], name: Column) -> Any:
        """What the row says under our name; Unusable when the recipe maps it to a column that is not there."""
        if self.columns and name not in self.columns:
            return None
        found = dig(values, self._column(name))
        if found is not MISSING:
            return found
        if name in self.columns:
            here = ", ".join(f"`{key}`" for key in list(values)[:12])
            raise Unusable("source", "missing_column", f"the row has no column `{self._column(name)}`; it has {here}")
        return None

    def _reference(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a verifier needs, from the columns; a stored completion may carry it in its `metadata`."""
        whole = self._get(values, "reference")
        found = said(mapping(whole, self._column("reference"))) if whole else {}
        for name in _REFERENCE:
            value = self._get(values, name)
            if value is not None:
                found[name] = _referred(value, self._column(name))
        return found or None

    def _made(self, answer: Answer | Unusable, reference: Any, row: str, where: str, source: str) -> Record | Fault:
        if isinstance(answer, Unusable):
            return Fault(where, answer.boundary, answer.reason, answer.message)
        model = answer.model or self.model
        if model is None:
            return Fault(where, "source", "missing_model", "nothing says who answered; add `model:` or map a column")
        seen = cleaned_payload({"prompt": answer.prompt, "completion": answer.completion})
        maker = Maker(
            "completions", model, self.revision, _families(model, self.family), self.service,
            sampling=answer.sampling, seed=answer.seed, terms=self.terms, time=answer.time,
        )  # fmt: skip
        return Record.synthetic(
            seen.content if answer.tools is None else seen.content | {"tools": answer.tools},
            source=source, row=row, maker=maker, reference=reference,
            tags=(f"model:{model}", "task:completion", *seen.tags),
            distilled=depth_of(model),
        )  # fmt: skip


def _families(model: str, said: str | None) -> str | None:
    """Whose model it is and whose taught it, joined by `+`; None where nobody knows."""
    return "+".join(sorted(lineage_of(model, said))) or None


def _sent_now(path: str) -> Mapping[str, Mapping[str, Any]]:
    """The bodies that were sent to the Batch API, by `custom_id`. A bad line leaves its answers without input."""
    return _sent(path, None if "://" in path or not Path(path).exists() else Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _sent(path: str, changed: int | None) -> Mapping[str, Mapping[str, Any]]:  # noqa: ARG001 - part of the key
    """Read once per process, and again when the file has changed."""
    rows = (row.values for row in read_rows(path) if isinstance(row, Row))
    return {str(v["custom_id"]): v["body"] for v in rows if "custom_id" in v and isinstance(v.get("body"), Mapping)}


def _says(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else isinstance(value, list) and bool(value)


def _referred(value: Any, name: str) -> str:
    """Text for a verifier: a list of statements, as MBPP has its tests, is one a line."""
    if isinstance(value, list):
        return "\n".join(scalar(line, name) for line in value)
    return scalar(value, name)


def _sayable(values: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what JSON cannot say (bytes, NaN), which nothing of ours is made of."""
    said = {}
    for name, value in values.items():
        with suppress(BadRow):
            said[name] = plain(value, name)
    return said
