"""Records in other languages."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.generate.scene import reasons, records, scene, seed

from sterling.records import payload_text

PAIR = {"prompt": "How long is the Aare?", "completion": "288 km, see `aare.md`."}


def marked(text: str) -> str:
    """A translator whose language is known by its mark, and who can take it off again."""
    (language,) = re.findall(r"into \w+ \((\S+)\)\.", text)
    said = text.rpartition("\nText:\n\n")[2].strip()
    return re.sub(r"^\[\w+\] ", "", said) if language == "en" else f"[{language}] {said}"


def test_every_text_is_translated_and_put_back(tmp_path: Path) -> None:
    with scene("translate", tmp_path, marked) as play:
        found = records(play.made(seed(PAIR, tags=("language:en", "topic:rivers")), languages=["de", "sw"], per_seed=2))
        assert len(play.asked) == 8
    german, swahili = found
    assert german.payload == {"prompt": "[de] How long is the Aare?", "completion": "[de] 288 km, see `aare.md`."}
    assert swahili.reference == {
        "source_text": payload_text(PAIR), "source_of": "record", "source_language": "en", "language": "sw",
        "round_trip": payload_text(PAIR),
    }  # fmt: skip
    assert german.tags == ("task:translate", "cell:de", "language:de", "topic:rivers")


def test_an_answer_is_translated_with_its_question_in_sight(tmp_path: Path) -> None:
    with scene("translate", tmp_path, marked) as play:
        records(play.made(seed(PAIR), languages=["de"]))
        question, answer = sorted((text for text in play.asked if "German" in text), key=len)
    assert "stands before" not in question
    assert re.search(r"stands before[^\n]*\n\nHow long is the Aare\?", answer)


CHAT: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello", "reasoning_content": "A greeting."},
    {"role": "user", "content": "1 + 1"},
]


def test_a_chat_is_translated_turn_by_turn(tmp_path: Path) -> None:
    with scene("translate", tmp_path, marked) as play:
        (record,) = records(play.made(seed({"messages": CHAT}), languages=["de"]))
    assert [turn["content"] for turn in record.payload["messages"]] == [
        "[de] Be brief.",
        "[de] Hi",
        "[de] Hello",
        "1 + 1",
    ]
    assert record.payload["messages"][2]["reasoning_content"] == "[de] A greeting."


def test_a_long_text_keeps_its_paragraphs(tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph {n}. {'word ' * 200}".strip() for n in range(8))
    with scene("translate", tmp_path, marked) as play:
        (record,) = records(play.made(seed({"text": text}), languages=["de"]))
        assert len(play.asked) > 4
    assert record.payload["text"].replace("[de] ", "") == text
    assert (record.reference or {})["round_trip"] == text


def test_the_round_trip_may_be_anothers(tmp_path: Path) -> None:
    with scene("translate", tmp_path, marked) as play:
        address = play.strategy(languages=["de"]).model.endpoint
        other = {"endpoint": address, "model": "mistral-small-3"}
        (record,) = records(play.made(seed(PAIR), languages=["de"], checker=other))
    assert record.maker is not None
    assert (record.maker.family, record.maker.sampling["checker"]) == ("qwen", "mistral-small-3")


def test_a_seed_in_the_target_language_goes_to_the_others(tmp_path: Path) -> None:
    with scene("translate", tmp_path, marked) as play:
        found = records(play.made(seed(PAIR, tags=("language:de",)), languages=["de", "fr"], per_seed=2))
        assert play.made(seed(PAIR, tags=("language:fr",)), languages=["fr"]) == []
    assert [(record.reference or {})["language"] for record in found] == ["fr"]


def test_of_the_reference_stays_what_holds_in_any_language(tmp_path: Path) -> None:
    with scene("translate", tmp_path, marked) as play:
        number, word = (
            records(play.made(seed(PAIR, reference={"answer": answer, "passages": ["x"]}), languages=["de"]))[
                0
            ].reference
            for answer in ("288", "Bern")
        )
    assert number is not None
    assert (number["answer"], number["unproven"]) == ("288", "carried_answer")  # whatever the question became
    assert "passages" not in number
    assert word is not None
    assert "unproven" not in word
    assert "answer" not in word


def test_what_is_no_translation_is_a_fault(tmp_path: Path) -> None:
    with scene("translate", tmp_path, lambda text: text.rpartition("\nText:\n\n")[2]) as play:
        assert reasons(play.made(seed(PAIR), languages=["de"])) == ["unchanged"]
    with scene("translate", tmp_path / "2", lambda text: "I'm sorry.") as play:
        assert reasons(play.made(seed(PAIR), languages=["de"])) == ["refused"]


@pytest.mark.parametrize("languages", [[], ["en"], ["German"]])
def test_languages_that_lead_nowhere_are_refused(languages: list[str], tmp_path: Path) -> None:
    with scene("translate", tmp_path, marked) as play, pytest.raises(ValidationError):
        play.strategy(languages=languages)


def test_tables_tools_and_programs_are_left_out(tmp_path: Path) -> None:
    program = seed(PAIR, reference={"program": "continue"})
    with scene("translate", tmp_path, marked) as play:
        assert play.made(seed({"fields": {"a": 1}}), seed(PAIR | {"tools": []}), program, languages=["de"]) == []
