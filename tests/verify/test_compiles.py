from collections.abc import Mapping
from typing import Any

import pytest

from sterling.records import Record, batch_of
from sterling.registry import Ruling
from sterling.verify.compiles import Compiles


def record(completion: str, reference: Mapping[str, Any] | None = None, prompt: str = "p") -> Record:
    payload = {"prompt": prompt, "completion": completion}
    return Record.real(payload, source="s", row="r", origin="unknown", reference=reference)


def ruling(completion: str, **options: Any) -> Ruling:
    (said,) = Compiles(**options).judge(batch_of([record(completion)]), None)
    assert isinstance(said, Ruling)
    return said


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = 1\n", "compiles"),
        ("Like this:\n```python\ndef f(): pass\n```\n", "compiles"),
        ("x = '\\d'", "compiles"),
        ("raise SystemExit", "compiles"),
        ("", "empty"),
        ("```\n\n```", "empty"),
        ("def f(:\n", "syntax_error"),
        ("return 1", "syntax_error"),
        ("a\0b", "syntax_error"),
        ("if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 120)), "syntax_error"),
        ("x = " + "1" * 5000, "syntax_error"),
        ("x = 10 ** 10 ** 8", "compiles"),
        ("x = 'a' * 10 ** 9", "compiles"),
        ("(" * 90 + "1" + ")" * 90, "compiles"),
        ("(" * 5000 + ")" * 5000, "syntax_error"),
        ("[" * 100_000, "syntax_error"),
        ("-" * 100_000 + "1", "too_complex"),
        ("x = " + "not " * 60_000 + "1", "too_complex"),
        ("a" + ".b" * 50_000, "too_complex"),
        ("lambda: " * 9_000 + "1", "too_complex"),
        ("x = " + " + ".join(["1"] * 15_000), "too_complex"),
        ("x = 0x" + "f" * 200_000, "compiles"),
        ("x = 1\n" * 50_000, "compiles"),
    ],
    ids=lambda it: it[:16],
)
def test_python(source: str, reason: str) -> None:
    said = ruling(source)
    assert said.reason == reason, said
    assert (said.outcome, said.score) == (("keep", 1.0) if reason == "compiles" else ("drop", 0.0))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('{"a": [1, null]}', "compiles"),
        ('```json\n{"a": 1}\n```', "compiles"),
        ('{"a": NaN}', "syntax_error"),
        ("{'a': 1}", "syntax_error"),
        ("[1,]", "syntax_error"),
        ("1 2", "syntax_error"),
        ("[" * 90 + "]" * 90, "compiles"),
        ("[" * 100_000 + "]" * 100_000, "too_complex"),
        ('"' + "a" * 100_000 + '"', "compiles"),
    ],
    ids=lambda it: it[:16],
)
def test_json(source: str, reason: str) -> None:
    assert ruling(source, language="json").reason == reason


def test_a_prompt_that_is_continued_counts() -> None:
    reference = {"program": "continue"}
    parts = record("    return 1\n", reference, "def f():\n"), record("return 1\n", reference, "def f():\n")
    first, second = Compiles().judge(batch_of(parts), None)
    assert (first.reason, second.reason) == ("compiles", "syntax_error")


def test_a_keep_does_not_verify() -> None:
    assert Compiles.family == "statistics"


@pytest.mark.parametrize(("text", "language"), [("Here:\n```\nx = 1\n```\n", "python"), ("[1, 2]", "json")])
def test_near_misses_are_refused(text: str, language: str) -> None:
    check = Compiles(language=language)
    misses = check.spoil(record(text), 0)
    assert [it.kind for it in misses] == ["stray_bracket", "unclosed_bracket"]
    assert {it.reason for it in check.judge(batch_of([miss.record for miss in misses]), None)} == {"syntax_error"}
