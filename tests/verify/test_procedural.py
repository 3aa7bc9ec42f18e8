"""The check `procedural`: right answers, wrong ones, and the wrong ones that the library's own scorers accept."""

import json
from importlib.util import find_spec
from typing import Any

import pytest

from sterling.records import Fault, Maker, Record, batch_of
from sterling.registry import FitContext, Ruling
from sterling.sandbox.gym import Entry, Gym, Item, known_datasets
from sterling.verify.completions import answer_of
from sterling.verify.procedural import Procedural

if find_spec("reasoning_gym") is None:
    pytest.skip("the `procedural` extra is not installed", allow_module_level=True)

MAKER = Maker("test")


def entry(dataset: str, seed: int = 3, **config: Any) -> Entry:
    built = Gym(20).build(Item(dataset, None, config, seed))
    assert isinstance(built, Entry)
    return built


def record(dataset: str, said: str, seed: int = 3, question: str | None = None, **told: Any) -> Record:
    asked = entry(dataset, seed).question if question is None else question
    reference = {"procedural": {"dataset": dataset, "seed": seed, **told}}
    return Record.synthetic({"prompt": asked, "completion": said}, source="s", row="r", maker=MAKER,
                            reference=reference)  # fmt: skip


def judged(one: Record) -> Ruling | Fault:
    (answer,) = Procedural().judge(batch_of([one]), None)
    return answer


def said_of(dataset: str, said: str, seed: int = 3) -> tuple[str, str]:
    answer = judged(record(dataset, said, seed))
    return ("fault", answer.reason) if isinstance(answer, Fault) else (answer.outcome, answer.reason)


def test_golden_verdicts() -> None:
    """Raise `version` when one of these changes."""
    assert Procedural.version == 1
    gold = entry("chain_sum").answer or ""
    assert [said_of("chain_sum", said) for said in (
        gold, f"  {gold}.0 \n", f"<answer>{gold}</answer>", f"I add up.\n<answer> {gold} </answer> Done.",
        f"<answer>{gold}</answer> or <answer> {gold} </answer>", str(int(gold) + 1), f"The answer is {gold}", "",
        f"<answer>{gold}</answer> or <answer>{int(gold) + 1}</answer>", "9" * 30_000,
    )] == [
        ("keep", "correct"), ("keep", "correct"), ("keep", "correct"), ("keep", "correct"),
        ("keep", "correct"), ("drop", "wrong"), ("drop", "wrong"), ("drop", "wrong"),
        ("drop", "ambiguous_answer"), ("drop", "too_long"),
    ]  # fmt: skip


def test_a_part_of_the_score_is_told_and_does_not_verify() -> None:
    gold = entry("spell_backward").answer or ""
    other = "a" if gold[-1] != "a" else "b"
    answer = judged(record("spell_backward", gold[:-1] + other))
    assert isinstance(answer, Ruling)
    assert (answer.outcome, answer.reason) == ("drop", "partial")
    assert answer.score == pytest.approx(1 - 1 / len(gold))
    assert answer.evidence["expected"] == gold


def test_any_valid_answer_is_accepted_and_not_only_the_known_one() -> None:
    numbers = entry("puzzle24", 8)
    assert said_of("puzzle24", f" ( {numbers.answer} ) ", 8) == ("keep", "correct")
    colours = json.loads(entry("graph_color").answer or "{}")
    swapped = json.dumps({vertex: {1: 2, 2: 1}.get(colour, colour) for vertex, colour in colours.items()})
    assert said_of("graph_color", swapped) == ("keep", "correct")
    assert said_of("graph_color", json.dumps(dict.fromkeys(colours, 1))) != ("keep", "correct")
    letters = entry("palindrome_generation", 5)
    half = (letters.answer or "")[: len(letters.answer or "") // 2]
    other = half[::-1] + (letters.answer or "")[len(half) : len(letters.answer or "") - len(half)] + half
    assert said_of("palindrome_generation", other, 5) == ("keep", "correct")


@pytest.mark.parametrize(
    ("dataset", "seed", "wrong", "why"),
    [
        ("game_of_life_halting", 3, "banana", "its scorer takes any text for true"),
        ("puzzle24", 3, "6*4*1*1", "its scorer does not look which numbers are used"),
        ("coin_flip", 3, "0", "its scorer takes a prefix of the digits for the number"),
        ("complex_arithmetic", 3, "nan", "its scorer takes the distance to nan for none"),
        ("figlet_font", 3, "X", "its scorer counts letters, not places"),
    ],
)
def test_wrong_answers_that_the_library_accepts_are_dropped(dataset: str, seed: int, wrong: str, why: str) -> None:
    assert said_of(dataset, wrong, seed)[0] == "drop", why


def test_numbers_that_the_library_rounds_away_are_dropped() -> None:
    wanted = json.loads((entry("number_sorting").answer or "").replace("'", '"'))
    near = str([f"{float(number) + 0.5:g}" for number in wanted])
    assert said_of("number_sorting", str(wanted).replace("'", '"')) == ("keep", "correct")
    assert said_of("number_sorting", near) == ("drop", "wrong")
    grid = json.loads(entry("game_of_life").answer or "")
    assert said_of("game_of_life", json.dumps(grid)) == ("keep", "correct")
    assert said_of("game_of_life", json.dumps([*grid, [0] * 10])) == ("drop", "wrong")
    exact = float(entry("decimal_arithmetic").answer or "")
    assert said_of("decimal_arithmetic", f"{exact + 0.0005}") == ("drop", "wrong")


FORGED = [
    "[setattr(__import__('sys').modules['reasoning_gym'], 'x', 1)]", "(lambda: (_ for _ in ()).throw(SystemExit))()",
]  # fmt: skip


@pytest.mark.parametrize(
    "dataset",
    ["binary_matrix", "n_queens", "string_insertion", "spiral_matrix", "simple_integration", "countdown", "puzzle24",
     "intermediate_integration", "polynomial_multiplication"],
)  # fmt: skip
def test_code_does_not_get_to_scorers_that_evaluate(dataset: str) -> None:
    gym, item = Gym(20), Item(dataset, None, {}, 3)
    for code in FORGED:
        assert getattr(gym.judge(item, code), "score", None) == 0.0, code


def test_an_answer_that_is_too_expensive_costs_itself_only() -> None:
    monster = record("simple_integration", "9**9**9**9*X")
    (ruling,) = Procedural(cpu_s=1).judge(batch_of([monster]), None)
    assert isinstance(ruling, Ruling)
    assert (ruling.outcome, ruling.reason) == ("drop", "too_expensive")
    assert said_of("chain_sum", entry("chain_sum").answer or "") == ("keep", "correct")


def test_other_answers_of_open_datasets_are_flagged_and_the_known_one_verifies() -> None:
    known = entry("survo").answer or ""
    assert said_of("survo", known) == ("keep", "correct")
    assert said_of("survo", known[::-1]) == ("flag", "other_answer")


def test_a_record_that_is_not_the_item_is_flagged() -> None:
    gold = entry("chain_sum").answer or ""
    edited = record("chain_sum", gold, question="What is 1 + 1?")
    assert getattr(judged(edited), "reason", None) == "not_reproduced"
    asked = f"Dear student,\n{entry('chain_sum').question}\nThink."
    assert getattr(judged(record("chain_sum", gold, question=asked)), "reason", None) == "correct"


def test_what_cannot_be_judged_says_so() -> None:
    plain = {"prompt": "q", "completion": "a"}
    cases: list[tuple[Any, str, Any]] = [
        ({"answer": "a"}, "no_reference", plain), (None, "no_reference", plain),
        ({"procedural": {"dataset": 3}}, "bad_reference", plain), ({"procedural": "x"}, "bad_reference", plain),
        ({"procedural": {"dataset": "chain_sum", "seed": 3}}, "no_completion", {"prompt": "q"}),
        ({"procedural": {"dataset": "no_such", "seed": 3}}, "not_built", plain),
        ({"procedural": {"dataset": "chain_sum", "seed": 3, "config": {"min_terms": 0}}}, "not_built", plain),
        ({"procedural": {"dataset": "syllogism", "seed": 3}}, "faulty_dataset", plain),
    ]  # fmt: skip
    records = [Record.synthetic(payload, source="s", row=str(n), maker=MAKER, reference=reference)
               for n, (reference, _, payload) in enumerate(cases)]  # fmt: skip
    assert [a.reason for a in Procedural().judge(batch_of(records), None)] == [reason for _, reason, _ in cases]


def test_near_misses_are_dropped_whatever_the_library_thinks() -> None:
    check, missed = Procedural(), 0
    for dataset in ("binary_alternation", "game_of_life_halting", "fraction_simplification", "spell_backward", "ab",
                    "prime_factorization", "pool_matrix", "course_schedule", "chain_sum"):  # fmt: skip
        right = record(dataset, f"So:\n<answer>{entry(dataset).answer}</answer>")
        for miss in check.spoil(right, 1):
            missed += 1
            assert answer_of(miss.record) != answer_of(right)
            (ruling,) = check.judge(batch_of([miss.record]), None)
            assert getattr(ruling, "outcome", None) == "drop", (dataset, miss.kind)
    assert missed >= 8
    assert check.spoil(record("survo", entry("survo").answer or ""), 1) == ()


def test_every_row_of_the_table_says_why() -> None:
    rows = known_datasets()
    assert all(len(row.because) > 3 for row in rows.values())
    evaluating = {"n_queens", "simple_integration", "intermediate_integration", "polynomial_multiplication"}
    assert all(rows[name].like for name in evaluating)
    assert {rows[name].by for name in ("binary_matrix", "string_insertion", "spiral_matrix")} == {"gold", "numbers"}


def test_it_says_what_it_rests_on() -> None:
    check = Procedural()
    (told,) = check.measure(check.fit(FitContext(lambda: iter(()))))
    assert "reasoning-gym 0." in told.method
    assert told.inputs["sandbox"]
