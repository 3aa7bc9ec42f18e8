"""`sterling forecast RECIPE`: the mix of a recipe beside the presets, before or after a run. No model is asked."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from sterling.collapse.diversity import Sample, sampled
from sterling.errors import InputError, RecipeError
from sterling.pipeline.corpora import corpus_texts
from sterling.pipeline.forecast.policies import assumed, policy_of
from sterling.pipeline.forecast.spectra import (
    ASSUMED,
    AnchorSize,
    Forecast,
    Reproduction,
    foretold,
    named_policies,
    reproduction,
    require_tokens,
)
from sterling.pipeline.order import read_recipe, require_files
from sterling.recipes import Loaded
from sterling.records import PAYLOAD_KEYS, Record, format_of, payload_text, text_of
from sterling.sources.anchor import anchor_records

_SEED = "forecast"
_WRITTEN = frozenset({"synthetic", "mixed"})


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

    Anchors are read as a run would read them, without their checks. Tail reproduction is measured on `output`, else on
    the release of this recipe under `out`, else on the one it continues; else it is taken to be 1. RecipeError or
    SourceError with file and line for what is wrong; InputError for an anchor that is too small.
    """
    loaded = read_recipe(Path(path), overrides)
    require_files(loaded)
    chosen = named_policies(policies)
    size = AnchorSize(loaded.recipe)
    sample = sampled(size.counted(_train(loaded)), _SEED)
    require_tokens(sample, loaded.where(("anchor",)))
    kappa = _reproduction(sample, output, list(_releases(loaded, out)))
    mine = policy_of(loaded.recipe, size.total)
    found = foretold(sample, [mine, *chosen], generations, kappa)
    return found._replace(assumed=assumed(loaded.recipe, size.total))


def _train(loaded: Loaded) -> Iterator[str]:
    """The text of the records that would train: real ones, or all where nobody attests any."""
    if not loaded.recipe.anchor:
        what = "there is no anchor, so there are no rare words to foretell"
        raise RecipeError(what, where=loaded.where(("anchor",)), mend="name real data under `anchor:`")
    for index, source in enumerate(loaded.recipe.anchor):
        try:
            for record in anchor_records(source, loaded.recipe.roles.shares):
                if isinstance(record, Record) and record.role == "train" and (text := text_of(record)).strip():
                    yield text
        except InputError as error:
            place = loaded.where(("anchor", index))
            raise type(error)(f"{error.where}: {error.what}", where=place, mend=error.mend) from None


def _releases(loaded: Loaded, out: Path) -> Iterator[Path]:
    """Where a generation of this recipe may lie: its own release, then the one it continues."""
    yield out / "releases" / loaded.recipe.name
    earlier = getattr(loaded.recipe, "continues", None)
    if earlier is not None:
        yield loaded.path.parent / str(earlier)


def _reproduction(sample: Sample, output: str | None, releases: Sequence[Path]) -> Reproduction:
    if output is not None:
        return reproduction(sample, corpus_texts(output), output)
    for release in releases:
        files = sorted((release / "data").glob("**/*.parquet"))
        if not files:
            continue
        try:
            return reproduction(sample, _written(files), f"the synthetic records of {release}")
        except InputError as error:
            return Reproduction((), f"assumed to be 1: {error.where} hold too few tokens ({error.what.split()[0]})")
    return ASSUMED


def _written(files: Sequence[Path]) -> Iterator[str]:
    """The text of a release's synthetic rows."""
    for file in files:
        with pq.ParquetFile(file) as opened:
            if "origin" not in opened.schema_arrow.names:
                continue
            columns = [name for name in opened.schema_arrow.names if name in {*PAYLOAD_KEYS, "origin"}]
            for batch in opened.iter_batches(columns=columns):
                yield from _texts(batch.to_pylist())


def _texts(rows: list[dict[str, object]]) -> Iterator[str]:
    for row in rows:
        payload = {key: value for key, value in row.items() if key != "origin" and value is not None}
        if row["origin"] not in _WRITTEN:
            continue
        try:
            format_of(payload)
        except ValueError:
            continue
        yield payload_text(payload)
