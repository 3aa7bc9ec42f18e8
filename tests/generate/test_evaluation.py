"""Items for an evaluation set: their form, their key, and who may write them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.generate.conversing import LLAMA, MISTRAL, QWEN, as_json, fault_of, made, record_of, text_of_request

from sterling.errors import RecipeError
from sterling.generate.evaluation import Evaluation
from sterling.models import endpoints_of
from sterling.recipes import from_mapping
from sterling.records import Fault, Record, batch_of
from sterling.verify.answer_leaks import AnswerLeaks
from sterling.verify.math import Math

URL = "http://localhost:1/v1"
PASSAGE = "The Drava rises in South Tyrol and flows into the Danube after 725 km."
RIVER = Record.real({"text": PASSAGE}, source="rivers", row="drava", origin="human", tags=("topic:rivers",))
SHORT = as_json(question="How many kilometres long is the Drava?", answer="725")
CHOICE = as_json(
    question="Into which river does the Drava flow?", answer="the Danube", wrong=["the Sava", "the Mur", "the Inn"]
)


def item(said: str, folder: Path, kind: str = "short", **options: Any) -> list[Record | Fault]:
    heard: list[Mapping[str, Any]] = []

    def writer(request: Mapping[str, Any]) -> str:
        heard.append(request)
        assert PASSAGE in text_of_request(request)
        return said

    return made(
        Evaluation, [RIVER], writer, folder, lambda _: {"kinds": [kind], "skills": {"recall": "a fact"}, **options}
    )


def test_a_short_item_has_its_key_and_its_passage(tmp_path: Path) -> None:
    record = record_of(item(SHORT, tmp_path))
    assert record.payload == {
        "prompt": "How many kilometres long is the Drava?\n\nGive the answer alone, after ####.",
        "completion": "#### 725",
    }
    assert record.reference == {"answer": "725", "passages": [PASSAGE], "unproven": "own_key"}
    assert record.tags == ("task:evaluation", "cell:short/recall", "item:short", "topic:rivers")
    assert record.parents == (RIVER.id,)


def test_options_are_in_an_order_of_chance_and_the_key_is_a_letter(tmp_path: Path) -> None:
    keys = set()
    for row in range(12):
        river = Record.real({"text": PASSAGE}, source="rivers", row=str(row), origin="human")
        options = lambda _: {"kinds": ["choice"], "skills": {"recall": "a fact"}}  # noqa: E731
        record = record_of(made(Evaluation, [river], lambda _: CHOICE, tmp_path / str(row), options))
        assert record.reference is not None
        key, choices = record.reference["answer"], record.reference["choices"]
        assert choices["ABCD".index(key)] == "the Danube"
        assert f"{key}) the Danube" in record.payload["prompt"]
        assert sorted(choices) == ["the Danube", "the Inn", "the Mur", "the Sava"]
        keys.add(key)
    assert len(keys) > 1


def test_the_checks_read_what_it_writes(tmp_path: Path) -> None:
    """`math` finds its own key right, and `answer_leaks` finds the options and no leak."""
    records = [record_of(item(SHORT, tmp_path / "a")), record_of(item(CHOICE, tmp_path / "b", "choice"))]
    batch = batch_of(records)
    assert [ruling.reason for ruling in Math().judge(batch, None)] == ["equal", "equal"]
    assert [ruling.reason for ruling in AnswerLeaks().judge(batch, None)] == ["no_leak", "no_leak"]


def test_the_passage_can_stand_beside_the_question(tmp_path: Path) -> None:
    said = as_json(question="How long is the river of the text?", answer="725 km")
    record = record_of(item(said, tmp_path, with_passage=True))
    assert record.payload["prompt"].startswith(f"{PASSAGE}\n\nHow long")


BAD: dict[str, tuple[str, str, str]] = {
    "it leans on the text": (as_json(question="What does the passage call it?", answer="x"), "short", "refers_to_text"),
    "a long answer": (as_json(question="How?", answer="so " * 40), "short", "long_answer"),
    "the right option twice": (
        as_json(question="Where?", answer="Rome", wrong=["rome", "Pisa", "Bari"]),
        "choice",
        "same_options",
    ),
    "too few options": (as_json(question="Where?", answer="Rome", wrong=["Pisa", "Bari"]), "choice", "same_options"),
    "no form": ("Sure! How long is it?", "short", "unparsable"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_item_is_a_fault(case: str, tmp_path: Path) -> None:
    said, kind, reason = BAD[case]
    assert fault_of(item(said, tmp_path, kind)).reason == reason


def entry(writer: dict[str, Any] | str, **options: Any) -> Evaluation:
    model = {"endpoint": URL, "model": writer} if isinstance(writer, str) else writer
    return Evaluation.model_validate({"model": model, **options})


def named(*models: str) -> list[dict[str, Any]]:
    return [{"endpoint": URL, "model": model} for model in models]


RELATIVES: dict[str, tuple[str, dict[str, Any], str]] = {
    "of the training set's generator": (
        QWEN,
        {"not_families": ["qwen"]},
        "`qwen3-32b` writes the items, and `qwen` (wrote the training set) is a relative of it: qwen",
    ),
    "of the model under test, by distillation": (
        "deepseek-v3",
        {"under_test": named("deepseek-r1-distill-llama-70b")},
        "`deepseek-r1-distill-llama-70b` (under test) is a relative of it: deepseek",
    ),
    "an unknown writer": ("prod-2", {"not_families": ["qwen"]}, "the family of `prod-2` (writes the items) is unknown"),
    "an unknown model under test": (
        MISTRAL,
        {"under_test": named("prod-2")},
        "the family of `prod-2` (under test) is unknown",
    ),
}


@pytest.mark.parametrize("case", RELATIVES)
def test_a_relative_of_what_is_measured_is_refused(case: str) -> None:
    writer, options, what = RELATIVES[case]
    with pytest.raises(ValidationError) as caught:
        entry(writer, **options)
    assert what in str(caught.value)


def test_a_stranger_may_write_and_those_under_test_are_not_asked() -> None:
    part = entry(MISTRAL, not_families=["qwen"], under_test=named(LLAMA))
    assert [one.model for one in endpoints_of(part)] == [MISTRAL]
    assert [one.model for one in part.under_test] == [LLAMA]


def test_the_recipe_s_own_file_of_families_is_believed(tmp_path: Path) -> None:
    (tmp_path / "families.yaml").write_text('families:\n  house: {names: ["prod-"]}\n', encoding="utf-8")
    recipe = {
        "name": "r",
        "purpose": "evaluation",
        "anchor": [{"name": "a", "path": "a.jsonl"}],
        "mix": {"real": "exclude"},
        "models": {"writer": {"endpoint": URL, "model": "prod-2"}},
        "generate": [{"strategy": "evaluation", "model": "writer", "not_families": ["qwen"]}],
    }
    assert from_mapping({**recipe, "families": "families.yaml"}, tmp_path).generate[0].name == "evaluation"
    with pytest.raises(RecipeError, match=r"the family of `prod-2` \(writes the items\) is unknown"):
        from_mapping(recipe, tmp_path)
