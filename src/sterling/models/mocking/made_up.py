"""Answers that no model gave: of the form that a request asks for, and decided by the request alone.

Whoever is shown two texts and asked which is better gets the same text named in both orders, and whoever has drafts
ranked gets each number once: a rehearsal shall not end where a judge that looks at the place would end.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sterling.models.mocking.script import texts_of
from sterling.records import digest

_VOCABULARY = (
    "amber basin cedar delta ember fjord grove harbour island jasper kettle lantern meadow nectar orchard pebble "
    "quarry river saddle timber"
)
"""Neutral, and hardly ever in a prompt: what a strategy asks with must not come back in the answer."""
_WORDS = _VOCABULARY.split()
_LONG, _SHORT = 12, 4
"""Words of an answer, and of one field of a form."""
_ITEMS = 9
"""Of a list: as many as any strategy wants at least, most take only so many as they asked for."""
_GOOD_MARK = 5
"""For a number without bounds: most are marks from 1 to 5, and a rehearsal should get as far as it can."""
_CASE = re.compile(r"<<<(\w+)")
"""Material that a judge is shown begins with the token that its verdict must name."""
_WANTED = re.compile(r"\bwant:\s*\n\s*\n(.+?)\n\s*\nWrite", re.DOTALL)
"""What a request to be worded is about: its names and numbers must be in the wording."""
_ONE_WORD = re.compile(r"\bone word: ([A-Z]+)\b.*?[,;] (?:or )?([A-Z]+)\b")
_NUMBERED = re.compile(r"(?m)^(\w+) (\d+):[ \t]*\n?(.*(?:\n.+)*)")
"""A draft under its number: `Answer 2:` and the paragraph there."""


class _Asked(NamedTuple):
    """A request that is being answered."""

    text: str
    name: str
    """A digest of it: what else would be the same answer differs by this."""
    known: Mapping[str, Any]
    """Definitions of the form's schema."""


def scripted_answer(request: Mapping[str, Any], sending: int = 0) -> str:
    """Something of the form that the request asks for.

    Choices follow from the texts of the request, wordings also from its `seed`, and from how often it was sent before,
    so that several samples differ. Not guaranteed: that a checker of content takes it, for it has none.
    """
    text = "\n".join(texts_of(request))
    name = digest(text, str(request.get("seed")), str(sending))
    form = request.get("response_format")
    if isinstance(form, Mapping) and isinstance(form.get("json_schema"), Mapping):
        schema = form["json_schema"].get("schema", {})
        asked = _Asked(text, name, schema.get("$defs", {}))
        return json.dumps(_instance(schema, asked, ()), ensure_ascii=False)
    if word := _ONE_WORD.search(text):
        return word[2]
    wanted = _WANTED.search(text)
    return f"Rehearsed {name[:6]}: {_words(name, _LONG)}." + (f" {wanted[1]}" if wanted else "")


def _words(name: str, count: int) -> str:
    drawn = (digest(name, str(place)) for place in range(count))
    return " ".join(_WORDS[int(one[:8], 16) % len(_WORDS)] for one in drawn)


def _instance(schema: Mapping[str, Any], asked: _Asked, path: tuple[str, ...]) -> Any:
    """A value that a JSON Schema of the kind that forms have allows. `path`: where in the answer it stands."""
    if "$ref" in schema:
        return _instance(asked.known[schema["$ref"].rsplit("/", 1)[-1]], asked, path)
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return _chosen(choices, asked.text)
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _instance(schema[key][0], asked, path)
    return _typed(schema, asked, path)


def _typed(schema: Mapping[str, Any], asked: _Asked, path: tuple[str, ...]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: _instance(part, asked, (*path, name)) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return _listed(schema, asked, path)
    if kind in {"integer", "number"}:
        return schema.get("maximum", _GOOD_MARK)
    return {"boolean": True, "null": None}.get(str(kind), _said(asked, path))


def _said(asked: _Asked, path: tuple[str, ...]) -> str:
    """The text of one field: the case that a verdict is on, or words that no other field has."""
    case = _CASE.search(asked.text)
    if path[-1:] == ("case",) and case:
        return case[1]
    return f"rehearsed {' '.join(path[-2:])} {_words(digest(asked.name, *path), _SHORT)}"


def _listed(schema: Mapping[str, Any], asked: _Asked, path: tuple[str, ...]) -> list[Any]:
    items = schema.get("items", {})
    if items.get("type") == "integer" and (ranked := _ranking(asked.text)):
        return ranked
    count = max(schema.get("minItems", 0), min(schema.get("maxItems", _ITEMS), _ITEMS))
    return [_instance(items, asked, (*path, str(place))) for place in range(1, count + 1)]


def _chosen(choices: list[Any], text: str) -> Any:
    """Of two sides that are shown the one whose text has the greater digest; of anything else the first."""
    sides = [(digest(shown), choice) for choice in choices if (shown := _shown_as(str(choice), text))]
    return max(sides, key=lambda side: side[0])[1] if len(sides) > 1 else choices[0]


def _shown_as(side: str, text: str) -> str | None:
    """What stands in the fence whose title begins with this side's name, or in the last paragraph after `side:`."""
    name = re.escape(side)
    fenced = re.search(rf"(?ms)^<<<(\w+) {name}\b[^\n]*\n(.*?)\n\1>>>$", text)
    if fenced:
        return fenced[2]
    after = re.findall(rf"\b{name}:\s*(\S.*(?:\n.+)*)", text)
    return after[-1].strip() if after else None


def _ranking(text: str) -> list[int]:
    """The numbers of the drafts that were shown last, those of the greater digest first; empty where none were."""
    drafts: list[tuple[str, int]] = []
    for found in reversed(list(_NUMBERED.finditer(text))):
        drafts.append((digest(found[3].strip()), int(found[2])))
        if int(found[2]) == 1:
            break
    numbers = sorted(number for _, number in drafts)
    return [number for _, number in sorted(drafts, reverse=True)] if numbers == list(range(1, len(drafts) + 1)) else []
