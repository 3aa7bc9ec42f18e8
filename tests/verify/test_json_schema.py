"""The check `json_schema`: strict parsing, real schemas, near misses that a second validator refuses as well."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.errors import InputError, MissingExtra
from sterling.records import Maker, Record, batch_of, canonical_json
from sterling.registry import FitContext, Ruling
from sterling.stats import clopper_pearson
from sterling.verify.forms.schema_misses import documents_near
from sterling.verify.forms.schemas import BadSchema, compiled, schema_from
from sterling.verify.forms.strict_json import MAX_CHARS, MAX_DEPTH, NotJson, document, parse
from sterling.verify.json_schema import JsonSchema

pytest.importorskip("jsonschema_rs", reason="the `schema` extra is not installed")

MAKER = Maker("completions", model="m")
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "mood": {"enum": ["good", "bad"]},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
ANN: dict[str, Any] = {"name": "Ann", "age": 41, "mood": "good", "born": "1984-02-29", "tags": ["a"]}


def judged(completion: Any, schema: Any = PERSON, **options: Any) -> Any:
    record = Record.synthetic({"prompt": "q", "completion": completion}, source="s", row="r", maker=MAKER,
                              reference={"json_schema": schema})  # fmt: skip
    (verdict,) = JsonSchema(**options).judge(batch_of([record]), None)
    return verdict


def reason_of(text: str) -> str:
    with pytest.raises(NotJson) as caught:
        parse(text)
    return caught.value.reason


def test_a_document_that_fits_is_kept_and_says_which_schema() -> None:
    verdict = judged(json.dumps(ANN))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("keep", "valid", 1.0)
    assert verdict.evidence == {"schema": schema_from(PERSON).digest}


@pytest.mark.parametrize(
    ("change", "at", "keyword"),
    [
        ({"age": 151}, "/age", "maximum"), ({"age": "41"}, "/age", "type"), ({"age": 41.5}, "/age", "type"),
        ({"mood": "Good"}, "/mood", "enum"), ({"born": "1985-02-29"}, "/born", "format"),
        ({"tags": ["a", 1]}, "/tags/1", "type"), ({"tags": []}, "/tags", "minItems"),
        ({"name": "A"}, "/name", "minLength"),
        ({"Name": "x"}, "", "additionalProperties"), ({"age": True}, "/age", "type"), ({"age": None}, "/age", "type"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_dropped_with_the_place(change: dict[str, Any], at: str, keyword: str) -> None:
    verdict = judged(json.dumps(ANN | change))
    assert (verdict.outcome, verdict.reason, verdict.score) == ("drop", "invalid", 0.0)
    assert [(e["at"], e["keyword"]) for e in verdict.evidence["errors"]] == [(at, keyword)]


@pytest.mark.parametrize("age", [0, 150, 1.0, 1.5e2, -0.0])
def test_limits_belong_to_the_range_and_whole_floats_are_integers(age: float) -> None:
    assert judged(json.dumps(ANN | {"age": age})).reason == "valid"


@pytest.mark.parametrize("age", [-1, 151, 150.00001, 10**30, "0"])
def test_just_outside_of_the_range(age: Any) -> None:
    assert judged(json.dumps(ANN | {"age": age})).reason == "invalid"


def test_evidence_is_short_whatever_is_wrong() -> None:
    verdict = judged(
        json.dumps({"name": 5, "age": "x" * 100_000, "mood": "y" * 100_000, **{"k" * n: 1 for n in range(99)}})
    )
    assert len(verdict.evidence["errors"]) <= 5
    assert len(canonical_json(verdict.evidence)) < 3_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_json"), ("  \n", "not_json"), ("{", "not_json"), ("{'a': 1}", "not_json"), ("{a: 1}", "not_json"),
        ('{"a": 1,}', "not_json"), ("[1 2]", "not_json"), ("NaN", "not_json"), ("[-Infinity]", "not_json"),
        ('{"a": Infinity}', "not_json"), ("01", "extra_text"), ("+1", "not_json"), (".5", "not_json"),
        ("True", "not_json"),
        ('{"a": 1, "a": 1}', "duplicate_key"), ('[{"x": {"a": 1, "b": 2, "a": 3}}]', "duplicate_key"),
        ('{"a": 1, "\\u0061": 2}', "duplicate_key"), ("{} {}", "extra_text"), ("{}\n{}", "extra_text"),
        ('{"a": 1} Hope it helps!', "extra_text"), ("\ufeff{}", "not_json"), ("\u00a0{}", "not_json"),
        ('"\\ud800"', "not_json"), ('{"\\udc00": 1}', "not_json"), ('"a\nb"', "not_json"), ('"\\x41"', "not_json"),
        ("1e400", "too_large"), ("[-1e999]", "too_large"), ("9" * 5000, "too_large"),
        (" " * MAX_CHARS + "1", "too_large"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too_deep"), ("[" * 100_000, "too_deep"),
        ('{"a":' * 500 + "1" + "}" * 500, "too_deep"), ("// x\n{}", "not_json"), ("\u0665", "not_json"),
        ("nul", "not_json"),
    ],
)  # fmt: skip
def test_what_is_no_json(text: str, reason: str) -> None:
    assert reason_of(text) == reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e308", 1e308), (f"{10**40}", 10**40), ('"\\ud83d\\ude00"', "😀"), (" \r\n\t[1] ", [1]), ('""', ""),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
        (json.dumps("[" * 1000), "[" * 1000), (json.dumps(["\\\"" + "{" * 300]), ["\\\"" + "{" * 300]), ("[{}]", [{}]),
    ],
)  # fmt: skip
def test_what_is_json(text: str, value: Any) -> None:
    assert parse(text) == value


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)  # fmt: skip


@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_the_strict_parser_reads_what_json_writes(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert parse(text) == json.loads(text) == value


@given(st.text('{}[]",:0123456789.eE+-truefalsn \\u\n\ud800NaI', max_size=30))
@settings(max_examples=500)
def test_what_the_strict_parser_reads_python_reads_alike(text: str) -> None:
    try:
        value = parse(text)
    except NotJson:
        return
    assert json.loads(text) == value


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```", "\n~~~JSON\n{}\n~~~\n", "````json\n{}\n````"])
def test_a_fenced_block_alone_is_the_document(fence: str) -> None:
    assert parse(document(fence)) == {}


def test_text_around_a_block_counts_only_on_request() -> None:
    good, bad = json.dumps(ANN), "{}"
    said = f"First:\n```json\n{bad}\n```\nNo, this:\n```json\n{good}\n```\nDone."
    assert judged(said).reason == "extra_text"
    assert judged(said, prose=True).reason == "valid"
    assert judged(f"```json\n{good}\n```\n```json\n{bad}\n```", prose=True).reason == "invalid"
    assert judged(f"Here: {good}", prose=True).reason == "not_json"
    assert judged(f"```python\n{good}\n```", prose=True).reason == "not_json"
    assert judged(f"```json\n{good}", prose=True).reason == "not_json"
    assert judged(f"```json\n{good}\n```\n```json\n{{", prose=True).reason == "valid"


@pytest.mark.parametrize(
    "schema",
    [
        None, True, False, [], 5, "", "{", "true", {}, {"title": "x"},
        {"name": "n", "schema": {"type": "object"}, "strict": True},
        {"type": "strng"}, {"$ref": "http://127.0.0.1:9/x"}, {"$ref": "file:///etc/passwd"}, {"$ref": "#/$defs/none"},
        {"properties": {"a": {"$ref": "other.json"}}},
        {"$schema": "http://json-schema.org/draft-03/schema#", "type": "object"},
        {"pattern": "(?=a)"}, {"pattern": "(a)\\1"}, {"pattern": "("}, {"pattern": "((a{1,1000}){1,1000}){1,1000}"},
        {"required": "a"}, {"minimum": "1"}, '{"type": "object", "type": "string"}', {"requried": ["a"]},
    ],
)  # fmt: skip
def test_a_schema_that_cannot_judge_is_a_fault_and_not_a_verdict(schema: Any) -> None:
    fault = judged("{}", schema)
    assert (fault.reason, fault.boundary, fault.owed) == ("bad_reference", "user_code", False)
    assert 0 < len(fault.message) <= 300


def test_references_within_the_document_are_followed() -> None:
    tree = {"$defs": {"n": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/n"}}},
            "additionalProperties": False}}, "$ref": "#/$defs/n"}  # fmt: skip
    assert judged('{"kids": [{"kids": []}]}', tree).reason == "valid"
    verdict = judged('{"kids": [{"kids": [{"kid": 1}]}]}', tree)
    assert verdict.evidence["errors"][0]["at"] == "/kids/0/kids/0"


def test_what_constrains_nothing_is_named_in_the_evidence() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer", "nullable": True, "format": "int32"}},
        "requird": ["a"],
    }
    verdict = judged("{}", schema)
    assert verdict.reason == "valid"
    assert verdict.evidence["ignored_keywords"] == ["nullable", "requird"]
    assert verdict.evidence["unchecked_formats"] == ["int32"]
    named = {"properties": {"nullable": {"type": "string"}}, "$defs": {"x": {"oops": 1}}}
    assert "ignored_keywords" not in judged("{}", named).evidence


def test_a_property_may_be_called_as_a_keyword_is() -> None:
    schema = {"properties": {"properties": {"type": "string"}, "$ref": {"type": "integer"}}, "required": ["$ref"]}
    assert judged('{"properties": "x", "$ref": 1}', schema).reason == "valid"
    assert judged('{"properties": "x"}', schema).reason == "invalid"


def doubling(steps: int, keyword: str) -> dict[str, Any]:
    twice = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(steps)}
    return {"$defs": twice | {f"d{steps}": {"type": "integer"}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_schema_that_doubles_its_work_is_refused_in_time(keyword: str) -> None:
    assert schema_from(doubling(10, "allOf")).shape.ways == 1024
    assert judged("1", doubling(40, keyword)).reason == "too_costly"
    assert judged("1", doubling(400, keyword)).reason in {"too_costly", "bad_reference"}
    assert judged("1", doubling(10, "allOf")).reason == "valid"


def test_a_recursive_choice_is_judged_and_its_errors_are_listed_while_that_is_cheap() -> None:
    """Listing errors of nested alternatives doubles with each level in every library that was tried."""
    one = {"type": "object", "properties": {"l": {"$ref": "#"}}, "additionalProperties": False}
    schema = {"anyOf": [{"type": "integer"}, one, {**one, "required": ["l"]}]}
    deep = '{"l":' * 60 + '"x"' + "}" * 60
    assert judged('{"l": {"l": 5}}', schema).reason == "valid"
    assert judged(deep, schema).evidence["errors"] == []
    assert judged('{"l": "x"}', schema).evidence["errors"] != []


@pytest.mark.parametrize("text", ["a" * 900_000 + "b", "é" * 300_000, "\0" * 100_000])
@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "(.*a){12}x", "^(\\w+\\s?)*!$"])
def test_no_pattern_explodes(pattern: str, text: str) -> None:
    assert judged(json.dumps(text, ensure_ascii=False), {"type": "string", "pattern": pattern}).reason in {
        "invalid",
        "too_large",
    }


def test_every_format_that_holds_an_answer_is_read() -> None:
    good, talk = json.dumps(ANN), {"role": "user", "content": "{}"}
    said, unsaid = {"role": "assistant", "content": good}, {"role": "assistant", "content": "{}"}
    payloads: list[tuple[dict[str, Any], str]] = [
        ({"prompt": [talk], "completion": [said]}, "valid"),
        ({"prompt": [talk], "completion": [said | {"content": [{"type": "text", "text": good}]}]}, "valid"),
        ({"messages": [talk, said]}, "valid"),
        ({"messages": [talk, said, talk, unsaid]}, "invalid"),
        ({"text": good}, "valid"), ({"fields": ANN}, "valid"), ({"fields": ANN | {"age": "41"}}, "invalid"),
        ({"messages": [talk]}, "no_completion"), ({"prompt": good}, "no_completion"),
        ({"prompt": "q", "chosen": good, "rejected": "{}"}, "no_completion"),
    ]  # fmt: skip
    records = [Record.real(p, source="s", row=str(i), origin="human", reference={"json_schema": PERSON})
               for i, (p, _) in enumerate(payloads)]  # fmt: skip
    assert [v.reason for v in JsonSchema().judge(batch_of(records), None)] == [reason for _, reason in payloads]


def test_a_schema_for_all_records_says_that_the_form_is_right_and_verifies_nothing(tmp_path: Path) -> None:
    (tmp_path / "person.json").write_text(json.dumps(PERSON))
    check = JsonSchema.model_validate({"schema_file": "person.json"}, context={"base": tmp_path})
    state = check.fit(FitContext(lambda: iter(())))
    said = [json.dumps(ANN), "{}", "no"]
    records = [Record.real({"prompt": "q", "completion": s}, source="s", row=s, origin="unknown") for s in said]
    own = Record.real({"prompt": "q", "completion": "5"}, source="s", row="own", origin="unknown",
                      reference={"json_schema": {"type": "integer"}})  # fmt: skip
    verdicts = check.judge(batch_of([*records, own]), state)
    assert [(v.outcome, v.reason) for v in verdicts if isinstance(v, Ruling)] == [
        ("flag", "conforms"), ("drop", "invalid"), ("drop", "not_json"), ("keep", "valid"),
    ]  # fmt: skip
    assert check.needs == frozenset()
    assert JsonSchema().needs == {"json_schema"}
    assert check.reads() == (str(tmp_path / "person.json"),)
    assert [v.reason for v in JsonSchema().judge(batch_of(records), None)] == ["no_reference"] * 3


@pytest.mark.parametrize("text", [None, "{", "[]", '{"type": "x"}'])
def test_a_file_that_holds_no_schema_stops_the_run(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "s.json").write_text(text)
    check = JsonSchema.model_validate({"schema_file": "s.json"}, context={"base": tmp_path})
    with pytest.raises(InputError, match=r"s\.json"):
        check.fit(FitContext(lambda: iter(())))


def test_each_schema_is_compiled_once() -> None:
    before = compiled.cache_info().misses
    for n in range(50):
        judged(json.dumps(ANN | {"age": n}), {**PERSON, "title": "once"})
    assert compiled.cache_info().misses == before + 1


SCALARS = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), min_size=3, max_size=6),
    "integer": st.integers(-50, 50),
    "number": st.floats(-50, 50),
    "boolean": st.booleans(),
    "null": st.none(),
}


@st.composite
def schema_and_value(draw: st.DrawFn, depth: int = 2) -> tuple[dict[str, Any], Any]:
    """A schema and a value that it accepts by construction."""
    kind = draw(st.sampled_from([*SCALARS, *(["object", "array"] if depth else [])]))
    schema: dict[str, Any] = {"type": kind}
    if kind == "object":
        parts = {key: draw(schema_and_value(depth - 1)) for key in draw(st.sets(st.sampled_from("abcd")))}
        schema |= {"properties": {k: s for k, (s, _) in parts.items()}, "required": sorted(parts)}
        if draw(st.booleans()):
            schema["additionalProperties"] = False
        return schema, {k: v for k, (_, v) in parts.items()}
    if kind == "array":
        items, value = draw(schema_and_value(depth - 1))
        many = draw(st.integers(0, 3))
        return schema | {"items": items, "minItems": many}, [value] * many
    value = draw(SCALARS[kind])
    if kind in {"integer", "number"} and draw(st.booleans()):
        schema |= {"minimum": draw(st.integers(-60, -50)), "exclusiveMaximum": draw(st.integers(51, 60))}
    if kind == "string" and draw(st.booleans()):
        schema["enum"] = [value, *draw(st.lists(st.text("xyz", max_size=3)))]
    elif kind == "string" and draw(st.booleans()):
        schema["minLength"] = draw(st.integers(0, 3))
    return schema, value


def test_right_documents_are_kept_and_near_misses_refused_by_two_validators() -> None:
    """Every near miss is refused here and by the pure-Python `jsonschema`; both accept what it was made of."""
    jsonschema = pytest.importorskip("jsonschema")
    tried: dict[str, int] = {}
    accepted: list[str] = []

    @given(schema_and_value(), st.integers(0, 9))
    @settings(max_examples=400, database=None, derandomize=True)
    def every(pair: tuple[dict[str, Any], Any], seed: int) -> None:
        schema, value = pair
        second = jsonschema.Draft202012Validator(schema)
        assert second.is_valid(value)
        assert judged(json.dumps(value), schema).reason == "valid"
        for wrong in documents_near(schema, value, seed):
            tried[wrong.kind] = tried.get(wrong.kind, 0) + 1
            verdict = judged(wrong.text, schema)
            accepted.extend([wrong.text] if verdict.outcome != "drop" else [])
            assert wrong.kind == "cut_off" or not second.is_valid(json.loads(wrong.text))
            assert (verdict.reason == "not_json") == (wrong.kind == "cut_off")

    every()
    n = sum(tried.values())
    assert accepted == []
    assert n > 800
    assert clopper_pearson(0, n).high < 0.005
    assert set(tried) == {
        "missing_key",
        "extra_key",
        "wrong_type",
        "not_in_enum",
        "out_of_range",
        "too_short",
        "cut_off",
    }


def test_spoil_makes_records_that_are_dropped_whatever_the_record_was() -> None:
    fenced = f"```json\n{json.dumps(ANN)}\n```"
    talk = [{"role": "user", "content": "q"}, {"role": "assistant", "content": json.dumps(ANN)}]
    for payload in (
        {"prompt": "q", "completion": fenced},
        {"messages": talk},
        {"prompt": "q", "completion": '{"age": "x"}'},
    ):
        record = Record.real(payload, source="s", row="1", origin="human", reference={"json_schema": PERSON})
        near = JsonSchema().spoil(record, 0)
        assert len(near) >= 2
        verdicts = JsonSchema().judge(batch_of(miss.record for miss in near), None)
        assert {v.reason for v in verdicts} <= {"invalid", "not_json"}
        assert all(miss.record.reference == record.reference for miss in near)
    for said in ("no json", ""):
        record = Record.real({"prompt": "q", "completion": said}, source="s", row="1", origin="human",
                             reference={"json_schema": PERSON})  # fmt: skip
        assert JsonSchema().spoil(record, 0) == []
    assert documents_near({"$ref": "#/$defs/a", "type": "string"}, 5, 0) == []


def test_bad_schemas_say_what_is_wrong_with_them() -> None:
    with pytest.raises(BadSchema, match=r"constrains nothing; its keys are \['name', 'schema'\]"):
        schema_from({"name": "n", "schema": {"type": "object"}})
    with pytest.raises(BadSchema, match="Retrieval is disabled"):
        schema_from({"$ref": "http://127.0.0.1:9/x"})


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    schema = {"type": "string", "format": "date", "title": "not compiled before"}
    with pytest.raises(MissingExtra, match=r"pip install 'sterling\[schema\]'"):
        judged("5", schema)
