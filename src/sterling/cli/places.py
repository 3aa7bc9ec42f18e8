"""Where a command looks for runs when nobody says."""

from pathlib import Path

from sterling.errors import InputError
from sterling.records.places import place


def find_run(named: str | None) -> Path:
    """The place of a run: as given, as a name under `runs/`, or the one written last. InputError when none is."""
    if named is not None:
        run = place(named)
        return run if (run / "run.json").exists() or not (Path("runs") / named).exists() else Path("runs") / named
    found = sorted(Path("runs").glob("*/run.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise InputError(
            "there is no run here", where=Path("runs"), mend="name a run's folder, or start one: `sterling run RECIPE`"
        )
    return found[-1].parent
