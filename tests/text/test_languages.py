"""Short texts, in which one small word decides."""

import pytest

from sterling.text.languages import identify


@pytest.mark.parametrize(
    "text",
    ["Describe a character in a book in 5 sentences.", "Write a short bio for a web development job.",
     "Write a function add(x, y) that gives x and y: x, y, x, y."],
)  # fmt: skip
def test_a_short_english_request_is_not_taken_for_another_language(text: str) -> None:
    """`a` is a word of English, too, and of eight others; `y` is Spanish, and a name."""
    assert identify(text) in {None, "en"}


def test_a_short_request_in_a_language_that_has_the_word_is_still_told() -> None:
    assert identify("Descrivi una città a scelta e la gente che ci abita, in non più di dieci frasi.") == "it"
    assert identify("Escreve a história de um homem que não sabe ler para os filhos.") == "pt"
    assert identify("Írj egy rövid mesét, és mondd el, hogy miért nem alszik a róka.") == "hu"
