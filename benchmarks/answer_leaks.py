"""How often `answer_leaks` speaks up about human items, whose answers nobody wrote into their questions.

    python benchmarks/answer_leaks.py [folder of data]

Nothing is asked. GSM8K (openai/grade-school-math, MIT) has final answers that must be worked out, so a hit is chance;
HumanEval (openai/human-eval, MIT) has reference solutions. Whether one of these items was meant to leak is not known:
the rates are of false alarms, as far as the items are good.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sterling.records import Record, batch_of
from sterling.registry import Ruling
from sterling.stats import clopper_pearson
from sterling.verify.answer_leaks import AnswerLeaks
from sterling.verify.items.occurrences import wanted

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


class Row(NamedTuple):
    """One line of the table."""

    kind: str
    n: int
    dropped: int
    flagged: int


def gsm8k(folder: Path) -> Iterator[Record]:
    """Every problem with its human solution as the reference."""
    for name in ("train", "test"):
        for n, row in enumerate(_read(folder / "gsm8k" / f"{name}.jsonl")):
            yield _record({"prompt": row["question"]}, f"{name}:{n}", {"answer": row["answer"]})


def humaneval(folder: Path) -> Iterator[Record]:
    """Every task with its reference solution as the completion."""
    for row in _read(folder / "humaneval" / "tasks.jsonl"):
        yield _record({"prompt": row["prompt"], "completion": row["canonical_solution"]}, row["task_id"], None)


def table(folder: Path) -> list[Row]:
    """Problems by how much a number says, and tasks."""
    problems, tasks = list(gsm8k(folder)), list(humaneval(folder))
    long = [record for record in problems if not _is_short(record)]
    short = [record for record in problems if _is_short(record)]
    named = {"GSM8K, 3 or more significant digits": long, "GSM8K, fewer": short, "HumanEval": tasks}
    return [_row(kind, records) for kind, records in named.items()]


def _row(kind: str, records: Sequence[Record]) -> Row:
    said = AnswerLeaks().judge(batch_of(records), None)
    outcomes = Counter(one.outcome for one in said if isinstance(one, Ruling))
    return Row(kind, len(said), outcomes["drop"], outcomes["flag"])


def _is_short(record: Record) -> bool:
    found = wanted(str((record.reference or {})["answer"]).rpartition("####")[2])
    return found is not None and found.is_short


def _record(payload: Mapping[str, Any], row: str, reference: Mapping[str, Any] | None) -> Record:
    return Record.real(payload, source="benchmark", row=row, origin="human", reference=reference)


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    """Print the table."""
    print(f"{'items':38} {'n':>6} {'dropped':>24} {'flagged':>24}")
    for kind, n, *hits in table(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA):
        cells = []
        for hit in hits:
            low, high = clopper_pearson(hit, n)
            cells.append(f"{hit:5} [{low:.2%}, {high:.2%}]")
        print(f"{kind:38} {n:6} {cells[0]:>24} {cells[1]:>24}")


if __name__ == "__main__":
    main()
