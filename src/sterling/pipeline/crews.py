"""Who works for a run, and where what it writes may lie."""

import os
from pathlib import Path
from typing import Literal, NamedTuple

from sterling.engine.crew import Crew
from sterling.engine.local import LocalCrew, default_workers
from sterling.errors import InputError
from sterling.records.places import absolute, on_file_system, place

Engine = Literal["local", "ray"]
"""`local`: processes of this machine. `ray`: tasks on a Ray cluster. Nothing that a run yields depends on it."""


class Places(NamedTuple):
    """Where a run keeps what."""

    runs: Path
    """Its steps: seen by whoever works on them."""
    home: Path
    """The journal and the release: on a file system of the driver, for they are appended to, synced and renamed."""


def places_of(out: str | Path, engine: Engine, *, rehearsed: bool = False) -> Places:
    """Below `out`; where that is a URL, journal and release stay in the current folder.

    InputError for a rehearsal behind a URL: its answers lie beside its steps.
    """
    given = place(out)
    here = on_file_system(given)
    if rehearsed and not here:
        mend = "leave --out away: a rehearsal is small, and nobody else needs it"
        raise InputError("a rehearsal keeps its answers beside it, which takes a file system", where=out, mend=mend)
    return Places((absolute(given) if engine == "ray" else given) / "runs", given if here else Path())


def crew_of(engine: Engine, workers: int | None, cluster: str | None, run: Path) -> Crew:
    """Those who are to work on the steps of `run`. InputError when they could not see them."""
    if engine == "ray":
        from sterling.engine.ray import RayCrew  # noqa: PLC0415 - nobody else needs it

        return RayCrew(cluster or os.environ.get("RAY_ADDRESS"), workers, run / "recipe.lock.yaml")
    if cluster is not None:
        raise InputError("the local engine has no cluster", where=cluster, mend="add --engine ray")
    size = workers or default_workers()
    if size > 1 and str(run).startswith("memory://"):
        mend = "say --set engine.workers=1, or give --out a folder"
        raise InputError("this memory is seen by one process alone", where=run, mend=mend)
    return LocalCrew(size)
