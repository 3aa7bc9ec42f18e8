"""What a run loses and pays twice when things go wrong, against the mock endpoint in a process of its own.

5,000 rows, 64 in flight, 50 ms an answer, without faults and then with each kind: random errors, rows that always fail,
SIGKILL of the asking process at ten random moments of one run, latency tripling midway, connection resets.

Counted by the server: `requests`, and `paid twice`, whole answers beyond one for each row that has one. Counted by the
asking process: rows that ended without the right answer, less those that the script poisons: `lost`. Time is wall time
from the first start to the last end, imports included. The rehearsal goes the same way each time, but for the moments
of the kills, which the clock decides within a millisecond.

Exits 1 when a row is lost, when a kill costs more answers than may be in flight, or anything else costs one twice.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sterling.models import Answer, Endpoint, Question, ask, mock_stats, store

ANSWER = {"match": r"^Row (\d+)\.", "fill": "The answer of $1."}
LATENCY_S = 0.05
POISONED = 100
"""One row in so many."""


class Case(NamedTuple):
    """One way to go wrong."""

    name: str
    rules: Sequence[Mapping[str, Any]] = ()
    """Before the rule that answers."""
    poison: bool = False
    kills: int = 0


def cases(rows: int) -> list[Case]:
    """All of them; the first has no faults."""
    errors = [{"share": 0.05, "status": 500}, {"share": 0.0526, "status": 429}]  # the second of the other 95 %
    resets = [{"share": 0.05, "drop": "before"}, {"share": 0.0526, "drop": "within"}]
    return [
        Case("no faults"),
        Case("5 % 500, 5 % 429", errors),
        Case("1 % poison", [{"match": "poison", "status": 500, "message": "this row is poison"}], poison=True),
        Case("10 x SIGKILL", kills=10),
        Case("latency x 3 midway", [{"after": rows // 2, "latency_s": 3 * LATENCY_S} | ANSWER]),
        Case("10 % resets", resets),
    ]


class Kill(NamedTuple):
    """One SIGKILL and what it cost."""

    at: int
    """Different rows that the server had seen."""
    in_flight: int
    """As the server counted just before; answers on their way to the process are in flight too, and not counted."""
    repeated: int
    """Requests of the next process that the server had seen before."""


class Outcome(NamedTuple):
    """What became of a run."""

    lost: Sequence[str]
    """Why, for each row that should have an answer and has none."""
    failed: Sequence[str]
    """Why, for each row that was meant to fail."""
    requests: int
    repeated: int
    """Requests beyond one for each row: paid for twice, or answered with a fault."""
    paid_twice: int
    kills: Sequence[Kill]
    seconds: float


# The asking process ---------------------------------------------------------------------------------------------------
def text_of(row: int, poison: bool) -> str:
    """One row's question."""
    return f"Row {row}. {'It is poison. ' if poison and row % POISONED == 0 else ''}{'Say something. ' * 20}"


def answer_all(address: str, home: str, rows: int, in_flight: int, poison: bool) -> None:
    """Ask for every row and print which have no right answer, by reason."""
    store.use(home)
    endpoint = Endpoint(endpoint=address, model="m", concurrency=in_flight)
    said = ask(endpoint, [Question(({"role": "user", "content": text_of(row, poison)},)) for row in range(rows)])
    store.close()
    wrong = {
        row: "wrong answer" if isinstance(one, Answer) else f"{one.reason} after {one.attempts} requests"
        for row, one in enumerate(said)
        if not isinstance(one, Answer) or one.text != f"The answer of {row}."
    }
    print(json.dumps(wrong))


# The comparison -------------------------------------------------------------------------------------------------------
@contextmanager
def endpoint(case: Case, folder: Path) -> Iterator[str]:
    """`sterling mock-endpoint` with the script of a case."""
    script = folder / "script.yaml"
    script.write_text(json.dumps({"seed": 7, "latency_s": LATENCY_S, "rules": [*case.rules, ANSWER]}), encoding="utf-8")
    command = [sys.executable, "-m", "sterling", "mock-endpoint", str(script), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1]
        finally:
            server.kill()


def asking(address: str, folder: Path, rows: int, in_flight: int, case: Case) -> "subprocess.Popen[str]":
    """A process that asks for every row."""
    told = ["--ask", address, str(folder / "home"), str(rows), str(in_flight), str(case.poison)]
    return subprocess.Popen([sys.executable, "-P", __file__, *told], stdout=subprocess.PIPE, text=True)


def killed(address: str, process: "subprocess.Popen[str]", moment: int) -> Mapping[str, Any]:
    """Kill it at work, once the server has seen so many different rows; the server's counts just before."""
    before = counts = mock_stats(address)
    while counts["distinct"] < moment or counts["requests"] == before["requests"]:
        if process.poll() is not None:
            sys.exit(f"the process ended before {moment} rows had been asked for")
        time.sleep(0.002)
        counts = mock_stats(address)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return counts


def settled(address: str) -> Mapping[str, Any]:
    """The server's counts once it has nothing to do."""
    while mock_stats(address)["in_flight"]:
        time.sleep(0.01)
    return mock_stats(address)


def run(case: Case, rows: int, in_flight: int, chance: random.Random) -> Outcome:
    """One case from start to end."""
    moments = sorted(chance.sample(range(in_flight, rows - in_flight), case.kills))
    with tempfile.TemporaryDirectory() as name, endpoint(case, Path(name)) as address:
        began, before, after = time.perf_counter(), [], []
        for moment in moments:
            before.append(killed(address, asking(address, Path(name), rows, in_flight, case), moment))
            after.append(settled(address))
        told, _ = asking(address, Path(name), rows, in_flight, case).communicate()
        seconds = time.perf_counter() - began
        counts = settled(address)
    kills = [
        Kill(then["distinct"], then["in_flight"], later["repeated"] - earlier["repeated"])
        for then, earlier, later in zip(before, after, [*after[1:], counts], strict=False)
    ]
    wrong = json.loads(told)
    failed = {row: why for row, why in wrong.items() if case.poison and int(row) % POISONED == 0}
    lost = [why for row, why in wrong.items() if row not in failed]
    twice = counts["answered"] - (rows - len(wrong))
    return Outcome(lost, [*failed.values()], counts["requests"], counts["repeated"], twice, kills, seconds)


def problems(case: Case, outcome: Outcome, rows: int, in_flight: int) -> list[str]:
    """What must not be."""
    poisoned = len(range(0, rows, POISONED)) if case.poison else 0
    most = max((kill.repeated for kill in outcome.kills), default=0)
    found = {
        f"{len(outcome.lost)} rows lost": outcome.lost,
        f"{len(outcome.failed)} of {poisoned} poison rows failed": len(outcome.failed) != poisoned,
        f"{most} requests repeated after a kill, where {in_flight} may be in flight": most > in_flight,
        f"{outcome.paid_twice} answers paid for twice": outcome.paid_twice and not case.kills,
    }
    return [what for what, wrong in found.items() if wrong]


HEAD = "case                  lost  failed  requests  repeated  paid twice  seconds  times"


def show(case: Case, outcome: Outcome, base: float) -> None:
    """One line of the table, and what there is to tell below it."""
    told = [len(outcome.lost), len(outcome.failed), outcome.requests, outcome.repeated, outcome.paid_twice]
    lost, failed, requests, repeated, twice = told
    print(f"{case.name:<20} {lost:>5} {failed:>7} {requests:>9,} {repeated:>9,} {twice:>11,}", end="")
    print(f" {outcome.seconds:>8.1f} {outcome.seconds / base:>6.2f}", flush=True)
    for why, count in Counter([*outcome.lost, *outcome.failed]).items():
        print(f"  {count} rows: {why}")
    for kill in outcome.kills:
        print(f"  killed at {kill.at:,}: {kill.in_flight} in flight at the server, {kill.repeated} repeated")


def main() -> int:
    """Every case in turn; 1 when one of them is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--ask", nargs=5, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.ask:
        address, home, rows, in_flight, poison = told.ask
        answer_all(address, home, int(rows), int(in_flight), poison == "True")
        return 0
    chance, wrong, base = random.Random(told.seed), [], 0.0
    print(HEAD)
    for case in cases(told.rows):
        outcome = run(case, told.rows, told.in_flight, chance)
        base = base or outcome.seconds
        show(case, outcome, base)
        wrong += [f"{case.name}: {what}" for what in problems(case, outcome, told.rows, told.in_flight)]
    print(f"{told.rows:,} rows, at most {told.in_flight} in flight, {LATENCY_S:g} s an answer, one run each")
    print("\n".join(wrong) if wrong else "nothing lost, nothing repeated beyond what was in flight")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
