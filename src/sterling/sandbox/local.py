"""Jobs on this machine."""

import functools
import platform
import shutil
import tempfile
from pathlib import Path

from sterling.sandbox.backend import Heed, Job
from sterling.sandbox.conversation import converse
from sterling.sandbox.outcome import Answer, Limits, Outcome
from sterling.sandbox.process import BARE, Walls, Zygote, ZygoteDied


class Local:
    """Forks jobs from a zygote, which is started anew when the system kills it."""

    def __init__(
        self,
        limits: Limits,
        hash_seed: int,
        packages: tuple[str, ...] = (),
        preload: tuple[str, ...] = (),
        walls: Walls = BARE,
    ) -> None:
        self._limits = limits
        self._start = functools.partial(Zygote, limits, hash_seed, packages, preload, walls)
        self._zygote = self._start()
        landlock = f"landlock (ABI {self._zygote.landlock}) + " if self._zygote.landlock else ""
        self.tier = f"{walls.name}{landlock}seccomp allow-list ({platform.machine()}) + rlimits"

    def run(self, job: Job, heed: Heed | None = None) -> Outcome:
        """One job. The zygote dies when the system is short of memory; a second death is put down to the program."""
        told = None if heed is None else _Once(heed)
        for _ in range(2):
            try:
                return self._once(job, told)
            except ZygoteDied:
                self._zygote.close()
                self._zygote = self._start()
        return Outcome("crashed", "the sandbox was killed twice while this program ran")

    def close(self) -> None:
        """End the zygote and whatever still runs in it."""
        self._zygote.close()

    def _once(self, job: Job, heed: Heed | None) -> Outcome:
        if not job.files:
            return converse(self._zygote, self._limits, job, heed)
        folder = tempfile.mkdtemp(dir=self._zygote.folder)
        try:
            _write(Path(folder), job.files)
            return converse(self._zygote, self._limits, _inside(job, folder), heed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _Once:
    """Tells each answer once, even if the job has to be run again."""

    def __init__(self, heed: Heed) -> None:
        self._heed = heed
        self._told = 0
        self._more = True

    def __call__(self, number: int, answer: Answer) -> bool:
        if number >= self._told:
            self._told, self._more = number + 1, self._heed(number, answer)
        return self._more or number < self._told - 1


def _inside(job: Job, folder: str) -> Job:
    orders = [{**order, "paths": (folder, *order["paths"])} for order in job.orders]
    return job._replace(orders=orders, paths=(folder, *job.paths), folder=folder)


def _write(folder: Path, files: tuple[tuple[str, str], ...]) -> None:
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
