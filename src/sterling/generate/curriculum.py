"""`curriculum`: difficulty follows the measured pass rate, up and down, round by round."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import islice, takewhile
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sterling.generate.puzzles.climbing import Place, Stand, Thresholds, evidence, path
from sterling.generate.puzzles.offers import Offer, in_turn, objection, proposed, refuse_datasets, refuse_options
from sterling.generate.seeds.seeding import drawn, prompt_of
from sterling.generate.writing.elimination import refuse_copied_prompt, refuse_empty_words
from sterling.generate.writing.making import Draft, Writer
from sterling.models import AskingStrategy, ModelRef, Models
from sterling.records import UNPROVEN, Fault, Record
from sterling.registry import Past, Proposal, Task, register
from sterling.sandbox.gym import Gym
from sterling.stats import Evidence

_WRITTEN = "written"
"""The one ladder of a curriculum whose problems a model writes."""


class Level(BaseModel):
    """A level in words."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    instructions: str
    """How difficult a problem of this level is, as the model is told."""


class Climbed(BaseModel):
    """A dataset of reasoning-gym that is climbed."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    start: int = Field(default=0, ge=0)
    """The level of the first round."""
    levels: tuple[Mapping[str, Any], ...] = ()
    """Options of the dataset at each level, easiest first; unsaid, the levels are those of its own curriculum."""
    config: Mapping[str, Any] = {}
    """Options that are the same at every level."""
    weight: float = Field(default=1.0, gt=0)

    def offer(self, dataset: str, level: int) -> Offer:
        """The dataset at this level."""
        if self.levels:
            return Offer(dataset, level, {**self.levels[level], **self.config}, self.weight, by_recipe=True)
        return Offer(dataset, level, self.config, self.weight)


class Problem(BaseModel):
    """What a model writes."""

    problem: str = Field(min_length=1)
    solution: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class _Ladder(NamedTuple):
    """What has levels: a dataset, or what a model writes."""

    name: str
    start: int
    top: int
    """Index of the highest level."""


@register("strategy", "curriculum")
class Curriculum(AskingStrategy):
    """Problems at the edge of what a student can do: harder when it passes, easier when it fails.

    With `datasets`, reasoning-gym makes the problems and no model writes; `hears` names the check that lets the student
    answer them: `{check: solved, model: student, by: {check: procedural}}`. With `model` and `levels`, a model writes
    problems at a level that is described to it, on the subjects of real ones, with a solution and a final answer in
    `reference.answer`; the rate is the score of the check that `hears` names, else the share that is verified.

    `rounds` divide `count`. After each one, a ladder goes up a level when the lower bound of the pass rate (Wilson, of
    the `last_k` latest scores at this level) is above `success_threshold`, down when the upper bound is below
    `failure_threshold`, and stays while there are too few answers to tell. The tag `level:` and the row
    (`chain_sum/round-3/level-2/17`) show the path.

    Traps: a step needs answers: 9 that all pass are the fewest that lift a ladder above 0.7, and 9 that all fail that
    lower it below 0.3, so give each dataset a dozen a round or more. Scores come from the student as it is; the data
    made of them is for the student after it. A level of which nothing could be built in a round is left downwards.
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("curriculum",)

    model: ModelRef | None = None
    """Who writes, where `datasets` is not given."""
    levels: tuple[Level, ...] = ()
    """Easiest first."""
    start: int = Field(default=0, ge=0)
    """Index of the level of the first round."""
    datasets: Mapping[str, Climbed] = {}
    """Datasets of reasoning-gym: `{chain_sum: {}, sudoku: {start: 1}}`."""
    accept_open: bool = False
    """As of `procedural`. A student's right answers that are not the known one then count as failures."""
    tagged: bool = True
    """Ask for the answer in `<answer>` tags, so that a student may think aloud before it."""
    success_threshold: float = Field(default=0.7, gt=0, le=1)
    failure_threshold: float = Field(default=0.3, ge=0, lt=1)
    last_k: int = Field(default=50, ge=5)
    """Scores that count: the latest at a level since it was entered."""
    cpu_s: int = Field(default=20, ge=1, le=600)
    """CPU seconds to build one item of reasoning-gym."""

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """This round's share of `count`, each ladder at the level that its pass rate has led to."""
        ladders = self._ladders()
        paths = {one.name: self._path(one, past) for one in ladders}
        levels = {one.name: paths[one.name][-1].next if paths[one.name] else one.start for one in ladders}
        places = {name: Place(name, past.round, level) for name, level in levels.items()}
        wanted = -(-((self.count or 0) - past.kept) // max(1, self.rounds - past.round + 1))
        if self.datasets:
            yield from self._items(places, wanted, seed)
        else:
            yield from self._problems(places[_WRITTEN], seeds, past, wanted, seed)

    def paths(self, past: Past) -> Mapping[str, Sequence[Stand]]:
        """For each ladder, what every round showed and where it led."""
        return {one.name: self._path(one, past) for one in self._ladders()}

    def conclude(self, past: Past) -> Sequence[Evidence]:
        """The paths as numbers, one for each ladder and round."""
        return evidence(self.paths(past))

    def propose_all(self, tasks: Iterable[Task], source: str) -> Generator[Proposal, None, None]:
        """What comes of each task: of a model many at once, of reasoning-gym one after the other."""
        if not self.datasets:
            yield from super().propose_all(tasks, source)
            return
        for task in tasks:
            yield Proposal(task, partial(self._built, task, source))

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """One problem at the level of the task, with its solution."""
        assert self.model is not None  # noqa: S101 - `_can_climb` sees to it
        level, example = self.levels[task.spec["level"]], prompt_of(task.seeds[0]) or ""
        prompt = self.prompt("curriculum")
        asked = prompt.fill(example=example, instructions=level.instructions)
        filled = await models.fill(self.model, asked, Problem, sample=task.spec["number"])
        problem, solution, answer = (part.strip() for part in filled.value.model_dump().values())
        refuse_empty_words(problem)
        refuse_copied_prompt(problem, example, prompt)
        draft = Draft(
            {"prompt": problem, "completion": solution},
            [Writer(self.model, filled.answer)],
            [prompt],
            reference={"answer": answer, UNPROVEN: "own_key"},
            tags=("task:curriculum", f"level:{level.name}"),
            decided={"level": level.name, "number": task.spec["number"]},
        )
        return [draft.record("curriculum", task, source)]

    def _built(self, task: Task, source: str) -> Sequence[Record | Fault]:
        return [proposed(Gym(self.cpu_s), task, source, "curriculum", tagged=self.tagged)]

    def _items(self, places: Mapping[str, Place], wanted: int, seed: int) -> Iterator[Task]:
        offers = [self.datasets[name].offer(name, place.level) for name, place in places.items()]
        refuse_options(Gym(self.cpu_s), offers)
        for offer, number in islice(in_turn(offers), max(0, wanted)):
            yield offer.task(places[offer.dataset].row(number), seed, task="curriculum")

    def _problems(self, place: Place, seeds: Iterable[Record], past: Past, wanted: int, seed: int) -> Iterator[Task]:
        shown = drawn((record for record in seeds if prompt_of(record)), self.count, seed)
        for number in range(wanted if shown else 0):
            at = len(past.tried) + number
            spec = {"level": place.level, "number": at, "seed": seed}
            yield Task(place.row(number), (shown[at % len(shown)],), spec)

    def _ladders(self) -> list[_Ladder]:
        if not self.datasets:
            return [_Ladder(_WRITTEN, self.start, len(self.levels) - 1)]
        given = ((name, one, one.model_dump_json()) for name, one in self.datasets.items())
        return [_Ladder(name, one.start, _top(self.cpu_s, name, told)) for name, one, told in given]

    def _path(self, ladder: _Ladder, past: Past) -> list[Stand]:
        thresholds = Thresholds(self.success_threshold, self.failure_threshold, self.last_k)
        return path(ladder.name, ladder.top, past, self.hears is not None, thresholds)

    @model_validator(mode="after")
    def _can_climb(self) -> Self:
        if bool(self.datasets) == (self.model is not None):
            raise objection("`curriculum` takes `datasets`, or a `model` with `levels`", "name one or the other")
        if self.count is None or self.rounds == 1:
            raise objection("a curriculum goes by rounds", "say `count: 400` and `rounds: 8`: each makes a part of it")
        if self.failure_threshold >= self.success_threshold:
            raise objection("`failure_threshold` is not below `success_threshold`", "0.3 and 0.7 are the usual ones")
        if self.datasets:
            self._can_climb_datasets()
        elif not self.start < len(self.levels):
            raise objection(
                f"there is no level {self.start} among {len(self.levels)}", "describe `levels`, easiest first"
            )
        return self

    def _can_climb_datasets(self) -> None:
        if self.seeds is not None or self.levels:
            wrong = "seeds" if self.seeds is not None else "levels"
            raise objection(f"`{wrong}` means nothing beside `datasets`", f"leave `{wrong}` out")
        if self.hears is None:
            mend = "add `{check: solved, model: student, by: {check: procedural}}` to checks, and `hears: solved`"
            raise objection("nobody's pass rate is measured: the answers of the library are always right", mend)
        refuse_datasets(self.datasets, self.accept_open)
        for name, one in self.datasets.items():
            if one.levels and one.start >= len(one.levels):
                raise objection(f"`{name}` has no level {one.start} among {len(one.levels)}", "lower `start`")


@lru_cache(maxsize=256)
def _top(cpu_s: int, dataset: str, climbed: str) -> int:
    """The highest level up to which the dataset takes its options: some curricula end in what they refuse."""
    gym, one = Gym(cpu_s), Climbed.model_validate_json(climbed)
    offers = (one.offer(dataset, level) for level in range(len(one.levels) or gym.steps(dataset)))
    taken = takewhile(lambda offer: gym.objection(offer.item("", 0)) is None, offers)
    return max(one.start, sum(1 for _ in taken) - 1)
