"""`Run`: a run on disk as a person at a notebook wants it, as Arrow and pandas."""

from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from sterling.errors import MissingExtra
from sterling.ledger.life import Life, trace
from sterling.ledger.trail import Stage, read_trail
from sterling.records import FAULT_SCHEMA, SCHEMA, VERDICT_SCHEMA
from sterling.records.places import read_parquet

if TYPE_CHECKING:
    import pandas as pd


class Table:
    """A table of the run: Arrow by nature, pandas on request."""

    def __init__(self, arrow: pa.Table) -> None:
        self.arrow = arrow
        """The table itself."""

    def pandas(self) -> "pd.DataFrame":
        """The same as a DataFrame. MissingExtra when pandas is not installed."""
        try:
            import pandas  # noqa: F401, PLC0415 - an extra
        except ImportError:
            raise MissingExtra("a DataFrame", "pandas") from None
        return cast("pd.DataFrame", self.arrow.to_pandas())

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __repr__(self) -> str:
        return f"Table of {len(self):,} rows: {', '.join(self.arrow.column_names)}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.arrow.column_names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(cell)[:80])}</td>" for cell in row.values()) + "</tr>"
            for row in self.arrow.slice(0, 10).to_pylist()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{len(self):,} rows</p>"


class Run:
    """What a run did, read from its folder; nothing is held that is not asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._head, self._stages = read_trail(folder)

    @property
    def name(self) -> str:
        """As the recipe says."""
        return str(self._head["name"])

    @property
    def status(self) -> str:
        """`running`, `stopped`, `released`, `unreleased`, `refused` or `preview`."""
        return str(self._head["status"])

    @property
    def release(self) -> Path | None:
        """The folder that may leave the house, if there is one."""
        place = self._head.get("release")
        return None if place is None else Path(place)

    @property
    def stages(self) -> Sequence[Stage]:
        """Every step in order, with its folder and summary."""
        return tuple(self._stages)

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report as plain data; empty while the run has none."""
        found: dict[str, Any] = self._head.get("report") or {}
        return found

    @cached_property
    def steps(self) -> Table:
        """One row a step: what came in, what was kept, dropped and flagged."""
        names = ("name", "in", "kept", "dropped", "flagged", "requested", "produced", "faults")
        rows = [{name: step.get(name) for name in names} for step in self.report.get("steps", ())]
        types = {name: pa.string() if name == "name" else pa.int64() for name in names}
        return Table(pa.Table.from_pylist(rows, schema=pa.schema(types)))

    @cached_property
    def records(self) -> Table:
        """Every record that was read or made, dropped ones included, with the step that it came in by."""
        return Table(self._gather("records", SCHEMA))

    @cached_property
    def verdicts(self) -> Table:
        """The whole ledger: one row for each verdict."""
        return Table(self._gather("verdicts", VERDICT_SCHEMA))

    @cached_property
    def faults(self) -> Table:
        """Work that yielded no record or no verdict."""
        return Table(self._gather("faults", FAULT_SCHEMA))

    @cached_property
    def evidence(self) -> Table:
        """Every number with its n, interval and method."""
        rows = [
            {"name": e["name"], "value": e["value"], "n": e["n"], "low": (e["interval"] or [None])[0],
             "high": (e["interval"] or [None, None])[1], "method": e["method"]}
            for e in self.report.get("evidence", ())
        ]  # fmt: skip
        columns = {"name": pa.string(), "value": pa.float64(), "n": pa.int64(), "low": pa.float64()}
        return Table(pa.Table.from_pylist(rows, pa.schema(columns | {"high": pa.float64(), "method": pa.string()})))

    def trace(self, record: str) -> Life:
        """One record's whole life, by the beginning of its id."""
        return trace(self.folder, record)

    def __repr__(self) -> str:
        headline = self.report.get("outcome", {}).get("headline", "")
        return f"Run {self.name!r} ({self.status}) at {self.folder}: {headline}".rstrip(": ")

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(s['name'])}</td><td>{s['in']:,}</td><td>{s['kept']:,}</td><td>{s['dropped']:,}</td>"
            f"<td>{s['flagged']:,}</td></tr>"
            for s in self.report.get("steps", ())
        )
        head = "<tr><th>step</th><th>in</th><th>kept</th><th>dropped</th><th>flagged</th></tr>"
        return f"<p><b>{escape(repr(self))}</b></p><table><thead>{head}</thead><tbody>{rows}</tbody></table>"

    def _gather(self, kind: str, schema: pa.Schema) -> pa.Table:
        tables = [
            _named(read_parquet(path, schema=schema), stage.name)
            for stage in self._stages
            for path in sorted((self.folder / stage.folder / kind).glob("shard-*.parquet"))
        ]
        return pa.concat_tables([_named(schema.empty_table(), ""), *tables])


def _named(table: pa.Table, step: str) -> pa.Table:
    return table.add_column(0, "step", pa.array([step] * table.num_rows, pa.string()))
