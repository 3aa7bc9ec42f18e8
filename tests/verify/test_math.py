"""The check `math`: right answers in other spellings, wrong ones that look right, and real labelled solutions."""

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.verify.respellings import right_variants

from sterling.records import Maker, Record, batch_of
from sterling.registry import Ruling
from sterling.stats import clopper_pearson
from sterling.verify.math import Math
from sterling.verify.numbers.answers import find_answer
from sterling.verify.numbers.comparison import compare
from sterling.verify.numbers.equality import same, value_of
from sterling.verify.numbers.number_misses import wrong_variants

ROOT = Path(__file__).resolve().parents[2]
GSM8K = ROOT.parent / "shared" / "data" / "gsm8k"
MAKER = Maker("completions", model="m")

EQUAL = [
    ("18", "18.0"), ("1,234", "1234"), ("$18", "18"), ("$18.50", "18.5"), ("18.", "18"), ("1/2", "0.5"),
    (r"\frac{1}{2}", "1/2"), (r"\dfrac12", ".5"), ("1 1/2", "3/2"), (r"-\frac{3}{4}", "-0.75"), ("5%", "5.0 %"),
    (r"5\%", "5%"), ("5 percent", "5%"), ("18 dollars", "18"), ("**18**", "18"), ("$18$", "18"), (r"\(18\)", "18"),
    ("5 km", r"5\text{ km}"), ("5 Apples", "5 apple"), ("3 boxes", "3 box"), ("1{,}234", "1234"),
    (r"1,\!234", "1234"), ("\u22125", "-5"), ("-$5", "$-5"), ("2e3", "2000"), ("(1, 2)", "(1,2)"),
    (r"\left(1,2\right)", "(1,2)"), (r"\{1,2\}", "{1,2}"), ("Yes", "yes"), (r"90^\circ", "90°"),
    ("5 cm^2", "5 cm^{2}"), ("5 cm²", "5 cm^2"), (r"3\frac{1}{2}", "7/2"), ("05", "5"), ("+5", "5"),
    ("5 km/h", "5 km/h."), ("€5", "5 euros"), ("$1,234.00.", "1234"), ("1/3", "2/6"), ("x+1", "x + 1"),
    (r"\$18", "18"), ("9**9**9", "9**9**9"), ("C", "C"),
]  # fmt: skip
DIFFERENT = [
    ("5 or 7", "5"), ("5%", "5"), ("5%", "0.05"), ("5 oranges", "5 apples"), ("5 m", "5 km"), ("{1,2}", "(1,2)"),
    ("1 2 … 10", "10"), ("1 2 ... 10", "10"), (r"\int_0^5 dx", "5"), ("9^{9^{9^9}}", "9"), ("(10^100000)!", "1"),
    ("5 km", "5"), ("5 eggs", "5"), ("1, 234", "1234"), ("1 234", "1234"), ("12,34", "1234"), ("0.333", "1/3"),
    ("1/0", "0"), ("--5", "5"), ("5-", "5"), ("5 mW", "5 MW"), ("mW", "MW"), ("5 m", "5 M"), ("$5", "5%"),
    ("$5", "€5"), ("5 cents", "$5"), ("5?", "5"), ("5..7", "5"), ("5...", "5"), ("(2,1)", "(1,2)"),
    ("[1,2]", "(1,2)"), ("5^2", "25"), ("10!", "3628800"), ("1e99999", "1"), (r"\frac{1}{2}3", "1/23"),
    ("5:30", "5"), ("½", "1"), ("\u0665", "5"), ("5", "five"), ("5 to 7", "5"), ("1,2", "12"), ("1.234", "1234"),
    ("$5 million", "5"), ("5 and 7", "5"), ("5, 7", "5"), ("5 + 0", "5"), ("", "5"), ("5²", "5"), ("5-7", "5"),
    ("5°", "5"), ("5±1", "5"), ("~5", "5"), ("<5", "5"), ("not 5", "5"), ("5 ms", "5 m"), (r"\pm 5", "5"),
    ("5!", "5"), ("5i", "5"), ("5x", "5"), (r"5\sqrt{2}", "5"), (r"5\pi", "5"), ("0x5", "5"), ("5 5", "5"),
    ("1 1/2", "1/2"), ("11/2", "1 1/2"), ("-5", "5"), ("$-5", "5"), ("50", "5"), ("5 · 10", "5"), ("10^2", "10"),
]  # fmt: skip


def judged(completion: Any, reference: dict[str, Any] | None = None, **options: Any) -> Ruling:
    record = Record.synthetic({"prompt": "q", "completion": completion}, source="s", row="r", maker=MAKER,
                              reference=reference)  # fmt: skip
    (verdict,) = Math(**options).judge(batch_of([record]), None)
    assert isinstance(verdict, Ruling)
    return verdict


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_answers_in_other_spellings(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_only_looks_equal_is_different(one: str, other: str) -> None:
    assert same(one, other) is None
    assert same(other, one) is None


@pytest.mark.parametrize(
    ("text", "answer", "marker"),
    [
        (r"so \boxed{5} it is", "5", "boxed"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}", "boxed"),
        (r"\fbox{5}", "5", "boxed"),
        ("the answer is 4. \\boxed{5}", "5", "boxed"),
        ("x\n#### 5", "5", "hashes"),
        ("#### Step 1\nadd\n#### Step 2\ncarry\nThe answer is 5.", "5", "prose"),
        ("#### 1. Find\nx\n#### 2. Add\nAnswer: 4", "4", "prose"),
        ("#### Plan\n#### 7", "7", "hashes"),
        ("#### blue", "blue", "hashes"),
        ("Q: what?\n  A: 5\n", "5", "a"),
        ("The answer is 5.", "5", "prose"),
        ("the answer is: $5.50. Good.", "$5.50", "prose"),
        ("**Final Answer:** 5 km", "5 km", "prose"),
        ("Answer:\n\n5", "5", "prose"),
        ("answer: 5 or 7", "5 or 7", "prose"),
        ("5", "5", "whole"),
        (" $1,234.50\n", "$1,234.50", "whole"),
        (r"so \boxed 5.", "5", "boxed"),
        (r"\boxed{\boxed{5}}", "5", "boxed"),
        (r"\boxed{ 5 }", "5", "boxed"),
        (r"$$\boxed{5}$$", "5", "boxed"),
        ("The answer is: $5.", "$5", "prose"),
        ("The answer is $5$. I hope it is correct.", "$5$", "prose"),
        ("Final Answer: The final answer is $5$. I hope it is correct.", "$5$", "prose"),
        ("Final answer: **5**", "5**", "prose"),
        ("ANSWER: 5", "5", "prose"),
        ("Answer: 5. This is what was asked.", "5", "prose"),
        ("Answer: 5 apples.", "5 apples", "prose"),
        ("The answer is 5 because 2 + 3 = 5.", "5", "prose"),
        ("So she makes **$18**.", "$18", "bold"),
        ("First **3** eggs.\n\n**18**\n", "18", "bold"),
        ("\u221218", "\u221218", "whole"),
        ("\uff15", "\uff15", "whole"),
        ("$$5$$", "$$5$$", "whole"),
    ],
)
def test_the_markers_and_their_order(text: str, answer: str, marker: str) -> None:
    found = find_answer(text)
    assert found is not None
    assert (found.answer, found.marker, found.ambiguous) == (answer, marker, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "**5** and **7**",
        "**5** eggs remain",
        "**18** is\nmore",
        "**Step 1**",
        "so it is 18",
        r"\boxed{5",
        r"\boxed{}",
        "A:",
        "XA: 5",
        "A: 5\nB: 7\nC: 9",
        "#### \n5 is it",
    ],
)
def test_texts_that_state_no_final_answer(text: str) -> None:
    assert find_answer(text) is None


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{5} or \boxed{7}", "#### 5\n#### 7", "A: 5\nA: 7", "The answer is 5. The answer is 7.",
        "#### 5\nWait, it is 7.", "The answer is 5. No, it is 7.", r"\boxed{5} or 7", "A: 5\nActually, 7.",
        "the answer is 7. Or is it 5?", r"$\boxed{7}$. Hmm, 5 is better.", "**5**\n#### 7\n\nSorry, 5.",
        "\\boxed{5}\n#### 7", "A: 7\n#### 5", "\\boxed{5}\nA: 7", "A: 5\n" * 40,
    ],
)  # fmt: skip
def test_several_answers_are_none(text: str) -> None:
    assert judged(text, {"answer": "5"}).reason == "ambiguous_answer"
    assert judged(text, {"answer": "7"}).outcome == "drop"


@pytest.mark.parametrize("text", ["A: 5\nA: 5.0", "\\boxed{5}\n#### 5", "The answer is 5. I repeat: the answer is 5."])
def test_the_same_answer_twice_is_one(text: str) -> None:
    assert judged(text, {"answer": "5"}).reason == "equal"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("16 - 3 = 13", "13"),
        ("costs $1,234.50.", "$1,234.50"),
        ("it is 5%", "5%"),
        ("1,2,3", "3"),
        ("it is -4 degrees", "-4"),
    ],
)
def test_the_last_number_counts_on_request_only(text: str, number: str) -> None:
    assert judged(text, {"answer": number}).reason == "no_answer"
    verdict = judged(text, {"answer": number}, last_number=True)
    assert (verdict.reason, verdict.evidence["marker"]) == ("equal", "last_number")


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (None, "no_reference"), ({"tests": "x"}, "no_reference"), ({"answer": ""}, "bad_reference"),
        ({"answer": "  "}, "bad_reference"), ({"answer": None}, "bad_reference"), ({"answer": True}, "bad_reference"),
        ({"answer": ["5"]}, "bad_reference"), ({"answer": "a\nsolution without one"}, "bad_reference"),
        ({"answer": "#### 5\n#### 6"}, "bad_reference"),
    ],
)  # fmt: skip
def test_nothing_to_compare_with_is_a_flag_that_verifies_nothing(reference: dict[str, Any] | None, reason: str) -> None:
    verdict = judged("A: 5", reference)
    assert (verdict.outcome, verdict.reason) == ("flag", reason)


@pytest.mark.parametrize("answer", [5, 5.0, "5", " 5 ", "2 + 3 = <<2+3=5>>5\n#### 5", "so\nA: 5", r"thus $\boxed{5}$"])
def test_a_reference_may_be_a_number_a_text_or_a_whole_solution(answer: Any) -> None:
    verdict = judged("A: 5", {"answer": answer})
    assert (verdict.outcome, verdict.reason) == ("keep", "equal")


def test_evidence_tells_what_was_compared_and_is_short() -> None:
    assert judged("A: 5.0", {"answer": "5"}).evidence == {
        "answer": "5.0", "expected": "5", "marker": "a", "tier": "rational",
    }  # fmt: skip
    assert judged("A: 5 m", {"answer": "5 km"}).evidence["differs"] == "unit"
    assert "differs" not in judged("A: 6 km", {"answer": "5 km"}).evidence
    long = judged("A: " + "x" * 5000, {"answer": "y" * 5000}).evidence
    assert all(len(value) <= 80 for value in long.values())


def test_every_format_that_holds_a_solution_is_read() -> None:
    talk = [{"role": "user", "content": "A: 6"}, {"role": "assistant", "content": "A: 5"}]
    parts = [{"role": "assistant", "content": [{"type": "text", "text": "A: 5"}]}]
    payloads: list[tuple[dict[str, Any], str]] = [
        ({"prompt": talk[:1], "completion": talk[1:]}, "equal"),
        ({"prompt": talk[:1], "completion": parts}, "equal"),
        ({"messages": talk}, "equal"),
        ({"text": "Q\nA: 5"}, "equal"),
        ({"messages": talk[:1]}, "no_completion"),
        ({"prompt": "A: 5"}, "no_completion"),
    ]
    records = [Record.real(p, source="s", row=str(i), origin="human", reference={"answer": "5"})
               for i, (p, _) in enumerate(payloads)]  # fmt: skip
    assert [v.reason for v in Math().judge(batch_of(records), None) if isinstance(v, Ruling)] == [
        reason for _, reason in payloads
    ]


@pytest.mark.parametrize(
    "answer",
    ["9" * 1_000_000, "9^{" * 5000 + "}" * 5000, "(" * 300 + "5" + ")" * 300, "9**9**9**9", "(10^100000)!", "1e99",
     "1/" * 500_000, r"\frac{1}" * 1000, "5" + " " * 100_000 + "1", "1,111" * 200_000],
)  # fmt: skip
def test_monsters_are_text(answer: str) -> None:
    for text in (f"A: {answer}", f"\\boxed{{{answer}}}", f"#### {answer}", f"the answer is {answer}"):
        assert judged(text, {"answer": "5"}, last_number=True).outcome == "drop"


@pytest.mark.parametrize("mark", ["\\boxed{", "####\n", "#### x 5\n", "A:", " A: ", "the answer is ", "{"])
def test_the_cost_of_a_text_grows_with_its_length_only(mark: str) -> None:
    judged(mark * (1_000_000 // len(mark)), {"answer": "5"}, last_number=True)


@given(st.fractions(max_denominator=10**9), st.integers(0, 10**6))
@settings(max_examples=200)
def test_a_number_equals_all_its_spellings_and_no_other_number(number: Fraction, other: int) -> None:
    spelled = f"{number.numerator}/{number.denominator}"
    doubled = rf"\frac{{{2 * number.numerator}}}{{{2 * number.denominator}}}"
    assert same(spelled, doubled)
    assert same(f"{number.numerator:,}/{number.denominator:,}", spelled)
    assert bool(same(spelled, str(other))) == (number == other)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_decimals_are_exact(number: Any) -> None:
    value = value_of(f"{number:f}")
    assert value is not None
    assert value.number == Fraction(number)
    assert same(f"{number:,f}", f"{number:f}00")


@given(st.text(max_size=300), st.text(max_size=20))
def test_no_text_breaks_it(text: str, answer: str) -> None:
    find_answer(text, last_number=True)
    assert same(text, answer) == same(answer, text)
    assert bool(same(answer, answer))


@pytest.mark.parametrize("answer", ["", "()", "(}", "y=", "±", "; ;", "{}", "(]", "|", "\\cup", "x \\in"])
def test_nothing_is_no_answer(answer: str) -> None:
    assert compare(answer, "5").said != "equal"
    assert compare(answer, "").said == "equal" if answer == "" else compare(answer, "").said != "equal"


@given(st.text(alphabet="0123456789.,()[]{}\\\\ +-*/^=<>%$xor√π…", max_size=60), st.text(max_size=20))
@settings(max_examples=300)
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert compare(one, one).said == "equal"
    forth, back = compare(one, other).said, compare(other, one).said
    assert (forth == "equal") == (back == "equal")


def seeds(rng: random.Random) -> list[str]:
    """Right answers of every kind: those of GSM8K where they are, and generated ones."""
    golds = [str(rng.randrange(10 ** rng.randrange(1, 8))) for _ in range(150)]
    golds += [f"{rng.randrange(1, 99_999) / 100:.2f}" for _ in range(60)]
    golds += [f"{rng.randrange(1, 60)}/{rng.randrange(2, 60)}" for _ in range(60)]
    golds += [f"{rng.randrange(1, 300)}%" for _ in range(30)] + [f"${rng.randrange(1, 3_000)}" for _ in range(30)]
    golds += [f"{rng.randrange(1, 300)} {rng.choice(['km', 'm', 'kg', 'hours', 'apples'])}" for _ in range(40)]
    golds += [f"({rng.randrange(-9, 30)}, {rng.randrange(-9, 30)})" for _ in range(40)]
    golds += [f"[{rng.randrange(-9, 3)}, {rng.randrange(4, 30)})" for _ in range(40)]
    golds += [rf"\{{{', '.join(map(str, rng.sample(range(30), 3)))}\}}" for _ in range(40)]
    real = GSM8K / "test.jsonl"
    return golds + [row["answer"].rpartition("#### ")[2] for row in (rows_of(real)[:300] if real.exists() else ())]


MARKERS = ("A: {}", "#### {}", "so\n\\boxed{{{}}}", "The final answer is {}", "**Answer:** {}")


def test_no_near_miss_is_accepted_and_no_respelling_rejected() -> None:
    """At least 5,000 certainly wrong answers and 2,000 certainly right ones, by construction."""
    rng = random.Random("near misses")
    said: list[tuple[bool, str, str, str]] = []
    for gold in seeds(rng):
        said += [(False, wrong.kind, wrong.answer, gold) for wrong in wrong_variants(gold, 1)]
        said += [(True, right.kind, right.answer, gold) for right in right_variants(gold, 1)]
    records = [
        Record.synthetic({"prompt": "q", "completion": rng.choice(MARKERS).format(answer)}, source="s", row=str(i),
                         maker=MAKER, reference={"answer": gold})
        for i, (_, _, answer, gold) in enumerate(said)
    ]  # fmt: skip
    verdicts = [v for v in Math().judge(batch_of(records), None) if isinstance(v, Ruling)]
    judged = [(*one, verdict.reason) for one, verdict in zip(said, verdicts, strict=True)]
    assert [j for j in judged if j[0] != (j[4] == "equal")] == []
    wrong, right = (sum(one[0] is good for one in said) for good in (False, True))
    assert wrong > 5_000
    assert right > 2_000
    assert clopper_pearson(0, wrong).high < 0.001
    assert {kind for good, kind, *_ in said if not good} >= {
        "digit", "off_by_one", "sign", "shift", "unit", "a_or_b", "percent", "separator", "inverted", "power", "elided",
        "range", "integral", "swapped", "brackets", "missing", "extra",
    }  # fmt: skip


@pytest.mark.parametrize(
    "gold", ["18", "-7", "0", "1", "3/4", "2.50", "5%", "$18", "5 km", "(1, 2)", "[0, 3)", r"\{1, 2\}"]
)
def test_variants_are_the_same_each_time_and_differ_from_the_answer(gold: str) -> None:
    wrong, right = wrong_variants(gold, 3), right_variants(gold, 3)
    assert wrong == wrong_variants(gold, 3)
    assert len({variant.answer for variant in wrong}) == len(wrong) > 5
    assert not {variant.answer for variant in wrong} & {variant.answer for variant in right}


def test_words_have_no_variants() -> None:
    assert wrong_variants("blue", 1) == right_variants("blue", 1) == []


@pytest.mark.parametrize("completion", ["2+3 = 5\n#### 5", "so \\boxed{ 5 } it is", "The answer is 5.", "5",
                                        [{"role": "assistant", "content": "A: 5 "}]])  # fmt: skip
def test_a_spoilt_record_differs_in_its_answer_alone_and_is_not_kept(completion: Any) -> None:
    record = Record.real({"prompt": "q", "completion": completion}, source="s", row="r", origin="human",
                         reference={"answer": "5"})  # fmt: skip
    misses = Math().spoil(record, 1)
    assert len(misses) > 10
    assert {miss.record.reference == record.reference for miss in misses} == {True}
    verdicts = Math().judge(batch_of([miss.record for miss in misses]), None)
    assert not [m for m, v in zip(misses, verdicts, strict=True) if isinstance(v, Ruling) and v.outcome == "keep"]


def test_only_a_right_record_is_spoilt() -> None:
    wrong = Record.real({"prompt": "q", "completion": "A: 6"}, source="s", row="r", origin="human",
                        reference={"answer": "5"})  # fmt: skip
    assert Math().spoil(wrong, 1) == ()


@pytest.mark.parametrize(
    ("answer", "expected", "because"),
    [
        ("5 km", "5", "unit"), ("5000 m", "5 km", "unit"), ("18 duck eggs", "18 eggs", "unit"), ("five", "5", "kind"),
        ("Paris", "London", "words"), (r"\sqrt{8}", r"2\sqrt{2}", "expression"), ("2+3", "5", "unevaluated"),
        ("2, 1", "1, 2", "order"), ("1, 2", "(1,2)", "kind"), ("4x = 2", "2x = 1", "relation"),
        (r"\emptyset", "(1,2)", "kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_flagged_and_not_called_different(answer: str, expected: str, because: str) -> None:
    ruling = judged(f"A: {answer}", {"answer": expected})
    assert (ruling.outcome, ruling.reason, ruling.evidence["because"]) == ("flag", "not_comparable", because)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("6", "5"), ("5 oranges", "5 apples"), ("5 m", "5 km"), ("5%", "5"), ("5%", "0.05"), ("5 or 7", "5"),
        ("5, 7", "5"), (r"\{1,2\}", "(1,2)"), ("[1,2]", "(1,2)"), ("(2,1)", "(1,2)"), ("(1,2,3)", "(1,2)"),
        ("1 2 … 10", "10"), (r"\int_0^5 dx", "5"), ("no", "yes"), ("B", "C"), (r"\{1,3\}", r"\{1,2\}"), ("x = 6", "5"),
        ("x = 6", "x = 5"), ("3^2", "8"), ("5 to 7", "5"), (r"\pm 5", "5"),
    ],
)  # fmt: skip
def test_what_is_known_to_differ_is_dropped(answer: str, expected: str) -> None:
    ruling = judged(f"A: {answer}", {"answer": expected})
    assert (ruling.outcome, ruling.reason) == ("drop", "different")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("x = 5", "5"), ("5", "x = 5"), (r"\{2,1\}", "{1, 2}"), (r"(\frac{1}{2}, 3)", "(0.5, 3)"), ("1024", "2^10"),
        ("(C)", "C"), ("(5)", "5"), ("x > 5", "5 < x"), (r"x \in [1,2)", "[1, 2)"),
        (r"[1,2) \cup (3,4]", r"(3,4]\cup[1,2)"),
        ("5 kilometers", "5 km"), ("1, 2", "1.0, 2"),
    ],
)  # fmt: skip
def test_members_and_sides_are_compared_by_value(answer: str, expected: str) -> None:
    assert judged(f"A: {answer}", {"answer": expected}).reason == "equal"


def test_the_share_of_answers_that_no_tier_could_compare_is_told() -> None:
    said = [("A: five", "5"), ("A: 5", "5"), ("A: 6", "5"), ("nothing", "5"), ("A: 5", None)]
    records = [
        Record.synthetic({"prompt": "q", "completion": completion}, source="s", row=str(row), maker=MAKER,
                         reference=None if answer is None else {"answer": answer})
        for row, (completion, answer) in enumerate(said)
    ]  # fmt: skip
    batch = batch_of(records)
    reasons = pa.table({"reason": [v.reason for v in Math().judge(batch, None)]})
    (evidence,) = Math().conclude([(batch, reasons)], None)
    assert (evidence.name, evidence.inputs["hits"], evidence.n) == ("math.not_comparable", 1, 3)
    assert Math().conclude([], None)[0].value is None


def test_a_wrong_step_is_flagged_on_request() -> None:
    lucky, sound = "2 + 2 = <<2+2=5>>5, so 10 / 2 = <<10/2=5>>5\nA: 5", "10 / 2 = <<10/2=5>>5\nA: 5"
    assert judged(lucky, {"answer": "5"}).outcome == "keep"
    ruling = judged(lucky, {"answer": "5"}, steps=True)
    assert (ruling.outcome, ruling.reason) == ("flag", "wrong_step")
    assert (ruling.evidence["wrong"], ruling.evidence["wrong_equations"]) == (["2+2=5"], 1)
    assert judged(sound, {"answer": "5"}, steps=True).reason == "equal"
    assert judged(lucky, {"answer": "6"}, steps=True).reason == "different"


@pytest.mark.parametrize(
    ("completion", "label", "outcome", "reason"),
    [
        ("A: 5", True, "keep", "equal"), ("A: 6", True, "drop", "different"),
        ("A: 6", False, "keep", "wrong_as_labelled"),
        ("no idea", False, "keep", "wrong_as_labelled"), ("A: 5", False, "flag", "right_despite_label"),
        ("A: five", False, "flag", "not_comparable"),
    ],
)  # fmt: skip
def test_the_label_of_an_unpaired_preference_says_what_is_wanted(
    completion: str, label: bool, outcome: str, reason: str
) -> None:
    record = Record.synthetic({"prompt": "q", "completion": completion, "label": label}, source="s", row="r",
                              maker=MAKER, reference={"answer": "5"})  # fmt: skip
    (ruling,) = Math().judge(batch_of([record]), None)
    assert isinstance(ruling, Ruling)
    assert (ruling.outcome, ruling.reason) == (outcome, reason)


@pytest.fixture
def gsm8k() -> Path:
    if not GSM8K.exists():
        pytest.skip("the third-party data is not beside this checkout")
    return GSM8K


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def test_gsm8k_completions_are_judged_as_their_labels_say(gsm8k: Path) -> None:
    rows = rows_of(gsm8k / "completions.jsonl")
    records = [
        Record.synthetic({"prompt": row["question"], "completion": row["completion"]}, source="s", row=str(i),
                         maker=MAKER, reference={"answer": row["reference"]})
        for i, row in enumerate(rows)
    ]  # fmt: skip
    verdicts = [v for v in Math().judge(batch_of(records), None) if isinstance(v, Ruling)]
    disagreements = [row for row, v in zip(rows, verdicts, strict=True) if (v.outcome == "keep") != row["is_correct"]]
    assert (len(rows), disagreements) == (2640, [])
    assert sum(v.reason == "no_answer" for v in verdicts) == 7


def test_gsm8k_solutions_state_their_own_answer(gsm8k: Path) -> None:
    solutions = [row["answer"] for name in ("train", "test") for row in rows_of(gsm8k / f"{name}.jsonl")]
    records = [
        Record.real({"prompt": "q", "completion": s}, source="s", row=str(i), origin="human", reference={"answer": s})
        for i, s in enumerate(solutions)
    ]
    assert {v.reason for v in Math().judge(batch_of(records), None) if isinstance(v, Ruling)} == {"equal"}


def test_some_right_gsm8k_solutions_have_a_wrong_step(gsm8k: Path) -> None:
    rows = [row for row in rows_of(gsm8k / "completions.jsonl") if row["is_correct"]]
    records = [
        Record.synthetic({"prompt": "q", "completion": row["completion"]}, source="s", row=str(i), maker=MAKER,
                         reference={"answer": row["reference"]})
        for i, row in enumerate(rows)
    ]  # fmt: skip
    verdicts = [v for v in Math(steps=True).judge(batch_of(records), None) if isinstance(v, Ruling)]
    flagged = [(row["question_id"], v.evidence["wrong_equations"]) for row, v in zip(rows, verdicts, strict=True)
               if v.reason == "wrong_step"]  # fmt: skip
    assert (len(verdicts), len(flagged)) == (1_008, 9)
    assert {v.outcome for v in verdicts} == {"keep", "flag"}
