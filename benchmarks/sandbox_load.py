"""The verdicts on real programs, with the machine idle and with busy loops beside it: none may differ.

50 samples of CodeGen-16B for each of 164 HumanEval tasks (`../shared/data/humaneval`), judged by the check `tests`. The
numbers that were published for such samples come out of the same verdicts: pass@1/2/5/10 of these 8,200 are
22.02/30.79/42.39/51.22 %. `--programs N` takes the first samples of the tasks in turn; `--idle-only` judges once.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sterling.records import Record, Verdict, batch_of, verdict_table
from sterling.registry import Ruling
from sterling.verify.programs.pass_at_k import pass_at_k, tallies
from sterling.verify.tests import Tests

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "humaneval" / "samples.jsonl"
BUSY = 4


def load(count: int) -> list[Record]:
    """Records as a source of stored completions would have them."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    pairs = [(row, number) for number in range(50) for row in rows]
    return [_record(row, number) for row, number in pairs[:count]]


def _record(row: dict[str, Any], number: int) -> Record:
    payload = {"prompt": row["prompt"], "completion": row["samples"][number]}
    reference = {"program": "continue", "tests": row["test"], "entry_point": row["entry_point"]}
    return Record.real(
        payload, source="codegen", row=f"{row['task_id']}/{number}", origin="unknown", reference=reference
    )


def judge(records: list[Record], cpu_s: int) -> tuple[list[Ruling], float]:
    """What is said of each, and the wall seconds it took."""
    start = time.monotonic()
    said = Tests(cpu_s=cpu_s).judge(batch_of(records), None)
    assert all(isinstance(it, Ruling) for it in said)
    return [it for it in said if isinstance(it, Ruling)], time.monotonic() - start


def under_load(records: list[Record], cpu_s: int) -> tuple[list[Ruling], float]:
    """The same, beside busy loops."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    try:
        return judge(records, cpu_s)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def report(records: list[Record], said: list[Ruling], seconds: float, where: str) -> None:
    """One line of reasons and one of pass@k."""
    reasons = Counter(it.reason for it in said)
    ways = Counter(it.evidence.get("way") for it in said)
    print(f"{where}: {len(said)} programs in {seconds:.0f} s; {dict(reasons.most_common())}; {dict(ways)}")
    verdicts = [
        Verdict(r.id, it.outcome, "tests", it.reason, "execution", it.score, {})
        for r, it in zip(records, said, strict=True)
    ]
    for found in pass_at_k(tallies([(batch_of(records), verdict_table(verdicts))])):
        interval = (
            "" if found.interval is None else f" [{100 * found.interval.low:.2f}, {100 * found.interval.high:.2f}]"
        )
        print(f"  {found.name} {100 * (found.value or 0):.2f} %{interval}, n = {found.n} tasks")


def main() -> None:
    """Judge twice and compare."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--programs", type=int, default=8200)
    options.add_argument("--cpu-s", type=int, default=4, help="limit per program")
    options.add_argument("--idle-only", action="store_true")
    chosen = options.parse_args()
    records = load(chosen.programs)
    idle, seconds = judge(records, chosen.cpu_s)
    report(records, idle, seconds, "idle")
    if chosen.idle_only:
        return
    busy, seconds = under_load(records, chosen.cpu_s)
    report(records, busy, seconds, f"beside {BUSY} busy loops")
    differing = [
        (r.row, a.reason, b.reason) for r, a, b in zip(records, idle, busy, strict=True) if a.reason != b.reason
    ]
    for row, one, other in differing:
        print(f"  {row}: {one} when idle, {other} under load")
    print(f"{len(differing)} verdicts differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
