"""`Report`: everything the page shows, and exactly what `report.json` holds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from sterling.stats import Evidence

Status = Literal["released", "refused", "preview", "unreleased"]
"""`refused` by policy; `preview` of a few records; `unreleased` when there is nothing to release."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How the run ended."""

    status: Status
    headline: str
    """One plain sentence."""
    sentences: tuple[str, ...] = ()
    """What else a reader must know before the numbers."""

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"status `{self.status}` is none of {', '.join(get_args(Status))}")


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """One source of real data."""

    name: str
    origin: str
    attested_by: str | None
    attested_because: str | None
    licence: str | None
    facts: Mapping[str, str]
    """What only the source knows of itself: versions, revisions."""
    records: int
    bad_rows: int
    roles: Mapping[str, int]
    """Records by role."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """What one step took in and what became of it.

    ValueError when the sums do not add up: taken = kept + dropped, flagged within kept, requested = produced + faults.
    """

    name: str
    """`kind:subject`, as in `anchor:tickets` or `check:near_duplicates`, or one word for what occurs once: `mix`."""
    taken: int
    """`in` in JSON. A generation step counts what it produced, not the records it started from."""
    kept: int
    dropped: int
    flagged: int = 0
    """Kept, with a doubt."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Records by reason of the drop or flag."""
    not_concerned: int = 0
    """Kept because they hold nothing for this check to judge: nothing is known of them."""
    requested: int | None = None
    """Generation only: tasks asked for. None for every other step."""
    produced: int | None = None
    faults: int | None = None

    def __post_init__(self) -> None:
        counts = (self.taken, self.kept, self.dropped, self.flagged, *self.reasons.values())
        if min(counts) < 0:
            raise ValueError(f"step `{self.name}`: a count is negative")
        if self.taken != self.kept + self.dropped:
            raise ValueError(f"step `{self.name}`: in {self.taken} is not kept {self.kept} + dropped {self.dropped}")
        if self.flagged + self.not_concerned > self.kept:
            raise ValueError(f"step `{self.name}`: flagged {self.flagged} is more than kept {self.kept}")
        self._check_generation()

    def _check_generation(self) -> None:
        given = [number for number in (self.requested, self.produced, self.faults) if number is not None]
        if len(given) not in {0, 3}:
            raise ValueError(f"step `{self.name}`: requested, produced and faults belong together")
        if given and (min(given) < 0 or given[0] != given[1] + given[2]):
            raise ValueError(
                f"step `{self.name}`: requested {self.requested} is not produced {self.produced} + faults {self.faults}"
            )

    @property
    def generates(self) -> bool:
        """Whether this step wrote records."""
        return self.requested is not None

    @property
    def adds(self) -> bool:
        """Whether its records come to those that stand: an anchor was read (`anchor:<name>`), records were written, or
        inherited from an earlier release (`continues:<name>`)."""
        return self.generates or self.kind in {"anchor", "continues"}

    @property
    def kind(self) -> str:
        """What stands before the colon of the name, empty without one."""
        return self.name.partition(":")[0] if ":" in self.name else ""

    @property
    def subject(self) -> str:
        """The name without its kind."""
        return self.name.partition(":")[2] or self.name

    def to_json(self) -> dict[str, Any]:
        """Its entry in `steps`."""
        line: dict[str, Any] = {
            "name": self.name, "in": self.taken, "kept": self.kept, "dropped": self.dropped, "flagged": self.flagged,
            "reasons": dict(self.reasons),
        }  # fmt: skip
        if self.not_concerned:
            line["not_concerned"] = self.not_concerned
        made = {"requested": self.requested, "produced": self.produced, "faults": self.faults}
        return line | made if self.generates else line


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the mixture with one origin, strategy and depth."""

    origin: str
    strategy: str | None
    """None for the anchor."""
    depth: int
    records: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One record to look at, with what every check said of it."""

    id: str
    fate: Literal["kept", "dropped"]
    origin: str
    strategy: str | None
    parts: Mapping[str, str]
    """Text by the name of its column: `prompt`, `completion`. Empty where the payload must stay home."""
    parents: tuple[str, ...] = ()
    verdicts: tuple[Mapping[str, Any], ...] = ()
    """JSON of verdicts: `check`, `outcome`, `reason`, and where known `score` and `evidence`."""


@dataclass(frozen=True, slots=True)
class Report:
    """One run, told in numbers."""

    name: str
    purpose: str
    created: str
    """ISO 8601."""
    recipe_digest: str
    outcome: Conclusion
    findings: tuple[Mapping[str, Any], ...]
    """JSON of policy findings: `rule`, `severity`, `status` (met, unmet, waived), `what`, `why`, `source`, `mend`,
    `waived_by`, `waived_because`."""
    anchors: tuple[AnchorLine, ...]
    steps: tuple[StepLine, ...]
    """In the order in which records went through them."""
    composition: tuple[Slice, ...]
    """Of what is released, or would have been."""
    samples: tuple[Sample, ...]
    evidence: tuple[Evidence, ...]

    def to_json(self) -> dict[str, Any]:
        """`report.json`."""
        return {
            "name": self.name,
            "purpose": self.purpose,
            "created": self.created,
            "recipe_digest": self.recipe_digest,
            "outcome": asdict(self.outcome) | {"sentences": list(self.outcome.sentences)},
            "findings": [dict(finding) for finding in self.findings],
            "anchors": [asdict(anchor) for anchor in self.anchors],
            "steps": [step.to_json() for step in self.steps],
            "composition": [asdict(part) for part in self.composition],
            "samples": [_sample(sample) for sample in self.samples],
            "evidence": [one.to_json() for one in self.evidence],
        }


def _sample(sample: Sample) -> dict[str, Any]:
    lists = {"parents": list(sample.parents), "verdicts": [dict(verdict) for verdict in sample.verdicts]}
    return asdict(sample) | lists
