"""Whole records and paraphrases, as `translate` and `backtranslate` hand them over."""

from typing import Any

from sterling.records import Record, batch_of
from sterling.registry import Ruling
from sterling.verify.translation import Translation

SOURCE = "How long is the Aare between Thun and Bern, all of it counted?\nIt is about 45 km long, and falls by 20 m."
GERMAN = {
    "prompt": "Wie lang ist die Aare zwischen Thun und Bern, wenn man alles mit dazu zählt?",
    "completion": "Sie ist etwa 45 km lang und fällt um 20 m.",
}
PARAPHRASE = {
    "prompt": "What is the length of the Aare from Thun to Bern, when all of it is counted?",
    "completion": "It is about 45 km long, and falls by 20 m.",
}


def ruled(payload: dict[str, Any], **reference: Any) -> tuple[str, str]:
    whole = {"source_text": SOURCE, "source_of": "record", "source_language": "en", **reference}
    record = Record.real(payload, source="a", row="1", origin="unknown", reference=whole)
    (ruling,) = Translation().judge(batch_of([record]), None)
    assert isinstance(ruling, Ruling)
    return ruling.outcome, ruling.reason


def test_prompt_and_answer_are_held_against_their_source_together() -> None:
    assert ruled(GERMAN, language="de", round_trip=SOURCE) == ("keep", "consistent")
    assert ruled(GERMAN | {"prompt": f"{GERMAN['prompt']} Und 1798?"}, language="de") == ("drop", "number_added")
    assert ruled(GERMAN | {"completion": "Sie ist etwa 54 km lang und fällt um 20 m."}, language="de")[0] == "drop"


def test_a_paraphrase_is_in_the_language_of_its_source() -> None:
    assert ruled(PARAPHRASE, language="en", pivot_language="de") == ("keep", "consistent")
    assert ruled(PARAPHRASE, language="en") == ("flag", "same_language")
    assert ruled(GERMAN, language="en", pivot_language="de") == ("drop", "wrong_language")
    wrong = PARAPHRASE | {"prompt": "What was the length of the Aare from Thun to Bern in 1798?"}
    assert ruled(wrong, language="en", pivot_language="de") == ("drop", "number_added")


def test_a_paraphrase_that_repeats_its_source_is_no_near_miss() -> None:
    whole = {"source_text": SOURCE, "source_of": "record", "source_language": "en", "language": "en"}
    one = Record.real(PARAPHRASE, source="a", row="1", origin="unknown", reference=whole | {"pivot_language": "de"})
    assert "untranslated" not in {miss.kind for miss in Translation().spoil(one, 1)}
