"""`Trail`: the steps of a run in their order, on disk as `run.json`, so that anybody can follow it afterwards."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sterling.engine.step import Step
from sterling.errors import InputError
from sterling.ledger.lock import at_work
from sterling.records.files import write_json

Kind = Literal["anchor", "roles", "continues", "recheck", "generate", "check", "mix", "release"]
"""`recheck`: a check over what is inherited from an earlier release, by the check's name."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One finished step."""

    number: int
    kind: Kind
    name: str
    """Of the recipe's entry: an anchor, a strategy, a check."""
    walk: int
    """0 for the anchor, then each walk through generation and checks."""
    folder: str
    """Relative to the run."""
    address: str
    summary: Mapping[str, Any]
    asks: Mapping[str, Any]
    """What it was asked to do, digests of the files it read included."""

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary for `run.json`."""
        names = ("number", "kind", "name", "walk", "folder", "address", "summary", "asks")
        plain = {name: getattr(self, name) for name in names}
        return plain | {"summary": {key: value for key, value in self.summary.items() if key != "report"}}


def line_of(summary: Mapping[str, Any]) -> str:
    """A step in a line: `1,204 judged: 1,100 keep, 104 drop`, or `1,204 records, 3 faults`, or how it ended."""
    if "tally" in summary:
        outcomes = {outcome: sum(reasons.values()) for outcome, reasons in summary["tally"].items()}
        said = ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.items())
        return f"{summary['judged']:,} judged: {said or 'nothing'}{_owed(summary)}"
    if "records" in summary:
        bad = f", {summary['faults']:,} faults" if summary["faults"] else ""
        return f"{summary['records']:,} records{bad}{_owed(summary)}"
    return str(summary["status"])


def _owed(summary: Mapping[str, Any]) -> str:
    owed = len(summary.get("owed") or ())
    return f", {owed:,} owed: run again to ask for them" if owed else ""


class Trail:
    """The stages of one run so far; each one added is on disk before the next step begins.

    `to_end`: it goes on to a release. One that does not tells of itself only where no run came to its end before: what
    stands in `run.json` of such a run is never touched, so a walk may be killed at any time.
    """

    def __init__(self, run: Path, head: Mapping[str, Any], *, to_end: bool = True) -> None:
        self.run = run
        self.head = head
        self.to_end = to_end
        self.stages: list[Stage] = []

    def step(self, name: str, asks: Mapping[str, Any], inputs: Sequence[str]) -> Step:
        """The next step of the run."""
        return Step.at(self.run, len(self.stages), name, asks, inputs)

    @property
    def addresses(self) -> list[str]:
        """Of every step so far: what the next one stands on."""
        return [stage.address for stage in self.stages]

    def add(
        self,
        step: Step,
        kind: Kind,
        summary: Mapping[str, Any],
        *,
        name: str,
        asks: Mapping[str, Any],
        walk: int = 0,
    ) -> None:
        """The step is finished."""
        folder = step.folder.relative_to(self.run).as_posix()
        address = step.address_of(summary)
        self.stages.append(Stage(step.number, kind, name, walk, folder, address, summary, asks))
        self.save({"status": "running"})

    def save(self, state: Mapping[str, Any]) -> None:
        """Write `run.json` as it stands."""
        if self.to_end or not ended(self.run):
            write_json(self.run / "run.json", {**self.head, **state, "steps": [e.to_json() for e in self.stages]})


def ended(run: Path) -> bool:
    """Whether a run in this folder came to its end: released, refused, or a preview."""
    try:
        found = json.loads((run / "run.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return bool(found.get("status", "running") != "running")


def read_trail(run: Path) -> tuple[dict[str, Any], list[Stage]]:
    """What `run.json` says: the head, and the stages. InputError when this is no run."""
    path = run / "run.json"
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        near = sorted(p.parent.name for p in run.parent.glob("*/run.json"))
        mend = f"runs here: {', '.join(near)}" if near else "start one with `sterling run RECIPE`"
        raise InputError(f"no run at {run}", mend=mend) from None
    stages = [Stage(**e) for e in found.pop("steps")]
    if found["status"] == "running" and not at_work(run):
        found["status"] = "stopped"
    return found, stages
