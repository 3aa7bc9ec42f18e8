"""Paraphrases through a pivot language."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.generate.scene import reasons, records, scene, seed

PAIR = {"prompt": "How long is the Aare?", "completion": "288 km."}


def around(text: str) -> str:
    """On the way back the words change."""
    (language,) = re.findall(r"into \w+ \((\S+)\)\.", text)
    said = text.rpartition("\nText:\n\n")[2].strip()
    return said.replace("[fr] How long is", "What is the length of") if language == "en" else f"[{language}] {said}"


def test_the_prompt_is_paraphrased_and_the_human_answer_stays(tmp_path: Path) -> None:
    with scene("backtranslate", tmp_path, around) as play:
        human = seed(PAIR, reference={"answer": "288 km"}, tags=("topic:rivers",))
        (record,) = records(play.made(human, pivots=["fr"]))
    assert record.payload == {"prompt": "What is the length of the Aare?", "completion": "288 km."}
    assert record.reference == {
        "answer": "288 km", "source_text": "How long is the Aare?\n288 km.", "source_of": "record",
        "source_language": "en", "language": "en",
        "pivot_language": "fr", "pivot_text": "[fr] How long is the Aare?",
        "unproven": "carried_answer",
    }  # fmt: skip
    assert (record.origin, record.view) == ("synthetic", "What is the length of the Aare?")
    assert record.tags == ("task:backtranslate", "cell:fr", "language:en", "topic:rivers")


def test_texts_chats_and_preferences_are_paraphrased_too(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": PAIR["prompt"]}, {"role": "assistant", "content": "288 km."}]
    payloads: list[dict[str, Any]] = [
        {"text": PAIR["prompt"]}, {"prompt": PAIR["prompt"]}, {"messages": talk},
        {"prompt": talk[:1], "completion": talk[1:]}, {"prompt": PAIR["prompt"], "chosen": "288", "rejected": "3"},
    ]  # fmt: skip
    with scene("backtranslate", tmp_path, around) as play:
        found = records(play.made(*(seed(p, row=str(n)) for n, p in enumerate(payloads)), pivots=["fr"]))
        assert len(play.asked) == 2
    assert [record.format for record in found] == ["text", "prompt", "messages", "prompt_completion", "preference"]
    assert {record.view for record in found} == {"What is the length of the Aare?"}


def test_another_model_may_translate_back(tmp_path: Path) -> None:
    with scene("backtranslate", tmp_path, around) as play:
        other = {"endpoint": play.strategy().model.endpoint, "model": "mistral-small-3"}
        (record,) = records(play.made(seed(PAIR), pivots=["fr"], back=other))
    assert record.maker is not None
    assert (record.maker.model, record.maker.family) == ("mistral-small-3", "mistral+qwen")


def test_tests_of_a_program_stay_without_a_language_of_ours(tmp_path: Path) -> None:
    with scene("backtranslate", tmp_path, around) as play:
        human = seed(PAIR, reference={"cases": [], "language": "c", "round_trip": "old"})
        (record,) = records(play.made(human, pivots=["fr"]))
    assert record.reference is not None
    assert record.reference["language"] == "c"
    assert not {"source_text", "round_trip"} & record.reference.keys()


def test_words_that_come_back_as_they_were_are_a_fault(tmp_path: Path) -> None:
    with scene("backtranslate", tmp_path, lambda text: text.rpartition("\nText:\n\n")[2]) as play:
        assert reasons(play.made(seed(PAIR), pivots=["fr"])) == ["unchanged"]
        assert reasons(play.made(seed({"prompt": "1 + 1 = ?"}), pivots=["fr"])) == ["unchanged"]


def test_pivots_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    with scene("backtranslate", tmp_path, around) as play:
        with pytest.raises(ValidationError, match="which the seeds are in"):
            play.strategy(pivots=["en"])
        assert play.made(seed(PAIR, tags=("language:fr",)), pivots=["fr"]) == []
