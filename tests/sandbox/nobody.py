"""Runs Python as the user nobody, who has no rights but those that everyone has."""

import contextlib
import functools
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_FITS = "import sys, sterling.errors; sys.exit(sys.version_info < (3, 11))"


def as_nobody(command: list[str], way: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with this as the user nobody. Skips where nobody may execute no Python that will do."""
    nobody = pwd.getpwnam("nobody").pw_uid
    run = functools.partial(
        subprocess.run,
        user=nobody,
        group=nobody,
        extra_groups=[],
        cwd="/",
        env={"PYTHONPATH": f"{_ROOT}/src:{_ROOT}", "PYTHONDONTWRITEBYTECODE": "1", "STERLING_SANDBOX": way},
        capture_output=True,
        text=True,
    )
    for python in (sys.executable, "/usr/bin/python3"):
        with contextlib.suppress(OSError):  # not for everyone to execute
            if run([python, "-c", _FITS]).returncode:
                continue
            tested = run([python, "-c", "from sterling.sandbox import self_test; self_test()"])
            if "SandboxUnavailable" in tested.stderr:
                pytest.skip(tested.stderr.partition("SandboxUnavailable: ")[2])
            return run([python, *command])
    pytest.skip("no Python >= 3.11 here that the user nobody may execute")
