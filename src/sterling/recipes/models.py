"""The recipe: a whole run in one frozen value. Every key of the YAML file is a field here or an option of a part."""

import math
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from sterling.models import Endpoint
from sterling.models.terms import UseKind
from sterling.recipes.entries import KINDS, Entry, name_entries, read_entry, read_part, refuse
from sterling.recipes.mix import Mix
from sterling.recipes.problems import Problem, nearest
from sterling.recipes.section import Section, Share, Text
from sterling.records import Role
from sterling.registry import Check, Source, Strategy

Purpose = Literal["fine-tuning", "evaluation", "edge-cases", "privacy", "pretraining", "alignment"]
"""What the data is for. It decides which rules of the policy apply, and how high the synthetic share may be."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
"""A name that is a folder name everywhere."""


class Roles(Section):
    """How the anchor is split before anything reads it. The four shares sum to 1."""

    train: Share = 0.8
    """Seeds generation and enters the mix."""
    test: Share = 0.1
    """Kept apart: the contamination check protects it, experiments measure on it."""
    monitor: Share = 0.05
    """The reference for collapse."""
    holdout: Share = 0.05
    """For privacy and calibration."""

    @property
    def shares(self) -> Mapping[Role, float]:
        """The share of each role, in the order in which they are cut."""
        return {"train": self.train, "test": self.test, "monitor": self.monitor, "holdout": self.holdout}

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = math.fsum(self.shares.values())
        if abs(total - 1) > 1e-9:
            parts = " + ".join(f"{role} {share:g}" for role, share in self.shares.items())
            refuse(
                [Problem((), f"the roles sum to {total:g}, not 1: {parts}", "change one of them; unsaid ones count")]
            )
        return self


class ReleaseOptions(Section):
    """What the folder that leaves the house holds."""

    rejected: Literal["redacted", "full"] = "redacted"
    """`full` puts the payload of dropped records beside their reasons, except of those set aside by role."""
    reference: bool = False
    """Whether what verifiers used (answers, tests) is a training column: reinforcement learning wants it."""
    licence: Text | None = None
    """SPDX identifier of the release, or `proprietary`."""


class EngineOptions(Section):
    """How the work is cut. Nothing here changes what a run yields."""

    shard_rows: int | None = Field(default=None, ge=1)
    """Records per shard: what is repeated at most after a kill, and what memory is bounded by. Unsaid: 1,000; where all
    checks are statistics, shards of an anchor grow with it to 16,000, or less of long texts."""
    workers: int | None = Field(default=None, ge=1)
    """Processes. Unsaid: one per core."""
    partitions: int | None = Field(default=None, ge=1)
    """Into how many parts a set check divides its work; each must fit into memory. Unsaid: a power of two, 8 or more,
    with which no part has more than a million rows (2^20); `near_duplicates` makes 21 rows of a
    record at its default threshold, `exact_duplicates` one."""


class People(Section):
    """What people's time costs, as the recipe's owner declares it."""

    minutes: float = Field(ge=0)
    """Spent on this data: reviewing, writing rubrics and gold."""
    usd_per_hour: float = Field(ge=0)


class Budget(Section):
    """What the run may cost."""

    usd: float | None = Field(default=None, gt=0)
    """USD that are never exceeded by what is paid to models under this recipe's name, as long as each request says
    `max_tokens`. The run stops before it would, and goes on where it was once this is raised."""
    people: People | None = None
    """Not limited by `usd`: told beside it."""


class Waiver(Section):
    """A rule that this recipe breaks on purpose. The dataset card prints all three fields."""

    rule: Text
    """The id of the rule, as `sterling lint` prints it."""
    because: Text
    """The reason."""
    by: Text
    """The person who answers for it."""


class IntendedUse(Section):
    """What the data is for, in words, and as a kind that terms of models speak of."""

    kind: UseKind
    """`domain-model` is one for a narrow domain or task, which competes with no general model."""
    text: Text
    """For the dataset card: who will train or measure what with it."""


def _told_as(value: Any) -> str:
    return "as a mapping" if isinstance(value, Mapping | IntendedUse) else "as text"


_Use = Annotated[Annotated[Text, Tag("as text")] | Annotated[IntendedUse, Tag("as a mapping")], Discriminator(_told_as)]
_Anchor = Annotated[Source, PlainValidator(partial(read_part, "source"))]
_Strategy = Annotated[Entry[Strategy], PlainValidator(partial(read_entry, "strategy"))]
_Check = Annotated[Entry[Check], PlainValidator(partial(read_entry, "check"))]


class Recipe(Section):
    """A whole run: real data in, a checked and documented training set out."""

    name: Slug
    """Names the run's and the release's folder."""
    purpose: Purpose
    """What the data is for; decides which rules apply."""
    intended_use: _Use | None = None
    """For the dataset card: who will train or measure what with it. `{kind: ..., text: ...}` says the kind too, which
    terms of models depend on."""
    seed: int = 0
    """Of all randomness: the same recipe and data give the same release."""
    anchor: tuple[_Anchor, ...]
    """Real data. It is never changed and never replaced."""
    continues: Text | None = None
    """Folder of the release whose next generation this is: its real records must still be there, its synthetic ones
    go on. `exact_duplicates` among the checks keeps what it holds from being made again."""
    erasures: Text | None = None
    """JSONL file of real records that had to go since: `id` or `content`, `because`, `by`. Only they may be missing."""
    target: tuple[_Anchor, ...] = ()
    """Real inputs from where the model will work, apart from the anchor: what users ask. Nothing is made of them;
    synthetic prompts are compared with them."""
    roles: Roles = Roles()
    models: Mapping[str, Endpoint] = {}
    """Models behind chat endpoints, by the names that strategies and checks call them by."""
    families: Text | None = None
    """A file that adds to the registry of model families: who made a model, and what it was distilled from."""
    prices: Text | None = None
    """A file that adds to the table of prices: USD per million tokens, by service and model."""
    budget: Budget = Budget()
    terms: Text | None = None
    """A folder with terms of models that a person has reviewed (`sterling terms review`). Its entries stand before
    those of the same id that come with Sterling."""
    generate: Annotated[tuple[_Strategy, ...], BeforeValidator(name_entries("strategy"))] = ()
    """Strategies that write synthetic records from the anchor's train role."""
    checks: Annotated[tuple[_Check, ...], BeforeValidator(name_entries("check"))] = ()
    """What judges the records, in this order."""
    tail_margin: Share = 0.1
    """By how much a check may let fewer rare records through than others before the policy speaks up."""
    mix: Mix = Mix()
    release: ReleaseOptions = ReleaseOptions()
    engine: EngineOptions = EngineOptions()
    waive: tuple[Waiver, ...] = ()
    """Rules of the policy that this recipe breaks on purpose."""
    _base: Path = PrivateAttr(default_factory=Path.cwd)

    @property
    def use_kind(self) -> UseKind | None:
        """The kind of the intended use; None where nobody said it."""
        return self.intended_use.kind if isinstance(self.intended_use, IntendedUse) else None

    @property
    def use_text(self) -> str | None:
        """The intended use in words."""
        return self.intended_use.text if isinstance(self.intended_use, IntendedUse) else self.intended_use

    @property
    def evidence_file(self) -> Path | None:
        """`mix.evidence` as the system knows it: it is meant from the recipe's own folder."""
        return None if self.mix.evidence is None else self._base / self.mix.evidence

    @property
    def terms_folder(self) -> Path | None:
        """The folder of terms as the system knows it: it is meant from the recipe's own."""
        return None if self.terms is None else self._base / self.terms

    def located(self, path: str) -> Path:
        """A path of this recipe as the system knows it: it is meant from the recipe's own folder."""
        return self._base / path

    @property
    def continues_folder(self) -> Path | None:
        """The earlier release, located."""
        return None if self.continues is None else self.located(self.continues)

    @property
    def erasures_file(self) -> Path | None:
        """The file of erasures, located."""
        return None if self.erasures is None else self.located(self.erasures)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, data: Any, info: ValidationInfo) -> Any:
        """`checks:` with every entry commented out is an empty list, not a mistake."""
        if not isinstance(data, Mapping):
            return data
        if info.context is not None:
            info.context["models"] = dict(_endpoints(data.get("models")))
            info.context["families"] = data.get("families")
        unsaid = {key for key, value in data.items() if value is None}
        lists: dict[str, list[Any]] = {key: [] for key in unsaid & set(KINDS)}
        defaults = {name for name, field in cls.model_fields.items() if not field.is_required()}
        return {key: value for key, value in data.items() if key not in unsaid & defaults} | lists

    @model_validator(mode="after")
    def _remember_base(self, info: ValidationInfo) -> Self:
        if info.context and "base" in info.context:
            self._base = Path(info.context["base"])
        return self

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        problems = [*_name_clashes(self), *_lost_seeds(self), *_lost_caps(self), *_continuing(self)]
        if problems:
            refuse(problems)
        return self


def _endpoints(section: Any) -> Iterator[tuple[str, Endpoint]]:
    """What entries may refer to by name. What is wrong with an entry is said where it stands, not where it is used."""
    for name, value in section.items() if isinstance(section, Mapping) else ():
        try:
            yield name, Endpoint.model_validate(value)
        except ValidationError:
            yield name, Endpoint(endpoint="http://unknown.invalid", model="unknown")


def _name_clashes(recipe: Recipe) -> Iterator[Problem]:
    """Records carry the name of the anchor or strategy that they came in by, so the two share one namespace."""
    seen: set[str] = set()
    for index, source in enumerate(recipe.anchor):
        if not source.name.strip():
            yield Problem(("anchor", index, "name"), "the name is empty", "name it after its content")
        if source.name in seen:
            yield Problem(("anchor", index, "name"), f"two anchors are called `{source.name}`", "rename one of them")
        seen.add(source.name)
    apart: set[str] = set()
    for index, source in enumerate(recipe.target):
        if source.name in apart:
            yield Problem(("target", index, "name"), f"two targets are called `{source.name}`", "rename one of them")
        apart.add(source.name)
    for index, entry in enumerate(recipe.generate):
        if entry.name in seen:
            what = f"an anchor is called `{entry.name}` already"
            yield Problem(("generate", index, "name"), what, "give this strategy a `name:` of its own")


def _lost_seeds(recipe: Recipe) -> Iterator[Problem]:
    """Seeds are an anchor's records or those of an earlier entry; what a strategy hears is a check's score."""
    names = [source.name for source in recipe.anchor]
    checks = [entry.name for entry in recipe.checks]
    for index, entry in enumerate(recipe.generate):
        seeds, hears = entry.part.seeds, entry.part.hears
        if seeds is not None and seeds not in names:
            what = f"no anchor, and no strategy above, is called `{seeds}`"
            yield Problem(("generate", index, "seeds"), what, nearest(seeds, names))
        if hears is not None and hears not in checks:
            yield Problem(("generate", index, "hears"), f"there is no check `{hears}`", nearest(hears, checks))
        names.append(entry.name)


def _lost_caps(recipe: Recipe) -> Iterator[Problem]:
    """A cap by strategy names one of this recipe. Domains may be tags, which no recipe lists."""
    names = {entry.name for entry in recipe.generate} | {entry.part.name_in_recipe for entry in recipe.generate}
    for name in recipe.mix.caps.strategy:
        if name not in names:
            what = f"no strategy is called `{name}`"
            yield Problem(("mix", "caps", "strategy", name), what, nearest(name, names))


def _continuing(recipe: Recipe) -> Iterator[Problem]:
    """What a next generation cannot do without."""
    if recipe.continues is None:
        if recipe.erasures is not None:
            what = "erasures are held against the release that a run continues, and `continues` is not said"
            yield Problem(("erasures",), what, "say `continues: releases/NAME`, or leave `erasures` out")
    elif not any(entry.part.name_in_recipe == "exact_duplicates" for entry in recipe.checks):
        what = "records of earlier generations go on, and no check keeps a strategy from writing the same ones again"
        yield Problem(("checks",), what, "add `- {check: exact_duplicates}`")
