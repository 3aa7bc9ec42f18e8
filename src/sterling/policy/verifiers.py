"""Rules about those who judge: independent of the generator, measured, no worse than allowed, and cheap ones first."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from sterling.models import endpoints_of, lineage
from sterling.policy.defaults import EVERY
from sterling.policy.rule import Situation, gate_of, gate_rule, met, rule, unmet
from sterling.recipes import Entry, Recipe
from sterling.records import Family
from sterling.registry import Check, ModelCheck, Part, RecordCheck
from sterling.stats import Evidence

_CAN_VERIFY: frozenset[Family] = frozenset({"execution", "symbolic", "model"})
_ALARM = 0.01
"""Chance below which a change of a verifier's errors is not put down to chance."""


@rule(
    "judge.independent",
    "critical",
    EVERY,
    why="a judge prefers what its own family writes, and is blind where that family is blind",
    source="Panickssery et al., LLM Evaluators Recognize and Favor Their Own Generations, arXiv 2404.13076",
    mend="judge with a model of another family; where the registry does not know a model, say its `family:`",
)
def judges_are_independent(recipe: Recipe) -> Iterator[Situation]:
    """No model judges what its own family made, and the members of a panel are of different families."""
    generators = {family for entry in recipe.generate for family in _families(entry.part)}
    for index, entry in enumerate(recipe.checks):
        if isinstance(entry.part, ModelCheck) and entry.part.family == "model" and endpoints_of(entry.part):
            yield _independence(index, entry, entry.part, generators)


@rule(
    "verifiers.measured",
    "high",
    EVERY,
    why="data that a verifier let through converges to the verifier's own bias, and nobody knows it unmeasured",
    source="Yi et al., Escaping Model Collapse via Synthetic Data Verification, arXiv 2510.16657",
    mend="give it labelled rows, `gold: FILE`, or let near misses be made: `near_misses: 300` (0 errors bound 0.99 %)",
)
def verifiers_are_measured(recipe: Recipe) -> Iterator[Situation]:
    """Every check whose keep can verify has gold or near misses in its input."""
    if not recipe.generate:
        return
    for index, check in _verifiers(recipe):
        name = recipe.checks[index].name
        if check.gold or check.near_misses:
            yield met(f"the errors of `{name}` are measured", "checks", index)
        else:
            yield unmet(f"nobody knows how often `{name}` is wrong", "checks", index)


@gate_of(verifiers_are_measured)
def verifiers_have_been_measured(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """Gold reached each verifier, and left an error rate."""
    for index, check in _verifiers(recipe) if recipe.generate else ():
        name = recipe.checks[index].name
        rate = evidence.get(f"verifiers.{name}.false_accepts")
        if rate is not None and rate.interval is not None:
            yield met(f"`{name}` accepts at most {rate.interval.high:.2%} of what is wrong", "checks", index)
        elif check.gold or check.near_misses:
            mend = "give the `holdout` role a share, or a `gold:` file with bad rows"
            yield unmet(f"no bad seed reached `{name}`, so its false accepts are unknown", "checks", index, mend=mend)


@rule(
    "verifiers.limit",
    "required",
    EVERY,
    why="a verifier that is wrong more often than the recipe allows has let more pass than the recipe allows",
    source="Clopper and Pearson, Biometrika 26 (1934)",
    mend="look at the seeds it was wrong about (`gold/` in its step), mend the check, or add seeds and try again",
)
def error_limits(recipe: Recipe) -> Iterator[Situation]:
    """The limits that the recipe sets; whether they hold is for the gate."""
    for index, check in _limited(recipe):
        for kind, limit in _limits(check).items():
            if limit is not None:
                yield met(
                    f"`{recipe.checks[index].name}` may have {kind.replace('_', ' ')} up to {limit:g}", "checks", index
                )


@gate_of(error_limits)
def error_limits_hold(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """The upper bound of each measured rate is within its limit."""
    for index, check in _limited(recipe):
        name = recipe.checks[index].name
        for kind, limit in _limits(check).items():
            rate = evidence.get(f"verifiers.{name}.{kind}")
            if limit is None:
                continue
            words, place = kind.replace("_", " "), ("checks", index)
            if rate is None or rate.interval is None:
                mend = "run again if a provider owes answers; else give it seeds: `gold: FILE` or `near_misses: 300`"
                yield unmet(f"the {words} of `{name}` were not measured", *place, mend=mend)
            elif rate.interval.high > limit:
                said = f"{rate.inputs['hits']:,} {words} in {rate.n:,} seeds"
                yield unmet(f"`{name}`: {said}, so up to {rate.interval.high:.2%}; allowed is {limit:.2%}", *place)
            else:
                yield met(f"the {words} of `{name}` are at most {rate.interval.high:.2%}", *place)


@gate_rule(
    "verifiers.drift",
    "high",
    EVERY,
    why="a verifier that errs more than it did has changed under the data: another model, another prompt, another bug",
    source="McNemar, Psychometrika 12 (1947)",
    mend="find out what changed since the first reading of this gold, and judge again what it let through",
)
def nothing_drifted(recipe: Recipe, evidence: Mapping[str, Evidence]) -> Iterator[Situation]:
    """On the same gold as at first, no check errs more than chance explains."""
    for index, entry in enumerate(recipe.checks):
        change = evidence.get(f"verifiers.{entry.name}.drift")
        if change is not None and change.value is not None:
            worse = change.value > 0 and change.inputs["p"] < _ALARM
            said = f"`{entry.name}` errs on {change.value:+.2%} of the same {change.n:,} seeds as at first"
            yield unmet(said, "checks", index) if worse else met(said, "checks", index)


@rule(
    "checks.paid_last",
    "high",
    EVERY,
    why="what a free check would have dropped need not be paid for",
    source="this is arithmetic",
    mend="move the checks that ask a model behind those that do not",
)
def paid_checks_come_last(recipe: Recipe) -> Iterator[Situation]:
    """No check that asks a model stands before one that asks none."""
    paid = [index for index, entry in enumerate(recipe.checks) if endpoints_of(entry.part)]
    if paid:
        free = [entry.name for entry in recipe.checks[paid[0] :] if not endpoints_of(entry.part)]
        if free:
            yield unmet(f"`{recipe.checks[paid[0]].name}` is paid before {', '.join(free)}", "checks", paid[0])
        else:
            yield met("checks that ask a model come last", "checks", paid[0])


def _independence(index: int, entry: Entry[Check], check: ModelCheck, generators: Iterable[str]) -> Situation:
    members = [lineage(endpoint) for endpoint in endpoints_of(check)]
    unknown = [e.model for e, families in zip(endpoints_of(check), members, strict=True) if not families]
    shared = check.families() & set(generators)
    twins = {family for one, other in combinations(members, 2) for family in one & other}
    if unknown:
        return unmet(f"the family of `{unknown[0]}` is unknown, so `{entry.name}` verifies nothing", "checks", index)
    if shared:
        return unmet(f"`{entry.name}` is of the generator's family: {', '.join(sorted(shared))}", "checks", index)
    if twins:
        return unmet(f"members of `{entry.name}` share a family: {', '.join(sorted(twins))}", "checks", index)
    if check.same_family == "accept":
        return unmet(f"`{entry.name}` accepts to judge its own family's work", "checks", index)
    return met(f"`{entry.name}` ({', '.join(sorted(check.families()))}) is independent", "checks", index)


def _verifiers(recipe: Recipe) -> Iterator[tuple[int, RecordCheck]]:
    for index, entry in enumerate(recipe.checks):
        if isinstance(entry.part, RecordCheck) and entry.part.family in _CAN_VERIFY:
            yield index, entry.part


def _limited(recipe: Recipe) -> Iterator[tuple[int, RecordCheck]]:
    for index, entry in enumerate(recipe.checks):
        if isinstance(entry.part, RecordCheck):
            yield index, entry.part


def _limits(check: RecordCheck) -> dict[str, float | None]:
    return {"false_accepts": check.max_false_accept_rate, "false_rejects": check.max_false_reject_rate}


def _families(part: Part) -> frozenset[str]:
    return frozenset(family for endpoint in endpoints_of(part) for family in lineage(endpoint))
