"""`sterling experiment`: does the synthetic part of a recipe help? Arms with and without it, on real held-out data."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sterling.engine.local import LocalCrew, default_workers
from sterling.engine.step import Step
from sterling.engine.watch import Silent, Watch
from sterling.errors import InputError
from sterling.experiment import LEAST_SEEDS, Held, arms
from sterling.experiment.contrasts import outcome_effects
from sterling.experiment.outcomes import read_outcomes
from sterling.pipeline.experiment.candidates import Candidates, candidates
from sterling.pipeline.experiment.comparing import Compared, compared
from sterling.pipeline.experiment.learners import Learners, learners, require_known
from sterling.pipeline.experiment.reaching import Reach
from sterling.pipeline.experiment.trials import DRAWN, Results, Trial, results, told_apart
from sterling.pipeline.order import RecipeLike, read_recipe, walked
from sterling.policy import caps
from sterling.policy.experiment import made_from
from sterling.recipes import Loaded, recipe_digest
from sterling.records import digest
from sterling.records.files import write_json, write_text
from sterling.report import Head, render_experiment
from sterling.stats import Evidence
from sterling.version import VERSION

LEAST_TEST = 100
"""Test documents below which a quarter of them, the tail, says nothing."""
LEAST_GROUPS = 5
"""Groups of test documents (`split_by`) below which nobody knows how far a finding reaches."""


class Experiment(NamedTuple):
    """What came of it."""

    name: str
    found: Compared
    share: float
    """Synthetic part of the tokens in the mixed arms, as it came out."""
    reach: Reach
    """What was asked, and whether there is enough synthetic data for it."""
    test: int
    """Documents."""
    groups: int | None
    """That they belong to, where the recipe says so."""
    seeds: int
    shared: int
    """Documents left out because they share a run of words with the test."""
    folder: Path
    """With `evidence.json` and `report.html`."""
    unsuited: Sequence[str]
    """Students and tasks that these data do not allow, and why."""
    outcomes: Sequence[Evidence] = ()
    """What arms achieved in production, where a file says it."""
    same: Mapping[str, str] = {}
    """Arms that are not told, by name, since they are fed the same as the one beside them."""


def experiment(
    recipe: RecipeLike,
    *,
    out: str | Path = ".",
    overrides: Sequence[str] = (),
    seeds: int = LEAST_SEEDS,
    share: float | None = None,
    students: Sequence[str] = (),
    outcomes: str | None = None,
    control: str = "real",
    watch: Watch | None = None,
) -> Experiment:
    """Walk a recipe up to its mix, as `run` does and with the same steps, then train students on each arm and compare.

    Writes `experiments/<name>` under `out`; trainings that are finished are not repeated. `share`: synthetic part of
    the tokens, unsaid the recipe's cap. `students`: see `learners`; unsaid all that the data allow and that need no
    accelerator. `outcomes`: a file of what arms achieved in production, against its arm `control`; they count as tasks.
    InputError where there is nothing to compare, or too little to tell; the walk is then kept.
    """
    loaded = read_recipe(recipe, overrides)
    wanted = _require(loaded, seeds, share)
    require_known(students)
    imported = [] if outcomes is None else outcome_effects(read_outcomes(outcomes), control)
    seen = watch or Silent()
    with walked(recipe, out=out, overrides=overrides, watch=seen, to_end=False) as at_work:
        found = candidates(at_work.job.recipe, at_work.walked, at_work.inherited.past.ages)
        addresses = at_work.job.trail.addresses
        folder = at_work.release.parent.parent / "experiments" / loaded.recipe.name
    _require_enough(loaded, found)
    reach = Reach.of(found, wanted)
    if reach.short:
        seen.start("share", None)
        seen.finish("share", reach.sentence, reused=False)
    who = learners(loaded.recipe, found, seeds, students)
    trial, same = _trial(loaded, found, who, wanted, folder, addresses)
    came = _trained(trial, seeds, seen, 1 if who.heavy else loaded.recipe.engine.workers or default_workers())
    held = Held(len(found.test), loaded.recipe.roles.test)
    compared_ = compared(trial.arms, found, who, came, imported, held)
    got = came.synthetic["added"] / came.tokens["added"]
    more = (reach.evidence(got, seeds), *_twins(same, len(found.test)))
    done = Experiment(
        loaded.recipe.name, compared_._replace(evidence=(*compared_.evidence, *more)), got, reach, len(found.test),
        None if found.groups is None else len(set(found.groups)), seeds, found.shared, folder, who.unsuited,
        imported, same,
    )  # fmt: skip
    _write(loaded, done, addresses)
    return done


def _require(loaded: Loaded, seeds: int, share: float | None) -> float:
    """What can be told before anything is read. Returns the share that is wanted."""
    recipe = loaded.recipe
    if seeds < LEAST_SEEDS:
        what = f"{seeds} seeds say nothing of chance; at least {LEAST_SEEDS} are needed"
        raise InputError(what, where="--seeds", mend=f"say --seeds {LEAST_SEEDS} or more")
    if not recipe.generate:
        what = "the recipe generates nothing, so there is no synthetic part to try"
        mend = "add a strategy, or stored completions (`strategy: completions`)"
        raise InputError(what, where=loaded.where(("generate",)), mend=mend)
    if not recipe.roles.test:
        what = "`roles.test` is 0, and an experiment is judged on real data of that role"
        raise InputError(what, where=loaded.where(("roles", "test")), mend="give it a share: `roles: {test: 0.1}`")
    wanted = caps(recipe).synthetic_cap if share is None else share
    if not 0 < wanted <= 0.95:
        where = "--share" if share is not None else loaded.where(("mix", "synthetic_cap"))
        what = f"a synthetic share of {wanted:g} cannot be compared with real data"
        raise InputError(what, where=where, mend="say --share with a number above 0 and up to 0.95")
    return wanted


def _require_enough(loaded: Loaded, found: Candidates) -> None:
    where = str(loaded.path)
    real = sum(one.real and not one.dropped_by for one in found.pool)
    made = sum(not one.real for one in found.pool)
    standing = sum(not one.real and not one.dropped_by for one in found.pool)
    if not found.test or not real:
        which = "of the test role" if real else "of the train role that stands after the checks"
        what = f"no record {which} is attested as human: there is nothing real to compare with"
        mend = "say `origin: human` with `attested_by` and `attested_because`, or bring more data"
        raise InputError(what, where=where, mend=mend)
    if not standing:
        what = f"none of {made:,} synthetic candidates stands after the checks" if made else "no synthetic record came"
        raise InputError(what, where=where, mend="`sterling status` says where they went")
    held, place = len(found.test), loaded.where(("roles", "test"))
    if held < LEAST_TEST:
        what = f"{held} test documents are too few to tell of a tail; {LEAST_TEST} would do"
        raise InputError(what, where=place, mend=_more_test(loaded, held))
    groups = LEAST_GROUPS if found.groups is None else len(set(found.groups))
    if groups < LEAST_GROUPS:
        what = f"the {held} test documents belong to {groups} groups; {LEAST_GROUPS} would do"
        raise InputError(what, where=place, mend=_more_test(loaded, held))


def _more_test(loaded: Loaded, held: int) -> str:
    share = loaded.recipe.roles.test * LEAST_TEST * 1.2 / max(1, held)
    more = f"bring about {LEAST_TEST * 1.2 / max(1, held):.1f} times the real data"
    return f"`roles: {{test: {share:.2f}, …}}`, or {more}" if share <= 0.5 else more


def _trial(
    loaded: Loaded, found: Candidates, who: Learners, share: float, folder: Path, inputs: Sequence[str]
) -> tuple[Trial, dict[str, str]]:
    """And the arms that are left out, each with the one that is fed the same."""
    strategies = list(dict.fromkeys(one.source for one in found.pool if not one.real and not one.dropped_by))
    fates = {one.dropped_by for one in found.pool}
    checks = [entry.name for entry in loaded.recipe.checks if entry.name in fates]
    kept = [one.age for one in found.pool if not one.real and not one.dropped_by]
    dropped = any(one.dropped_by and not one.real for one in found.pool)
    every = arms(strategies, checks, unfiltered=dropped, earlier=min(kept) < max(kept))
    chosen, same = told_apart(every, found.pool)
    asks = {
        "arms": [arm.name for arm in chosen], "share": share, "drawn": DRAWN, "seed": loaded.recipe.seed,
        "students": [one.name for one in who.students.values()], "tasks": [one.name for one in who.solvers.values()],
        "test": len(found.test), "pool": len(found.pool), "run": found.run,
    }  # fmt: skip
    step = Step.at(folder, 0, "train", asks, inputs)
    trial = Trial(step, chosen, found.pool, share, loaded.recipe.seed, {**who.students, **who.rare}, who.solvers)
    return trial, same


def _twins(same: Mapping[str, str], documents: int) -> Iterator[Evidence]:
    for name, other in same.items():
        method = f"arm `{name}` is fed the same as `{other}`, and is not told apart from it"
        yield Evidence(f"experiment.same.{name}", None, documents, None, method, {"same": name, "as": other})


def _trained(trial: Trial, seeds: int, watch: Watch, workers: int) -> Results:
    units = seeds * len(trial.arms)
    watch.start(trial.step.name, units)
    markers = []
    with LocalCrew(min(workers, units)) as crew:
        for marker in crew.map(trial, range(units), units):
            watch.advance(1)
            markers.append(marker)
    told = f"{units} trainings: {len(trial.arms)} arms x {seeds} seeds"
    watch.finish(trial.step.name, told, reused=False)
    return results(markers, trial.arms)


def _write(loaded: Loaded, done: Experiment, addresses: Sequence[str]) -> None:
    write_json(done.folder / "evidence.json", as_json(done) | {
        "sterling": VERSION, "recipe": str(loaded.path), "made_from": made_from(loaded.recipe),
        "steps": digest(*addresses),
    })  # fmt: skip
    facts = {"recipe digest": recipe_digest(loaded.recipe), "seed": str(loaded.recipe.seed)}
    groups = "" if done.groups is None else f" of {done.groups:,} groups"
    sentence = (
        f"{done.test:,} test documents{groups}, {done.seeds} seeds, {done.share:.0%} synthetic data in mixed arms"
        f"{f'; {done.reach.sentence}' if done.reach.short else ''}"
    )
    page = render_experiment(done.found.evidence, Head(f"Experiment: {done.name}", sentence, "", facts))
    write_text(done.folder / "report.html", page)


def as_json(done: Experiment) -> dict[str, Any]:
    """The whole of it, for programs."""
    return {
        "name": done.name,
        "verdict": {**done.found.verdict._asdict()},
        "share": done.share,
        "reach": done.reach.to_json(),
        "arms": {name: one._asdict() for name, one in done.found.verdicts.items()},
        "test": {"documents": done.test, "groups": done.groups},
        "seeds": done.seeds,
        "left_out": done.shared,
        "unsuited": list(done.unsuited),
        "same": dict(done.same),
        "evidence": [one.to_json() for one in done.found.evidence],
    }
