"""Which tags count when rare ones are looked for."""

import pyarrow as pa

from sterling.pipeline.evidence.rareness import _tags
from sterling.records import Record, batch_of


def batch(*tags: list[str]) -> pa.RecordBatch:
    return batch_of(
        Record.real({"text": f"text {n}"}, source="s", row=str(n), origin="human", tags=mine)
        for n, mine in enumerate(tags)
    )


def test_what_the_import_noted_is_no_tag_of_the_data() -> None:
    noted = batch(["topic:a", "stripped:zero_width"], [], ["marked:homoglyph"], ["marked:odd_space", "topic:b", "c"])
    assert _tags(noted).to_pylist() == [["topic:a"], [], [], ["topic:b", "c"]]
    assert _tags(noted.slice(2)).to_pylist() == [[], ["topic:b", "c"]]


def test_other_tags_stay_as_they_are() -> None:
    plain = batch(["topic:a"], [], ["unmarked:x"])
    assert _tags(plain).to_pylist() == [["topic:a"], [], ["unmarked:x"]]
