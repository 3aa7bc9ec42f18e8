"""The text of records, as a column."""

from typing import Any

from sterling.records import Maker, Record, batch_of, text_column, texts

PAYLOADS: list[dict[str, Any]] = [
    {"prompt": "a", "completion": "b"},
    {"text": "c"},
    {"messages": [{"role": "user", "content": "d"}]},
]


def test_a_batch_of_several_formats_loses_no_row_whatever_its_order() -> None:
    """Arrow's own join of cells loses a last row that has none."""
    records = [Record.synthetic(payload, source="s", row="1", maker=Maker("m")) for payload in PAYLOADS]
    for turn in range(3):
        batch = batch_of(records[turn:] + records[:turn])
        assert text_column(batch).to_pylist() == texts(batch)
