"""Where a command looks for runs when nobody says."""

from pathlib import Path

from sterling.errors import InputError


def find_run(run: Path | None) -> Path:
    """The folder of a run: as given, as a name under `runs/`, or the one written last. InputError when none is."""
    if run is not None:
        return run if (run / "run.json").exists() or not (Path("runs") / run).exists() else Path("runs") / run
    found = sorted(Path("runs").glob("*/run.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise InputError(
            "there is no run here", where=Path("runs"), mend="name a run's folder, or start one: `sterling run RECIPE`"
        )
    return found[-1].parent
