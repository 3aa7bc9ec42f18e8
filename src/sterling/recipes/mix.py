"""The `mix:` of a recipe: how real and synthetic records come together."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sterling.recipes.entries import refuse
from sterling.recipes.presets import Preset, with_preset
from sterling.recipes.problems import Problem
from sterling.recipes.section import Section, Share, Text


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
