"""Seeds by topic, cells by seed, and what earlier rounds change about both."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.generate.evolve import Evolve
from sterling.generate.rephrase import Rephrase
from sterling.generate.seeds import seeding
from sterling.generate.seeds.seeding import chat_of, drawn, inherited, prompt_of
from sterling.generate.writing.grid import cell_in, poor_cells
from sterling.records import Record
from sterling.registry import Made, Past, Task

ENDPOINT = {"endpoint": "http://localhost:9/v1", "model": "qwen3-8b"}
SUBJECTS = {
    "boats": "harbour sail rudder keel mast anchor tide rope deck crew wind water",
    "bread": "flour oven yeast dough crust knead bake salt loaf crumb rise grain",
    "chess": "pawn rook bishop queen check mate board castle gambit opening endgame clock",
}


def texts(counts: dict[str, int]) -> list[Record]:
    """Records on a subject each."""
    found = []
    for subject, count in counts.items():
        chance = random.Random(subject)
        for n in range(count):
            words = chance.choices(SUBJECTS[subject].split(), k=40)
            found.append(Record.real({"text": " ".join(words)}, source="a", row=f"{subject}-{n}", origin="human"))
    return found


def subject(record: Record) -> str:
    return record.row.partition("-")[0]


def test_a_small_topic_has_its_turn_among_the_first() -> None:
    chosen = drawn(texts({"boats": 80, "bread": 10, "chess": 10}), None, 1)
    assert len(chosen) == 100
    first = Counter(map(subject, chosen[:24]))
    assert first["bread"] >= 2
    assert first["chess"] >= 2


def test_rare_topics_come_first_on_request() -> None:
    seeds = texts({"boats": 80, "bread": 10, "chess": 10})
    usual = Counter(map(subject, drawn(seeds, None, 1)[:20]))
    rare = Counter(map(subject, drawn(seeds, None, 1, rare=1.0)[:20]))
    assert rare["boats"] < usual["boats"]
    assert sorted(r.id for r in drawn(seeds, None, 1, rare=0.5)) == sorted(r.id for r in seeds)


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_anchor_changes_nothing(chance: random.Random) -> None:
    seeds = texts({"boats": 12, "chess": 5})
    shuffled = list(seeds)
    chance.shuffle(shuffled)
    assert [r.id for r in drawn(shuffled, 5, 1)] == [r.id for r in drawn(seeds, 5, 1)]


def test_what_was_asked_is_found_in_every_format() -> None:
    talk = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi?"}]
    answer = [{"role": "assistant", "content": "Hello."}]
    plain = Record.real({"prompt": "Hi?", "completion": "Hello."}, source="a", row="1", origin="human")
    chat = Record.real({"messages": talk + answer}, source="a", row="2", origin="human")
    pair = Record.real({"prompt": talk, "completion": answer}, source="a", row="3", origin="human")
    text = Record.real({"text": "Hi."}, source="a", row="4", origin="human")
    assert [prompt_of(one) for one in (plain, chat, pair, text)] == ["Hi?", "Hi?", "Hi?", None]
    assert chat_of(plain) == [{"role": "user", "content": "Hi?"}]
    assert chat_of(chat) == chat_of(pair) == talk
    assert chat_of(text) is None


def test_tags_of_the_work_are_not_inherited() -> None:
    tags = ("task:evolve", "cell:x", "topic:sea", "model:m")
    record = Record.real({"text": "x"}, source="a", row="1", origin="human", tags=tags)
    assert inherited(record) == ("topic:sea",)


def test_each_seed_goes_through_every_cell_once_and_then_it_ends() -> None:
    seeds = texts({"boats": 4})
    rephrase = Rephrase.model_validate({"model": ENDPOINT, "count": 1000})
    tasks = list(rephrase.tasks(seeds, Past(), 1))
    assert len(tasks) == len({task.row for task in tasks}) == 4 * len(rephrase.cells())
    assert len({task.spec["cell"] for task in tasks[:4]}) > 1


def test_without_a_count_each_seed_has_one_cell() -> None:
    tasks = list(Rephrase.model_validate({"model": ENDPOINT}).tasks(texts({"boats": 4}), Past(), 1))
    assert len(tasks) == 4


def test_the_next_round_begins_with_the_seeds_that_have_nothing_yet_in_another_cell() -> None:
    seeds = texts({"boats": 4})
    rephrase = Rephrase.model_validate({"model": ENDPOINT, "count": 4, "rounds": 2})
    first = list(rephrase.tasks(seeds, Past(), 1))[:4]
    made = [
        Made(f"m{n}", task.row, (task.seeds[0].id,), (f"cell:{task.spec['cell']}",), n != 2, n != 2)
        for n, task in enumerate(first)
    ]
    past = Past(round=2, kept=3, tried=frozenset(task.row for task in first), made=made)
    again = next(rephrase.tasks(seeds, past, 1))
    assert again.seeds == first[2].seeds
    assert again.spec["cell"] != first[2].spec["cell"]


def test_a_cell_that_yields_little_comes_last() -> None:
    def made(cell: str, stood: int, of: int) -> list[Made]:
        return [Made(f"{cell}{n}", f"{cell}-{n}", (), (f"cell:{cell}",), n < stood, n < stood) for n in range(of)]

    past = Past(made=[*made("plain", 1, 10), *made("lesson", 9, 10), *made("dialogue", 0, 3)])
    assert poor_cells(past) == {"plain"}
    rephrase = Rephrase.model_validate(
        {"model": ENDPOINT, "styles": dict.fromkeys(("plain", "lesson", "dialogue"), "any"), "per_seed": 3}
    )
    tasks = list(rephrase.tasks(texts({"boats": 6}), past, 1))
    assert {task.spec["cell"] for task in tasks[-6:]} == {"plain"}


def ids(tasks: Sequence[Task]) -> list[str]:
    return [task.seeds[0].id for task in tasks]


def made_of(task: Task, *, standing: bool) -> Made:
    """A record of a task."""
    return Made(f"m/{task.row}", task.row, (task.seeds[0].id,), (), standing, standing)


def test_seeds_beyond_those_that_are_held_are_used_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = texts({"boats": 9, "chess": 4})
    monkeypatch.setattr(seeding, "_AT_LEAST", 2)
    monkeypatch.setattr(seeding, "_AT_MOST", 6)
    rephrase = Rephrase.model_validate({"model": ENDPOINT, "per_seed": 2})
    tasks = list(rephrase.tasks(seeds, Past(), 1))
    assert len({task.row for task in tasks}) == 2 * 13
    assert sorted(ids(tasks[:13])) == sorted(ids(tasks[13:])) == sorted(record.id for record in seeds)
    assert ids(tasks[6:13]) == [record.id for record in seeds if record.id not in ids(tasks[:6])]
    assert [t.row for t in rephrase.tasks(iter(seeds), Past(), 1)] == [t.row for t in tasks]
    few = Rephrase.model_validate({"model": ENDPOINT, "count": 1})
    assert len(set(ids(list(few.tasks(seeds, Past(), 1))))) == 4


def test_without_a_count_only_seeds_of_which_nothing_stands_come_back_once_a_round() -> None:
    seeds = texts({"boats": 4})
    rephrase = Rephrase.model_validate({"model": ENDPOINT, "per_seed": 2, "rounds": 3})
    first = list(rephrase.tasks(seeds, Past(), 1))
    assert len(first) == 8
    lost = first[1].seeds[0].id
    made = [made_of(task, standing=task.seeds[0].id != lost) for task in first]
    past = Past(round=2, kept=6, tried=frozenset(task.row for task in first), made=made)
    (again,) = rephrase.tasks(seeds, past, 1)
    assert ids([again]) == [lost]
    assert again.row not in past.tried
    newcomer = texts({"bread": 1})
    assert Counter(ids(list(rephrase.tasks([*seeds, *newcomer], past, 1)))) == {lost: 1, newcomer[0].id: 2}


def test_seeds_of_one_row_make_rows_of_their_own_in_any_order() -> None:
    one, other, alone = texts({"boats": 3})
    twins = [one, Record.real(other.payload, source="a", row=one.row, origin="human"), alone]
    rephrase = Rephrase.model_validate({"model": ENDPOINT, "count": 1000})
    rows = {(task.row, task.seeds[0].id) for task in rephrase.tasks(twins, Past(), 1)}
    assert len({row for row, _ in rows}) == 3 * len(rephrase.cells())
    assert all((f"{one.row}~{id_[:8]}/" in row) is (id_ != alone.id) for row, id_ in rows)
    assert rows == {(task.row, task.seeds[0].id) for task in rephrase.tasks(twins[::-1], Past(), 1)}


def test_a_cell_in_which_every_task_ends_in_a_fault_is_poor() -> None:
    names = {"plain", "child/story", "story"}
    assert [cell_in(row, names) for row in ("a/1/child/story", "a/1/story", "a/1/other")] == [
        "child/story", "story", None,
    ]  # fmt: skip
    stood = [Made(f"s{n}", f"a/{n}/story", (), ("cell:story",), True, True) for n in range(8)]
    tried = frozenset({*(one.row for one in stood), *(f"a/{n}/plain" for n in range(8))})
    assert poor_cells(Past(tried=tried, made=stood), names) == {"plain"}
    assert poor_cells(Past(tried=tried, made=stood)) == frozenset()


def test_another_wording_of_a_cell_is_another_decision() -> None:
    def decided(wording: str) -> dict[str, str]:
        rephrase = Rephrase.model_validate({"model": ENDPOINT, "styles": {"plain": wording}})
        (task,) = rephrase.tasks(texts({"boats": 1}), Past(), 1)
        assert rephrase.decided_of(task._replace(row="x", spec={**task.spec, "seed": 2})) == rephrase.decided_of(task)
        return rephrase.decided_of(task)

    assert decided("short")["cell"] == decided("brief")["cell"] == "plain"
    assert decided("short") == decided("short") != decided("brief")
    evolve = Evolve.model_validate({"model": ENDPOINT})
    bare = Task("a/1/deepen", (), {"cell": "deepen", "seed": 1})
    assert evolve.decided_of(bare) == {"cell": "deepen"}
    assert evolve.decided_of(bare, "ask more") != evolve.decided_of(bare, "ask for more")
