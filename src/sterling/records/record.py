"""`Record`: one example with its provenance."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self, get_args

from sterling.records.canonical import canonical_json, digest

Format = Literal["text", "messages", "prompt", "prompt_completion", "preference", "unpaired_preference", "table"]
"""TRL's dataset types, and `table` for rows of typed fields."""
Origin = Literal["human", "synthetic", "mixed", "unknown"]
"""`human` only where a source or a named person attests it; `unknown` never counts as real."""
Role = Literal["train", "test", "monitor", "holdout"]
"""What an anchor record may be used for. Descendants inherit it."""

FORMATS: tuple[Format, ...] = get_args(Format)
ORIGINS: tuple[Origin, ...] = get_args(Origin)
ROLES: tuple[Role, ...] = get_args(Role)

PAYLOAD_KEYS = ("text", "messages", "prompt", "completion", "chosen", "rejected", "label", "fields", "tools")
"""Every column that a trainer may read, in the order in which they are released."""

_SHAPES: tuple[tuple[frozenset[str], Format], ...] = (
    (frozenset({"text"}), "text"),
    (frozenset({"messages"}), "messages"),
    (frozenset({"prompt"}), "prompt"),
    (frozenset({"prompt", "completion"}), "prompt_completion"),
    (frozenset({"prompt", "chosen", "rejected"}), "preference"),
    (frozenset({"chosen", "rejected"}), "preference"),
    (frozenset({"prompt", "completion", "label"}), "unpaired_preference"),
    (frozenset({"fields"}), "table"),
)


def format_of(payload: Mapping[str, Any]) -> Format:
    """The TRL type whose columns these are. ValueError names the columns when there is none."""
    keys = frozenset(payload) - {"tools"}
    for shape, name in _SHAPES:
        if keys == shape:
            return name
    raise ValueError(f"columns {sorted(payload)} are no dataset type; one of {[sorted(s) for s, _ in _SHAPES]} is")


def families_of(family: str) -> frozenset[str]:
    """The families that `Maker.family` names: those of a distilled model are joined with `+`."""
    return frozenset(family.split("+"))


UNPROVEN = "unproven"
"""Key of a reference: why agreeing with it proves nothing of the record.

`own_key`: the model that wrote the record wrote the key as well. `carried_answer`: the answer is the parent's, so it
agrees whatever was made of the question.
"""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who or what wrote a synthetic record."""

    strategy: str
    model: str | None = None
    """As the service names it; None when no model was involved."""
    revision: str | None = None
    family: str | None = None
    """Of models: `qwen`, or `deepseek+qwen` for one that was distilled; see `families_of`."""
    service: str | None = None
    template: str | None = None
    """Digest of the prompt template."""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else decides the answer: temperature, operator, sample index. JSON values."""
    seed: int | None = None
    terms: str | None = None
    time: str | None = None
    """ISO 8601; the one field that is not part of a record's id."""

    def to_json(self) -> dict[str, Any]:
        """The fields that say something."""
        return {k: v for k, v in asdict(self).items() if v is not None and v != {}}


@dataclass(frozen=True, slots=True)
class Record:
    """One example. Never edited: a correction is a child record. Make one with `Record.human` or `Record.child`."""

    id: str
    """Digest of payload, reference, origin, source row or parents, and maker without its time: stable across runs."""
    content: str
    """Digest of the payload alone: what exact deduplication compares."""
    format: Format
    payload: Mapping[str, Any]
    """Trainer columns by name: strings, lists of messages, a boolean `label`, `fields` of a table row."""
    origin: Origin
    source: str
    """Name of the anchor or strategy entry of the recipe it came in by."""
    row: str
    """Where in the source: `file.jsonl:12`, `textwrap.dedent`, a user's own id; for synthetic records the task."""
    role: Role = "train"
    depth: int = 0
    """0 for human, else 1 + the deepest parent; a teacher that was distilled adds its own."""
    parents: tuple[str, ...] = ()
    reference: Mapping[str, Any] | None = None
    """What a verifier needs; its keys say what it is (`answer`, `tests` + `entry_point`, `examples`, ...)."""
    maker: Maker | None = None
    tags: tuple[str, ...] = ()
    """`key:value` strings over which the mix spreads its choice."""
    view: str | None = None
    """The text that tells this record from its relatives; None means the whole payload."""

    @classmethod
    def real(
        cls,
        payload: Mapping[str, Any],
        *,
        source: str,
        row: str,
        origin: Origin,
        role: Role = "train",
        reference: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
    ) -> Self:
        """A record of the anchor, of depth 0 if human. ValueError for no dataset type, or what JSON cannot say."""
        content = digest(canonical_json(payload))
        identity = digest(content, canonical_json(reference), origin, source, row)
        return cls(
            identity, content, format_of(payload), payload, origin, source, row, role,
            depth=0 if origin == "human" else 1, reference=reference, tags=tuple(tags),
        )  # fmt: skip

    @classmethod
    def synthetic(
        cls,
        payload: Mapping[str, Any],
        *,
        source: str,
        row: str,
        maker: Maker,
        parents: Sequence["Record"] = (),
        reference: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        view: str | None = None,
        distilled: int = 0,
    ) -> Self:
        """A record that a strategy wrote. ValueError also when a parent has another role than `train`.

        `distilled`: how many distillations are stacked in the model that wrote it; they add to its depth.
        """
        strangers = sorted({p.role for p in parents} - {"train"})
        if strangers:
            raise ValueError(f"a record may descend from role train only, not {strangers}")
        content = digest(canonical_json(payload))
        ancestry = tuple(p.id for p in parents)
        made = canonical_json(replace(maker, time=None).to_json())
        return cls(
            digest(content, canonical_json(reference), "synthetic", canonical_json(ancestry), source, row, made),
            content, format_of(payload), payload, "synthetic", source, row,
            depth=1 + distilled + max((p.depth for p in parents), default=0),
            parents=ancestry, reference=reference, maker=maker, tags=tuple(tags), view=view,
        )  # fmt: skip

    @property
    def is_real(self) -> bool:
        """Whether it counts towards the real share."""
        return self.origin == "human"
