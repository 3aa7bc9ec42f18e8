"""Where the page draws what filters do to the tails: the shares that survive, and how they compare with chance."""

from collections.abc import Sequence
from typing import NamedTuple

from sterling.report.plots import Axis
from sterling.stats import Evidence

_GROUPS = {
    "all": "all judged",
    "rare": "the quarter with the rarest words",
    "hapax": "with a word of their own",
    "rare_ngrams": "the quarter with most word pairs of their own",
    "rare_clusters": "of the smallest clusters",
    "rare_tags": "with a rare tag",
    "worst_cluster": "worst cluster",
    "worst_tag": "worst tag",
    "hapax_types": "words that one record held",
    "rare_types": "words that two to five records held",
}


class TailPlace(NamedTuple):
    """Where a number of the tails is drawn."""

    section: str
    """`tails`: shares that survive. `chance`: ratios to random drops."""
    plot: str
    row: str


def tail_place(one: Evidence) -> TailPlace | None:
    """The place of a number named `tails.<check>...`; None for another one."""
    if not one.name.startswith("tails."):
        return None
    check, among = str(one.inputs.get("check", "")), str(one.inputs.get("among", ""))
    plot = f"{check} ({among})" if among else check
    before, _, last = one.name.rpartition(".")
    kind = before.rpartition(".")[2]
    if kind in {"survival", "kept"}:
        return TailPlace("tails", plot, last if kind == "survival" else _GROUPS.get(last, last))
    if last not in _GROUPS:
        return None
    chosen = f": {one.inputs.get('group', '')}" if last.startswith("worst_") else ""
    return TailPlace("chance", plot, f"{_GROUPS[last]}{chosen}")


def chance_axis(rows: Sequence[tuple[str, Evidence]]) -> Axis:
    """From nothing to what holds every ratio, at most twice chance: 100 % is what random drops leave."""
    ends = [one.value for _, one in rows if one.value is not None]
    ends += [one.interval.high for _, one in rows if one.interval is not None]
    return Axis(0, min(2.0, max(1.2, *ends)) if ends else 1.2, percent=True)
