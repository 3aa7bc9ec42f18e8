"""`sterling terms`, as it is typed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sterling.cli import main
from sterling.models.terms import registry, shipped, today


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["terms", *arguments])


def test_the_list_has_every_entry_and_who_read_it() -> None:
    assert call("review", "qwen3-apache-2.0", "--by", "A. Person").exit_code == 0
    said = call().output
    for name in shipped():
        assert name in said
    assert f"A. Person, {today()}" in said
    listed = {one["id"]: one for one in json.loads(call("--json").output)}
    assert listed.keys() == shipped().keys()
    assert listed["qwen3-apache-2.0"]["state"] == "reviewed"
    assert {one["state"] for name, one in listed.items() if name != "qwen3-apache-2.0"} == {"unreviewed"}


def test_show_tells_uses_duties_and_sources() -> None:
    said = call("show", "llama-3.1-community").output
    assert "conditional: every use" in said
    assert "begins with `Llama`" in said
    assert "reviewed  by nobody" in said
    plain: dict[str, Any] = json.loads(call("show", "llama-3.1-community", "--json").output)
    assert (plain["id"], plain["state"], plain["document"]["digest"]) == ("llama-3.1-community", "unreviewed", None)


def test_review_writes_a_signed_copy() -> None:
    Path("agreement.txt").write_text("the text as read", encoding="utf-8")
    result = call(
        "review", "openai-services", "--by", "A. Person", "--to", "signed", "--document", "agreement.txt",
        "--holds", "domain-model=a classifier = no competitor", "--json",
    )  # fmt: skip
    assert result.exit_code == 0
    said = json.loads(result.output)
    assert said["path"] == str(Path("signed", "openai-services.yaml"))
    entry = registry(Path("signed"))["openai-services"]
    assert (entry.reviewer, entry.reviewed) == ("A. Person", today())
    assert entry.document.digest == hashlib.sha256(b"the text as read").hexdigest()
    assert entry.uses["domain-model"].held == "a classifier = no competitor"
    assert not entry.uses["research"].settled
    shown = call("show", "openai-services", "--folder", "signed").output
    assert "A. Person says that this holds: a classifier = no competitor" in shown


def test_an_own_entry_can_be_signed_again() -> None:
    first = call("review", "phi-4-mit", "--by", "A. Person")
    assert first.exit_code == 0
    own = Path("terms", "phi-4-mit.yaml")
    own.write_text(own.read_text(encoding="utf-8").replace("Microsoft", "Somebody"), encoding="utf-8")
    assert call("review", "phi-4-mit", "--by", "B. Person").exit_code == 0
    entry = registry(Path("terms"))["phi-4-mit"]
    assert (entry.provider, entry.reviewer) == ("Somebody", "B. Person")


WRONG = {
    ("show", "qwen3-apache"): "did you mean `qwen3-apache-2.0`?",
    ("review", "qwen-3", "--by", "A"): "there are no terms `qwen-3`",
    ("review", "phi-4-mit"): "Missing option '--by'",
    ("review", "phi-4-mit", "--by", " "): "a review has a name",
    ("review", "phi-4-mit", "--by", "A", "--document", "none.txt"): "none.txt: cannot be read",
    ("review", "phi-4-mit", "--by", "A", "--holds", "research=so"): "has no conditions for the use `research`",
    ("--folder", "none"): "no such folder of terms",
    ("--json", "show", "phi-4-mit"): "options stand behind `show`",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_input_exits_2_and_writes_nothing(arguments: tuple[str, ...]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert WRONG[arguments] in result.stderr
    assert not Path("terms").exists()
