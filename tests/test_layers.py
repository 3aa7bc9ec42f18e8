"""Imports point down only, and rooms of the working layer do not import each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import sterling

HOUSE = Path(sterling.__file__).parent
GROUND = ("version", "errors", "stats", "records", "text", "registry")
"""The ground floor is a ladder of its own: each may import those to its left."""
TOOLS = {"policy", "models", "sandbox", "engine", "sources", "recipes"}
WORK = {
    "generate", "verify", "curate", "review", "mix", "collapse", "experiment", "privacy", "release", "report", "ledger",
}  # fmt: skip
TOP = ("pipeline", "face", "cli")


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "sterling":
            yield from (f"sterling.{name.name}" for name in node.names) if node.module == "sterling" else [node.module]
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] == "sterling")


def rooms() -> dict[str, set[str]]:
    """Which room imports which, each with one example file."""
    found: dict[str, set[str]] = {}
    for path in HOUSE.rglob("*.py"):
        relative = path.relative_to(HOUSE)
        room = relative.parts[0].removesuffix(".py")
        if room not in {"__init__", "__main__"}:
            found.setdefault(room, set()).update(room_of(module) for module in imports(path))
    return {room: uses - {room} for room, uses in found.items()}


def allowed(room: str) -> set[str]:
    if room in GROUND:
        return set(GROUND[: GROUND.index(room)])
    if room in TOOLS:
        # The policy reads recipes, and recipes describe models; nothing else on this floor knows its neighbours.
        return {*GROUND} | {"policy": {"recipes", "models"}, "recipes": {"models"}}.get(room, set())
    if room in WORK:
        return {*GROUND} | TOOLS
    return {*GROUND} | TOOLS | WORK | set(TOP[: TOP.index(room)])


def test_every_room_stands_on_a_floor() -> None:
    assert set(rooms()) <= {*GROUND} | TOOLS | WORK | set(TOP)


def test_imports_point_down() -> None:
    wrong = {room: sorted(uses - allowed(room)) for room, uses in rooms().items() if uses - allowed(room)}
    assert wrong == {}


def test_no_room_is_imported_in_secret() -> None:
    """`importlib` is used only where names are looked up: the registry, the public face, the commands."""
    users = {
        str(p.relative_to(HOUSE)) for p in HOUSE.rglob("*.py") if "import_module(" in p.read_text(encoding="utf-8")
    }
    outside = {user for user in users if not user.startswith("sandbox/")}
    assert outside == {"__init__.py", "registry/names.py", "cli/group.py"}
