"""`sterling experiment` without a recipe: what an evaluation set can tell, and what imported outcomes say."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from sterling.errors import InputError

if TYPE_CHECKING:
    from sterling.pipeline.experiment.evaluating import Evaluated
    from sterling.records import Fault
    from sterling.stats import Evidence

_FAULTS = 3


def without_recipe(evaluation: str | None, real: str | None, outcomes: str | None, control: str, as_json: bool) -> None:
    """Look at an evaluation set, or else at outcomes. InputError when there is neither."""
    if evaluation is None and outcomes is None:
        what = "nothing to look at" if real is None else "--real says what is rare, and there is no set to look at"
        raise InputError(
            what, mend="name a recipe, an evaluation set (--evaluation FILE) or outcomes (--outcomes FILE)"
        )
    if evaluation is None:
        _outcomes(str(outcomes), control, as_json)
        return
    from sterling.pipeline.experiment.evaluating import as_json as plain  # noqa: PLC0415 - keeps --help fast
    from sterling.pipeline.experiment.evaluating import evaluated_set  # noqa: PLC0415

    found = evaluated_set(evaluation, real, outcomes)
    if as_json:
        click.echo(json.dumps(plain(found), ensure_ascii=False))
    else:
        tell(found)


def require_no_set(evaluation: str | None, real: str | None) -> None:
    """InputError for options that look at files and not at a recipe."""
    for name, given in {"--evaluation": evaluation, "--real": real}.items():
        if given is not None:
            raise InputError(f"{name} looks at files, not at a recipe", mend="leave the recipe out, or the option")


def _outcomes(path: str, control: str, as_json: bool) -> None:
    from sterling.experiment.contrasts import outcome_effects  # noqa: PLC0415 - keeps --help fast
    from sterling.experiment.outcomes import read_outcomes  # noqa: PLC0415

    read = read_outcomes(path)
    found = outcome_effects(read, control)
    if as_json:
        faults = [{"where": one.where, "reason": one.reason, "message": one.message} for one in read.faults]
        click.echo(json.dumps({"faults": faults, "evidence": [one.to_json() for one in found]}, ensure_ascii=False))
        return
    click.echo(f"{len(read.rows):,} outcomes of {len(read.arms)} arms; differences to `{control}`, below 0 is better")
    _left_out(read.faults)
    for one in found:
        click.echo(f"\n{one.inputs['arm']}: {told_outcome(one)}\n  {one.method}")
        lost = max(one.inputs["units"]) - one.inputs["pairs"]
        if one.inputs["pairs"] and lost:
            click.echo(f"  {one.inputs['pairs']:,} units are in both arms; up to {lost:,} of an arm are in one alone")
    click.echo("\nWho was given which arm this file does not say; where units chose, the difference may be theirs.")


def told_outcome(one: "Evidence") -> str:
    """What an imported outcome says of an arm, in a line."""
    what = f"{one.inputs['task']}, {one.inputs['unit']}"
    if one.value is None or one.interval is None:
        return f"{what}: not told"
    low, high = one.interval
    word = "better" if high < 0 else "worse" if low > 0 else "undecided"
    return f"{what}: {one.value:+.4g} [{low:+.4g}, {high:+.4g}], n = {one.n:,}: {word}"


def _left_out(faults: "Sequence[Fault]") -> None:
    for one in faults[:_FAULTS]:
        click.echo(f"  left out: {one.where}: {one.message}")
    if len(faults) > _FAULTS:
        click.echo(f"  left out: {len(faults) - _FAULTS:,} more rows")


def tell(found: "Evaluated") -> None:
    """Items, the smallest differences that they detect, and the tail that they reach."""
    named = {one.name: one for one in found.evidence}
    worth = named["evaluation.effective_items"]
    groups = worth.inputs["groups"]
    alone = "no two alike" if groups == worth.n else f"{groups:,} groups of nearly equal ones"
    click.echo(f"{worth.n:,} items, {alone}: worth {worth.value:,.0f} items")
    _left_out(found.faults)
    for note in found.notes:
        click.echo(f"  note: {note}")
    for line in (*_differences(found.evidence), *_tail(found.evidence)):
        click.echo(line)


def _differences(evidence: "Sequence[Evidence]") -> Iterator[str]:
    yield "\nsmallest fall and rise that are told (power .8, alpha .05) same items       other items in each arm"
    rows: dict[str, dict[str, Evidence]] = {}
    for one in evidence:
        if one.name.startswith("evaluation.detectable."):
            kind, name = one.name.split(".", 3)[2:]
            rows.setdefault(name, {})[kind] = one
    for name, row in rows.items():
        yield f"  {_subject(name, row['unpaired']):<56}{_told(row['paired']):<17}{_told(row['unpaired'])}"
    if not any(row["paired"].inputs["measured"] for row in rows.values()):
        yield "  same items: taking two arms to agree as at a correlation of .5; --outcomes FILE measures it"


def _subject(name: str, one: "Evidence") -> str:
    rate = one.inputs.get("rate")
    if rate is None:
        return f"{name}, mean"
    measured = f"{name}, " if one.inputs["measured"] else ""
    return f"{measured}of a control that fails {rate:.1%}"


def _told(one: "Evidence") -> str:
    if "rise" not in one.inputs:
        return "not known" if one.value is None else f"{one.value:.3g}"
    fall = "no fall" if one.value is None else f"-{one.value:.1%}"
    rise = "no rise" if one.inputs["rise"] is None else f"+{one.inputs['rise']:.1%}"
    return f"{fall} {rise}"


def _tail(evidence: "Sequence[Evidence]") -> Iterator[str]:
    shares = [one for one in evidence if one.name.startswith("evaluation.tail.") and one.value is not None]
    if not shares:
        yield "\ntail: not looked at (--real FILE says what is rare)"
        return
    yield "\ntail of real text that it reaches            the set                     as much other real text"
    for one in shares:
        kind = "words seen" if ".words." in one.name else "topics,"
        within = f"{one.value:>6.1%} {_within(one.interval)}"
        beside = f"{one.inputs['real']:>6.1%} {_within(one.inputs['real_interval'])}"
        yield f"  {kind + ' ' + one.inputs['band']:<32}n = {one.n:<7,}{within:<24}{beside}"


def _within(interval: "Sequence[float] | None") -> str:
    return "" if interval is None else f"[{interval[0]:.1%}, {interval[1]:.1%}]"
