"""Tier A: the zygote is started once inside namespaces of its own, so that they cost a job nothing.

Inside there are the Python installation, the system's libraries and the folders that jobs were given, all read-only,
the zygote's own folder, and `/dev/null`: no `/proc`, no `/sys`, no network, no other process, not even the names of
other files. Landlock, the system-call filter and the limits hold inside as they do without.
"""

import functools
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from sterling.errors import SandboxUnavailable
from sterling.sandbox.backend import Heed, Job
from sterling.sandbox.local import Local
from sterling.sandbox.outcome import Limits, Outcome
from sterling.sandbox.process import Walls

_NAME = "A: bubblewrap (net, ipc, uts, pid, mount) + "
_MEND = (
    "install bubblewrap (`apt install bubblewrap`, `dnf install bubblewrap`) and allow user namespaces (sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu; default containers refuse them), or unset "
    "STERLING_SANDBOX"
)
_NAMESPACES = ("--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-pid")
# The zygote is the first process of its namespace: with it, the kernel ends everything that it forked, and no signal
# of a job reaches it. It must not die with a thread of the parent (`--die-with-parent`): it watches the parent itself.
_FIRST = ("--as-pid-1",)
_AS_ROOT = ("--cap-drop", "ALL", "--cap-add", "CAP_DAC_READ_SEARCH")
"""What the zygote keeps without these walls, too: a checkout is often not root's. No user namespace would grant it."""
_MOST_PATHS = 64
"""Folders that stay shown beside those of the job at hand."""


class Bubblewrap:
    """Jobs on this machine behind namespaces. A folder that is new to it costs a new zygote; each is then kept."""

    def __init__(
        self, limits: Limits, hash_seed: int, packages: tuple[str, ...] = (), preload: tuple[str, ...] = ()
    ) -> None:
        self._start = functools.partial(Local, limits, hash_seed, packages, preload)
        self._packages = packages
        self._paths: tuple[str, ...] = ()
        self.local = self._start(self._walls())
        self.tier = self.local.tier

    def run(self, job: Job, heed: Heed | None = None) -> Outcome:
        """Run one job, as `Local` does."""
        if not set(job.paths) <= set(self._paths):
            others = [path for path in self._paths if path not in job.paths]
            self._paths = (*others[-_MOST_PATHS:], *job.paths)
            self.local.close()
            self.local = self._start(self._walls())
        return self.local.run(job, heed)

    def close(self) -> None:
        """End the zygote and whatever still runs in it."""
        self.local.close()

    def _walls(self) -> Walls:
        return Walls(_NAME, functools.partial(wrap, (*self._packages, *self._paths)), _MEND)


def wrap(shown: Sequence[str], command: Sequence[str], folder: str) -> list[str]:
    """The command behind the walls, with these folders shown. SandboxUnavailable where bubblewrap is not installed."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxUnavailable(f"bubblewrap (`bwrap`) is not installed\n  mend: {_MEND}")
    options = [*_NAMESPACES, *_FIRST, *(_AS_ROOT if os.geteuid() == 0 else ()), "--dev-bind", "/dev/null", "/dev/null"]
    for path in (*_installation(), *shown):
        options += ["--ro-bind-try", path, path]
    # What stands first in the command is a link in a virtual environment; where it leads, the libraries are.
    return [program, *options, "--bind", folder, folder, "--chdir", folder, "--", _python(), *command[1:]]


def _python() -> str:
    return os.path.realpath(sys.executable)


@functools.cache
def _installation() -> tuple[str, ...]:
    from sterling.sandbox import isolation  # noqa: PLC0415 - exists on Linux only

    # Without the time zone, a program would see another hour behind these walls than without them.
    return (*isolation.readable(), _python(), str(Path(__file__).resolve().parent), "/etc/localtime")
