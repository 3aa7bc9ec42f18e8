"""Rules about money: what is looked at before much of it is spent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from sterling.models import endpoints_of
from sterling.policy.defaults import EVERY
from sterling.policy.rule import Situation, met, rule, unmet
from sterling.recipes import Recipe, plain
from sterling.records import canonical_json, digest

MANY = 1_000
"""Candidates that nobody should pay for unseen."""
_COUNTS = frozenset({"count", "rounds"})
"""Options of a strategy that say how much is made, and not what."""
_runs: ContextVar[Path | None] = ContextVar("runs", default=Path("runs"))


@contextmanager
def runs_in(folder: Path | None) -> Iterator[None]:
    """Where previews are looked for while this lasts, unsaid in `runs/` of the current folder; None: this is one."""
    token = _runs.set(folder)
    try:
        yield
    finally:
        _runs.reset(token)


def makes(recipe: Recipe) -> str:
    """Digest of all that decides how a candidate is made and judged, and not of how many are wanted."""
    said = plain(recipe)
    strategies = [{k: v for k, v in entry.items() if k not in _COUNTS} for entry in said["generate"]]
    parts = {name: said[name] for name in ("anchor", "models", "families", "checks")}
    return digest(canonical_json({**parts, "generate": strategies}))


@rule(
    "budget.preview",
    "high",
    EVERY,
    why="a prompt that fails, or a judge that keeps nothing, costs as much as one that works, and shows in ten records",
    source="practice of the field: sdg_hub has a dry run with an estimate, NeMo Data Designer a preview before create",
    mend="`sterling run RECIPE --preview 20` shows records beside their verdicts, and what the whole would cost",
)
def much_is_previewed(recipe: Recipe) -> Iterator[Situation]:
    """A recipe that asks models for more than a thousand candidates has been previewed as it stands."""
    asking = [(n, entry) for n, entry in enumerate(recipe.generate) if endpoints_of(entry.part)]
    open_ = [n for n, entry in asking if entry.part.count is None]
    wanted = sum(entry.part.count or 0 for _, entry in asking)
    folder = _runs.get()
    if folder is None or (not open_ and wanted <= MANY):
        return
    if _previewed(recipe, folder):
        yield met("what is made and how it is judged has been previewed", "generate")
    elif open_:
        name = recipe.generate[open_[0]].name
        yield unmet(f"`{name}` asks a model about every seed there is, and no preview has shown what comes of it",
                    "generate", open_[0])  # fmt: skip
    else:
        yield unmet(f"{wanted:,} candidates are asked of models, and no preview has shown what comes of it", "generate")


def _previewed(recipe: Recipe, runs: Path) -> bool:
    """Whether a preview of this recipe has come to its end."""
    try:
        found = json.loads((runs / f".preview-{recipe.name}" / "run.json").read_bytes())
    except (OSError, ValueError):
        return False
    return bool(found.get("status") == "preview" and found.get("makes") == makes(recipe))
