"""`json_schema`: the answer is one JSON document, and its reference's schema accepts it."""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from sterling.errors import InputError
from sterling.records import Family, Fault, Record
from sterling.registry import FitContext, NearMiss, RecordCheck, Ruling, register
from sterling.verify.completions import answer_of, answering, answers
from sterling.verify.forms.schema_misses import documents_near
from sterling.verify.forms.schemas import BadSchema, Schema, TooCostly, compiled, schema_from
from sterling.verify.forms.strict_json import NotJson, document, parse

_TAKES = 300


class _Asked(NamedTuple):
    """What a row is held to."""

    schema: Schema | None
    is_own: bool = True
    """The record's own reference asks for it, so meeting it is the task."""
    problem: str | None = None


@register("check", "json_schema")
class JsonSchema(RecordCheck):
    """Parses the answer strictly and validates it against `reference.json_schema`, an object or its JSON text.

    The answer is the completion, else the last assistant message, else the text: the whole of it, or one fenced
    `json` block and nothing else. Of a table row the `fields` are validated. How strictly it is parsed is in
    `sterling.verify.forms.strict_json`; drafts, formats and limits are in `sterling.verify.forms.schemas`.

    Keeps `valid`. Drops `invalid` (evidence: the first errors, each with its JSON pointer), `not_json`,
    `duplicate_key`, `extra_text`, `too_large`, `too_deep`. Flags `conforms` (a schema that the recipe names for all
    records is met: their form is right, and nothing was asked of their content), `no_completion`, `no_reference`.
    Faults: `bad_reference` (no schema, an invalid one, one that refers out of the document, that no linear-time
    engine can match, or that constrains nothing), `too_costly`.

    Traps: a schema says what form an answer has, not whether it is right, so a keep verifies a record whose task is
    the form and no other. A misspelt keyword constrains nothing, and neither does one of OpenAPI (`nullable`) or a
    format that nobody knows: evidence names them. `properties` without `required` accepts `{}`, and without
    `additionalProperties: false` any other key. `integer` accepts `1.0`, as the standard says, and no format but
    its own syntax is looked at (an `email` need not exist). `{}` and `true` are refused as schemas.

    Not guaranteed: that numbers beyond a double's precision are told apart.
    """

    family: ClassVar[Family] = "symbolic"
    version: ClassVar[int] = 1

    schema_file: str | None = None
    """File of a JSON Schema for every record that brings none of its own."""
    prose: bool = False
    """Text around the JSON block is allowed; of several blocks the last counts."""

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]
        """Every record concerns it when the recipe names a schema for all."""
        return frozenset() if self.schema_file else frozenset({"json_schema"})

    def reads(self) -> Sequence[str]:
        """The schema's file."""
        return () if self.schema_file is None else (self.locate(self.schema_file),)

    def fit(self, context: FitContext) -> str | None:
        """The text of the schema for all records. InputError when it is none."""
        if self.schema_file is None:
            return None
        where = self.locate(self.schema_file)
        try:
            text = Path(where).read_text(encoding="utf-8")
            compiled(text)
        except (OSError, ValueError) as error:
            raise InputError(f"no schema: {error}", where=where, mend="name a file with one JSON Schema") from None
        return text

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where its schema cannot be judged with."""
        columns = (batch.column("id").to_pylist(), batch.column("reference").to_pylist(), _documents(batch))
        for_all = _Asked(None) if state is None else _Asked(compiled(state), is_own=False)
        return [self._judge(*row, for_all) for row in zip(*columns, strict=True)]

    def spoil(self, record: Record, seed: int) -> list[NearMiss]:
        """Answers that the schema certainly refuses, and one that is cut off."""
        schema, said = (record.reference or {}).get("json_schema"), answer_of(record)
        if said is None:
            return []
        try:
            text = document(said, prose=self.prose)
            near = documents_near(parse(schema) if isinstance(schema, str) else schema, parse(text), seed)
        except NotJson:
            return []
        return [NearMiss(answering(record, said.replace(text, wrong.text)), wrong.kind) for wrong in near]

    def _judge(self, record: str, reference: str | None, answer: str | None, for_all: _Asked) -> Ruling | Fault:
        asked = _own(reference) or for_all
        if asked.problem is not None:
            return Fault(record, "user_code", "bad_reference", asked.problem[:_TAKES], record=record)
        if asked.schema is None:
            return Ruling("flag", "no_reference")
        if answer is None:
            return Ruling("flag", "no_completion")
        try:
            return _ruling(asked.schema, answer, prose=self.prose, is_own=asked.is_own)
        except TooCostly as error:
            return Fault(record, "user_code", "too_costly", str(error)[:_TAKES], record=record)


def _ruling(schema: Schema, answer: str, *, prose: bool, is_own: bool) -> Ruling:
    try:
        text = document(answer, prose=prose)
        value = parse(text)
    except NotJson as error:
        return Ruling("drop", error.reason, 0.0, {"message": str(error)[:_TAKES], "answer": answer[:_TAKES]})
    evidence = {"schema": schema.digest, **schema.unsaid()}
    if schema.accepts(value, len(text)):
        return Ruling("keep", "valid", 1.0, evidence) if is_own else Ruling("flag", "conforms", 1.0, evidence)
    return Ruling("drop", "invalid", 0.0, evidence | {"errors": schema.errors(value, len(text))})


@lru_cache(maxsize=512)
def _own(reference: str | None) -> _Asked | None:
    """Cached because many records share one schema, and several completions one reference."""
    held = {} if reference is None else json.loads(reference)
    if "json_schema" not in held:
        return None
    try:
        return _Asked(schema_from(held["json_schema"]))
    except BadSchema as error:
        return _Asked(None, problem=str(error))


def _documents(batch: pa.RecordBatch) -> Iterator[str | None]:
    """The fields of a table row are its answer."""
    for fields, said in zip(batch.column("fields").to_pylist(), answers(batch), strict=True):
        yield said if fields is None else fields
