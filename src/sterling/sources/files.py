"""`files`: the source of most recipes, rows of any kind of file by column mapping."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from sterling.records import PAYLOAD_KEYS
from sterling.registry import register
from sterling.sources.row_source import Draft, RowSource
from sterling.sources.values import MISSING, BadRow, dig, listing, mapping, payload_from, plain, said, scalar, text

_REFERENCE = ("answer", "tests", "entry_point")
_SHAREGPT = "conversations"
_EXAMPLES = "which is `text`, `messages`, `prompt`, `prompt` and `completion`, or `chosen` and `rejected`"
_NAMED = 12
"""Columns that a fault names."""


@register("source", "files")
class Files(RowSource):
    """Rows as they are, under TRL's column names.

    `columns` maps TRL's payload keys (`text`, `messages`, `prompt`, `completion`, `chosen`, `rejected`, `label`,
    `fields`, `tools`), `id`, `tag.<name>`, and what a verifier needs: `answer`, `tests`, `entry_point`, or `reference`
    for all of it. What is not mapped is left out; with no mapping at all, columns that have these names are taken,
    and ShareGPT's `conversations` as `messages`.

    Traps: with a mapping, a row without a mapped column is a fault, also where it is only a reference. CSV has only
    strings, so `table` fields from CSV are strings. Messages keep role, content, tool calls and reasoning; times and
    authors in them are left out.
    """

    understood: ClassVar[Mapping[str, str | None]] = dict.fromkeys((*PAYLOAD_KEYS, *_REFERENCE, "reference"))

    table: bool = False
    """Every column that is not mapped becomes one of `fields`."""

    def wanted(self) -> Sequence[tuple[str, ...]]:
        """The mapped columns; without a mapping any payload column."""
        if self.columns:
            return [(column,) for column in self.columns.values()]
        return [] if self.table else [(*PAYLOAD_KEYS, _SHAREGPT)]

    def drafts(self, values: Mapping[str, Any]) -> Iterable[Draft]:
        """One example for each row."""
        names = self._payload_columns(values)
        raw = {key: dig(values, column) for key, column in names.items()}
        if not self.columns:
            raw = {key: value for key, value in raw.items() if value is not None}
        empty = [key for key, value in raw.items() if value is None and key != "tools"]
        if empty:
            raise BadRow("missing_column", f"`{names[empty[0]]}` is null")
        if self.table:
            raw["fields"] = self._unmapped(values)
        try:
            payload = payload_from({key: value for key, value in raw.items() if value is not None}, names)
        except BadRow as bad:
            if bad.reason != "no_dataset_type":
                raise
            there = _listed({names.get(key, key): None for key in raw}) or "nothing"
            what = f"columns {there} are no dataset type, {_EXAMPLES}; the row has the columns {_listed(values)}"
            raise BadRow(bad.reason, what) from None
        return [Draft(payload, self._reference(values))]

    def _payload_columns(self, values: Mapping[str, Any]) -> dict[str, str]:
        if self.columns:
            return {key: column for key, column in self.columns.items() if key in PAYLOAD_KEYS}
        if self.table:
            return {}
        names = {key: key for key in PAYLOAD_KEYS if key in values}
        return names if "messages" in names or _SHAREGPT not in values else names | {"messages": _SHAREGPT}

    def _unmapped(self, values: Mapping[str, Any]) -> dict[str, Any]:
        mapped = set(self.columns.values())
        return {name: plain(value, name) for name, value in values.items() if name not in mapped}

    def _reference(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        whole = self._mapped(values, "reference")
        reference = said(mapping(whole, self.column("reference"))) if whole else {}
        if (answer := self._mapped(values, "answer")) is not None:
            reference["answer"] = scalar(answer, self.column("answer"))
        if (tests := self._mapped(values, "tests")) is not None:
            reference["tests"] = _tests(tests, self.column("tests"))
        if (entry_point := self._mapped(values, "entry_point")) is not None:
            reference["entry_point"] = text(entry_point, self.column("entry_point"))
        return reference or None

    def _mapped(self, values: Mapping[str, Any], name: str) -> Any:
        if (self.columns or self.table) and name not in self.columns:
            return None
        value = dig(values, self.column(name))
        return None if value is MISSING or value == "" else value


def _listed(values: Mapping[str, Any]) -> str:
    names = [f"`{name}`" for name in values]
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _tests(value: Any, name: str) -> str:
    """Tests as one program; a list of statements, as MBPP has it, is one a line."""
    if isinstance(value, list):
        return "\n".join(text(line, name) for line in listing(value, name))
    return text(value, name)
