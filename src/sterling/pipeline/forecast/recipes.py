"""`sterling forecast RECIPE`: the mix of a recipe beside the presets, before or after a run. No model is asked."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from sterling.collapse.samples import Sample, sampled
from sterling.errors import InputError, RecipeError
from sterling.pipeline.corpora import corpus_texts
from sterling.pipeline.forecast.policies import assumed, policy_of
from sterling.pipeline.forecast.runs import told_by
from sterling.pipeline.forecast.spectra import (
    ASSUMED,
    SEED,
    AnchorSize,
    Forecast,
    Reproduction,
    foretold,
    measured,
    named_policies,
    reproduction,
    require_tokens,
)
from sterling.pipeline.monitor.releases import is_release, rows
from sterling.pipeline.order import read_recipe, require_files
from sterling.policy import resolved
from sterling.recipes import Loaded
from sterling.records import Origin, Record, text_of
from sterling.sources.anchor import anchor_records


def is_recipe(path: str) -> bool:
    """Whether this names a recipe rather than text."""
    return path.lower().endswith((".yaml", ".yml"))


def forecast_recipe(
    path: str,
    generations: int,
    policies: Sequence[str] = (),
    output: str | None = None,
    *,
    overrides: Sequence[str] = (),
    out: Path = Path(),
) -> Forecast:
    """Forecast for the train role of a recipe's anchors, its own mix first.

    Anchors are read as a run would read them, without their checks. Tail reproduction is measured on `output`; else it
    is what the run of this recipe's release under `out` took it to be, else that of the one it continues, measured on
    its synthetic rows where that run foretold nothing; else it is taken to be 1. RecipeError or SourceError with file
    and line for what is wrong; InputError for an anchor that is too small.
    """
    loaded = read_recipe(Path(path), overrides)
    require_files(loaded)
    loaded = loaded._replace(recipe=resolved(loaded.recipe))
    chosen = named_policies(policies)
    size = AnchorSize(loaded.recipe)
    sample = _sampled(loaded, size)
    require_tokens(sample, loaded.where(("anchor",)))
    kappa = _reproduction(sample, output, list(_releases(loaded, out)))
    mine = policy_of(loaded.recipe, size.total)
    found = foretold(sample, [mine, *chosen], generations, kappa)
    return found._replace(assumed=assumed(loaded.recipe, size.total))


def _sampled(loaded: Loaded, size: AnchorSize) -> Sample:
    """Of the records that would train: real ones, or all where nobody attests any."""
    real = sampled(size.counted(_train(loaded, ("human",))), SEED)
    return real if real.seen else sampled(size.counted(_train(loaded, get_args(Origin))), SEED)


def _train(loaded: Loaded, origins: Sequence[Origin]) -> Iterator[str]:
    """The text of the records of the train role, of some origins."""
    if not loaded.recipe.anchor:
        what = "there is no anchor, so there are no rare words to foretell"
        raise RecipeError(what, where=loaded.where(("anchor",)), mend="name real data under `anchor:`")
    for index, source in enumerate(loaded.recipe.anchor):
        try:
            for record in anchor_records(source, loaded.recipe.roles.shares):
                if isinstance(record, Record) and record.role == "train" and record.origin in origins:
                    yield text_of(record)
        except InputError as error:
            place = loaded.where(("anchor", index))
            raise type(error)(f"{error.where}: {error.what}", where=place, mend=error.mend) from None


def _releases(loaded: Loaded, out: Path) -> Iterator[Path]:
    """Where a generation of this recipe may lie: its own release, then the one it continues."""
    yield out / "releases" / loaded.recipe.name
    if loaded.recipe.continues_folder is not None:
        yield loaded.recipe.continues_folder


def _reproduction(sample: Sample, output: str | None, releases: Sequence[Path]) -> Reproduction:
    if output is not None:
        return reproduction(sample, corpus_texts(output), output)
    release = next(filter(is_release, releases), None)
    if release is None:
        return ASSUMED
    return told_by(release) or _written(sample, release)


def _written(sample: Sample, release: Path) -> Reproduction:
    """Measured on the synthetic rows of a release whose run did not."""
    where = f"the synthetic records of {release}"
    written = sampled((document.text for document in rows(release, "synthetic")), SEED)
    found = measured(sample, written, f"measured on {where} ({written.tokens:,} tokens)")
    return found or Reproduction((), f"assumed to be 1: {where} hold too few tokens ({written.tokens:,})")
