"""One sandbox per process and kind, started when it is first needed, for every room that runs code."""

import atexit
import os

from sterling.sandbox.outcome import Limits
from sterling.sandbox.sandbox import Sandbox

_running: dict[tuple[object, ...], Sandbox] = {}
"""By process, too: a zygote that was inherited through a fork answers to the parent."""


def shared_sandbox(
    limits: Limits, hash_seed: int, packages: tuple[str, ...] = (), preload: tuple[str, ...] = ()
) -> Sandbox:
    """This process's sandbox with these limits and surroundings. SandboxUnavailable when there can be none."""
    key = (os.getpid(), limits, hash_seed, packages, preload)
    if key not in _running:
        _running[key] = Sandbox(limits, hash_seed=hash_seed, packages=packages, preload=preload)
        atexit.register(_running[key].close)
    return _running[key]
