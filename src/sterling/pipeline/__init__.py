"""Recipe → steps → run → release: the rooms in their order, and nothing that belongs to one of them."""

from sterling.pipeline.order import RecipeLike, check_policy, read_recipe, require_files, run

__all__ = ["RecipeLike", "check_policy", "read_recipe", "require_files", "run"]
