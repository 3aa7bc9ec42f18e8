"""What is no candidate at all: refusals, empty words, copied wording. Rules that need no model; English ones mostly.

They follow the elimination of WizardLM (Xu et al., arXiv 2304.12244), made narrower where that one also takes good
texts. What is wrong in any other way is for the checks: nothing here says that a text is good.
"""

import re

from sterling.models import Unanswered
from sterling.text import plain_words
from sterling.text.refusals import declines, plain
from sterling.text.templates import Template

_RUN = 8
"""Words in a row that nobody shares with a prompt by chance."""
_OUR_WORDS = re.compile(r"\b(?:(?:given|rewritten|evolved) (?:prompt|request)|rewritten instruction|harder request)\b")
_PLACES = re.compile(r"\{[a-z_][a-z0-9_]*\}")
_SMALL = (
    "a about all also am an and any are as at be been but by can did do does for from had has have he her here his "
    "how i if in into is it its just may me more my not of on one or other our out she so some such than that the "
    "their them then there these they this to too up us was we were what when which who why will with would you your"
)
_SMALL_WORDS = frozenset(_SMALL.split())


def refuse_apology(text: str, given: str = "") -> None:
    """Raise `refused` for a short text that declines, unless what it was made from does so too.

    What counts as declining, `text.refusals.declines` says. English only; a long refusal passes.
    """
    if declines(text) and not declines(given):
        raise Unanswered.because("refused", "a short answer that declines or apologises")


def refuse_empty_words(text: str) -> None:
    """Raise `says_nothing` for punctuation and small words alone (English ones). `Yes`, `no` and numbers are words."""
    if not set(plain_words(text)) - _SMALL_WORDS:
        raise Unanswered.because("says_nothing", "nothing but punctuation and small words")


def refuse_same_words(text: str, given: str) -> None:
    """Raise `unchanged` where the words are the same in the same order: case and punctuation are no change."""
    if plain_words(text) == plain_words(given):
        raise Unanswered.because("unchanged", "the words came back as they were")


def refuse_copied_prompt(text: str, given: str, *prompts: Template) -> None:
    """Raise `copied_prompt` for eight words in a row of a prompt's own, or for speaking of `the rewritten request`.

    What stands in `given`, which the prompt was filled with, is no copy.
    """
    said, known = plain_words(text), _runs(plain_words(given))
    pieces = [piece for prompt in prompts for piece in _PLACES.split(prompt.text)]
    ours = set().union(*(_runs(plain_words(piece)) for piece in pieces)) - known
    if ours & _runs(said):
        raise Unanswered.because("copied_prompt", "it repeats the wording of the prompt")
    if (found := _OUR_WORDS.search(plain(text))) and found[0] not in plain(given):
        raise Unanswered.because("copied_prompt", f"it speaks of `{found[0]}`")


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}
