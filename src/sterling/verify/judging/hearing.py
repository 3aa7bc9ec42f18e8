"""Asking a model for a verdict: what it is shown, and which of its words count.

A verdict is a JSON object that names the case, a token of twelve digits which differs from record to record. What is
judged stands between fences with the same token. So a verdict that was written into the material, and that a judge
quotes or repeats, has the wrong name and is not read as one.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sterling.models import Answer, Endpoint, Failure, Question, ask, insist
from sterling.records import Fault, digest
from sterling.text.templates import Template, read_template

REASON_SHOWN = 500
"""Characters of a judge's reasons that are kept."""
_READ = 20_000
"""Characters at the end of an answer in which a verdict is looked for."""
_STARTS = 200
"""Braces at which one is tried."""
_NO_FORMAT = frozenset({400, 415, 422, 500, 501})
"""How servers say that they know no `response_format`; a 500 only if the client took it for a refusal."""
_FOLDER = Path(__file__).parent.with_name("prompts")


def template(name: str) -> Template:
    """The file `prompts/<name>.md`."""
    return read_template(_FOLDER / f"{name}.md")


class Mark(NamedTuple):
    """What a verdict comes to."""

    score: float
    parts: Mapping[str, float] = {}
    """By criterion, where there are several."""


class Form(Protocol):
    """What a verdict must look like, beside `case` and `reason`. The same for every record of a run."""

    def fields(self) -> Mapping[str, Any]:
        """JSON Schema of each further key."""

    def shape(self) -> str:
        """The further keys as the prompt shows them. Not JSON, so that a judge who repeats them has said nothing."""

    def read(self, verdict: Mapping[str, Any]) -> Mark | None:
        """None when the verdict is not of this form."""


class Sheet(NamedTuple):
    """One question to a judge."""

    text: str
    token: str
    form: Form


class Opinion(NamedTuple):
    """What a judge said, as far as it counts."""

    score: float
    reason: str
    parts: Mapping[str, float] = {}


class Unheard(NamedTuple):
    """A judgement that failed. Never a score."""

    reason: str
    message: str
    attempts: int
    owed: bool

    def fault(self, record: str) -> Fault:
        """What becomes of the record that it was about."""
        return Fault(record, "provider", self.reason, self.message, max(1, self.attempts), record, owed=self.owed)


def sheet(name: str, form: Form, material: Mapping[str, str], **said: str) -> Sheet:
    """The prompt `name` with the material fenced under its titles. Equal material gets an equal token.

    The token is a digest of the material: whoever writes a text can't put it in, because that changes it.
    """
    token = digest("sterling: case", name, *(part for pair in material.items() for part in pair))[:12]
    blocks = (f"\n<<<{token} {title}\n{text}\n{token}>>>\n" for title, text in material.items())
    shape = f'{{"case": "{token}", "reason": "<why>", {form.shape()}}}'
    text = template(name).fill(material="".join(blocks), token=token, shape=shape, **said)
    return Sheet(text, token, form)


def consult(endpoint: Endpoint, sheets: Sequence[Sheet], samples: int = 1) -> list[list[Opinion | Unheard]]:
    """For each sheet as many opinions as `samples`, in order.

    A server that refuses `response_format` is asked without it. An answer that holds no verdict is asked for once more
    under another sample index (samples, samples + 1, ...), then it is `unparsable_judgement`.
    """
    wanted = [_Ask(sheet, number) for sheet in sheets for number in range(samples)]
    heard = _heard(endpoint, wanted)
    _again(endpoint, wanted, heard, "format_refused", lambda one: one._replace(formatted=False))
    _again(endpoint, wanted, heard, "unparsable_judgement", lambda one: one._replace(sample=one.sample + samples))
    return [heard[at : at + samples] for at in range(0, len(heard), samples)]


class _Ask(NamedTuple):
    """A sheet as it is sent."""

    sheet: Sheet
    sample: int
    formatted: bool = True

    def question(self) -> Question:
        form = {"response_format": _response_format(self.sheet.form)} if self.formatted else {}
        return Question(({"role": "user", "content": self.sheet.text},), form, self.sample)


def _heard(endpoint: Endpoint, wanted: Sequence[_Ask]) -> list[Opinion | Unheard]:
    said = insist(endpoint, ask(endpoint, [one.question() for one in wanted]))
    return [_understood(one, answer) for one, answer in zip(wanted, said, strict=True)]


def _again(endpoint: Endpoint, wanted: list[_Ask], heard: list[Opinion | Unheard], reason: str, change: Any) -> None:
    """Ask once more, otherwise, what failed for this reason; both lists then hold what was asked and said last."""
    places = [at for at, one in enumerate(heard) if isinstance(one, Unheard) and one.reason == reason]
    for at in places:
        wanted[at] = change(wanted[at])
    for at, one in zip(places, _heard(endpoint, [wanted[at] for at in places]) if places else (), strict=True):
        before = heard[at]
        attempts = before.attempts if isinstance(before, Unheard) else 0
        heard[at] = one._replace(attempts=one.attempts + attempts) if isinstance(one, Unheard) else one


def _understood(asked: _Ask, said: Answer | Failure) -> Opinion | Unheard:
    if isinstance(said, Failure):
        refused = asked.formatted and not said.owed and said.status in _NO_FORMAT
        return Unheard("format_refused" if refused else said.reason, said.message, said.attempts, said.owed)
    opinion = verdict_in(said.text, asked.sheet)
    if opinion is None:
        message = f"no verdict on case {asked.sheet.token} in an answer of {len(said.text):,} characters"
        return Unheard("unparsable_judgement", message, 1, owed=False)
    return opinion


def verdict_in(text: str, sheet: Sheet) -> Opinion | None:
    """The one verdict on this case in a judge's answer; None where there is none, or several that differ."""
    found = {
        (mark.score, tuple(sorted(mark.parts.items()))): Opinion(mark.score, _reason(verdict), mark.parts)
        for verdict in _objects(text[-_READ:])
        if verdict.get("case") == sheet.token and (mark := sheet.form.read(verdict)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


def number(value: Any, low: float, high: float) -> float | None:
    """A JSON number within the scale, or None: neither true nor "4" is a mark."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return None
    return float(value)


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """Every outermost JSON object of a text."""
    decoder, end = json.JSONDecoder(), 0
    for tried, brace in enumerate(re.finditer(r"\{", text)):
        if tried >= _STARTS:
            return
        if brace.start() < end:
            continue
        try:
            value, end = decoder.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        yield value


def _reason(verdict: Mapping[str, Any]) -> str:
    said = verdict.get("reason")
    return said[:REASON_SHOWN] if isinstance(said, str) else ""


def _response_format(form: Form) -> dict[str, Any]:
    properties = {"case": {"type": "string"}, "reason": {"type": "string"}, **form.fields()}
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": schema}}
