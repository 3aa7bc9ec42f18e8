"""Finds out, by attacking, whether this machine keeps untrusted code in.

Only the unprivileged tier exists so far: **B**, Landlock and seccomp. There is no weaker one to fall back to: a machine
that does not reach it runs nothing.
"""

import functools
import os
import platform
import socket
import sys
import tempfile
from pathlib import Path

from sterling.errors import SandboxUnavailable
from sterling.sandbox.conversation import converse
from sterling.sandbox.outcome import Limits, Outcome
from sterling.sandbox.process import Zygote, ZygoteDied

_PROBES = Path(__file__).with_name("probes.py")
_MEND = "run `sterling` in a Linux virtual machine or container (Docker, Lima, WSL 2), or on a Linux machine"


@functools.cache
def self_test() -> str:
    """The tier that this machine achieves, as the release records it.

    Attacks are run in a locked-in process, and their effects are looked for from outside. SandboxUnavailable says what
    is missing and how to mend it. Passing says that these attacks are held back here, not that no other exists.
    """
    if sys.platform != "linux":
        raise SandboxUnavailable(f"untrusted code is not run on {_system()}: it has no Landlock\n  mend: {_MEND}")
    zygote = Zygote(Limits(), 0)
    try:
        _attack(zygote)
        return f"B: landlock (ABI {zygote.landlock}) + seccomp allow-list ({platform.machine()}) + rlimits"
    finally:
        zygote.close()


def _system() -> str:
    return {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)


def _attack(zygote: Zygote) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as bait:
        secret = Path(folder) / "secret"
        secret.write_text("secret", encoding="utf-8")
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - the ordinary permissions must not be what denies
        expression = f"attempts({folder!r}, {str(secret)!r}, {bait.getsockname()[1]})"
        outcome = _outcome(zygote, expression)
        got_through = _complaints(outcome) + _effects(Path(folder), secret, bait)
    if got_through:
        raise SandboxUnavailable(
            f"this machine does not keep untrusted code in: {'; '.join(got_through)}\n"
            "  mend: check that Landlock and seccomp are enabled in the kernel and in the container"
        )


def _outcome(zygote: Zygote, expression: str) -> Outcome:
    order: dict[str, object] = {
        "role": "evaluate",
        "source": _PROBES.read_text(encoding="utf-8"),
        "module": None,
        "replaces": None,
        "paths": (),
        "expression": expression,
        "setup": [],
    }
    try:
        return converse(zygote, Limits(), (), [order])
    except ZygoteDied:
        return Outcome("crashed", "the attack killed the parent")


def _complaints(outcome: Outcome) -> list[str]:
    if outcome.status != "ok" or not isinstance(outcome.value, dict) or not outcome.value:
        return [f"the attacks ended with {outcome.status} ({outcome.detail})"]
    return [f"{attack}: {result}" for attack, result in outcome.value.items() if result != "denied"]


def _effects(folder: Path, secret: Path, bait: socket.socket) -> list[str]:
    found = [] if [*folder.iterdir()] == [secret] else ["a file was written or removed"]
    bait.settimeout(0)
    try:
        bait.accept()[0].close()
    except BlockingIOError:
        return found
    return [*found, "a connection arrived"]
