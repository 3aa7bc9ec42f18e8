"""The strategy `curriculum`: where simulated students lead it, and problems that a model writes at a level."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sterling.generate.curriculum import Curriculum
from sterling.generate.puzzles.climbing import Place, Thresholds, path, wilson
from sterling.models import mock, store
from sterling.records import Fault, Record
from sterling.registry import Made, Past
from sterling.stats import Z

if find_spec("reasoning_gym") is None:
    pytest.skip("the `procedural` extra is not installed", allow_module_level=True)

Student = Callable[[int], float]
"""From a level to the rate at which it passes."""
USUAL = Thresholds(0.7, 0.3, 50)


def climbing(**options: Any) -> Curriculum:
    given = {"count": 480, "rounds": 12, "hears": "solved", "datasets": {"chain_sum": {}}}
    return Curriculum.model_validate(given | options)


def lived(made: Curriculum, students: Mapping[int, Student], rounds: int) -> Past:
    """Every round of a curriculum; `students` by the round that each begins in."""
    past, student, dice = Past(), students[1], random.Random(5)
    for number in range(1, rounds + 1):
        student = students.get(number, student)
        tasks = list(made.tasks((), past._replace(round=number, kept=len(past.made)), 7))
        new = [Made(f"r{number}-{task.row}", task.row, (), tuple(task.spec["tags"]), True, True) for task in tasks]
        scores = {one.id: float(dice.random() < student(_level(one.row))) for one in new}
        past = Past(number + 1, kept=len(past.made) + len(new), tried=past.tried | {one.row for one in new},
                    made=(*past.made, *new), scores={**past.scores, **scores})  # fmt: skip
    return past


def _level(row: str) -> int:
    place = Place.of(row)
    assert place is not None
    return place.level


def able(skill: float) -> Student:
    """Passes nearly always below its skill, hardly ever above it."""
    return lambda level: 1 / (1 + 2.7 ** (1.5 * (level - skill)))


def levels(made: Curriculum, past: Past, name: str = "chain_sum") -> list[int]:
    return [stand.level for stand in made.paths(past)[name]]


def test_it_climbs_to_where_the_student_passes_sometimes_and_stays() -> None:
    made, student = climbing(), able(4.0)
    seen = levels(made, lived(made, {1: student}, 12))
    assert seen[:4] == [0, 1, 2, 3]
    ((usual, rounds),) = Counter(seen[6:]).most_common(1)
    assert 0.3 < student(usual) < 0.7
    assert rounds >= 4


def test_it_goes_down_again_when_a_weaker_student_comes() -> None:
    made = climbing(count=640, rounds=16)
    past = lived(made, {1: able(5.0), 9: able(1.0)}, 16)
    seen = levels(made, past)
    assert max(seen[:8]) >= 4
    assert seen[-1] in {1, 2}
    assert all(one - other <= 1 for one, other in pairwise(seen))


def test_each_dataset_has_a_level_of_its_own() -> None:
    made = climbing(datasets={"chain_sum": {"start": 2}, "spell_backward": {"weight": 2.0}}, count=90, rounds=2)
    (task, *rest) = made.tasks((), Past(), 7)
    rows = [task.row, *(one.row for one in rest)]
    assert len(rows) == 45
    assert sum(row.startswith("spell_backward/round-1/level-0/") for row in rows) == 30
    assert sum(row.startswith("chain_sum/round-1/level-2/") for row in rows) == 15
    assert {"level:2", "dataset:chain_sum", "task:curriculum"} <= {
        tag for one in (task, *rest) for tag in one.spec["tags"]
    }
    scores = {f"{row}": float(row.startswith("spell")) for row in rows}
    past = Past(2, kept=45, tried=frozenset(rows), made=[Made(r, r, (), (), True, True) for r in rows], scores=scores)
    assert {name: stands[-1].next for name, stands in made.paths(past).items()} == {"chain_sum": 1, "spell_backward": 1}


def test_the_path_is_evidence_with_its_uncertainty() -> None:
    made = climbing(count=60, rounds=3)
    past = lived(made, {1: lambda level: 1.0}, 2)
    first, second = made.conclude(past)
    assert (first.name, first.value, first.n) == ("curriculum.chain_sum.round_1", 1.0, 20)
    assert first.interval == wilson(20, 20)
    assert first.inputs == {"ladder": "chain_sum", "round": 1, "level": 0, "next": 1}
    assert second.inputs["level"] == 1


def test_few_answers_move_nothing_and_more_at_the_same_level_do() -> None:
    assert _next([1.0] * 8) == 3
    assert _next([1.0] * 9) == 4
    assert _next([0.0] * 9) == 2
    assert _next([]) == 3
    rows = [Place("d", number, 3).row(n) for number in (1, 2) for n in range(5)]
    past = Past(3, tried=frozenset(rows), made=[Made(r, r, (), (), True, True) for r in rows])
    assert [stand.next for stand in path("d", 9, past, False, USUAL)] == [3, 4]


def test_scores_of_a_level_that_was_left_do_not_count_when_it_comes_again() -> None:
    rows = {1: (3, 1.0), 2: (4, 0.0), 3: (3, 0.5)}
    placed = {Place("d", number, level).row(n): rate for number, (level, rate) in rows.items() for n in range(10)}
    past = Past(4, tried=frozenset(placed), made=[Made(r, r, (), (), True, True) for r in placed], scores=placed)
    stands = path("d", 9, past, True, USUAL)
    assert [(stand.level, stand.rate, stand.n, stand.next) for stand in stands] == [
        (3, 1.0, 10, 4), (4, 0.0, 10, 3), (3, 0.5, 10, 3),
    ]  # fmt: skip


def test_a_level_of_which_nothing_can_be_built_is_left_downwards() -> None:
    rows = frozenset(Place("d", 1, 3).row(n) for n in range(5))
    (stand,) = path("d", 9, Past(2, tried=rows), True, USUAL)
    assert (stand.n, stand.next) == (0, 2)


def _next(scores: list[float]) -> int:
    rows = [Place("d", 1, 3).row(n) for n in range(max(1, len(scores)))]
    said = dict(zip(rows, scores, strict=False))
    past = Past(2, tried=frozenset(rows), made=[Made(r, r, (), (), True, True) for r in rows], scores=said)
    (stand,) = path("d", 9, past, True, USUAL)
    return stand.next


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_ends_where_the_rate_would_be_two_standard_errors_off(counts: tuple[int, int]) -> None:
    (passed, n), interval = counts, wilson(*counts)
    assert 0 <= interval.low <= passed / n <= interval.high <= 1
    for end in interval:
        assert (passed / n - end) ** 2 == pytest.approx(Z**2 * end * (1 - end) / n, abs=1e-9)


def test_an_item_of_reasoning_gym_is_built_at_its_level() -> None:
    made = climbing(
        datasets={"chain_sum": {"levels": [{"max_terms": 3}, {"min_terms": 9, "max_terms": 9}], "start": 1}}
    )
    task = next(made.tasks((), Past(), 7))
    (record,) = made.propose(task, "climb")
    assert isinstance(record, Record)
    assert record.reference is not None
    assert record.reference["procedural"]["config"] == {"min_terms": 9, "max_terms": 9}
    assert record.payload["prompt"].count(" + ") + record.payload["prompt"].count(" - ") >= 8
    assert record.payload["completion"].startswith("<answer>")
    assert record.tags == ("task:curriculum", "dataset:chain_sum", "level:1")
    assert record.maker is not None
    assert (record.maker.strategy, record.maker.model) == ("curriculum", None)


def test_it_does_not_climb_to_levels_that_a_dataset_refuses_itself() -> None:
    """The last two steps of this curriculum ask for a rotation that does not exist."""
    made = climbing(datasets={"caesar_cipher": {}})
    seen = levels(made, lived(made, {1: lambda level: 1.0}, 6), "caesar_cipher")
    assert seen == [0, 1, 1, 1, 1, 1]


LEVELS = [{"name": "easy", "instructions": "one step"}, {"name": "hard", "instructions": "three steps"}]


def test_a_model_writes_problems_at_the_level_that_is_described_to_it(tmp_path: Path) -> None:
    asked: list[str] = []

    def reply(request: Mapping[str, Any]) -> str:
        asked.append(request["messages"][-1]["content"])
        form = {"problem": f"Ada has {len(asked)} pears.", "solution": "2 + 2 = 4.\n#### 4", "answer": "4"}
        return json.dumps(form)

    real = [Record.real({"prompt": f"Tom has {n} apples?", "completion": "4"}, source="a", row=str(n), origin="human")
            for n in range(3)]  # fmt: skip
    store.use(tmp_path)
    try:
        with mock(reply) as address:
            model = {"endpoint": address, "model": "qwen3-32b", "attempts": 1}
            made = Curriculum.model_validate({"model": model, "levels": LEVELS, "count": 20, "rounds": 2})
            first = [one.open()[0] for one in made.propose_all(made.tasks(real, Past(), 1), "climb")]
            assert not [one for one in first if isinstance(one, Fault)]
            records = [one for one in first if isinstance(one, Record)]
            fates = [Made(one.id, one.row, one.parents, one.tags, True, True) for one in records]
            past = Past(2, kept=10, tried=frozenset(one.row for one in records), made=fates)
            later = list(made.tasks(real, past, 1))
    finally:
        store.close()
        store.use(None)
    assert len(records) == 10
    assert all("one step" in text and "Tom has" in text for text in asked)
    assert records[0].tags == ("task:curriculum", "level:easy")
    assert records[0].reference == {"answer": "4", "unproven": "own_key"}
    assert records[0].payload["completion"].endswith("#### 4")
    assert len(records[0].parents) == 1
    assert {Place.of(task.row) for task in later} == {Place("written", 2, 1)}
    assert not {task.spec["number"] for task in later} & set(range(10))


@pytest.mark.parametrize(
    ("options", "said", "mend"),
    [
        ({"hears": None}, "nobody's pass rate is measured", "check: solved"),
        ({"rounds": 1}, "a curriculum goes by rounds", "rounds: 8"),
        ({"count": None}, "a curriculum goes by rounds", "count: 400"),
        ({"datasets": {}}, "takes `datasets`, or a `model`", "one or the other"),
        ({"datasets": {"mahjong_puzzle": {}}}, "its own answers cannot be trusted", "another"),
        ({"failure_threshold": 0.8}, "is not below", "0.3"),
        ({"seeds": "tickets"}, "`seeds` means nothing beside `datasets`", "leave"),
        ({"levels": LEVELS}, "`levels` means nothing beside `datasets`", "leave"),
        ({"datasets": {"chain_sum": {"levels": [{}], "start": 1}}}, "`chain_sum` has no level 1 among 1", "start"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(options: dict[str, Any], said: str, mend: str) -> None:
    with pytest.raises(ValidationError) as refused:
        climbing(**options)
    (error,) = refused.value.errors()
    assert said in error["msg"]
    assert mend in error["ctx"]["mend"]
