"""`tools`: an agent's transcripts from an environment in which every call was really run."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.generate.environment.chances import text_of_value, variations, worded
from sterling.generate.environment.definition import Environment, files_of, read_environment
from sterling.generate.environment.episode import Transcript, play
from sterling.generate.seeds.seeding import drawn
from sterling.generate.talks.chats import opening_of, question_of, refuse_declined
from sterling.generate.writing.elimination import refuse_copied_prompt
from sterling.generate.writing.making import Draft, Writer
from sterling.models import Models, ModelStrategy, Unanswered
from sterling.records import Boundary, Fault, Record, digest, message_text
from sterling.registry import Past, Task, register
from sterling.sandbox import Limits
from sterling.sandbox.simulation import Goal, Stage, Unplayable, World

HASH_SEED = 3
"""The check `environment` plays with another one, so that what depends on the order of sets differs there."""
_LONGEST = 2_000
"""Characters of a request that others are worded like."""


@register("strategy", "tools")
class Tools(ModelStrategy):
    """Tool-use transcripts: a model works on tasks in a simulated environment that the recipe's owner has written.

    `environment` is a YAML file: tools (JSON Schema, and a Python function each), initial states (JSON), and kinds of
    tasks (the request as text, a Python expression over the end state, values that vary). Each kind, state and
    combination of values is one task that begins in its own state. Calls are run in the sandbox; the arguments are
    data. A tool that refuses, a tool that is not there and arguments that do not fit give an error as
    the result, and the agent goes on; a transcript in which a call succeeded after an error has the tag
    `recovered:yes`, one in which none did `recovered:no`.

    `wording: template` sends the goal as it is written in the environment: nothing of it comes from the anchor, and the
    rule `generate.seeds` says so. `wording: anchor` has `model` word each goal like a request of the anchor, which is
    then the parent; every value must still be in it.

    The record has `messages` in TRL's form (`tool_calls` with arguments as objects, role `tool`) and `tools`; the first
    message is the environment's `system`, if it has one. `reference.environment` holds code, initial state and goal, by
    which the check `environment` replays the calls; whether the goal was reached, only that check says.

    Ends in a fault: `holds_at_start` (the goal holds before anything is done, so reaching it would prove nothing),
    `too_many_steps`, `bad_call` (arguments that are no JSON object); of a worded request `refused`, `value_lost` and
    `copied_prompt`; of the boundary `user_code`: `broken` (the environment raises, or is no JSON), `timeout`, `memory`,
    and however else the calls ended in the sandbox.

    Not guaranteed: that a tool is like a real service. Chance, time and whatever else is not in the state make a
    transcript that cannot be replayed, and the check drops it.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("tools",)

    environment: str = Field(min_length=1)
    """YAML file of the environment."""
    wording: Literal["template", "anchor"] = "template"
    """Whether requests are the environment's own text, or are worded like requests of the anchor."""
    max_steps: int = Field(default=12, ge=1, le=100)
    """Messages with calls that the agent may send before its final one."""
    cpu_s: int = Field(default=4, ge=1, le=60)
    """CPU seconds for the calls of one message."""

    @model_validator(mode="after")
    def _uses_what_it_names(self) -> Self:
        if self.seeds is not None and self.wording == "template":
            what = "`seeds:` has no effect on requests that are the environment's own text"
            raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": "say `wording: anchor`"})
        return self

    def reads(self) -> Sequence[str]:
        """The prompts, the environment and its code."""
        return [*super().reads(), *files_of(self.locate(self.environment))]

    def require(self) -> None:
        """The prompts, and an environment without mistakes that can be seen without running it."""
        super().require()
        self._environment()

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Kinds and states in turn, values by chance, until every combination was tried. InputError if unreadable."""
        environment = self._environment()
        requests = self._requests(seeds, seed) if self.wording == "anchor" else []
        every = variations(environment, seed) if requests or self.wording == "template" else ()
        for one in every:
            row = f"{environment.said.name}/{one.name}"
            if row not in past.tried:
                parents = (requests[int(digest(str(seed), row)[:8], 16) % len(requests)],) if requests else ()
                spec = {"task": one.task, "state": one.state, "values": one.values, "number": one.number, "seed": seed}
                yield Task(row, parents, spec)

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """The transcript of one task."""
        try:
            return [await self._played(task, source, models)]
        except Unplayable as error:
            boundary: Boundary = "sandbox" if error.status == "refused" else "user_code"
            return [Fault(task.row, boundary, error.status, str(error)[:500])]

    async def _played(self, task: Task, source: str, models: Models) -> Record:
        scene = await self._scene(task, models)
        request, by = await self._request(task, models, scene.wanted)
        system = scene.environment.said.system
        opening = [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": request}]
        tools, stage = scene.environment.declared, scene.stage
        done = await play(models, self.model, stage, scene.world, opening, tools, self.max_steps)
        return self._draft(task, scene, done, by).record("tools", task, source)

    async def _scene(self, task: Task, models: Models) -> "_Scene":
        """The world that this task begins in. Unanswered where nothing is left to be done in it."""
        environment, stage = self._environment(), Stage(Limits(cpu_s=self.cpu_s), HASH_SEED)
        kind, values = environment.said.tasks[task.spec["task"]], task.spec["values"]
        goal, world = Goal(kind.reached, values), environment.world(environment.said.states[task.spec["state"]])
        if kind.start is not None:
            world = await models.aside(stage.begin, world, kind.start, values)
        (now,) = await models.aside(stage.reached, world, goal, [(world.state, "")])
        if now.holds:
            raise Unanswered.because("holds_at_start", "the goal holds before anything is done or said")
        return _Scene(environment, stage, world, goal, worded(kind, values))

    async def _request(self, task: Task, models: Models, wanted: str) -> tuple[str, list[Writer]]:
        """What the user says, and who has worded it."""
        if not task.seeds:
            return wanted, []
        like, prompt = question_of(opening_of(task.seeds[0]) or []), self.prompt("tools")
        answer = await models.say(self.model, prompt.fill(goal=wanted, request=like))
        refuse_declined(answer.text)
        refuse_copied_prompt(answer.text, f"{wanted}\n{like}", prompt)
        texts = [text_of_value(value) for value in task.spec["values"].values()]
        if lost := [text for text in texts if text in wanted and text.casefold() not in answer.text.casefold()]:
            raise Unanswered.because("value_lost", f"the request does not say `{lost[0]}`")
        return answer.text.strip(), [Writer(self.model, answer)]

    def _draft(self, task: Task, scene: "_Scene", done: Transcript, by: Sequence[Writer]) -> Draft:
        kind, name = task.spec["task"], scene.environment.said.name
        recovered = () if done.recovered is None else (f"recovered:{'yes' if done.recovered else 'no'}",)
        decided = {key: task.spec[key] for key in ("task", "state", "values")}
        return Draft(
            {"messages": done.messages, "tools": scene.environment.declared},
            [Writer(self.model, done.last), *by],
            [self.prompt("tools")] if by else [],
            reference={"environment": scene.reference},
            tags=("task:tools", f"cell:{kind}", f"environment:{name}", *recovered),
            decided={**decided, "environment": scene.environment.digest, "max_steps": self.max_steps},
            view="\n".join(message_text(turn) for turn in done.messages if turn["role"] != "system"),
        )

    def _environment(self) -> Environment:
        return read_environment(self.locate(self.environment))

    def _requests(self, seeds: Iterable[Record], seed: int) -> list[Record]:
        """Records in which somebody asks for something, not at length."""
        asking = [(record, opening_of(record)) for record in seeds]
        short = [record for record, opening in asking if opening and len(question_of(opening)) <= _LONGEST]
        return drawn(short, self.count, seed)


class _Scene(NamedTuple):
    """A task ready to be played."""

    environment: Environment
    stage: Stage
    world: World
    goal: Goal
    wanted: str
    """The goal in words."""

    @property
    def reference(self) -> dict[str, Any]:
        """What the check `environment` needs, beside the tools of the record."""
        goal = {"text": self.wanted, "reached": self.goal.reached, "values": dict(self.goal.values)}
        told = {"name": self.environment.said.name, "digest": self.environment.digest}
        return {**told, "code": self.world.code, "state": self.world.state, "goal": goal}
