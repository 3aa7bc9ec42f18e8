"""Runs jobs inside a container: what comes in on standard input is run as `Local` runs it, outcomes go out.

The container's own process, never the candidate's: it forks nothing itself, and what a program reports has been judged
here before it is told outside. The sources of this room and of `sterling.errors` are sent to it, so any image with
Python 3.11 or later will do. Standard library only.

    in:  sources (raw JSON), then ("start", limits, hash seed, packages, preload), then one ("job", …) at a time
    out: ("ready", tier) or ("unavailable", why); per job any ("answer", …), then ("outcome", …) or ("unavailable", why)
"""

import ctypes
import os
from collections.abc import Mapping, Sequence
from typing import Any

from sterling.errors import SandboxUnavailable
from sterling.sandbox import protocol
from sterling.sandbox.backend import Job
from sterling.sandbox.local import Local
from sterling.sandbox.outcome import Answer, Limits, Outcome, Shown
from sterling.sandbox.process import BARE

CAP = 1 << 28
_SET_DUMPABLE = 4
BOOT = """
import json, os, pathlib, sys, tempfile, types
def take(size):
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part: sys.exit("the sources did not arrive")
        data += part
    return data
if sys.version_info < (3, 11): sys.exit("the image needs Python 3.11 or later")
home = pathlib.Path(tempfile.mkdtemp())
for name, text in json.loads(take(int.from_bytes(take(4), "big"))).items():
    (home / name).parent.mkdir(exist_ok=True)
    (home / name).write_text(text, encoding="utf-8")
package = types.ModuleType("sterling")
package.__path__ = [str(home)]
sys.modules["sterling"] = package
from sterling.sandbox.relay import main
main()
"""
"""What the container's Python is given to execute."""
_WALLS = BARE._replace(name="", landlock=False, mend="use a container engine whose system-call filter allows seccomp")


def main() -> None:
    """Serve until standard input ends."""
    ours, out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    _hide()
    _serve(ours, out)


def _hide() -> None:
    """No job shall read this process by way of `/proc`, even where there is no Landlock."""
    if ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0):
        raise SandboxUnavailable("prctl is not available")


def _serve(channel: int, out: int) -> None:
    local = None
    while (payload := protocol.read_frame(channel, CAP)) is not None:
        try:
            match protocol.decode(payload):
                case ("start", tuple(limits), int(seed), tuple(packages), tuple(preload)):
                    local = Local(Limits(*limits), seed, packages, preload, _WALLS)
                    _tell(out, ("ready", local.tier))
                case ("job", dict(fields), bool(heeded)) if local is not None:
                    _run(local, out, unpack_job(fields), heeded)
                case _:
                    raise protocol.BadFrame("an order that nobody gives")
        except SandboxUnavailable as why:
            _tell(out, ("unavailable", str(why)))
    if local is not None:
        local.close()


def _run(local: Local, out: int, job: Job, heeded: bool) -> None:
    def heed(_: int, answer: Answer) -> bool:
        _tell(out, ("answer", protocol.encode(tuple(answer))))
        return True

    outcome = local.run(job, heed if heeded else None)
    for number, answer in enumerate(outcome.answers):
        heed(number, answer)
    _tell(out, ("outcome", pack_outcome(outcome)))


def _tell(out: int, message: tuple[object, ...]) -> None:
    protocol.write_frame(out, protocol.encode(message, CAP))


# Shapes: what may nest deeply crosses as a frame of its own -----------------------------------------------------------
def pack_job(job: Job) -> dict[str, object]:
    """A job as plain data; NotPlain where it holds something else."""
    return {**job._asdict(), "orders": [protocol.encode(dict(order)) for order in job.orders]}


def unpack_job(fields: Mapping[str, Any]) -> Job:
    """What was packed."""
    return Job(**{**fields, "orders": [protocol.decode(order) for order in fields["orders"]]})


def pack_outcome(outcome: Outcome) -> dict[str, object]:
    """An outcome as plain data, without its answers."""
    packed = {"shown": [tuple(it) for it in outcome.shown], "value": protocol.encode(outcome.value), "answers": ()}
    return {**outcome._asdict(), **packed}


def unpack_outcome(fields: Mapping[str, Any], answers: Sequence[Answer]) -> Outcome:
    """What was packed, with its answers."""
    shown = tuple(Shown(*it) for it in fields["shown"])
    value = protocol.decode(fields["value"])
    return Outcome(**{**fields, "shown": shown, "value": value, "answers": tuple(answers)})
