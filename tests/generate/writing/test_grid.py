"""Seeds by topic, cells by seed, and what earlier rounds change about both."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sterling.generate.rephrase import Rephrase
from sterling.generate.seeds.seeding import chat_of, drawn, inherited, prompt_of
from sterling.generate.writing.grid import poor_cells
from sterling.records import Record
from sterling.registry import Made, Past

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
        return [Made(f"{cell}{n}", "r", (), (f"cell:{cell}",), n < stood, n < stood) for n in range(of)]

    past = Past(made=[*made("plain", 1, 10), *made("lesson", 9, 10), *made("dialogue", 0, 3)])
    assert poor_cells(past) == {"plain"}
    rephrase = Rephrase.model_validate(
        {"model": ENDPOINT, "styles": dict.fromkeys(("plain", "lesson", "dialogue"), "any"), "per_seed": 3}
    )
    tasks = list(rephrase.tasks(texts({"boats": 6}), past, 1))
    assert {task.spec["cell"] for task in tasks[-6:]} == {"plain"}
