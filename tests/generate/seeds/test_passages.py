"""Long texts in pieces."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.generate.scene import seed

from sterling.generate.seeds.passages import document_of, extract, passages_of

TALK = [{"role": "user", "content": "Where is Bern?"}, {"role": "assistant", "content": "On the Aare."}]


@given(st.text(alphabet="ab. \n。", max_size=400), st.integers(5, 60))
def test_pieces_joined_are_the_text_and_none_is_too_long(text: str, longest: int) -> None:
    pieces = passages_of(text, longest)
    assert "".join(pieces) == text
    assert all(len(piece) <= longest for piece in pieces)
    assert all(2 * len(piece) >= longest for piece in pieces[:-1])


def test_a_cut_is_made_where_it_hurts_least() -> None:
    assert passages_of("One two three.\n\nFour five. Six seven", 24) == ["One two three.\n\n", "Four five. Six seven"]
    assert passages_of("One two three. Four five. Six seven", 30) == ["One two three. Four five. ", "Six seven"]
    assert passages_of("One two three four", 10) == ["One two ", "three four"]


def test_an_extract_is_one_of_the_passages_and_chance_decides_which() -> None:
    text = "\n\n".join(f"Paragraph {n}: {'word ' * 10}" for n in range(9))
    found = {extract(text, 100, str(chance)) for chance in range(40)}
    assert len(found) > 4
    assert all(one in text for one in found)
    assert extract("Short.", 100, "x") == "Short."


def test_every_format_but_a_table_is_a_document() -> None:
    payloads: list[dict[str, Any]] = [
        {"text": "Where is Bern?\nOn the Aare."},
        {"prompt": "Where is Bern?", "completion": "On the Aare."},
        {"messages": TALK},
        {"prompt": TALK[:1], "completion": TALK[1:]},
        {"prompt": "Where is Bern?", "chosen": "On the Aare.", "rejected": "In Zurich."},
    ]
    assert {document_of(seed(payload)) for payload in payloads} == {"Where is Bern?\nOn the Aare."}
    bad = seed({"prompt": "Where is Bern?", "completion": "In Zurich.", "label": False})
    assert document_of(bad) == "Where is Bern?"
    assert document_of(seed({"fields": {"city": "Bern"}})) == ""
