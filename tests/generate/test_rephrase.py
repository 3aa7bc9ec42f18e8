"""Documents in other words."""

import re
from pathlib import Path

from tests.generate.scene import reasons, records, scene, seed

from sterling.generate.rephrase import STYLES

RIVER = "The Aare rises in the Bernese Alps and is 288 km long."


def test_a_long_document_is_rephrased_by_passages_and_grounded_in_each(tmp_path: Path) -> None:
    long = "\n\n".join(f"{RIVER} Mark {n}. " * 4 for n in range(4))
    with scene("rephrase", tmp_path, lambda text: f"Anew, mark {re.findall('Mark (.)', text)[0]}.") as play:
        (record,) = records(play.made(seed({"text": long}), passage=400))
    assert record.payload == {"text": "Anew, mark 0.\n\nAnew, mark 1.\n\nAnew, mark 2.\n\nAnew, mark 3."}
    assert record.reference is not None
    assert " ".join(record.reference["passages"]).split() == long.split()
    assert all(len(passage) <= 400 for passage in record.reference["passages"])


def test_the_style_is_the_cell_and_may_be_the_users(tmp_path: Path) -> None:
    with scene("rephrase", tmp_path, lambda text: "Ahoy, a river!") as play:
        (record,) = records(play.made(seed({"text": RIVER}, tags=("topic:rivers",)), styles={"pirate": "a pirate"}))
        assert "as a pirate." in play.asked[0]
    assert record.tags == ("task:rephrase", "cell:pirate", "topic:rivers")
    assert record.maker is not None
    assert record.maker.family == "qwen"
    assert (record.origin, record.depth, len(record.parents)) == ("synthetic", 1, 1)


def test_each_seed_can_go_through_every_style(tmp_path: Path) -> None:
    with scene("rephrase", tmp_path, lambda text: "A river, anew.") as play:
        found = records(play.made(seed({"prompt": RIVER, "completion": "It is."}), per_seed=99))
    assert {tag for record in found for tag in record.tags if tag.startswith("cell:")} == {f"cell:{s}" for s in STYLES}
    assert {record.format for record in found} == {"text"}


def test_what_is_no_rephrasing_is_a_fault(tmp_path: Path) -> None:
    answers = {
        "same": RIVER.upper(),
        "declined": "I'm sorry.",
        "leaked": "Write in the language of the text. Answer so.",
        "one who tells in five words what others tell in fifty": "I am one who tells in five words what others do.",
    }
    with scene("rephrase", tmp_path, lambda text: next(a for n, a in answers.items() if f"as {n}." in text)) as play:
        found = play.made(seed({"text": RIVER}), styles={name: name for name in answers}, per_seed=4)
    assert sorted(reasons(found)) == ["copied_prompt", "copied_prompt", "refused", "unchanged"]


def test_tables_and_very_long_documents_are_left_out(tmp_path: Path) -> None:
    with scene("rephrase", tmp_path, lambda text: "Anew.") as play:
        assert play.made(seed({"fields": {"a": 1}}), seed({"text": RIVER * 10}), longest=500) == []
