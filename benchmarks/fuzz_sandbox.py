"""Throws mutated attacks, hostile bytes and random system calls at the sandbox, and looks at what became of them.

    python -m benchmarks.fuzz_sandbox --seconds 300 [--seed 7]       # STERLING_SANDBOX chooses the tier
    python -m benchmarks.fuzz_sandbox --seed 7 --case 123            # that one again

Every case is a function of (seed, number). After each one: the status is a known one, the result is plain data within
the limits and no more of it than was asked for, the tests were not passed, no secret came out, nothing outside has
changed, no process is left, no descriptor has leaked, the zygote is the same and knows right from wrong.
"""

import argparse
import json
import os
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.sandbox.attacks import ATTACKS, RIGHT, SECRET, STOLEN, TESTS
from tests.sandbox.scene import Scene, children, passed, staged, zygote_of

from sterling.sandbox import STATUSES, Limits, Outcome, Program, Sandbox
from sterling.sandbox.protocol import NotPlain, encode

LIMITS = Limits(cpu_s=1, memory_mb=128, output_bytes=10_000, stall_s=0.4)
_EXAMPLES = ["f(1)\n", "f(41)\n", "globals().get('loot')\n"]
_SEEDLINGS = [source for family, attacks in ATTACKS.items() if family != "exhaustion" for source in attacks.values()]
_NUMBERS = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "4",
    "5",
    "9",
    "63",
    "64",
    "255",
    "4096",
    "65536",
    "2**31",
    "2**32 - 1",
    "2**63",
    "-2**63",
]
_NAMES = sorted({name for source in _SEEDLINGS for name in re.findall(r"\b(?:os|signal|socket|sys|libc)\.\w+", source)})
_ARGUMENTS = [
    *("0", "1", "2", "3", "4", "5", "-1", "-100", "9", "17", "64", "4096", "0o102", "0o1101", "0x10000000"),
    *("PARENT", "VICTIM", "os.getpid()", "B", "B", "B", "ctypes.c_void_p(P + 64)", "ctypes.c_long(CANARY)"),
]
_ENDINGS = ["", "os._exit(0)", "sys.exit(0)", "os.abort()", "os.closerange(0, 64)", "1 / 0", "while True: pass"]


_BUFFER = """
libc = ctypes.CDLL(None)
B = ctypes.create_string_buffer(FILE.encode() + bytes(4096))
P = ctypes.addressof(B)
"""


class Case(NamedTuple):
    """One program, and how it is run."""

    kind: str
    source: str
    way: str


def case_of(seed: int, number: int) -> Case:
    """The same for the same arguments, on every machine."""
    chance = random.Random(f"{seed}:{number}")
    kind, make = chance.choice(list(_KINDS.items()))
    return Case(kind, make(chance), chance.choice(list(_WAYS)))


# Programs -------------------------------------------------------------------------------------------------------------
def _mutant(chance: random.Random) -> str:
    lines = chance.choice(_SEEDLINGS).splitlines()
    for _ in range(chance.randint(1, 4)):
        lines = chance.choice([_spliced, _cut, _doubled, _renumbered, _renamed, _called])(chance, lines)
    return "\n".join(lines) + "\n"


def _spliced(chance: random.Random, lines: list[str]) -> list[str]:
    return [*lines, *chance.choice(_SEEDLINGS).splitlines()]


def _cut(chance: random.Random, lines: list[str]) -> list[str]:
    at = chance.randrange(len(lines) or 1)
    return lines[:at] + lines[at + 1 :]


def _doubled(chance: random.Random, lines: list[str]) -> list[str]:
    at = chance.randrange(len(lines) or 1)
    return lines[: at + 1] + lines[at:]


def _renumbered(chance: random.Random, lines: list[str]) -> list[str]:
    return [
        re.sub(r"\b\d+\b", lambda it: chance.choice([it[0], it[0], *_NUMBERS[:2], chance.choice(_NUMBERS)]), line)
        for line in lines
    ]


def _renamed(chance: random.Random, lines: list[str]) -> list[str]:
    return [
        re.sub(r"\b(?:os|signal|sys|libc)\.\w+", lambda it: chance.choice([it[0], chance.choice(_NAMES)]), it)
        for it in lines
    ]


def _called(_: random.Random, lines: list[str]) -> list[str]:
    """The whole attack happens when the function is called."""
    return ["def f(x):", *("    " + line for line in lines), "    return 0"]


def _bytes(chance: random.Random) -> str:
    streams = [_stream(chance) for _ in range(chance.randint(1, 5))]
    writes = [f"    for d in {_descriptors(chance)}: attempt(os.write, d, {it!r})" for it in streams]
    ending = f"    {chance.choice(_ENDINGS) or 'pass'}"
    body = "\n".join(["def strike():", *writes, ending])
    return body + chance.choice(["\nstrike()\ndef f(x): return 0\n", "\ndef f(x):\n    strike()\n    return 0\n"])


def _descriptors(chance: random.Random) -> str:
    return chance.choice(["range(64)", "range(3, 9)", "(3,)", "(4,)", "(1, 2)", "reversed(range(64))"])


def _stream(chance: random.Random) -> bytes:
    return b"".join(_frame(chance) for _ in range(chance.randint(1, 4)))


def _frame(chance: random.Random) -> bytes:
    payload = chance.choice([_message, _message, _broken_message, _noise])(chance)
    length = chance.choice([len(payload)] * 5 + [0, len(payload) + 1, max(len(payload) - 1, 0), 1 << 30, (1 << 32) - 1])
    return length.to_bytes(4, "big") + payload


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(0, 99))


def _message(chance: random.Random) -> bytes:
    heads = ["shown", "answer", "end", "value", "raised", "iterator", "call", "next", "stop", "not_plain", "x"]
    words = [*STATUSES, "gone", "", "2\n", "x" * 99]
    parts = ["t", chance.choice(heads), *(_datum(chance, words, 3) for _ in range(chance.randint(0, 5)))]
    return json.dumps(parts).encode()


def _datum(chance: random.Random, words: list[str], depth: int) -> Any:
    plain: list[Any] = [None, True, 2, 42, -1, 2.5, 10**17, chance.choice(words)]
    plain += [["i", "f" * 99], ["b", "x"], ["c", 1, 2], ["d"], ["z"], {}]
    if depth == 0 or chance.random() < 0.7:
        return chance.choice(plain)
    return [chance.choice("ltdsfq"), *(_datum(chance, words, depth - 1) for _ in range(chance.randint(0, 4)))]


def _broken_message(chance: random.Random) -> bytes:
    payload = bytearray(_message(chance))
    for _ in range(chance.randint(1, 4)):
        payload[chance.randrange(len(payload))] = chance.choice(b'[]{}",:0129eE-+.tTnN\x00\xff\\')
    return bytes(payload)


def _calls(chance: random.Random) -> str:
    calls = [(chance.randrange(470), *(_argument(chance) for _ in range(6))) for _ in range(chance.randint(5, 60))]
    # Waiting for ever is not what is tried here: it costs half a second and ends as `stalled`.
    calls = [it for it in calls if it[0] not in (0, 7, 23, 34, 35, 202, 230, 270, 271, 449)]
    lines = [f"    libc.syscall({', '.join(map(str, it))})" for it in calls]
    return _BUFFER + "\n".join(["def f(x):", *lines, "    return 0", chance.choice(["", "f(1)"])]) + "\n"


def _argument(chance: random.Random) -> str:
    return chance.choice([*_ARGUMENTS, str(chance.getrandbits(31))])


_KINDS: Mapping[str, Callable[[random.Random], str]] = {"mutant": _mutant, "bytes": _bytes, "calls": _calls}
_WAYS: Mapping[str, Callable[[Sandbox, str], Outcome]] = {
    "tests": lambda box, source: box.run_tests(Program(source), "f", TESTS),
    "examples": lambda box, source: box.run_examples(Program(source), _EXAMPLES),
    "evaluate": lambda box, source: box.evaluate(Program(source), "[f(1), f(41), globals().get('loot')]"),
    "calls": lambda box, source: box.run_calls(Program(source), "f", [([1], {}), ([41], {})]),
    "stdin": lambda box, source: box.run_stdin(Program(source + "\nfor x in sys.stdin: print(f(int(x)))\n"), "1\n41\n"),
}


# Invariants -----------------------------------------------------------------------------------------------------------
def complaints(case: Case, outcome: Outcome) -> Iterator[str]:
    """What an outcome must not be."""
    if outcome.status not in STATUSES:
        yield f"the status {outcome.status}"
    if not outcome.detail.isprintable() or len(outcome.detail) > 520:
        yield "a detail that is not printable, or long"
    if case.way == "tests" and passed(case.way, outcome):
        yield "the tests were passed"
    if len(outcome.shown) > len(_EXAMPLES) or len(outcome.answers) > 2:
        yield "more results than were asked for"
    if sum(len(it.output) + len(it.exception or "") for it in outcome.shown) > LIMITS.output_bytes:
        yield "more was shown than the limit"
    if len(outcome.stdout.encode()) > 3 * LIMITS.output_bytes:  # a byte that is no text becomes three
        yield "more was printed than the limit"
    try:
        encode((outcome.value, *(tuple(it) for it in outcome.answers)))
    except NotPlain as why:
        yield f"a result that is not plain data: {why}"
    if any(it in repr(outcome) for it in (SECRET, STOLEN)):
        yield "a secret came out"


class Watch:
    """The surroundings, before and after."""

    def __init__(self, sandbox: Sandbox, scene: Scene) -> None:
        self._sandbox = sandbox
        self._scene = scene
        self._zygote = zygote_of(sandbox)
        self._descriptors = _open_descriptors()

    def complaints(self) -> Iterator[str]:
        """What has changed outside, though it must not."""
        yield from self._scene.damage()
        if children(self._sandbox):
            yield "a process is left"
        if zygote_of(self._sandbox) != self._zygote:
            yield "the zygote died"
        right = self._right()
        if right.status != "ok":
            yield f"a right program fails: {right}"
        if _open_descriptors() != self._descriptors:
            yield "a descriptor was left open"

    def _right(self) -> Outcome:
        # On a machine that is busy elsewhere, a process may get no time at all within the short wall limit.
        tries = (self._sandbox.run_tests(RIGHT, "f", TESTS) for _ in range(3))
        return next((it for it in tries if it.status != "stalled"), Outcome("stalled", "three times"))


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def campaign(seconds: float, seed: int, first: int = 0, most: int | None = None) -> tuple[Counter[str], list[str]]:
    """(how many cases ended how, by kind, way and status; every complaint)."""
    os.environ["API_KEY"] = SECRET
    counts: Counter[str] = Counter()
    found: list[str] = []
    end = time.monotonic() + seconds
    with Sandbox(LIMITS) as sandbox, staged() as scene:
        watch = Watch(sandbox, scene)
        number = first
        while time.monotonic() < end and (most is None or number < first + most):
            case = case_of(seed, number)
            outcome = _WAYS[case.way](sandbox, scene.source(case.source))
            wrong = [*complaints(case, outcome), *watch.complaints()]
            found += [f"case {number} ({case.kind}, {case.way}): {it}: {outcome!r:.300}" for it in wrong]
            counts.update([case.kind, case.way, outcome.status, "all"])
            number += 1
            if wrong and "zygote" in str(wrong):
                watch = Watch(sandbox, scene)
    return counts, found


def main() -> int:
    """The campaign from the command line; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--case", type=int, help="only this one, which is also printed")
    given = parser.parse_args()
    with Sandbox(LIMITS) as sandbox:
        print(f"seed {given.seed}, {sandbox.tier}", flush=True)
    if given.case is not None:
        print(*case_of(given.seed, given.case), sep="\n")
    counts, found = campaign(given.seconds, given.seed, given.case or 0, None if given.case is None else 1)
    print(", ".join(f"{name} {count}" for name, count in counts.most_common()))
    print(f"largest this process became: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")
    print("\n".join(found) or "nothing got through")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
