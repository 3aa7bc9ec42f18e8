"""Small parts that stand in for the real ones, so that the recipe's own behaviour is what is tested."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from sterling.errors import InputError
from sterling.records import Family, Fault, Record
from sterling.registry import Item, Kind, Part, Past, RecordCheck, Ruling, Source, Strategy, Task


class Files(Source):
    """Rows of files."""

    path: str
    columns: Mapping[Literal["prompt", "completion"], str] = {}

    def read(self) -> Iterator[Item | Fault]:
        yield from ()

    def reads(self) -> Sequence[str]:
        return (self.locate(self.path),)


class Threads(Source):
    """A source whose option is a word that Python keeps for itself."""

    shape: Literal["completion", "preference"] = Field(default="completion", alias="as")

    def read(self) -> Iterator[Item | Fault]:
        yield from ()


class Mutations(Strategy):
    """Breaks code."""

    operators: list[str] | None = None

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        yield from ()

    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        return ()


class Completions(Mutations):
    """Brings in what was written elsewhere."""


class NearDuplicates(RecordCheck):
    """Statistics."""

    family: ClassVar[Family] = "statistics"
    threshold: float = Field(default=0.8, ge=0.5, le=1)
    ngram: int = 5

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        return []


class ExactDuplicates(NearDuplicates):
    """Statistics."""


class Contamination(NearDuplicates):
    """Statistics over files."""

    against: str | tuple[str, ...] = ("test",)

    @field_validator("ngram")
    @classmethod
    def _not_one(cls, ngram: int) -> int:
        if ngram < 2:
            raise ValueError("one word is no n-gram")
        return ngram


class Tests(NearDuplicates):
    """Execution."""

    __test__: ClassVar[bool] = False
    family: ClassVar[Family] = "execution"
    program: str = "x"

    @field_validator("program")
    @classmethod
    def _known(cls, program: str) -> str:
        if program == "missing":
            raise InputError("there is no program", mend="install it")
        return program


PARTS: dict[Kind, dict[str, type[Part]]] = {
    "source": {"files": Files, "threads": Threads},
    "strategy": {"mutations": Mutations, "completions": Completions},
    "check": {
        "near_duplicates": NearDuplicates,
        "exact_duplicates": ExactDuplicates,
        "contamination": Contamination,
        "tests": Tests,
    },
}
for _named in PARTS.values():
    for _name, _part in _named.items():
        _part.name_in_recipe = _name


def available(kind: Kind) -> dict[str, type[Part]]:
    """In place of `names.available`."""
    return PARTS[kind]
