"""Audience by format, around a real passage."""

from pathlib import Path

from tests.generate.scene import reasons, records, scene, seed

PASSAGE = "Yeast turns sugar into alcohol and carbon dioxide, and the gas makes the dough rise. " * 4


def test_a_seed_goes_through_the_whole_grid(tmp_path: Path) -> None:
    with scene("textbook", tmp_path, lambda text: f"A lesson of {len(text)} characters on dough.") as play:
        found = records(play.made(seed({"text": PASSAGE}, tags=("topic:bread",)), per_seed=12))
        assert len(set(play.asked)) == 12
    cells = {(record.tags[2], record.tags[3]) for record in found}
    assert len(cells) == 12
    assert {audience for audience, _ in cells} == {
        f"audience:{n}" for n in ("child", "pupil", "student", "professional")
    }
    assert all("topic:bread" in record.tags and record.format == "text" for record in found)


def test_the_passage_that_was_shown_grounds_the_text(tmp_path: Path) -> None:
    document = "\n\n".join(f"Chapter {n}. {PASSAGE}" for n in range(8))
    with scene("textbook", tmp_path, lambda text: "On dough.") as play:
        found = records(play.made(seed({"text": document}), passage=500, per_seed=12))
        shown = {tuple((record.reference or {})["passages"]) for record in found}
        assert len(shown) > 2
        assert all(any(passage in asked for asked in play.asked) for (passage,) in shown)


def test_the_grid_may_be_the_users(tmp_path: Path) -> None:
    with scene("textbook", tmp_path, lambda text: "Dough, said the baker.") as play:
        question = seed({"prompt": "Why?", "completion": PASSAGE})
        (record,) = records(play.made(question, audiences={"baker": "bakers"}, formats={"poem": "a poem"}))
        assert "Write a poem, for bakers." in play.asked[0]
    assert record.tags[:2] == ("task:textbook", "cell:baker/poem")


def test_short_documents_are_left_out_and_refusals_are_faults(tmp_path: Path) -> None:
    with scene("textbook", tmp_path, lambda text: "Sorry, I cannot.") as play:
        assert play.made(seed({"text": "Yeast."}), seed({"fields": {"a": PASSAGE}})) == []
        assert reasons(play.made(seed({"text": PASSAGE}))) == ["refused"]
