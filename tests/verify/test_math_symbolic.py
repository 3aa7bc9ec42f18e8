"""Expressions: the guards before Math-Verify, its answers in the sandbox, and what it costs."""

import random
from collections.abc import Iterator

import pytest

from sterling.errors import MissingExtra
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, Ruling
from sterling.verify.math import Math
from sterling.verify.numbers import symbolic
from sterling.verify.numbers.comparison import Comparison, compare
from sterling.verify.numbers.symbolic import Symbolic, letters_of, objection_to


@pytest.fixture(scope="module")
def tier() -> Symbolic:
    pytest.importorskip("math_verify")
    return Symbolic()


EQUAL = [
    (r"\sqrt{8}", r"2\sqrt{2}"), ("2√2", r"\sqrt{8}"), ("2*sqrt(2)", r"2\sqrt2"), ("1+2x", "2x+1"), ("x²+1", "1+x^2"),
    ("(a-b)(a+b)", "a^2-b^2"), (r"\frac{x}{10}", "0.1x"), ("1024", "2^{10}"), (r"\sqrt{3}/2", r"\frac{\sqrt{3}}{2}"),
    ("120", "5!"), (r"3\pi", "3π"), (r"y = 1 + 2x", "y=2x+1"), (r"x = \sqrt{8}", r"2\sqrt{2}"),
    (r"(\sqrt{8}, 1)", r"(2\sqrt{2}, 1)"), (r"\{1, \sqrt{8}\}", r"\{2\sqrt{2}, 1\}"),
    (r"[0, \sqrt{8})", r"[0, 2\sqrt{2})"),
    (r"(-\infty, \sqrt{8}]", r"(-\infty, 2\sqrt2]"), (r"\sin x", "sin(x)"), (r"5 < x", "x > 5"),
]  # fmt: skip
DIFFERENT = [
    (r"\sqrt{8}", r"3\sqrt{2}"), ("2x+2", "2x+1"), (r"\sqrt{x^2}", "x"), ("-x", "x"), (r"|x|", "x"), ("1025", "2^{10}"),
    ("1.414214", r"\sqrt{2}"), ("3.14159265", r"\pi"), (r"(1, \sqrt{8})", r"(2\sqrt{2}, 1)"),
    (r"\{2\sqrt{2}, 1\}", r"(2\sqrt{2}, 1)"), (r"(0, \sqrt{8})", r"[0, 2\sqrt{2})"), ("x^2", "x2"), (r"\sqrt{2}", "2"),
]  # fmt: skip
OPEN = [
    (r"\ln 2", r"\log 2"), ("2x 3", "2x"), (r"\sqrt{x} 2", r"\sqrt{x}"),
    (r"2\sqrt{2}\%", r"2\sqrt{2}"), (r"\sin 30^\circ", r"\frac{1}{2}"), (r"\tan 45", "1"), ("X", "x+0"), ("2X", "2x"),
    (r"1\sqrt{4} 1", r"\sqrt{4}"), (r"2\sqrt{2} m", r"2\sqrt{2}"), ("5!", "120"), (r"\sqrt{16}", "4"), ("2+3", "5"),
    ("xX", "Xx"), (r"e^{i\pi}", "-1+0i"), (r"\foo{2}", r"\sqrt{4}"), ("4x=2", "2x=1"), ("2, 1", "1, 2"),
    (r"2^{10}", "1024"),
    (r"\sqrt", r"\sqrt{4}"), ("the root of two", r"\sqrt{2}"), (r"f(x)", "f x"), ("1/0+x-x", "x/0"),
]  # fmt: skip
KNOWN_FALSE_ACCEPTS = [
    ("5 or 7", "5"), ("5%", "5"), ("5%", "0.05"), (r"5\%", "0.05"), ("5 oranges", "5 apples"), ("5 m", "5 km"),
    (r"\{1,2\}", "(1,2)"), ("{1,2}", "(1,2)"), ("1 2 … 10", "10"), (r"1, 2, \ldots, 10", "10"), (r"\int_0^5 dx", "5"),
    (r"\int_0^5 1\,dx", "5"), (r"\sum_{i=1}^{5} 1", "5"), (r"\lim_{x \to 5} x", "5"), (r"\pm 5", "5"), ("5, 7", "5"),
    ("(1,2)", "[1,2]"), ("(1,2]", "(1,2)"), ("(2,1)", "(1,2)"), ("x=5 or x=7", "x=5"), ("5 and 7", "5"), ("5; 7", "5"),
    ("x=7", "5"), ("x=5, y=7", "x=5"), ("1.41421356", r"\sqrt{2}"), ("2X", "2x"), ("0.333333", r"\frac{1}{3}"),
]  # fmt: skip
MONSTERS = [
    "9^{9^{9^9}}", "9^{9^{9^{9}}}", "(10^100000)!", "(10^{100000})!", "(" * 300 + "5" + ")" * 300, "9**9**9**9",
    "10^{10000000}", "99999!", "(5!)!", r"\sqrt{" * 100 + "x" + "}" * 100, "x" * 5000, "2^{2^{100}}+x",
]  # fmt: skip


@pytest.mark.parametrize(("answer", "expected"), EQUAL)
def test_the_same_in_another_form(answer: str, expected: str, tier: Symbolic) -> None:
    assert compare(answer, expected, tier).said == "equal"
    assert compare(answer, expected).said in {"not_comparable", "equal"}


@pytest.mark.parametrize(("answer", "expected"), DIFFERENT)
def test_values_that_differ_are_different(answer: str, expected: str, tier: Symbolic) -> None:
    assert compare(answer, expected, tier).said == "different"


@pytest.mark.parametrize(("answer", "expected"), OPEN)
def test_what_may_not_be_asked_stays_open(answer: str, expected: str, tier: Symbolic) -> None:
    compared = compare(answer, expected, tier)
    assert compared.said == "not_comparable"
    assert compared.why


@pytest.mark.parametrize(("answer", "expected"), KNOWN_FALSE_ACCEPTS)
def test_what_math_verify_alone_accepts_is_not_accepted(answer: str, expected: str, tier: Symbolic) -> None:
    compared = compare(answer, expected, tier)
    assert compared.said == "different" or (answer, expected) in {
        ("2X", "2x"),
        ("x=5, y=7", "x=5"),
        ("x=5 or x=7", "x=5"),
    }
    assert compared.said != "equal"


@pytest.mark.parametrize("answer", MONSTERS)
def test_monsters_are_dropped_before_anything_reads_them(answer: str) -> None:
    for expected in ("5", r"\sqrt{5}"):
        assert compare(answer, expected, None).said == "too_expensive"
    ruling = _judged(f"so \\boxed{{{answer}}}", "x+1", symbolic=False)
    assert (ruling.outcome, ruling.reason) in {("drop", "too_expensive"), ("drop", "no_answer")}


def test_a_process_that_computes_too_long_is_ended_and_the_record_dropped(tier: Symbolic) -> None:
    compared = compare(r"(x+1)^{99999}(x+2)^{99999}", r"(x+1)^{99999}(x+2)^{99998}(x+2)", tier)
    assert compared == Comparison("too_expensive", None, "timeout")


def _judged(completion: str, expected: str, **options: bool) -> Ruling:
    record = Record.synthetic({"prompt": "q", "completion": completion}, source="s", row="r", maker=Maker("m"),
                              reference={"answer": expected})  # fmt: skip
    (verdict,) = Math(**options).judge(batch_of([record]), None)
    assert isinstance(verdict, Ruling)
    return verdict


@pytest.mark.usefixtures("tier")
def test_the_check_asks_only_when_it_is_told_to() -> None:
    off, on = (_judged(r"\boxed{\sqrt{8}}", r"2\sqrt{2}", symbolic=symbolic) for symbolic in (False, True))
    assert (off.outcome, off.reason, off.evidence["because"]) == ("flag", "not_comparable", "expression")
    assert (on.outcome, on.reason, on.evidence["tier"]) == ("keep", "equal", "symbolic")


@pytest.mark.usefixtures("tier")
def test_the_tier_tells_what_it_rests_on() -> None:
    (evidence,) = Math(symbolic=True).measure(None)
    assert evidence.inputs["sandbox"]
    assert "Math-Verify 0" in evidence.method
    assert Math().measure(None) == ()


def test_a_missing_extra_is_told_before_anything_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    symbolic.site_of_math_verify.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"sterling\[math\]"):
        Math(symbolic=True).fit(FitContext(lambda: iter(())))
    Math().fit(FitContext(lambda: iter(())))
    symbolic.site_of_math_verify.cache_clear()


def test_guards_name_what_they_refuse() -> None:
    assert objection_to("5%x", "5x") == "percent"
    assert objection_to("5°x", "5x") == "unit"
    assert objection_to("x 1 1/2", "x") == "adjacent"
    assert objection_to("5?", "x") == "words"
    assert objection_to(r"\sin x", "x") == "unevaluated"
    assert objection_to("y", "x") == "letters"
    assert objection_to("x+1", "1+x") is None
    assert letters_of(r"\alpha + b") == {"alpha", "b"}


def _right(rng: random.Random) -> Iterator[tuple[str, str]]:
    a, b, c, d = rng.randrange(2, 9), rng.choice([2, 3, 5, 6, 7]), rng.randrange(2, 9), rng.randrange(1, 9)
    yield rf"\sqrt{{{a * a * b}}}", rf"{a}\sqrt{{{b}}}"
    yield rf"\frac{{{c}x}}{{{c * a}}}", rf"\frac{{x}}{{{a}}}"
    yield f"(x+{a})(x-{d})", f"x^2{a - d:+d}x-{a * d}"
    yield rf"({a}\sqrt{{{b}}}, {d})", rf"(\sqrt{{{a * a * b}}}, {d}.0)"


def _wrong(rng: random.Random) -> Iterator[tuple[str, str]]:
    a, b, c, d = rng.randrange(2, 9), rng.choice([2, 3, 5, 6, 7]), rng.randrange(2, 9), rng.randrange(1, 9)
    yield rf"\sqrt{{{a * a * b + 1}}}", rf"{a}\sqrt{{{b}}}"
    yield rf"-\sqrt{{{a * a * b}}}", rf"{a}\sqrt{{{b}}}"
    yield rf"\frac{{{c}x}}{{{c * a + 1}}}", rf"\frac{{x}}{{{a}}}"
    yield f"(x+{a})(x+{d})", f"x^2{a - d:+d}x-{a * d}"
    yield rf"({d}, {a}\sqrt{{{b}}})", rf"(\sqrt{{{a * a * b}}}, {d})"
    yield f"{(a * a * b) ** 0.5:.6f}", rf"{a}\sqrt{{{b}}}"
    yield rf"{a}\sqrt{{{b}}}\text{{ m}}", rf"{a}\sqrt{{{b}}}"


def test_generated_expressions_are_told_apart(tier: Symbolic) -> None:
    rng = random.Random("expressions")
    right = {pair for _ in range(25) for pair in _right(rng)}
    wrong = {pair for _ in range(25) for pair in _wrong(rng)}
    assert [pair for pair in sorted(right) if compare(*pair, tier).said != "equal"] == []
    assert [pair for pair in sorted(wrong) if compare(*pair, tier).said == "equal"] == []
    assert len(right) > 70
    assert len(wrong) > 120
