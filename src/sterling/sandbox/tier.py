"""Finds out, by attacking, which way of keeping untrusted code in holds on this machine, and takes the best.

**A**, bubblewrap around Landlock and seccomp; **B**, Landlock and seccomp; a container where the system has neither, as
macOS and Windows have not. There is no weaker one to fall back to: a machine that reaches none runs nothing.

A comes before B: it is started once per process, its jobs cost the same, and what one layer should let through, a file
name or a signal, the other still stops. A container comes last only because it takes seconds to start and needs an
image; `STERLING_SANDBOX=container` asks for it.
"""

import functools
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sterling.errors import InputError, SandboxUnavailable
from sterling.sandbox.backend import Backend, Job
from sterling.sandbox.bubblewrap import Bubblewrap
from sterling.sandbox.container import Container, image
from sterling.sandbox.local import Local
from sterling.sandbox.outcome import Limits, Outcome

VARIABLE = "STERLING_SANDBOX"
WAYS: dict[str, Callable[[Limits, int, tuple[str, ...], tuple[str, ...]], Backend]] = {
    "bubblewrap": Bubblewrap,
    "landlock": Local,
    "container": Container,
}
"""Every way of keeping code in, the one to be preferred first."""
_PROBES = Path(__file__).with_name("probes.py")
_OF_THE_IMAGE = frozenset({"read /etc/passwd", "read /proc", "list /"})
"""What a job may do in a container whose kernel lacks Landlock: it finds nothing there but what the image holds."""


class _Best(NamedTuple):
    name: str
    tier: str


def self_test() -> str:
    """The tier that this machine achieves, as the release records it.

    Attacks are run in a locked-in process, and their effects are looked for from outside. SandboxUnavailable says what
    is missing and how to mend it; InputError, that STERLING_SANDBOX names no way there is. Passing says that these
    attacks are held back here, not that no other exists.
    """
    return _best(wanted(), image()).tier


def start(limits: Limits, hash_seed: int, packages: tuple[str, ...], preload: tuple[str, ...]) -> Backend:
    """The best back end that holds here, running. It fails as `self_test` does."""
    return WAYS[_best(wanted(), image()).name](limits, hash_seed, packages, preload)


def behind_landlock() -> str:
    """The tier of what can run behind Landlock only: exec'ed programs. SandboxUnavailable if another way is wanted."""
    if wanted() not in {"auto", "landlock"}:
        raise SandboxUnavailable(
            f"JavaScript and C run behind Landlock only, and {VARIABLE}={wanted()} asks for another way\n"
            f"  mend: unset {VARIABLE}, or leave out the check `code`"
        )
    return _best("landlock", "").tier


def wanted() -> str:
    """What STERLING_SANDBOX asks for: `auto` or one of `WAYS`."""
    name = os.environ.get(VARIABLE) or "auto"
    if name not in ("auto", *WAYS):
        raise InputError(f"{VARIABLE}={name} is not known", mend=f"use one of: auto, {', '.join(WAYS)}")
    return name


@functools.cache
def _best(name: str, _image: str) -> _Best:
    """The image is part of what was tested."""
    if name != "auto":
        return _Best(name, _tested(name))
    refusals = []
    for each in WAYS if sys.platform == "linux" else ("container",):
        try:
            return _Best(each, _tested(each))
        except SandboxUnavailable as why:
            refusals.append(f"{each}: {why}" if sys.platform == "linux" else str(why))
    raise SandboxUnavailable("\n".join(["untrusted code is not run here: nothing keeps it in", *refusals]))


def _tested(name: str) -> str:
    if sys.platform != "linux" and name != "container":
        raise SandboxUnavailable(f"{name} exists on Linux only\n  mend: unset {VARIABLE}, or set it to `container`")
    backend = WAYS[name](Limits(), 0, (), ())
    try:
        _attack(backend, name)
        return backend.tier
    finally:
        backend.close()


def _attack(backend: Backend, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as bait:
        secret = Path(folder) / "secret"
        secret.write_text("secret", encoding="utf-8")
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - the ordinary permissions must not be what denies
        expression = f"attempts({folder!r}, {str(secret)!r}, {bait.getsockname()[1]})"
        outcome = _outcome(backend, expression)
        got_through = _complaints(outcome, name, backend.tier) + _effects(Path(folder), secret, bait)
    if got_through:
        raise SandboxUnavailable(
            f"this machine does not keep untrusted code in: {'; '.join(got_through)}\n"
            "  mend: check that Landlock and seccomp are enabled in the kernel and in the container"
        )


def _outcome(backend: Backend, expression: str) -> Outcome:
    order: dict[str, object] = {
        "role": "evaluate",
        "source": _PROBES.read_text(encoding="utf-8"),
        "module": None,
        "replaces": None,
        "paths": (),
        "expression": expression,
        "setup": [],
    }
    return backend.run(Job([order]))


def _complaints(outcome: Outcome, name: str, tier: str) -> list[str]:
    if outcome.status != "ok" or not isinstance(outcome.value, dict) or not outcome.value:
        return [f"the attacks ended with {outcome.status} ({outcome.detail})"]
    # Behind walls a file need not be forbidden: it is not there.
    fine = {"denied"} if name == "landlock" else {"denied", "absent"}
    harmless = _OF_THE_IMAGE if name == "container" and "landlock" not in tier else ()
    return [f"{attack}: {it}" for attack, it in outcome.value.items() if it not in fine and attack not in harmless]


def _effects(folder: Path, secret: Path, bait: socket.socket) -> list[str]:
    found = [] if [*folder.iterdir()] == [secret] else ["a file was written or removed"]
    bait.settimeout(0)
    try:
        bait.accept()[0].close()
    except BlockingIOError:
        return found
    return [*found, "a connection arrived"]
