"""What can be named in a recipe: sources, strategies and checks, ours by decorator, others' by entry point.

A part is a frozen pydantic model: its fields are its options, so the recipe, the command line and the JSON Schema
know them without being told twice. Third parties register the same class under the entry-point group
`sterling.sources`, `sterling.strategies` or `sterling.checks`; one that fails to import is named in a warning and
left out, and never breaks a run that does not use it.
"""

import difflib
import importlib
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, model_validator

from sterling.errors import InputError
from sterling.records import Family, Fault, Origin, Outcome, Record
from sterling.stats import Evidence

Kind = Literal["source", "strategy", "check"]
_GROUPS: dict[Kind, str] = {"source": "sterling.sources", "strategy": "sterling.strategies", "check": "sterling.checks"}
_ROOMS: dict[Kind, tuple[str, ...]] = {
    "source": ("sterling.sources",),
    "strategy": ("sterling.generate",),
    "check": ("sterling.verify", "sterling.curate"),
}


class Part(BaseModel):
    """Anything a recipe can name. Its fields are its options; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name_in_recipe: ClassVar[str]
    """Set by `register`."""
    version: ClassVar[int] = 1
    """Part of every cache key: raise it when the same input would be answered differently."""
    _base: Path = PrivateAttr(default_factory=Path.cwd)

    @model_validator(mode="after")
    def _remember_base(self, info: ValidationInfo) -> "Part":
        """Relative paths are meant from the recipe's folder, which the loader hands over as context."""
        if info.context and "base" in info.context:
            self._base = Path(info.context["base"])
        return self

    def locate(self, path: str) -> str:
        """A path of this part as the system knows it. Addresses with a scheme (`hf://...`) pass unchanged."""
        return path if "://" in path else str(self._base / path)

    def reads(self) -> Sequence[str]:
        """Located files and folders whose content decides the outcome: their digests go into the cache key."""
        return ()


class Item(NamedTuple):
    """One example as a source found it, before it has an origin, a role and an id."""

    payload: Mapping[str, Any]
    row: str
    """Where: `file.jsonl:12`, `textwrap.dedent`, or the user's own id."""
    group: str | None = None
    """Value of the `split_by` column; None when there is none, and the example stands for itself."""
    reference: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    origin: Origin | None = None
    """Set only where the rows themselves tell it apart; None means what the recipe attests."""
    given_id: str | None = None
    """What the row calls itself, if it has an `id`: for telling verdicts apart, not for identity."""


class Source(Part):
    """Real data in."""

    name: str
    """How the rest of the recipe refers to it."""
    origin: Origin = "unknown"
    """`human` only with `attested_by` and `attested_because`; `unknown` never counts as real."""
    attested_by: str | None = None
    """The person who says that the origin is so."""
    attested_because: str | None = None
    """How that person knows."""
    licence: str | None = None
    """SPDX identifier, or `proprietary`."""
    split_by: str | None = None
    """Column that says what belongs together (a person, a document, a module): it gets one role as a whole."""
    personal_data: bool = False
    max_bad_share: float = Field(default=0.05, ge=0, le=1)
    """The run stops when more than this share of the rows is bad."""

    def yields(self) -> Origin:
        """What its rows count as, as far as the recipe tells."""
        return self.origin

    @abstractmethod
    def read(self) -> Iterator[Item | Fault]:
        """Every row as an item or a fault, in a stable order, lazily. SourceError when nothing can be read at all."""

    def facts(self) -> Mapping[str, str]:
        """What only the source knows of itself, for provenance: versions, revisions. Licence when it is given away."""
        return {}


class Task(NamedTuple):
    """One piece of work for a strategy: small, picklable, and the same on every run."""

    row: str
    """Its name within the strategy's entry: the same in every round and every run, and no other task's."""
    seeds: tuple[Record, ...] = ()
    """The records it starts from; they become parents."""
    spec: Mapping[str, Any] = {}
    """Whatever else it says. JSON values."""


class Made(NamedTuple):
    """A record of an earlier round, and what became of it."""

    id: str
    row: str
    """Of the task that made it."""
    parents: tuple[str, ...]
    tags: tuple[str, ...]
    standing: bool
    """No check has dropped it."""
    verified: bool


class Past(NamedTuple):
    """What earlier rounds left behind. A round's tasks may depend on it, never on their own round."""

    round: int = 1
    verified: frozenset[str] = frozenset()
    """Ids of the seeds with a verifying keep: only their examples are oracles."""
    kept: int = 0
    """Synthetic records of this strategy entry still standing."""
    tried: frozenset[str] = frozenset()
    """`row` of every task of this entry that earlier rounds have done, whatever became of it."""
    made: Sequence[Made] = ()
    """Every record of this entry."""
    scores: Mapping[str, float] = {}
    """Record's id to the score that the check named by `hears` gave it: of seeds, and of what this entry made."""
    own: Callable[[], Iterable[Record]] = tuple
    """Streams the records of this entry that stand and are verified, anew at each call."""


class Strategy(Part):
    """Writes synthetic records and never judges them. The engine owns order, processes and retries."""

    together: ClassVar[bool] = False
    """Asked by `propose_all` in one process, because its tasks wait more than they work."""
    seeds: str | None = None
    """Name of the anchor it starts from, or of another strategy, whose verified records it then starts from a round
    later; None means every anchor."""
    count: int | None = Field(default=None, ge=1)
    """Records wanted; None means as many as the seeds yield."""
    rounds: int = Field(default=1, ge=1, le=20)
    """How often to come back for what verification took away from `count`."""
    hears: str | None = None
    """Name of the check whose scores decide where it goes next, for strategies that follow a measured pass rate."""
    max_bad_share: float = Field(default=0.05, ge=0, le=1)
    """Of a strategy that reads rows: the run stops when more than this share of them is bad."""

    @abstractmethod
    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """Tasks in a stable order, lazily. Randomness is a function of `seed` and the task's `row` only."""

    @abstractmethod
    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        """The records of one task, or the fault that it ended in. `source` is this entry's name in the recipe."""

    def propose_all(self, tasks: Iterable[Task], source: str) -> "Iterator[Proposal]":
        """What comes of each task, in any order. Tasks are drawn no faster than they are worked on."""
        for task in tasks:
            yield Proposal(task, partial(self.propose, task, source))


class Proposal(NamedTuple):
    """What came of one task."""

    task: Task
    open: Callable[[], Sequence[Record | Fault]]
    """Gives its records and faults, or raises what the strategy raised."""


class FitContext(NamedTuple):
    """What a check may look at before it judges."""

    protected: Callable[[], Iterator[pa.RecordBatch]]
    """Batches of the anchor's `test` role, streamed anew at each call."""


class Check(Part):
    """Says keep, drop or flag, and why. Register subclasses of `RecordCheck` or `SetCheck`."""

    family: ClassVar[Family]
    """Whose judgement it is; decides whether a keep verifies."""
    human: Literal["flag", "drop"] = "flag"
    """What a drop means for a human record: the anchor stays whole unless the recipe says otherwise."""

    def fit(self, context: FitContext) -> Any:
        """State that every batch is judged with: picklable, the same for any number of shards. None if not needed."""
        return None

    def measure(self, state: Any) -> Sequence[Evidence]:
        """Evidence about the check itself, once per run: how large the benchmark is, which tier the sandbox reached."""
        return ()


class Seed(NamedTuple):
    """A record of which it is known whether it is good: mixed blind into a check's input, it measures the check."""

    record: Record
    good: bool
    kind: str = "given"
    """How a bad one is wrong, as far as that is known."""
    writer: str | None = None
    """The model that wrote it, if one did."""


class NearMiss(NamedTuple):
    """A wrong answer made on purpose of a right one, as like it as possible."""

    record: Record
    """The right record with another payload or reference."""
    kind: str
    """How it was made: `off_by_one`, `swapped_unit`, `a_or_b`."""


class Ruling(NamedTuple):
    """What a check says of one record. The engine makes a `Verdict` of it: whose record, which check, which family."""

    outcome: Outcome
    reason: str
    """A code in snake_case."""
    score: float | None = None
    evidence: Mapping[str, Any] = {}
    """What a doubter needs to see it for himself. JSON values."""


class RecordCheck(Check):
    """Judges each record by itself."""

    needs: ClassVar[frozenset[str]] = frozenset()
    """Keys of `reference` of which a record must have one to be judged; empty means that every record is."""
    gold: str | None = None
    """File of labelled rows, mixed blind into the input to measure this check: `gold` is `good` or `bad`."""
    near_misses: int = Field(default=0, ge=0, le=100_000)
    """So many near misses join the gold: of human records of the holdout role, and of others where those are few."""
    max_false_accept_rate: float | None = Field(default=None, gt=0, lt=1)
    """The run fails its gate when the 95 % upper bound of the measured rate is above this."""
    max_false_reject_rate: float | None = Field(default=None, gt=0, lt=1)
    """The same for good records that the check flags or drops."""

    @abstractmethod
    def judge(self, batch: pa.RecordBatch, state: Any) -> Sequence[Ruling | Fault]:
        """One ruling or fault for each row of a batch of `records.SCHEMA`, in order."""

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """Near misses of a record that is right: wrong, and hard to tell. None where that can't be done.

        How certain it is that they are wrong, each check says: a changed digit is, a mutant that answers otherwise on
        some input is so only if the task has that input.
        """
        return ()

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]]) -> Sequence[Evidence]:
        """Evidence about the population: records of each shard beside their verdicts (`VERDICT_SCHEMA`), in order.

        Called once a step, after every shard is judged, without gold and without records that did not concern it.
        """
        return ()


class ModelCheck(RecordCheck):
    """Asks models. The engine runs it in one process, and lets it verify only what another family made.

    A record whose maker shares a family with the check's models is not put before it: it is flagged `same_family`.
    One whose maker's family is unknown is judged, but a keep does not verify it.
    """

    family: ClassVar[Family] = "model"
    same_family: Literal["refuse", "accept"] = "refuse"
    """`accept` asks a judge about its own family's work; that keep verifies nothing, and the policy wants a waiver."""
    human_too: bool = False
    """Ask about human records as well. They need no verification, and each question is paid for."""

    @abstractmethod
    def families(self) -> frozenset[str]:
        """Families of all models that are asked, those that they were distilled from included."""


class Resolution(NamedTuple):
    """What one partition told: rulings at once, or pairs that must be confirmed by reading."""

    rulings: Sequence[tuple[str, Ruling]] = ()
    """(record's id, what is said of it)."""
    pairs: Sequence[tuple[str, str]] = ()
    """(better, worse) record ids by rank."""


class SetCheck(Check):
    """Judges records against each other, with no phase that sees the whole collection.

    emit: each batch to rows under partition keys. resolve: each partition to rulings, or to pairs. confirm: pairs to
    exact similarities by reading both texts. A record that no phase drops is kept with reason `unique`.
    """

    removed_as: ClassVar[str] = "duplicate"
    """Reason of a removal that follows from confirmed pairs."""

    @abstractmethod
    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """Rows of `row` (int32, index into the batch), `partition` (uint64), and columns of the check's own.

        The engine adds `record` (its id), `rank` (int64, lower stays) and `protected` (bool: kept whatever is said).
        """

    @abstractmethod
    def resolve(self, partition: pa.Table) -> Resolution:
        """All rows with equal `partition` are here, and others may be: group by your own columns."""

    def view(self, batch: pa.RecordBatch) -> list[str]:
        """The text of each row that `confirm` reads."""
        raise TypeError(f"{type(self).__name__} returns pairs, so it must say which text it compares")

    def confirm(self, pairs: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> list[float | None]:
        """The true similarity of each pair, or None when it is below the threshold."""
        raise TypeError(f"{type(self).__name__} returns pairs, so it must confirm them")


P = TypeVar("P", bound=Part)
_registered: dict[Kind, dict[str, type[Part]]] = {"source": {}, "strategy": {}, "check": {}}


def register(kind: Kind, name: str) -> Callable[[type[P]], type[P]]:
    """Decorate the class that a recipe calls by `name`."""

    def decorate(part: type[P]) -> type[P]:
        holder = _registered[kind].get(name)
        if holder is not None and holder.__qualname__ != part.__qualname__:
            raise ValueError(f"{kind} `{name}` is {holder.__module__}.{holder.__qualname__} already")
        part.name_in_recipe = name
        _registered[kind][name] = part
        return part

    return decorate


def lookup(kind: Kind, name: str) -> type[Part]:
    """The class registered under `name`. InputError with the nearest name when there is none."""
    known = available(kind)
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(sorted(known))}"
    raise InputError(f"there is no {kind} `{name}`", mend=hint)


@cache
def available(kind: Kind) -> Mapping[str, type[Part]]:
    """Every registered class of a kind by name, ours first, so that a plug-in cannot take one of our names."""
    for room in _ROOMS[kind]:
        importlib.import_module(room)
    return {**_plugins(kind), **_registered[kind]}


def _plugins(kind: Kind) -> dict[str, type[Part]]:
    found: dict[str, type[Part]] = {}
    for point in entry_points(group=_GROUPS[kind]):
        try:
            part = point.load()
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
            warnings.warn(f"plug-in {point.name} ({point.value}) was left out: {error}", stacklevel=3)
            continue
        part.name_in_recipe = point.name
        found[point.name] = part
    return found
