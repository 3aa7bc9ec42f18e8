import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.curate import Toxicity
from sterling.errors import InputError
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, Ruling

RUDE = codecs.decode("lbh ner na vqvbg", "rot13")


def ruled(check: Toxicity, texts: Sequence[str]) -> list[Ruling]:
    records = [Record.synthetic({"text": t}, source="s", row=str(n), maker=Maker("m")) for n, t in enumerate(texts)]
    return [one for one in check.judge(batch_of(records), check.fit(FitContext())) if isinstance(one, Ruling)]


def test_a_phrase_is_found_across_case_and_punctuation_and_not_repeated() -> None:
    text = f"Well, {RUDE.upper()}! He said so."
    (said,) = ruled(Toxicity(), [text])
    assert (said.outcome, said.reason, said.score) == ("flag", "toxic_words", 12.5)
    assert said.evidence["categories"] == {"insult": 1}
    ((start, stop),) = [one["at"] for one in said.evidence["found"]]
    assert text[start:stop].lower() == RUDE
    assert RUDE not in str(said.evidence).lower()


def test_the_limit_and_the_outcome() -> None:
    rare = f"{'word ' * 400} {RUDE}"
    assert [one.reason for one in ruled(Toxicity(per_hundred=1), [RUDE, rare])] == ["toxic_words", "below_limit"]
    assert ruled(Toxicity(per_hundred=1), [rare])[0].outcome == "keep"
    assert ruled(Toxicity(outcome="drop"), [rare])[0].outcome == "drop"


def test_only_the_categories_asked_for() -> None:
    assert ruled(Toxicity(categories=("slur",)), [RUDE]) == [Ruling("keep", "none_found", 0.0)]
    with pytest.raises(ValidationError):
        Toxicity.model_validate({"categories": ["rude"]})
    with pytest.raises(ValidationError):
        Toxicity(categories=())


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# ours\nhobgoblin\nfood\tgreen eggs\n", encoding="utf-8")
    texts = ["A Hobgoblin ate green-eggs.", RUDE]
    own, shipped = ruled(Toxicity(list=str(path)), texts)
    assert own.evidence["categories"] == {"food": 1, "own": 1}
    assert shipped.outcome == "keep"
    assert [one.outcome for one in ruled(Toxicity(list=str(path), also=True), texts)] == ["flag", "flag"]


@pytest.mark.parametrize(
    ("text", "said"), [("", "no phrase"), ("a b c d e f g h i", "this line has 9"), ("...", "has 0")]
)
def test_a_list_that_says_nothing_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        Toxicity(list=str(path)).require()


def test_plain_human_text_has_none(shared_data: Path) -> None:
    text = (shared_data / "gsm8k" / "train.jsonl").read_text("utf-8").splitlines()[:2000]
    assert {one.reason for one in ruled(Toxicity(), text)} == {"none_found"}


def test_golden_verdict_and_list() -> None:
    """Raise the version together with these."""
    check: Any = Toxicity()
    assert Toxicity.version == 1
    assert len(check.fit(FitContext()).phrases) == 174
    assert ruled(check, [RUDE])[0].evidence["found"] == [{"category": "insult", "at": [0, 16]}]
