"""What production said of each arm: outcomes of real units (users, tickets, tasks) that were served by one or several.

An imported outcome is taken as it is. Who was given which arm, and whether by chance, this file cannot see; a
difference between units that chose their arm themselves proves nothing of the arm.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sterling.errors import InputError
from sterling.records import Fault
from sterling.sources.row import Row, fault
from sterling.sources.rows import read_rows

_MEND = "each row has `arm`, `unit`, and `outcome` (larger is better) or `loss` (smaller is better)"
_SHOWN = 3


class Outcome(NamedTuple):
    """How one unit fared under one arm."""

    measure: str
    """Which outcome it is: the row's `name`, else that of the file."""
    arm: str
    unit: str
    """Whom or what it happened to; the same in several arms where these are compared on the same ones."""
    loss: float
    """Smaller is better: `loss` as it stands, 1 - `outcome` where all are 0 or 1, else -`outcome`."""
    seed: str = ""
    """Which training of the arm, if there were several."""
    time: str = ""
    """When, ISO 8601, if that was said."""


class Outcomes(NamedTuple):
    """A file of outcomes."""

    rows: Sequence[Outcome]
    faults: Sequence[Fault]
    """Rows that say nothing usable, each with its line."""
    binary: frozenset[str]
    """Measures of which every loss is 0 or 1."""

    @property
    def arms(self) -> list[str]:
        """In the order in which they came."""
        return list(dict.fromkeys(one.arm for one in self.rows))


class _Read(NamedTuple):
    """A row, before it is known whether its measure is 0 and 1 throughout."""

    outcome: Outcome
    turned: bool
    """It was given as `outcome`, larger is better."""


def read_outcomes(path: str) -> Outcomes:
    """The rows of a CSV, JSONL, JSON or Parquet file. SourceError when it cannot be read at all.

    A row that says nothing usable is a fault with its line and costs that row; InputError, with the first of them, when
    no row is left. Several rows of one unit in one arm and seed are repeated looks at it; they must differ in `time`.
    """
    read: list[_Read] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, ...], str] = {}
    for row in read_rows(str(Path(path).absolute())):
        found = row if isinstance(row, Fault) else _read(row, Path(path).stem)
        if isinstance(found, _Read) and isinstance(row, Row):
            key = found.outcome[:3] + found.outcome[4:]
            found = _repeated(row.where, seen[key]) if key in seen else found
            seen.setdefault(key, row.where)
        (faults if isinstance(found, Fault) else read).append(found)  # type: ignore[arg-type]
    if not read:
        said = "; ".join(f"{one.where}: {one.message}" for one in faults[:_SHOWN])
        raise InputError(f"no row is an outcome ({said})", where=path, mend=_MEND)
    return _signed(read, faults)


def _signed(read: Sequence[_Read], faults: Sequence[Fault]) -> Outcomes:
    numbers: dict[str, set[float]] = {}
    for one in read:
        numbers.setdefault(one.outcome.measure, set()).add(one.outcome.loss)
    binary = frozenset(name for name, values in numbers.items() if values <= {0.0, 1.0})
    rows = [
        one.outcome._replace(loss=float(one.outcome.measure in binary) - one.outcome.loss) if one.turned else
        one.outcome for one in read
    ]  # fmt: skip
    return Outcomes(rows, faults, binary)


def _read(row: Row, measure: str) -> _Read | Fault:
    arm, unit = _text(row.values, "arm"), _text(row.values, "unit")
    given = [name for name in ("outcome", "loss") if _text(row.values, name)]
    lacking = [name for name, value in (("arm", arm), ("unit", unit)) if not value]
    if lacking or len(given) != 1:
        what = f"`{lacking[0]}` is missing" if lacking else "both `outcome` and `loss`" if given else "no `outcome`"
        return fault(row.where, "bad_outcome", f"{what}: {_MEND}")
    number, time = _number(row.values[given[0]]), _text(row.values, "time")
    if number is None:
        shown = str(row.values[given[0]])[:40]
        return fault(row.where, "bad_outcome", f"`{given[0]}` is {shown!r}: write a number, or true or false")
    if time and not _is_time(time):
        return fault(row.where, "bad_time", f"`time` is {time[:40]!r}: write it as 2026-03-01 or 2026-03-01T12:00:00")
    name = _text(row.values, "name") or measure
    return _Read(Outcome(name, arm, unit, number, _text(row.values, "seed"), time), given[0] == "outcome")


def _repeated(where: str, first: str) -> Fault:
    what = f"this unit, arm and seed stood at {first} before; say `time` where a unit was looked at again"
    return fault(where, "duplicate_outcome", what)


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value).strip()


def _number(value: Any) -> float | None:
    """A finite number, or a truth value in words."""
    words = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
    said = str(value).strip().lower()
    try:
        number = words[said] if said in words else float(said)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_time(said: str) -> bool:
    try:
        datetime.fromisoformat(said)
    except ValueError:
        return False
    return True
