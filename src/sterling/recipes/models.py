"""The recipe: a whole run in one frozen value. Every key of the YAML file is a field here or an option of a part."""

import math
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    PrivateAttr,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from sterling.models import Endpoint
from sterling.models.terms import UseKind
from sterling.recipes.entries import KINDS, Entry, name_entries, read_entry, read_part, refuse
from sterling.recipes.presets import Preset, with_preset
from sterling.recipes.problems import Problem, nearest
from sterling.records import Role
from sterling.registry import Check, Source, Strategy

Purpose = Literal["fine-tuning", "evaluation", "edge-cases", "privacy", "pretraining", "alignment"]
"""What the data is for. It decides which rules of the policy apply, and how high the synthetic share may be."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
"""A name that is a folder name everywhere."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of the recipe's own: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


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


class Weights(Section):
    """Sampling weights, written beside each record for the trainer."""

    real: float = Field(default=1.0, gt=0)
    synthetic: float = Field(default=1.0, gt=0)
    per_depth: float | None = Field(default=None, gt=0, le=1)
    """Factor on a synthetic record for each step of its depth beyond the first. Unsaid: 0.5 in a run that continues an
    earlier release, else 1."""
    per_generation: float | None = Field(default=None, gt=0, le=1)
    """Factor on a synthetic record for each generation since it was written. Unsaid: 0.5, whatever `per_depth` says; in
    a first generation nothing is old."""


class Caps(Section):
    """Highest shares of parts of the mix, in `unit`."""

    strategy: Mapping[Text, Share] = {}
    """By name of a strategy or of its entry."""
    depth: Mapping[Annotated[int, Field(ge=1)], Share] = {}
    """Records of this depth and deeper. In YAML the depth is quoted: `"2": 0.1`."""
    domain: Mapping[Text, Share] = {}
    """By tag, or by name of an anchor or a strategy: real records count too."""

    @model_validator(mode="after")
    def _deeper_is_rarer(self) -> Self:
        falls = sorted(self.depth.items())
        wrong = [deep for (_, above), (deep, cap) in pairwise(falls) if cap > above]
        what = "allows more than the cap of a smaller depth, in which these records count too"
        if wrong:
            refuse([Problem(("depth", str(deep)), f"depth {deep} {what}", "lower it, or remove it") for deep in wrong])
        return self


class PerCluster(Section):
    """A minimum for each topic of the human train records, so that none vanishes under caps and budgets."""

    clusters: int = Field(ge=2, le=32)
    """Topics to tell apart: hashed words of 2,000 records, gathered by k-means. Rough, and without a model."""
    least: int = Field(ge=1)
    """Amount of each in the mix, in `unit` as a trainer sees it, real and synthetic records together."""


class Mix(Section):
    """How real and synthetic records come together. See docs/mixing.md."""

    preset: Preset | None = None
    """A mixing policy by name; keys that are said beside it win."""
    real: Literal["include", "exclude"] = "include"
    """`exclude` leaves every real record out: evaluation sets and privacy substitutes."""
    synthetic_cap: Share | None = None
    """Highest synthetic share, in `unit`. Unsaid: the default of the purpose (`sterling lint` prints it)."""
    real_floor: Share | None = None
    """Lowest real share, in `unit`. Unsaid: the default of the purpose."""
    caps: Caps = Caps()
    minimum: Mapping[Text, Annotated[int, Field(ge=1)]] = {}
    """Least amount, in `unit` as a trainer sees it, of a tag, an anchor or a strategy. Its records are taken first."""
    per_cluster: PerCluster | None = None
    ratios: Text | None = None
    """A file of target shares by domain: a CSV as olmix reads it (`FILE#run` picks a row), or JSON of domain and
    weight. Records of no domain in it stay out."""
    unit: Literal["tokens", "records"] = "tokens"
    """What shares and budget are counted in."""
    budget: Annotated[int, Field(ge=1)] | Literal["anchor"] | None = None
    """Size of the whole mix, in `unit`; `anchor` means that of the real data there is. Unsaid: whatever there is."""
    draw: Literal["real_first", "proportional"] = "real_first"
    """Under a budget: all real data first, or each part by its size, as far as cap and floor allow."""
    epochs: int = Field(default=1, ge=1)
    """How often a real record may be seen, by weight, to fill a budget or to let synthetic data in. At most 4."""
    generations: int | None = Field(default=None, ge=1)
    """Of how many generations synthetic data enters, this run's first. Unsaid: of all."""
    weights: Weights = Weights()
    real_share: Share | None = None
    """Least real share, reached by weighting synthetic records down rather than by leaving them out."""
    ends_on_real: Share = 0
    """The last such share of the mix holds real records alone: column `phase` says which."""
    evidence: Text | None = None
    """`evidence.json` of `sterling experiment`, where a cap above the purpose's is one that was tried and helped."""

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, data: Any) -> Any:
        return with_preset(data) if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if wrong := [*_without_real(self), *_too_often(self)]:
            refuse(wrong)
        return self


MOST_EPOCHS = 4
"""Beyond, repeated data is worth less and less (Muennighoff et al., arXiv 2305.16264)."""


def _without_real(mix: Mix) -> Iterator[Problem]:
    if mix.real == "exclude":
        wrong = {
            "real_floor": (mix.real_floor or 0) > 0,
            "synthetic_cap": (1 if mix.synthetic_cap is None else mix.synthetic_cap) < 1,
            "real_share": (mix.real_share or 0) > 0,
            "ends_on_real": mix.ends_on_real > 0,
        }
        why = "cannot hold: with `real: exclude` the mix is wholly synthetic"
        yield from (Problem((key,), f"`{key}` {why}", f"remove `{key}`") for key, bad in wrong.items() if bad)


def _too_often(mix: Mix) -> Iterator[Problem]:
    if mix.epochs > MOST_EPOCHS:
        why = f"up to {MOST_EPOCHS} epochs repeated data is nearly as good as fresh, beyond it is worth less and less"
        what = f"real data cannot be seen {mix.epochs} times: {why} (Muennighoff et al., arXiv 2305.16264)"
        yield Problem(("epochs",), what, f"say {MOST_EPOCHS} or fewer, or bring more real data")


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
