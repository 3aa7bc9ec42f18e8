"""The check `regex`: whole and part, edges of the text, and patterns that would explode elsewhere."""

import re
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.errors import MissingExtra
from sterling.records import Record, batch_of
from sterling.verify.forms.patterns import BadPattern, linear
from sterling.verify.regex import Regex

pytest.importorskip("jsonschema_rs", reason="the `schema` extra is not installed")


def judged(answer: str, pattern: Any, **options: Any) -> Any:
    record = Record.real({"prompt": "q", "completion": answer}, source="s", row="1", origin="unknown",
                         reference={"regex": pattern})  # fmt: skip
    (verdict,) = Regex(**options).judge(batch_of([record]), None)
    return verdict


@pytest.mark.parametrize(
    ("pattern", "answer", "whole", "anywhere"),
    [
        (r"\d{3}", "123", True, True), (r"\d{3}", "12", False, False), (r"\d{3}", "1234", False, True),
        (r"\d{3}", "123\n", False, True), (r"^\d{3}$", "123\n", False, False), (r"\d{3}\s*", "123\n", True, True),
        ("yes|no", "yes no", False, True), ("yes|no", "no", True, True), ("a|b", "ab", False, True),
        ("", "", True, True), ("", "x", False, True), (r"\s+", " \n", True, True), (r"\d", "٣", False, False),
        (r"\w", "é", False, False), (r"\p{L}+", "naïve日本", True, True), ("(?i)YES", "yes", True, True),
        (".", "\n", False, False), ("(?s).", "\n", True, True), ("(?m)^b$", "a\nb\nc", False, True),
        ("😀+", "😀😀", True, True), ("日本語", "これは日本語です", False, True), (r"a.c", "a😀c", True, True),
    ],
)  # fmt: skip
def test_whole_and_anywhere(pattern: str, answer: str, *, whole: bool, anywhere: bool) -> None:
    for mode, matches in (("whole", whole), ("anywhere", anywhere)):
        verdict = judged(answer, pattern, match=mode)
        assert (verdict.outcome, verdict.reason) == (("keep", "matches") if matches else ("drop", "no_match"))


@pytest.mark.parametrize(
    "pattern",
    [None, 5, [], {}, "(", "a)|(?:b", "[z-a]", "*", r"(a)\1", "(?=a)b", "(?<!a)b", r"a\Z",
     "((a{1,1000}){1,1000}){1,1000}", "(" * 5000 + ")" * 5000, "(?x) a # comment"],
)  # fmt: skip
def test_no_pattern_is_a_fault(pattern: Any) -> None:
    fault = judged("a", pattern)
    assert (fault.reason, fault.boundary) == ("bad_reference", "user_code")
    assert len(fault.message) < 300


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*", "(a|aa)+", "(.*a){12}", r"(\w*\s?)*", "a*a*a*a*a*a*b"])
def test_the_cost_grows_with_the_length_only(pattern: str) -> None:
    for mode in ("whole", "anywhere"):
        judged("a" * 1_000_000 + "!", pattern, match=mode)
    assert judged("a" * 1_000_000 + "!", pattern).reason == "no_match"


def test_rows_without_pattern_or_answer_are_flagged() -> None:
    records = [
        Record.real({"text": "a"}, source="s", row="1", origin="unknown"),
        Record.real({"text": "a"}, source="s", row="2", origin="unknown", reference={"answer": "a"}),
        Record.real({"prompt": "a"}, source="s", row="3", origin="unknown", reference={"regex": "a"}),
        Record.real({"text": "a"}, source="s", row="4", origin="unknown", reference={"regex": "a"}),
    ]
    verdicts = Regex().judge(batch_of(records), None)
    assert [v.reason for v in verdicts] == ["no_reference", "no_reference", "no_completion", "matches"]


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", "c", "[ab]", "[^a]", "."]),
    lambda inner: st.tuples(inner, inner).map("".join) | st.tuples(inner, inner).map(lambda p: f"(?:{p[0]}|{p[1]})")
    | st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
    max_leaves=6,
)  # fmt: skip


@given(PATTERNS, st.text("abc", max_size=8))
@settings(max_examples=300)
def test_it_agrees_with_python_on_what_both_know(pattern: str, text: str) -> None:
    assert linear(pattern, whole=True)(text) == bool(re.fullmatch(pattern, text))
    assert linear(pattern)(text) == bool(re.search(pattern, text))


def test_an_alternative_is_wrapped_as_one() -> None:
    with pytest.raises(BadPattern):
        linear("a)|(?:b", whole=True)
    assert not linear("a|b", whole=True)("ac")


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    with pytest.raises(MissingExtra, match=r"pip install 'sterling\[schema\]'"):
        judged("5", "not compiled before")
