"""An entry that somebody has signed, to be changed by tests."""

from datetime import date
from typing import Any

from sterling.models.terms import USES, Terms

DAY = date(2026, 6, 1)
ENTRY: dict[str, Any] = {
    "id": "house",
    "provider": "Example Ltd",
    "document": {"title": "House Terms", "url": "https://example.invalid/terms", "version": "1.0"},
    "applies": {"models": ["house-?[0-9]"], "services": ["api.example.invalid"]},
    "uses": dict.fromkeys(USES, "permitted"),
    "says": "Everything is allowed.",
    "reviewer": "A. Person",
    "reviewed": "2026-05-01",
}


def entry(**changes: Any) -> Terms:
    """`ENTRY` with some keys replaced."""
    return Terms.model_validate(ENTRY | changes)


def limited(**uses: Any) -> dict[str, Any]:
    """Uses by kind, `_` for `-`; those that are not named stay permitted."""
    return dict.fromkeys(USES, "permitted") | {kind.replace("_", "-"): use for kind, use in uses.items()}


CONDITIONAL = {"says": "conditional", "conditions": ["it stays small"]}
