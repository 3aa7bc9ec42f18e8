"""What `sterling check` says of each row, and where that is written."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from sterling.errors import InputError
from sterling.records.files import write_atomically, write_parquet


@dataclass(frozen=True, slots=True)
class Answer:
    """What `sterling check` says of one input row."""

    id: str | None
    """The row's own id, else the record's; None for a row that is no record."""
    index: int
    """Position in the input, from 0."""
    outcome: str
    """keep, drop, flag or fault."""
    reason: str
    score: float | None
    evidence: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """A line of the output."""
        return {name: getattr(self, name) for name in _SCHEMA.names} | {"evidence": dict(self.evidence)}


class Counted(NamedTuple):
    """How many answers there were."""

    outcomes: Mapping[str, int]
    faults: Mapping[str, int]
    """By reason."""
    first: Answer | None = None
    """The first fault."""


def write_answers(path: Path, answers: Iterable[Answer], source: Path | None = None) -> Counted:
    """Write answers as JSONL or Parquet by the suffix, and count the outcomes. InputError when it is the input."""
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise InputError("the output is the input, which would be lost", where=path, mend="name another file")
    if path.suffix not in {".jsonl", ".parquet"}:
        raise InputError(
            f"cannot write {path.suffix or 'a file without suffix'}", where=path, mend="use .jsonl or .parquet"
        )
    counts: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    first: list[Answer] = []
    counted = _counted(answers, counts, faults, first)
    if path.suffix == ".parquet":
        rows = [a.to_json() | {"evidence": json.dumps(a.evidence, ensure_ascii=False)} for a in counted]
        write_parquet(path, pa.Table.from_pylist(rows, schema=_SCHEMA))
    else:
        write_atomically(path, lambda file: file.writelines(_line(answer) for answer in counted))
    return Counted(dict(counts), dict(faults.most_common()), *first)


def _counted(
    answers: Iterable[Answer], counts: Counter[str], faults: Counter[str], first: list[Answer]
) -> Iterator[Answer]:
    for answer in answers:
        counts[answer.outcome] += 1
        if answer.outcome == "fault":
            faults[answer.reason] += 1
            first += [] if first else [answer]
        yield answer


def _line(answer: Answer) -> bytes:
    return (json.dumps(answer.to_json(), ensure_ascii=False) + "\n").encode()


_SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "index": pa.int64(),
        "outcome": pa.string(),
        "reason": pa.string(),
        "score": pa.float64(),
        "evidence": pa.string(),
    }
)
