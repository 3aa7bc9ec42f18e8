"""The one place where the order of the house is written down."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sterling.engine.watch import Silent, Watch
from sterling.errors import InputError, PolicyRefused, SourceError
from sterling.ledger import Run, alone, ended
from sterling.models import families, store, terms
from sterling.models.mocking.rehearsal import rehearsed
from sterling.pipeline.anchoring import cut_roles, read_anchors
from sterling.pipeline.calibrating import require_seeds
from sterling.pipeline.compared_with import against_files
from sterling.pipeline.crews import Engine, crew_of, places_of
from sterling.pipeline.evidence.costs import require_keys, require_prices, spending
from sterling.pipeline.evidence.targeting import require_inputs
from sterling.pipeline.feasible import require_mix
from sterling.pipeline.generating import Walked
from sterling.pipeline.generations.continuing import Inherited, continued, depths, refuse_itself
from sterling.pipeline.generations.erasing import read_erasures
from sterling.pipeline.job import Job
from sterling.pipeline.looking import require_rows
from sterling.pipeline.mixing import mix
from sterling.pipeline.publishing import publish
from sterling.pipeline.walking import walk
from sterling.policy import Finding, lint, makes, refusing, render, resolved, runs_in
from sterling.recipes import Loaded, Recipe, from_mapping, load, lock_text, recipe_digest
from sterling.records.files import write_text
from sterling.records.places import remove_tree
from sterling.registry import Part
from sterling.release import earlier_release
from sterling.version import VERSION

RecipeLike = str | Path | Mapping[str, Any] | Recipe | Loaded
"""A recipe's path, its keys as a mapping, or a recipe that is loaded already."""


def run(
    recipe: RecipeLike,
    *,
    out: str | Path = ".",
    overrides: Sequence[str] = (),
    preview: int | None = None,
    watch: Watch | None = None,
    rehearse: bool | str | Path = False,
    engine: Engine = "local",
    cluster: str | None = None,
) -> Run:
    """Walk a recipe from anchor to release; an earlier run of the same name is continued, not repeated.

    Writes `runs/<name>` and, unless it is a preview or the policy refuses, `releases/<name>` under `out`. `preview`
    takes that many records of each anchor and each strategy. RecipeError or SourceError when the input is wrong,
    PolicyRefused when a critical or required rule is unmet; an earlier release then stays as it was.
    `rehearse` a preview with a mock in place of every model: True for made-up answers, or the path of a script.
    `out` may be a URL that fsspec knows (`s3://bucket/folder`): `runs/` is there, and the rest in the current folder.
    `engine` is who works: `ray` on the cluster at `cluster` (`host:port`), unsaid a Ray of its own.
    """
    opened = walked(
        recipe, out=out, overrides=overrides, preview=preview, watch=watch, rehearse=rehearse, engine=engine,
        cluster=cluster,
    )  # fmt: skip
    with opened as at_work:
        mixed = mix(at_work.job, at_work.walked, at_work.inherited.past)
        publish(at_work.job, at_work.loaded, at_work.walked, mixed, at_work.release, at_work.inherited)
    return Run(at_work.job.trail.run)


class AtWork(NamedTuple):
    """A run that has come as far as its mix, and may still ask its models."""

    job: Job
    loaded: Loaded
    walked: Walked
    release: Path
    """Where it is to go."""
    inherited: Inherited
    """From the generations before it; nothing in a first one."""


@contextmanager
def walked(
    recipe: RecipeLike,
    *,
    out: str | Path = ".",
    overrides: Sequence[str] = (),
    preview: int | None = None,
    watch: Watch | None = None,
    rehearse: bool | str | Path = False,
    engine: Engine = "local",
    cluster: str | None = None,
    to_end: bool = True,
) -> Iterator[AtWork]:
    """Walk a recipe up to its mix, as `run` does and with the same steps, and stay alone in its folder for a while.

    `to_end`: the caller goes on to the release. Who does not leaves `run.json` and the lock of a run that came to its
    end before as they are.
    """
    places = places_of(out, engine, rehearsed=bool(rehearse))
    loaded = read_recipe(recipe, overrides)
    loaded = loaded._replace(recipe=resolved(loaded.recipe))
    if preview is None:
        _refuse(loaded, places.runs)
    require_files(loaded)
    if not rehearse:
        require_keys(loaded)
    require_seeds(loaded)
    require_prices(loaded)
    require_inputs(loaded.recipe)
    folder = _folder(places.runs, loaded.recipe.name, preview, rehearse)
    crew = crew_of(engine, loaded.recipe.engine.workers, cluster, folder)
    if to_end or not ended(folder):
        write_text(folder / "recipe.lock.yaml", lock_text(loaded.recipe))
    kept = (folder if rehearse else places.home) / ".sterling"
    head = _head(loaded) | {"rehearsed": bool(rehearse)}
    job = Job.of(loaded.recipe, folder, head, crew, watch or Silent(), kept, preview, to_end=to_end)
    taught = families.trained(depths(loaded.recipe))
    known, looked = families.added(_families(loaded)), runs_in(None if preview else folder.parent)
    with alone(folder), _asking(job, rehearse), spending(job, loaded), looked, known, taught, crew:
        release = places.home / "releases" / loaded.recipe.name
        refuse_itself(job, release)
        anchors = cut_roles(job, read_anchors(job))
        inherited = continued(job, anchors)
        done = walk(job, anchors, inherited.shards)
        yield AtWork(job, loaded, done, release, inherited)


def _asking(job: Job, rehearse: bool | str | Path) -> AbstractContextManager[None]:
    """Models as the recipe names them, their answers kept for good; or a mock, its answers kept with the preview."""
    store.use(job.store)
    return rehearsed(None if rehearse is True else rehearse) if rehearse else nullcontext()


def _folder(runs: Path, name: str, preview: int | None, rehearse: bool | str | Path) -> Path:
    """Where the run keeps its steps; a rehearsal begins anew each time, for a script may have changed."""
    if not rehearse:
        return runs / (name if preview is None else f".preview-{name}")
    if preview is None:
        raise InputError("a rehearsal releases nothing", mend="add `--preview N`")
    remove_tree(runs / f".rehearsal-{name}")
    return runs / f".rehearsal-{name}"


def check_policy(recipe: RecipeLike, *, overrides: Sequence[str] = ()) -> list[Finding]:
    """Every rule of the recipe's purpose, met or not, before anything runs."""
    loaded = read_recipe(recipe, overrides)
    with suppress(SourceError):  # gold that is not there yet is the run's business, gold that is too little is not
        require_seeds(loaded)
    require_prices(loaded)
    with families.added(_families(loaded)):
        return lint(loaded.recipe, loaded.where)


def _families(loaded: Loaded) -> Path | None:
    """The file that adds to the registry of model families, meant from the recipe's folder."""
    named = loaded.recipe.families
    return None if named is None else loaded.path.parent / named


def require_files(loaded: Loaded) -> None:
    """Every local file that the recipe names is there, each part has what it requires, and anchors have rows.

    SourceError with the recipe's line for the first that is not.

    Addresses (`hf://...`) are left for the run: looking for them needs the network.
    """
    recipe = loaded.recipe
    parts: list[tuple[tuple[str | int, ...], Part]] = [
        *((("anchor", n), source) for n, source in enumerate(recipe.anchor)),
        *((("target", n), source) for n, source in enumerate(recipe.target)),
        *((("generate", n), entry.part) for n, entry in enumerate(recipe.generate)),
        *((("checks", n), entry.part) for n, entry in enumerate(recipe.checks)),
    ]
    for place, part in parts:
        try:
            part.require()
        except InputError as error:
            raise _at(loaded, place, error) from None
        if "://" not in repr(part.model_dump()):
            try:
                part.reads()
                against_files(part)
            except InputError as error:
                key = next((key for key in ("path", "against", "packages") if hasattr(part, key)), "")
                raise _at(loaded, (*place, key), error) from None
    require_mix(loaded)
    for key, look in (
        ("terms", lambda: terms.registry(recipe.terms_folder)),
        ("continues", lambda: recipe.continues_folder and earlier_release(recipe.continues_folder)),
        ("models", lambda: depths(recipe)),
        ("erasures", lambda: read_erasures(recipe.erasures_file)),
    ):
        try:
            look()
        except InputError as error:
            raise _at(loaded, (key,), error) from None
    require_rows(loaded)


def _at(loaded: Loaded, place: tuple[str | int, ...], error: InputError) -> SourceError:
    what = error.what if error.where is None else f"{error.where}: {error.what}"
    return SourceError(what, where=loaded.where(place), mend=error.mend)


def read_recipe(recipe: RecipeLike, overrides: Sequence[str] = ()) -> Loaded:
    """Whatever a caller calls a recipe, loaded."""
    if isinstance(recipe, Loaded):
        return recipe
    if isinstance(recipe, str | Path):
        return load(Path(recipe), overrides)
    made = recipe if isinstance(recipe, Recipe) else from_mapping(recipe)
    return Loaded(made, Path("recipe"), lock_text(made), {})


def _refuse(loaded: Loaded, runs: Path) -> None:
    with families.added(_families(loaded)), runs_in(runs):
        findings = lint(loaded.recipe, loaded.where)
    if unmet := refusing(findings):
        raise PolicyRefused(f"the policy refuses this recipe\n{render(unmet, loaded.where)}")


def _head(loaded: Loaded) -> dict[str, Any]:
    return {
        "name": loaded.recipe.name,
        "purpose": loaded.recipe.purpose,
        "recipe": str(loaded.path),
        "recipe_digest": recipe_digest(loaded.recipe),
        "makes": makes(loaded.recipe),
        "sterling": VERSION,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
