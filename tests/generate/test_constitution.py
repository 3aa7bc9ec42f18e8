"""Preferences by principle: the file and who stands for it, revision, and ranking in both orders."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.generate.conversing import (
    MISTRAL,
    QWEN,
    as_json,
    asked,
    endpoint,
    fault_of,
    made,
    record_of,
    text_of_request,
)

from sterling.errors import InputError
from sterling.generate.constitution import Constitution
from sterling.generate.talks.principles import read_principles
from sterling.records import Fault, Record
from sterling.registry import Past

QUESTION = "How much aspirin may I take?"
FILE = """\
reviewer: Jane Doe
date: 2025-03-01
principles:
  careful: The answer names the risk.
"""


class Desk:
    """Drafts, critiques and revisions as given; drafts may be several, by the sample's seed."""

    def __init__(
        self, *drafts: str, critique: str = "", revision: str = "", ranks: Mapping[str, int] | None = None
    ) -> None:
        self.drafts, self.critique, self.revision, self.ranks = drafts, critique, revision, ranks or {}
        self.shown: list[tuple[str, str]] = []

    def __call__(self, request: Mapping[str, Any]) -> str:
        text = text_of_request(request)
        self.shown.append((request["model"], text))
        if "Put the answers in order" in text:
            return as_json(reason="So.", best_to_worst=self._ranked(text))
        if "Examine the draft" in text:
            return self.critique
        return self.revision if "Write the answer anew" in text else self.drafts[request.get("seed", 0)]

    def _ranked(self, text: str) -> list[int]:
        answers = re.findall(r"Answer (\d+):\n(.*)", text)
        return [int(number) for number, said in sorted(answers, key=lambda one: self.ranks.get(one[1], int(one[0])))]


def principled(desk: Desk, folder: Path, **options: Any) -> list[Record | Fault]:
    folder.mkdir(exist_ok=True)
    (folder / "principles.yml").write_text(FILE, encoding="utf-8")
    return made(Constitution, [asked(QUESTION)], desk, folder, lambda address: _options(address) | options)


def _options(address: str) -> dict[str, Any]:
    model = {**endpoint(address), "sampling": {"seed": 0}}
    return {"model": model, "principles": "principles.yml"}


FAULTY = as_json(faulty=True, critique="It names no risk.")


def test_a_draft_is_criticised_and_revised(tmp_path: Path) -> None:
    desk = Desk("Two.", critique=FAULTY, revision="Two; more may bleed.")
    record = record_of(principled(desk, tmp_path))
    assert record.payload == {
        "prompt": [{"role": "user", "content": QUESTION}],
        "chosen": [{"role": "assistant", "content": "Two; more may bleed."}],
        "rejected": [{"role": "assistant", "content": "Two."}],
    }
    assert record.tags == ("task:constitution", "cell:careful", "principle:careful", "topic:home")
    assert desk.shown[0] == (QWEN, QUESTION)
    for told in (text for _, text in desk.shown[1:]):
        assert f"User: {QUESTION}" in told
        assert "The answer names the risk." in told
    assert "It names no risk." in desk.shown[2][1]


def test_provenance_says_which_principles_and_who_stands_for_them(tmp_path: Path) -> None:
    maker = record_of(principled(Desk("Two.", critique=FAULTY, revision="Two!"), tmp_path)).maker
    assert maker is not None
    digest = read_principles(str(tmp_path / "principles.yml")).digest
    assert maker.sampling["constitution"] == {"digest": digest, "reviewer": "Jane Doe", "date": "2025-03-01"}


def test_a_critic_of_its_own_counts_as_a_writer(tmp_path: Path) -> None:
    desk = Desk("Two.", critique=FAULTY, revision="Two; more may bleed.")
    found = made(
        Constitution, [asked(QUESTION)], desk, _with_file(tmp_path, FILE),
        lambda address: _options(address) | {"critic": endpoint(address, MISTRAL)},
    )  # fmt: skip
    maker = record_of(found).maker
    assert maker is not None
    assert maker.family == "mistral+qwen"
    assert [model for model, _ in desk.shown] == [QWEN, MISTRAL, QWEN]


@pytest.mark.parametrize(("critique", "revision", "reason"), [
    (as_json(faulty=False), "x", "no_fault_found"),
    (as_json(faulty=True, critique=" "), "x", "no_fault_found"),
    (FAULTY, " Two. ", "unchanged"),
    (FAULTY, "Two. Put right what was found, as far as it is true.", "copied_prompt"),
])  # fmt: skip
def test_what_is_no_pair_is_a_fault(critique: str, revision: str, reason: str, tmp_path: Path) -> None:
    fault = fault_of(principled(Desk("Two.", critique=critique, revision=revision), tmp_path))
    assert (fault.reason, fault.owed) == (reason, False)


def test_the_best_draft_is_preferred_to_the_worst(tmp_path: Path) -> None:
    desk = Desk("b", "c", "a", ranks={"a": 0, "b": 1, "c": 2})
    record = record_of(principled(desk, tmp_path, mode="rank", drafts=3))
    assert record.payload["chosen"] == [{"role": "assistant", "content": "a"}]
    assert record.payload["rejected"] == [{"role": "assistant", "content": "c"}]
    ranked = [text for _, text in desk.shown if "Put the answers" in text]
    assert [re.findall(r"Answer \d:\n(\w)", text) for text in sorted(ranked)] == [["a", "c", "b"], ["b", "c", "a"]]
    assert record.maker is not None
    assert record.maker.sampling["drafts"] == 3


@pytest.mark.parametrize(("drafts", "reason"), [(("a", "b", "c"), "order_decides"), (("a", "a", "a "), "drafts_alike")])
def test_a_ranking_that_follows_the_order_is_none(drafts: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    fault = fault_of(principled(Desk(*drafts), tmp_path, mode="rank", drafts=3))
    assert (fault.reason, fault.owed) == (reason, False)


def test_a_ranking_must_name_each_draft_once(tmp_path: Path) -> None:
    rules = [{"match": "Put the answers", "answer": as_json(reason="", best_to_worst=[1, 1])}, {"answer": ["a", "b"]}]
    found = made(
        Constitution, [asked(QUESTION)], {"rules": rules}, _with_file(tmp_path, FILE),
        lambda address: _options(address) | {"mode": "rank", "drafts": 2},
    )  # fmt: skip
    assert fault_of(found).reason == "no_ranking"


def _with_file(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "principles.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("text", "where", "what", "mend"), [
    (FILE.replace("reviewer: Jane Doe\n", ""), ":1", "`reviewer` is missing", "add `reviewer:`"),
    (FILE.replace("date: 2025-03-01\n", ""), ":1", "`date` is missing", "add `date:`"),
    (FILE.replace("Jane Doe", "YOUR NAME"), ":1", "`reviewer: YOUR NAME` is nobody", "write the name"),
    (FILE.replace("Jane Doe", "todo"), ":1", "is nobody", "write the name"),
    (FILE.replace("Jane Doe", '""'), ":1", "is nobody", "write the name"),
    (FILE.replace("2025-03-01", "2999-03-01"), ":2", "is still to come", "the day"),
    (FILE.replace("2025-03-01", "soon"), ":2", "`date`", "docs/strategies.md"),
    (FILE.replace("  careful: The answer names the risk.\n", "  {}\n"), ":3", "`principles`", "docs/strategies.md"),
    (FILE.replace("The answer names the risk.", '" "'), ":4", "`principles.careful`", "docs/strategies.md"),
    (FILE + "  careful: Again.\n", ":5", "a second time", "keep one"),
    (FILE + "note: x\n", ":5", "unknown key `note`", "remove it"),
    ("- a\n", ":1", "valid dictionary", "docs/strategies.md"),
    ("a: [", ":1", "not readable as YAML", "docs/strategies.md"),
    (None, "principles.yml", "cannot be read", "name a file"),
])  # fmt: skip
def test_a_file_that_nobody_stands_for_ends_the_run(
    text: str | None, where: str, what: str, mend: str, tmp_path: Path
) -> None:
    if text is not None:
        _with_file(tmp_path, text)
    options = {"model": endpoint("http://h/v1"), "principles": "principles.yml"}
    strategy = Constitution.model_validate(options, context={"base": tmp_path})
    with pytest.raises(InputError) as refused:
        list(strategy.tasks([asked(QUESTION)], Past(), 0))
    assert str(refused.value.where).endswith(where)
    assert what in refused.value.what
    assert mend in (refused.value.mend or "")


@pytest.mark.parametrize("name", ["Xu", "Todor Nameri", "Anna Nguyen", "N. A. Mensah", "Firstenberg"])
def test_real_names_are_somebody(name: str, tmp_path: Path) -> None:
    path = _with_file(tmp_path, FILE.replace("Jane Doe", name)) / "principles.yml"
    assert read_principles(str(path)).said.reviewer == name
