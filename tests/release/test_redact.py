import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.records import digest
from sterling.release import REJECTED, REJECTED_INPUT, redact
from sterling.release.redact import LONGEST, RUN, rejected_batches

SECRET = "Ada Example, 12 Imaginary Road, calls from 555-0100 on Mondays"


def test_places_and_numbers_survive() -> None:
    evidence = {"kept": "ab" * 16, "similarity": 0.91, "where": "x.jsonl:12", "n": 3, "ok": True, "none": None}
    assert redact(evidence, SECRET) == evidence


@pytest.mark.parametrize("value", ["Ada", "555-0100", " Road ", SECRET, "she wrote: 12 Imaginary Road, calls"])
def test_what_stands_in_the_payload_does_not_leave(value: str) -> None:
    told = json.dumps(redact({"quote": value, "list": [value], "deep": {"x": [value]}}, SECRET))
    assert value.strip() not in told


def test_long_text_leaves_as_length_and_digest() -> None:
    value = "z" * (LONGEST + 1)
    assert redact({"why": value}, "") == {"why": {"redacted": LONGEST + 1, "digest": digest(value)}}
    assert redact({"where": value}, "")["where"]["redacted"] == LONGEST + 1


def test_short_text_gets_no_digest_that_could_be_guessed() -> None:
    assert redact({"got": "Ada"}, SECRET) == {"got": {"redacted": 3}}


def test_a_code_survives_under_its_own_key_although_the_word_stands_in_the_payload() -> None:
    assert redact({"operator": "swap", "got": "swap"}, "please swap") == {"operator": "swap", "got": {"redacted": 4}}


@pytest.mark.parametrize(("key", "code"), [("rule", "human"), ("reason", "repeated_line_characters"), ("kind", "id")])
def test_a_check_s_own_words_survive_whatever_the_payload_says(key: str, code: str) -> None:
    payload = f"the {code} of a human, by id"
    assert redact({"of": [{key: code}]}, payload) == {"of": [{key: code}]}
    assert redact({"got": code}, payload) == {"got": {"redacted": len(code)}}


@pytest.mark.parametrize("value", ["Ada", "of a human", "a" * 41, "human\n"])
def test_what_is_no_identifier_is_no_code(value: str) -> None:
    assert redact({"rule": value}, f"Ada, of a human\n{'a' * 50}")["rule"]["redacted"] == len(value)


def test_where_the_kept_record_lies_survives() -> None:
    place = f"releases/{'deep/' * 20}v1/data/train-00000.parquet:12"
    assert redact({"at": place, "spans": {"at": [3, 9]}}, "v1") == {"at": place, "spans": {"at": [3, 9]}}
    assert "redacted" in redact({"at": f"{place} of Ada"}, "")["at"]
    assert "redacted" in redact({"at": "x" * 301}, "")["at"]


def test_keys_do_not_quote_either() -> None:
    assert redact({SECRET: 1, "n": 2}, SECRET) == {"redacted_0": 1, "n": 2}


@given(st.text(min_size=RUN, max_size=200), st.data())
def test_no_run_of_the_payload_leaves(payload: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(payload) - RUN))
    value = data.draw(st.text(max_size=20)) + payload[start : start + RUN] + data.draw(st.text(max_size=20))
    for key in ("x", "where", "kept"):
        assert isinstance(redact({key: value}, payload)[key], dict)


def rows(*evidence: Any, payload: Any = None) -> pa.Table:
    cells = [
        {"id": None, "where": "w", "step": "s", "check": "c", "reason": "r", "score": None,
         "evidence": json.dumps(e), "payload": None if payload is None else json.dumps(payload)}
        for e in evidence
    ]  # fmt: skip
    return pa.Table.from_pylist(cells, schema=REJECTED_INPUT)


@pytest.mark.parametrize(
    "payload",
    [
        {"text": SECRET},
        {"prompt": [{"role": "user", "content": SECRET}], "completion": []},
        {"fields": {"note": SECRET, "age": 44}},
    ],
)
def test_every_kind_of_payload_is_looked_into(payload: dict[str, Any]) -> None:
    [batch] = rejected_batches([rows({"got": "Imaginary Road"}, payload=payload)], full=False)
    assert batch.schema == REJECTED
    assert json.loads(batch.column("evidence")[0].as_py()) == {"got": {"redacted": 14}}


def test_full_leaves_everything_as_it_is() -> None:
    [batch] = rejected_batches([rows({"got": "Imaginary Road"}, payload={"text": SECRET})], full=True)
    assert batch.schema == REJECTED_INPUT
    assert json.loads(batch.column("payload")[0].as_py()) == {"text": SECRET}
    assert json.loads(batch.column("evidence")[0].as_py()) == {"got": "Imaginary Road"}
