"""Mixing policies by name: the keys that each stands for. What a recipe says beside a preset wins."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

Preset = Literal["accumulate", "accumulate_subsample", "all_real_plus_one_generation", "golden_ratio", "replace"]
"""See docs/mixing.md for what was measured of each."""
PRESETS: tuple[Preset, ...] = get_args(Preset)

GOLDEN = 0.618
"""The real share that minimises (w² + (1-w)²) / (1 - (1-w)²): the golden ratio's inverse, to three places."""

_KEYS: Mapping[Preset, Mapping[str, Any]] = {
    "accumulate": {"real": "include"},
    "accumulate_subsample": {"real": "include", "budget": "anchor", "draw": "proportional"},
    "all_real_plus_one_generation": {
        "real": "include",
        "generations": 1,
        "weights": {"per_depth": 1.0, "per_generation": 1.0},
    },
    "golden_ratio": {"real": "include", "generations": 1, "real_share": GOLDEN, "synthetic_cap": 1 - GOLDEN},
    "replace": {"real": "exclude", "generations": 1, "synthetic_cap": 1.0, "real_floor": 0.0},
}
"""`accumulate` says nothing of weights: in a run that continues an earlier release they fall by depth and age."""


def with_preset(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys of `mix:` with those of its preset where it says nothing itself. Sections are joined key by key."""
    preset = said.get("preset")
    if preset not in PRESETS:
        return said
    given = _KEYS[preset]
    told = {key: value for key, value in said.items() if value is not None}
    joined = {
        key: {**value, **told[key]}
        for key, value in given.items()
        if isinstance(value, Mapping) and isinstance(told.get(key), Mapping)
    }
    return {**said, **given, **told, **joined}
