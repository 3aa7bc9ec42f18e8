"""A person signs a copy."""

import hashlib
from pathlib import Path

import pytest
from tests.models.terms.examples import CONDITIONAL, DAY, entry, limited

from sterling.errors import InputError
from sterling.models.terms import registry, shipped, signed, write


@pytest.mark.parametrize("name", shipped())
def test_every_entry_of_ours_can_be_signed_and_read_again(tmp_path: Path, name: str) -> None:
    made = signed(shipped()[name], " A. Person ", DAY, b"the text")
    path = write(made, tmp_path / "new")
    again = registry(tmp_path / "new")[name]
    assert again == made
    assert (again.reviewer, again.state(DAY)) == ("A. Person", "reviewed")
    assert again.document.digest == hashlib.sha256(b"the text").hexdigest()
    assert path.read_text(encoding="utf-8").startswith("# Terms of models: signed")


def test_an_earlier_digest_does_not_stay() -> None:
    """It was of the text that was read then."""
    first = signed(entry(), "A", DAY, b"old")
    assert signed(first, "B", DAY).document.digest is None


def test_why_conditions_hold() -> None:
    made = entry(uses=limited(research=CONDITIONAL))
    assert signed(made, "A", DAY, held={"research": "it is small"}).uses["research"].held == "it is small"


@pytest.mark.parametrize(
    ("by", "held", "message"),
    [
        (" ", {}, "a review has a name"),
        ("YOUR NAME", {}, "`YOUR NAME` is nobody\n  mend: write the name"),
        ("A", {"research": " "}, "nothing says why the conditions of `research` hold"),
        ("A", {"internal": "so"}, "has no conditions for the use `internal`\n  mend: it has for research"),
        ("A", {"fun": "so"}, "has no conditions for the use `fun`"),
    ],
)
def test_what_cannot_be_signed(by: str, held: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        signed(entry(uses=limited(research=CONDITIONAL)), by, DAY, held=held)
    assert message in str(caught.value)
