"""`template`: rows of typed columns, drawn by chance, reckoned from each other, or written by models."""

import asyncio
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from sterling.generate.columns.drawn import Category, Person, Seed, Subcategory
from sterling.generate.columns.expressions import Failed, evaluated
from sterling.generate.columns.graph import Columns, by_models, in_order, misread, needs, problems
from sterling.generate.columns.payload import Shape, answers_in, columns_in, payload_of, shape_problems
from sterling.generate.columns.persons import release_of_faker
from sterling.generate.columns.references import filled, spelt
from sterling.generate.columns.written import Expression, Llm
from sterling.generate.seeds.seeding import drawn, prompt_of
from sterling.generate.writing.making import Draft, Writer
from sterling.models import AskingStrategy, Endpoint, ModelRef, Models
from sterling.recipes.entries import refuse
from sterling.recipes.problems import Problem
from sterling.records import UNPROVEN, Fault, Maker, Record, canonical_json, digest, text_of
from sterling.registry import Past, Task, register
from sterling.text.templates import Template as Prompt


@register("strategy", "template")
class Template(AskingStrategy):
    """Rows of columns: categories, ranges, persons, real records, expressions, and what models write of them.

    Which column waits for which follows from what they refer to: `{column}` in a prompt, a name in an expression. What
    chance decides is a function of the run's seed, the row and the column's name, so a further column changes no other.
    Columns that models write are asked for as soon as what they need is there. Every value goes to
    `reference.columns`, every category to a tag.

    Persons are made up; who bears such a name in life is not meant. Without a column of kind `seed` nothing here starts
    from real data, and the rows are as varied as the columns and no more.

    Not guaranteed: that combinations occur as in life (columns that do not refer to each other are independent).
    """

    prompts_used: ClassVar[tuple[str, ...]] = ("template_form",)

    model: ModelRef | None = None
    """Who writes the columns of kind `llm` that name no model of their own."""
    columns: Columns = Field(min_length=1)
    """Each column's name, and what it is."""
    shape: Shape = Field(alias="as", min_length=1)
    """The columns that make the record: `{prompt: question, completion: answer}`, `{fields: [age, city]}`."""
    cells: tuple[str, ...] = ()
    """Categories whose combination is a row's cell: the report shows what each yields."""
    reference: Mapping[str, str] = {}
    """What verifiers read of a row, and the column that holds it: `{answer: total}`."""

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Rows that no round has made, as many as are wanted; seeds in turn, where a column wants one."""
        wanted = max(0, (self.count or 0) - past.kept)
        real = drawn(seeds, self.count, seed) if self._seed_columns() else [None]
        fresh = (n for n in range(len(past.tried) + wanted) if f"row-{n}" not in past.tried)
        for _, number in zip(range(wanted), fresh, strict=False):
            if real:
                yield self._task(number, real[number % len(real)], seed)

    async def write(self, task: Task, source: str, models: Models) -> Sequence[Record | Fault]:
        """One row."""
        written = _Row(self, task.spec, models)
        try:
            await written.fill()
        except Failed as error:
            return [Fault(task.row, "user_code", "expression_failed", str(error))]
        row = {name: written.values[name] for name in self.columns}
        writers = [written.writers[name] for name in self._asked() if name in written.writers]
        return [self._record(task, source, row, writers)]

    def writer_of(self, column: Llm) -> Endpoint:
        """Who writes a column."""
        found = column.model or self.model
        if found is None:
            raise TypeError("a column without a model is refused when the recipe is loaded")
        return found

    def _task(self, number: int, real: Record | None, seed: int) -> Task:
        values: dict[str, Any] = {}
        for name in in_order(self.columns):
            column = self.columns[name]
            if isinstance(column, Seed):
                values[name] = "" if real is None else _shown(real, column)
            elif column.drawn and not isinstance(column, Expression | Llm):
                chance = random.Random(f"{seed}:row-{number}:{name}")  # noqa: S311 - a sample, not a secret
                values[name] = column.draw(values, chance)
        spec = {"number": number, "values": values, "seed": seed}
        return Task(f"row-{number}", () if real is None else (real,), spec)

    def _record(self, task: Task, source: str, row: Mapping[str, Any], writers: Sequence[Writer]) -> Record:
        payload, tags = payload_of(self.shape, row), self._tags(row)
        named = {key: spelt(name).value(row) for key, name in self.reference.items()}
        reference = {**named, "columns": dict(row), **self._unproven()}
        if writers:
            draft = Draft(payload, writers, self._prompts(), reference, tags, self._decided())
            return draft.record("template", task, source)
        columns = {name: column.model_dump(mode="json") for name, column in self.columns.items()}
        maker = Maker(
            "template", template=digest(canonical_json(columns)), sampling=self._decided(), seed=task.spec["seed"]
        )
        return Record.synthetic(
            payload, source=source, row=task.row, maker=maker, parents=task.seeds, reference=reference, tags=tags
        )

    def _unproven(self) -> dict[str, str]:
        """Why agreeing with the reference proves nothing: a model wrote the key, or the question and not the answer."""
        written = by_models(self.columns)
        if written.intersection(spelt(name).column for name in self.reference.values()):
            return {UNPROVEN: "own_key"}
        carried = written.intersection(columns_in(self.shape)) and not written.intersection(answers_in(self.shape))
        return {UNPROVEN: "carried_answer"} if self.reference and carried else {}

    def _tags(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        cell = [f"cell:{'/'.join(str(row[name]) for name in self.cells)}"] if self.cells else []
        categories = [name for name, column in self.columns.items() if isinstance(column, Category | Subcategory)]
        return ("task:template", *cell, *(f"{name}:{row[name]}" for name in categories))

    def _prompts(self) -> list[Prompt]:
        asked = [column for column in self.columns.values() if isinstance(column, Llm)]
        forms = [self.prompt("template_form")] if any(column.form for column in asked) else []
        return [*(Prompt.of(column.prompt) for column in asked), *forms]

    def _decided(self) -> dict[str, Any]:
        made_up = any(isinstance(column, Person) for column in self.columns.values())
        return {"faker": release_of_faker()} if made_up else {}

    def _asked(self) -> list[str]:
        """Columns in the order in which their writers count: those of the payload first."""
        return list(dict.fromkeys((*columns_in(self.shape), *self.columns)))

    def _seed_columns(self) -> bool:
        return any(isinstance(column, Seed) for column in self.columns.values())

    @model_validator(mode="after")
    def _hold(self) -> Self:
        found = [*problems(self.columns, model=self.model is not None), *shape_problems(self.shape, self.columns)]
        if self.count is None:
            found.append(Problem(("count",), "`count` is missing: columns have no end of rows", "add `count: 100`"))
        for key, name in self.reference.items():
            found += misread(self.columns, [spelt(name)], ("reference", key))
        for name in self.cells:
            if not isinstance(self.columns.get(name), Category | Subcategory):
                found.append(Problem(("cells",), f"`{name}` is no category", "name columns of kind category"))
        if found:
            refuse(found)
        return self


class _Row:
    """A row on its way: what chance decided is there, the rest comes as soon as what it needs has come."""

    def __init__(self, strategy: Template, spec: Mapping[str, Any], models: Models) -> None:
        self.values: dict[str, Any] = dict(spec["values"])
        self.writers: dict[str, Writer] = {}
        self._strategy = strategy
        self._number: int = spec["number"]
        self._models = models

    async def fill(self) -> None:
        """Every column. Unanswered or Failed of the first that has no value; the others are let go."""
        waiting = TopologicalSorter(needs(self._strategy.columns))
        waiting.prepare()
        underway: dict[asyncio.Task[Any], str] = {}
        try:
            while waiting.is_active():
                underway |= {asyncio.create_task(self._value(name)): name for name in waiting.get_ready()}
                ended, _ = await asyncio.wait(underway, return_when=asyncio.FIRST_COMPLETED)
                for one in ended:
                    name = underway.pop(one)
                    self.values[name] = one.result()
                    waiting.done(name)
        finally:
            for one in underway:
                one.cancel()
            await asyncio.gather(*underway, return_exceptions=True)

    async def _value(self, name: str) -> Any:
        column = self._strategy.columns[name]
        if isinstance(column, Expression):
            return evaluated(column.value, self.values)
        if isinstance(column, Llm):
            return await self._written(name, column)
        return self.values[name]

    async def _written(self, name: str, column: Llm) -> Any:
        """Rows are samples of one question, so that equal rows get different answers."""
        endpoint, asked = self._strategy.writer_of(column), filled(column.prompt, self.values)
        if not column.form:
            answer = await self._models.say(endpoint, asked, sample=self._number)
            self.writers[name] = Writer(endpoint, answer)
            return answer.text.strip()
        prompt = self._strategy.prompt("template_form").fill(prompt=asked, keys=column.keys())
        form = await self._models.fill(endpoint, prompt, column.shape(), sample=self._number)
        self.writers[name] = Writer(endpoint, form.answer)
        return form.value.model_dump(mode="json")


def _shown(real: Record, column: Seed) -> str:
    return text_of(real) if column.part == "text" else prompt_of(real) or ""
