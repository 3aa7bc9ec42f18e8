import re

import pytest

from sterling.text import refusals

DECLINES = [
    "I'm sorry, but I can\u2019t help with that.",
    "I cannot   assist with this request.",
    "As an AI, I have no opinion on that.",
    "Sorry!",
    "I apologise, I am unable to share it.",
]
ANSWERS = [
    "I am sorry for the delay. Your parcel was sent on Monday and will be with you by Thursday at the latest.",
    "You cannot divide by zero.",
    "Paris.",
    "I can't help falling in love is a song, and I'm sorry " + "to say so at length " * 20,
]


@pytest.mark.parametrize("text", DECLINES)
def test_what_declines_is_found_and_can_be_searched_for(text: str) -> None:
    assert refusals.declines(text)
    assert re.search(refusals.ANY, refusals.plain(text))


@pytest.mark.parametrize("text", ANSWERS)
def test_what_answers_does_not_decline(text: str) -> None:
    assert not refusals.declines(text)


def test_an_opening_counts_only_at_the_beginning() -> None:
    assert refusals.declining_opening("Well, I CANNOT help you") == "i cannot help"
    assert refusals.declining_opening("word " * 40 + "I cannot help you") is None
    assert refusals.declining_opening("Sorry to hear that.") is None


@pytest.mark.parametrize(
    "text",
    [
        "I\u2019m sorry, but I can\u2019t help with that.",
        "I cannot fulfil your request.",
        "As an AI language model, I cannot have opinions about that.",
        "I'm unable to assist with this.",
        "I won't do that.",
    ],
)
def test_a_refusal_names_what_was_asked(text: str) -> None:
    assert refusals.refusal(text)
    assert re.search(refusals.ANY, refusals.plain(text))


@pytest.mark.parametrize(
    "text",
    [
        "He told me, as an AI researcher, that progress had slowed a lot this year.",
        "I can't help you find your keys, but I love you, said the mother to her son.",
        "I'm sorry, but I cannot come to the party on Friday because my train was cancelled.",
        "Sorry, I can't give refunds after 30 days; the policy is printed on the receipt.",
    ],
)
def test_people_say_that_they_cannot_as_well(text: str) -> None:
    assert refusals.refusal(text) is None
