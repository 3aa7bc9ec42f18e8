"""The YAML surface: what a recipe may say, how it is read, and which mistake stands on which line."""

from sterling.recipes.entries import Entry
from sterling.recipes.json_schema import schema
from sterling.recipes.loading import Loaded, from_mapping, load
from sterling.recipes.lock import lock_text, plain, recipe_digest
from sterling.recipes.mix import Mix, PerCluster, Weights
from sterling.recipes.models import (
    PURPOSES,
    Budget,
    EngineOptions,
    IntendedUse,
    Purpose,
    Recipe,
    ReleaseOptions,
    Roles,
    Waiver,
)
from sterling.recipes.problems import dotted, nearest
from sterling.recipes.starter import write_starter

__all__ = [
    "PURPOSES",
    "Budget",
    "EngineOptions",
    "Entry",
    "IntendedUse",
    "Loaded",
    "Mix",
    "PerCluster",
    "Purpose",
    "Recipe",
    "ReleaseOptions",
    "Roles",
    "Waiver",
    "Weights",
    "dotted",
    "from_mapping",
    "load",
    "lock_text",
    "nearest",
    "plain",
    "recipe_digest",
    "schema",
    "write_starter",
]
