"""A rehearsal: every endpoint is answered by a mock of this machine, so that a recipe can be walked without a model.

What comes of it says nothing about the data. It shows that prompts are filled, forms are read, checks are reached, and
how many requests a record takes.
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sterling.models.mocking import stand_in
from sterling.models.mocking.mock import mock
from sterling.models.mocking.script import texts_of
from sterling.records import digest

_CASE = re.compile(r"<<<(\w+)")
"""Material that a judge is shown begins with the token that its verdict must name."""
_SHOWN, _WORDS = 160, 6
"""Of the end of what was asked: fewer words than strategies take for copied from their prompt."""
_GOOD_MARK = 5
"""For a number without bounds: most are marks from 1 to 5, and a rehearsal should get as far as it can."""


@contextlib.contextmanager
def rehearsed(script: str | Path | None) -> Iterator[None]:
    """While this lasts, a mock answers for every endpoint. No key is needed; keep the answers apart (`store.use`).

    `script`: a file as `sterling mock-endpoint` takes it; None for answers that are made up, in the form that is asked
    for. InputError when the script is wrong.
    """
    with mock(scripted_answer if script is None else script) as address:
        stand_in.use(address.removesuffix("/v1"))
        try:
            yield
        finally:
            stand_in.use(None)


def scripted_answer(request: Mapping[str, Any]) -> str:
    """Something of the form that the request asks for; the same for the same request."""
    text = "\n".join(texts_of(request))
    form = request.get("response_format")
    case = _CASE.search(text)
    if isinstance(form, Mapping) and isinstance(form.get("json_schema"), Mapping):
        known = {} if case is None else {"case": case[1]}
        schema = form["json_schema"].get("schema", {})
        return json.dumps(_instance(schema, schema.get("$defs", {})) | known, ensure_ascii=False)
    end = " ".join(text.split()[-_WORDS:])[-_SHOWN:] or "nothing"
    name = digest(text, str(request.get("seed")))[:6]
    return f"A rehearsed answer ({name}), made up by no model, to: {end}"


def _instance(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """A value that a JSON Schema of the kind that forms have allows."""
    if "$ref" in schema:
        return _instance(known[schema["$ref"].rsplit("/", 1)[-1]], known)
    for choice in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if choice:
            return choice[0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _instance(schema[key][0], known)
    return _typed(schema, known)


def _typed(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: _instance(part, known) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [_instance(schema.get("items", {}), known)] * max(1, schema.get("minItems", 1))
    if kind in {"integer", "number"}:
        return schema.get("maximum", _GOOD_MARK)
    return {"boolean": True, "null": None}.get(str(kind), f"rehearsed {schema.get('title', 'text')}".lower())
