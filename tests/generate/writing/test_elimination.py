"""What is no candidate, and what only looks like none."""

import pytest

from sterling.generate.writing.elimination import (
    refuse_apology,
    refuse_copied_prompt,
    refuse_empty_words,
    refuse_same_words,
)
from sterling.models import Unanswered
from sterling.text.templates import Template

PROMPT = Template.of("Write a harder request in place of the one that stands below:\n\n{request}")


@pytest.mark.parametrize(
    "text",
    [
        "Sorry, no.",
        "I\u2019m sorry, but I can\u2019t look into files of yours, wherever they may happen to be.",
        "As an AI, I have no opinion.",
        "I cannot help with that.",
    ],
)
def test_a_short_refusal_is_none(text: str) -> None:
    with pytest.raises(Unanswered, match=r"^refused"):
        refuse_apology(text)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("We are sorry.", "Sorry."),
        ("I can't believe that it rained again.", ""),
        ("We are sorry for the trouble! Your parcel left our house on Monday, and will be with you by Friday.", ""),
        ("I apologise, but I am not able to come.", "I'm sorry, but I can't come."),
        ("The sorry end of a long war. " * 20, ""),
    ],
)
def test_what_only_speaks_of_being_sorry_stays(text: str, given: str) -> None:
    refuse_apology(text, given)


@pytest.mark.parametrize("text", ["", "...", "It is what it is, and so are we."])
def test_small_words_say_nothing(text: str) -> None:
    with pytest.raises(Unanswered, match=r"^says_nothing"):
        refuse_empty_words(text)


@pytest.mark.parametrize("text", ["42", "Yes.", "It is Bern.", "是的"])
def test_a_number_or_a_yes_says_something(text: str) -> None:
    refuse_empty_words(text)


def test_case_and_punctuation_change_nothing() -> None:
    with pytest.raises(Unanswered, match=r"^unchanged"):
        refuse_same_words("how MANY, apples?", "How many apples")
    refuse_same_words("Apples: how many?", "How many apples")


@pytest.mark.parametrize(
    "text", ["Write a harder request in place of the one, now.", "Here is the rewritten request: count the apples."]
)
def test_wording_of_the_prompt_is_seen(text: str) -> None:
    with pytest.raises(Unanswered, match=r"^copied_prompt"):
        refuse_copied_prompt(text, "Count the apples.", PROMPT)


def test_what_the_prompt_was_filled_with_is_no_copy() -> None:
    given = "Explain the given task: write a harder request in place of the one that stands below."
    refuse_copied_prompt(f"{given} Use three sentences.", given, PROMPT)
