import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.curate import Language
from sterling.curate.language import passages
from sterling.errors import InputError
from sterling.records import Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import Ruling

ENGLISH = "The cat sat on the mat when it was late, and there was not a sound to be heard in the house. "
GERMAN = "Die Katze lag auf der Matte, und es war nicht ein Laut zu hören, als wir nach Hause kamen. "
CODE = "def f(x):\n    return [y * 3 for y in x]\n"


def ruled(texts: Sequence[str], **options: Any) -> list[Ruling]:
    records = [Record.synthetic({"text": t}, source="s", row=str(n), maker=Maker("m")) for n, t in enumerate(texts)]
    return [one for one in Language(**options).judge(batch_of(records), None) if isinstance(one, Ruling)]


def test_other_languages_go_and_what_nobody_can_tell_stays() -> None:
    said = ruled([ENGLISH, GERMAN, CODE, "", "Это было не так, как мы хотели, но все они были."], allowed=("en",))
    assert [(one.outcome, one.reason) for one in said] == [
        ("keep", "language"), ("drop", "other_language"), ("keep", "undetermined"), ("keep", "undetermined"),
        ("drop", "other_language"),
    ]  # fmt: skip
    assert said[1].evidence == {"language": "de", "shares": {"de": 1.0}, "allowed": ["en"]}
    assert [one.outcome for one in ruled([CODE], undetermined="drop")] == ["drop"]


def test_without_a_choice_languages_are_only_told() -> None:
    assert [(one.outcome, one.evidence["language"]) for one in ruled([ENGLISH, GERMAN])] == [
        ("keep", "en"),
        ("keep", "de"),
    ]


def test_several_languages_are_flagged_and_a_quotation_is_not() -> None:
    half, quoted, mostly = ENGLISH * 12 + "\n" + GERMAN * 12, ENGLISH * 60 + "\n" + GERMAN, ENGLISH * 7 + GERMAN * 40
    said = ruled([half, quoted, mostly], allowed=("en",))
    assert [(one.outcome, one.reason) for one in said] == [
        ("flag", "several_languages"),
        ("keep", "language"),
        ("drop", "other_language"),
    ]
    assert set(said[0].evidence["shares"]) == {"en", "de"}
    assert ruled([half], allowed=("en", "de"))[0].outcome == "keep"


def test_fenced_code_is_not_read() -> None:
    text = f"{GERMAN}\n```python\n# {ENGLISH * 8}\n```\n"
    assert ruled([text])[0].evidence["shares"] == {"de": 1.0}


def test_passages_are_the_whole_text() -> None:
    text = ENGLISH * 30 + "\n" + "x" * 2000
    assert "".join(passages(text)) == text
    assert max(map(len, passages(text))) <= 900


def test_the_model_tells_what_small_words_do_not() -> None:
    pytest.importorskip("py3langid")
    short = ["Konnten Sie das Passwort ändern?", "Ngiyabonga kakhulu mngane wami othandekayo."]
    assert {one.reason for one in ruled(short)} == {"undetermined"}
    assert [one.evidence["language"] for one in ruled(short, model="py3langid", least_confidence=0.1)] == ["de", "zu"]
    assert ruled(["3 + 4 = 7"], model="py3langid")[0].reason == "undetermined"


def test_a_language_that_nobody_would_tell_is_refused() -> None:
    with pytest.raises(InputError, match="do not tell `xh`"):
        Language(allowed=("xh",)).require()


@pytest.mark.parametrize("allowed", [(), ("German",), ("DE",)])
def test_codes_are_codes(allowed: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Language(allowed=allowed)


def test_english_that_people_wrote_stays(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text("utf-8").splitlines()[:2000]
    said = ruled([json.loads(line)["question"] for line in lines], allowed=("en",))
    assert {one.outcome for one in said} == {"keep"}
    assert sum(one.reason == "undetermined" for one in said) < 60


def test_golden_verdict() -> None:
    """Raise the version together with this."""
    assert Language.version == 2
    assert ruled([ENGLISH * 7 + "\n" + GERMAN * 7]) == [
        Ruling("flag", "several_languages", 1.0, {"language": "de", "shares": {"de": 0.536, "en": 0.464}})
    ]


def test_the_evidence_tells_origins_apart() -> None:
    people = Record.real(
        {"text": "The house was old and the garden of it was small."}, source="a", row="1", origin="human"
    )
    maker = Maker("m")
    made = Record.synthetic({"text": "Das Haus war alt und der Garten war klein."}, source="s", row="1", maker=maker)
    check, batch = Language(allowed=("en",)), batch_of([people, made])
    said = [one for one in check.judge(batch, None) if isinstance(one, Ruling)]
    verdicts = verdict_table(
        Verdict(f"r{at}", one.outcome, "language", one.reason, "statistics") for at, one in enumerate(said)
    )
    found = {one.name: (one.inputs["hits"], one.n) for one in check.conclude([(batch, verdicts)], None)}
    assert found["language.other_language.human"] == (0, 1)
    assert found["language.other_language.synthetic"] == (1, 1)
