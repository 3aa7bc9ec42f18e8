"""`tool_calls`: calls fit the tools that the record declares, and are those that its reference names."""

import json
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from sterling.records import Family, Fault, Record, records_of
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.verify.forms.call_misses import calls_near
from sterling.verify.forms.schemas import TooCostly
from sterling.verify.forms.tool_results import unpaired
from sterling.verify.forms.tools import BadCall, BadTools, Call, Misfit, Tool, call_from, declared, misfit

_TAKES = 300
_SHOWN = 10


class _Talk(NamedTuple):
    """The turns of a record that are judged, and those before them."""

    said: Sequence[Any]
    before: Sequence[Any] = ()

    def calls(self) -> list[Call]:
        """Every call that the assistant makes. BadCall for what is none."""
        made: list[Call] = []
        for turn in self.said:
            if isinstance(turn, Mapping) and turn.get("role") == "assistant":
                made += _calls_in(turn.get("tool_calls"))
        return made


@register("check", "tool_calls")
class ToolCalls(RecordCheck):
    """Checks every call in `completion` or `messages` against `tools`, and against `reference.tool_calls` if there.

    `tools` is TRL's column: a list of `{"type": "function", "function": {"name", "parameters"}}`, or of the inner
    objects. Arguments are an object or its JSON text, parsed strictly. Ids are unique, and each `tool` message answers
    the next call of the message before it (`sterling.verify.forms.tool_results`).

    Keeps `same_calls`: the calls are those of `reference.tool_calls` (a list of `{"name", "arguments"}`; an empty one
    asks for no call), equal as JSON values: 1 is 1.0, `true` is not 1, and keys have no order. Drops `missing_call`,
    `extra_call`, `wrong_arguments`, `wrong_order`; by form `bad_call`, `bad_arguments`, `unknown_tool`,
    `undeclared_argument`, `duplicate_id`, `orphan_result`, `unordered_result`, `unanswered_call`, `too_deep`; and
    `bad_tools` for declarations that nobody can call by. Without a reference nothing says that a call is right, so
    one that fits is flagged `conforms` and verifies nothing; also flagged are `no_calls`, `no_tools`, `no_messages`
    (calls inside of plain text are not read) and `no_completion`. Faults: `bad_reference` (also where its own calls
    do not fit the tools), `too_costly`.

    Traps: a call may fit its tool and be the wrong one. Parquet gives the arguments of each row the keys of all rows,
    as nulls, which no schema of a string accepts: store arguments as JSON text there. An argument left out and one
    that names the default are different calls here, and so are `Paris` and `Paris, France`. A record without `tools`
    is compared with its reference only.

    Not guaranteed: that what the assistant says about a result is true.
    """

    family: ClassVar[Family] = "symbolic"
    version: ClassVar[int] = 1

    strict: bool = True
    """An argument that `properties` does not declare is wrong, also where `additionalProperties` is not mentioned."""
    any_order: bool = False
    """The reference's calls may come in any order."""
    ignore_case: bool = False
    """Text arguments are compared with the reference's without regard to case."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference is no list of calls that fit the tools."""
        rows = zip(records_of(batch), batch.column("tools").to_pylist(), strict=True)
        return [self._judge(record, tools) for record, tools in rows]

    def spoil(self, record: Record, seed: int) -> list[NearMiss]:
        """The reference's calls with one wrong thing each, in place of the record's own."""
        return calls_near(record)

    def _judge(self, record: Record, listed: str | None) -> Ruling | Fault:
        try:
            return self._ruling(record, declared(listed))
        except BadTools as error:
            return Ruling("drop", "bad_tools", 0.0, {"message": str(error)[:_TAKES]})
        except BadCall as error:
            return Ruling("drop", error.reason, 0.0, {"message": str(error)[:_TAKES]})
        except RecursionError:
            return Ruling("drop", "too_deep", 0.0)
        except TooCostly as error:
            return Fault(record.id, "user_code", "too_costly", str(error)[:_TAKES], record=record.id)

    def _ruling(self, record: Record, tools: Mapping[str, Tool]) -> Ruling | Fault:
        wanted = _wanted(json.dumps((record.reference or {}).get("tool_calls", _NOTHING)))
        problem = wanted if isinstance(wanted, str) else self._unfit(wanted or (), tools)
        if problem is not None:
            return Fault(record.id, "user_code", "bad_reference", problem[:_TAKES], record=record.id)
        talk = _talk(record.payload)
        if isinstance(talk, str):
            return Ruling("flag", talk)
        made = talk.calls()
        wrong = (misfit(made, tools, strict=self.strict) if tools else None) or unpaired([*talk.before, *talk.said])
        if wrong is None and not isinstance(wanted, str | None):
            wrong = self._difference(wanted, made)
            if wrong is None:
                return Ruling("keep", "same_calls", 1.0, {"calls": len(made)})
        if wrong is not None:
            return Ruling("drop", wrong.reason, 0.0, wrong.evidence)
        flag = "no_tools" if not tools else "conforms" if made else "no_calls"
        return Ruling("flag", flag, None, {"calls": len(made)})

    def _unfit(self, wanted: Sequence[Call], tools: Mapping[str, Tool]) -> str | None:
        """A reference that could not pass itself would drop every record, right or wrong."""
        found = misfit(wanted, tools, strict=self.strict) if tools else None
        return None if found is None else f"the reference's own call is wrong: {found.reason} {dict(found.evidence)}"

    def _difference(self, wanted: Sequence[Call], made: Sequence[Call]) -> Misfit | None:
        evidence = {"wanted": [c.to_json() for c in wanted[:_SHOWN]], "made": [c.to_json() for c in made[:_SHOWN]]}
        asked, called = Counter(c.name for c in wanted), Counter(c.name for c in made)
        if asked != called:
            return Misfit("missing_call" if asked - called else "extra_call", evidence)
        ours, theirs = ([_key(tuple(c), fold=self.ignore_case) for c in calls] for calls in (made, wanted))
        if Counter(ours) != Counter(theirs):
            return Misfit("wrong_arguments", evidence)
        return None if self.any_order or ours == theirs else Misfit("wrong_order", evidence)


_NOTHING = "nothing"


@lru_cache(maxsize=4096)
def _wanted(reference: str) -> tuple[Call, ...] | str | None:
    """The calls that a reference names; what is wrong with them; None where it names none."""
    value = json.loads(reference)
    if value == _NOTHING:
        return None
    if not isinstance(value, list):
        return "`tool_calls` is no list"
    try:
        return tuple(call_from(call) for call in value)
    except BadCall as error:
        return f"{error.reason}: {error}"


def _talk(payload: Mapping[str, Any]) -> _Talk | str:
    """The conversation of a payload, or the reason why there is none to judge."""
    key = next((key for key in ("completion", "messages", "text") if key in payload), None)
    if key is None:
        return "no_completion"
    said, before = payload[key], payload.get("prompt") if key == "completion" else None
    if isinstance(said, str):
        return "no_messages"
    return _Talk(said, before if isinstance(before, list) else ())


def _calls_in(value: Any) -> list[Call]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadCall("bad_call", "`tool_calls` is no list")
    return [call_from(call) for call in value]


def _key(value: Any, *, fold: bool) -> Hashable:
    """Equal for equal JSON values, and only for them."""
    if isinstance(value, Mapping):
        return ("object", frozenset((name, _key(inner, fold=fold)) for name, inner in value.items()))
    if isinstance(value, list | tuple):
        return ("list", tuple(_key(inner, fold=fold) for inner in value))
    if isinstance(value, str):
        return ("text", value.casefold() if fold else value)
    return (isinstance(value, bool), value)
