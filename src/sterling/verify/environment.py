"""The check `environment`: an agent's calls are run again from the initial state, and the goal is looked for."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sterling.records import Family, Fault, Record, records_of
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.sandbox import Limits
from sterling.sandbox.simulation import Goal, Played, Stage, Unplayable, World
from sterling.verify.forms.transcripts import (
    BadTranscript,
    Transcript,
    misses,
    same_result,
    transcript_of,
    turns_of,
)
from sterling.verify.programs.references import said_by

_TAKES = 300


class GoalReference(BaseModel):
    """What must be so in the end."""

    model_config = ConfigDict(frozen=True, strict=True)

    reached: str
    """A Python expression that is True or False, over `state`, `start`, `answer` and the values."""
    values: dict[str, Any] = {}


class EnvironmentReference(BaseModel):
    """What `reference.environment` must say."""

    model_config = ConfigDict(frozen=True, strict=True)

    code: str
    """Python: a function `name(state, **arguments)` for each tool."""
    state: Any
    """Before the first call."""
    goal: GoalReference


class _Case(NamedTuple):
    """A transcript and the world that it claims to have happened in."""

    told: Transcript
    world: World
    goal: Goal


@register("check", "environment")
class EnvironmentReplay(RecordCheck):
    """Keeps an agent's transcript whose calls, run again from the start, give what is recorded and reach the goal.

    Reads `messages` (or conversational prompt and completion) with `tools`, and `reference.environment`: `code`
    (Python, a function `name(state, **arguments)` for each tool), `state` (JSON, before the first call) and `goal` with
    `reached` (a Python expression over `state`, `start`, `answer`, which is the final message, and `values`). The
    strategy `tools` writes such records. Calls are run in the sandbox with another hash seed than when they were made,
    and the goal is looked for in a process of its own. Errors are results like any other, and compared like them.

    Keeps `goal_reached`. Drops `goal_missed`; `result_differs` (what is recorded is not what the call gives: invented,
    or a tool that depends on chance or time); `bad_call` (calls and results that do not fit together, arguments that
    are no object), `bad_tools`, `unfinished` (no final message); and how the calls ended where they did not:
    `timeout`, `memory`, `crashed`, ... Flags `holds_at_start`, for a goal that holds before anything is done or said
    proves nothing, and `no_transcript`. Faults: `bad_reference` (also where code or goal are broken), `sandbox_failed`.

    Traps: the goal is as good as its expression: what it does not ask about, an agent may break. What is said in the
    final message is judged only where the goal asks about `answer`. A tool that executes what it is given can be made
    to forge results and state. A tool that remembers something outside of the state remembers nothing here.

    Not guaranteed: that the agent went the shortest way, or that a real service would do the same.
    """

    family: ClassVar[Family] = "execution"
    needs: ClassVar[frozenset[str]] = frozenset({"environment"})
    version: ClassVar[int] = 1

    cpu_s: int = Field(default=10, ge=1, le=600)
    """CPU seconds for all calls of a transcript together."""
    memory_mb: int = Field(default=1024, ge=64)
    """Address space for them, above what the interpreter needs."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference cannot be understood or the sandbox fails."""
        return [self._judge(record) for record in records_of(batch)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """Transcripts that end otherwise: without the last call that changed something, with another argument of it,
        and with the claim alone. Those after which the state is the same are left out: they may be right."""
        key = "messages" if "messages" in record.payload else "completion"
        try:
            case = _case(record)
            end = self._stage().play(case.world, case.told.calls).state
            at = self._last_change(case)
            if at is None:
                return ()
            made = [(miss, _case(miss.record)) for miss in misses(record, key, at)]
            return [miss for miss, other in made if self._stage().play(other.world, other.told.calls).state != end]
        except (ValidationError, BadTranscript, Unplayable, OSError):
            return ()

    def _judge(self, record: Record) -> Ruling | Fault:
        if turns_of(record.payload) is None:
            return Ruling("flag", "no_transcript")
        try:
            return self._ruling(_case(record))
        except ValidationError as error:
            return Fault(record.id, "user_code", "bad_reference", said_by(error)[:_TAKES], record=record.id)
        except BadTranscript as error:
            return Ruling("drop", error.reason, 0.0, {"message": str(error)[:_TAKES]})
        except Unplayable as error:
            return _unplayed(record, error)
        except (OSError, RecursionError) as error:
            return Fault(record.id, "sandbox", "sandbox_failed", str(error)[:_TAKES], record=record.id)

    def _ruling(self, case: _Case) -> Ruling:
        stage = self._stage()
        played = stage.play(case.world, case.told.calls)
        evidence = {"tier": stage.tier, "calls": len(played.results), "errors": sum(r.failed for r in played.results)}
        odd = _difference(case.told, played)
        if odd is not None:
            return Ruling("drop", "result_differs", 0.0, {**evidence, **odd})
        ends = [(played.state, case.told.answer), (case.world.state, "")]
        end, start = stage.reached(case.world, case.goal, ends)
        goal = {"goal": case.goal.reached[:_TAKES], **({"why": end.why[:_TAKES]} if end.why else {})}
        if not end.holds:
            return Ruling("drop", "goal_missed", 0.0, {**evidence, **goal})
        if start.holds:
            return Ruling("flag", "holds_at_start", None, {**evidence, **goal})
        return Ruling("keep", "goal_reached", 1.0, {**evidence, **goal})

    def _last_change(self, case: _Case) -> int | None:
        """The number of the last call after which the state is another; None when all of them only look."""
        state, last = case.world.state, None
        for at, call in enumerate(case.told.calls):
            after = self._stage().play(World(case.world.code, case.world.tools, state), [call]).state
            last, state = (at if after != state else last), after
        return last

    def _stage(self) -> Stage:
        return Stage(Limits(cpu_s=self.cpu_s, memory_mb=self.memory_mb), 2)


def _unplayed(record: Record, error: Unplayable) -> Ruling | Fault:
    """Broken code is the reference's fault; calls that do not end are the transcript's."""
    if error.status == "broken":
        return Fault(record.id, "user_code", "bad_reference", str(error)[:_TAKES], record=record.id)
    return Ruling("drop", error.status, 0.0, {"message": str(error)[:_TAKES]})


def _case(record: Record) -> _Case:
    """ValidationError for a reference that cannot be understood, BadTranscript for messages that cannot."""
    said = EnvironmentReference.model_validate((record.reference or {}).get("environment"))
    tools = _tools(record.payload.get("tools"))
    told = transcript_of(turns_of(record.payload) or [])
    return _Case(told, World(said.code, tools, said.state), Goal(said.goal.reached, said.goal.values))


def _tools(listed: Any) -> dict[str, Mapping[str, Any]]:
    """The arguments' schemas by name, as TRL or OpenAI has them."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in listed if isinstance(listed, list) else []:
        inner = one.get("function", one) if isinstance(one, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
            raise BadTranscript("bad_tools", "a tool needs a `name`")
        parameters = inner.get("parameters") or {}
        if not isinstance(parameters, Mapping):
            raise BadTranscript("bad_tools", f"`parameters` of `{inner['name'][:80]}` is no schema")
        found[inner["name"]] = parameters
    return found


def _difference(told: Transcript, played: Played) -> dict[str, Any] | None:
    """The first call whose recorded result is not what it gives."""
    for at, (call, recorded, result) in enumerate(zip(told.calls, told.recorded, played.results, strict=True)):
        if not same_result(recorded, result.text):
            shown = {"recorded": recorded[:_TAKES], "given": result.text[:_TAKES]}
            return {"call": at, "name": call.name[:80], **shown}
    return None
