import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.records import Maker, Record, batch_of, compared, format_of, records_of, text_of, texts

MESSAGES = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello", "reasoning_content": "hm"}]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
payloads = st.one_of(
    st.builds(lambda t: {"text": t}, st.text()),
    st.builds(lambda p, c: {"prompt": p, "completion": c}, st.text(), st.text()),
    st.builds(lambda p, c, b: {"prompt": p, "completion": c, "label": b}, st.text(), st.text(), st.booleans()),
    st.builds(lambda f: {"fields": f}, st.dictionaries(st.text(max_size=5), json_values, max_size=4)),
    st.just({"messages": MESSAGES}),
    st.just({"prompt": MESSAGES[:1], "completion": MESSAGES[1:]}),
    st.just({"prompt": MESSAGES[:1], "chosen": MESSAGES[1:], "rejected": MESSAGES[1:], "tools": [{"name": "f"}]}),
)


def real(payload: dict[str, Any], **more: Any) -> Record:
    return Record.real(payload, **{"source": "s", "row": "f.jsonl:1", "origin": "human"} | more)


@given(
    payloads, st.none() | st.dictionaries(st.text(max_size=5), json_values, max_size=3), st.lists(st.text(), max_size=3)
)
def test_records_come_back_from_arrow_as_they_went(payload: dict[str, Any], reference: Any, tags: list[str]) -> None:
    record = real(payload, reference=reference, tags=tags)
    child = Record.synthetic(
        payload, source="m", row="t", maker=Maker("m", sampling={"k": 1}, seed=2, time="2026-01-01"), parents=[record]
    )
    assert list(records_of(batch_of([record, child]))) == [record, child]
    assert texts(batch_of([record, child])) == [text_of(record), text_of(child)]


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"text": ""}, "text"),
        ({"messages": []}, "messages"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "", "completion": ""}, "prompt_completion"),
        ({"prompt": "", "chosen": "", "rejected": ""}, "preference"),
        ({"chosen": [], "rejected": []}, "preference"),
        ({"prompt": "", "completion": "", "label": True}, "unpaired_preference"),
        ({"fields": {}}, "table"),
        ({"messages": [], "tools": []}, "messages"),
    ],
)
def test_the_format_follows_from_the_columns(payload: dict[str, Any], name: str) -> None:
    assert format_of(payload) == name


def test_columns_of_no_type_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"columns \['completion', 'text'\] are no dataset type"):
        format_of({"text": "", "completion": ""})


def test_ids_are_what_the_design_says() -> None:
    record = real({"text": "a"})
    assert record.id == real({"text": "a"}).id
    assert record.content == real({"text": "a"}, row="f.jsonl:2").content
    changed = [
        real({"text": "b"}), real({"text": "a"}, reference={"answer": "1"}), real({"text": "a"}, origin="unknown"),
        real({"text": "a"}, row="f.jsonl:2"), real({"text": "a"}, source="t"),
    ]  # fmt: skip
    assert len({r.id for r in [record, *changed]}) == 6
    assert real({"text": "a"}, tags=["x:y"], role="test").id == record.id


def test_time_is_no_part_of_an_id() -> None:
    def made(**more: Any) -> str:
        return Record.synthetic({"text": "a"}, source="m", row="t", maker=Maker("m", **more)).id

    assert made(time="2026-01-01") == made(time="2027-01-01") == made()
    assert made(seed=1) != made(seed=2)


def test_depth_and_parents() -> None:
    seed = real({"text": "a"})
    child = Record.synthetic({"text": "b"}, source="m", row="1", maker=Maker("m"), parents=[seed])
    grandchild = Record.synthetic({"text": "c"}, source="m", row="2", maker=Maker("m"), parents=[seed, child])
    orphan = Record.synthetic({"text": "d"}, source="m", row="3", maker=Maker("m"))
    assert [r.depth for r in (seed, child, grandchild, orphan)] == [0, 1, 2, 1]
    assert grandchild.parents == (seed.id, child.id)


@pytest.mark.parametrize("role", ["test", "monitor", "holdout"])
def test_nothing_descends_from_what_was_set_aside(role: str) -> None:
    with pytest.raises(ValueError, match=f"role train only, not \\['{role}'\\]"):
        Record.synthetic({"text": "b"}, source="m", row="1", maker=Maker("m"), parents=[real({"text": "a"}, role=role)])


def test_records_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        real({"text": "a"}).depth = 3  # type: ignore[misc]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        real({"fields": {"x": value}})


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        real({"text": json.loads('"\\ud800"')})


def test_a_declared_view_is_what_is_compared() -> None:
    plain = real({"prompt": "p", "completion": "c"})
    derived = Record.synthetic({"text": "long"}, source="m", row="1", maker=Maker("m"), view="short")
    assert compared(batch_of([plain, derived])) == ["p\nc", "short"]
