"""How an assistant declines, in English. The one list of these phrases; rules that need no model.

`declines` judges a whole text, `declining_opening` how an answer begins. Neither knows whether it was right to decline.
"""

import re

SHORT = 80
"""Words from which an answer that declines says something else as well."""
_TERSE = 12
"""Words below which an apology is all that is said."""
_START = 160
"""Characters in which an answer that declines says so."""
_VERBS = "(?:help|assist|answer|comply|do|provide|fulfil|write|create|produce|continue|translate)"
_SORRY = re.compile(r"\b(?:sorry|apologi[sz]e|apologies)\b")
_CANNOT = r"\bi(?:'m| am)? (?:cannot|can't|can not|won't|unable to|not able to|do not have|don't have|must decline)"
_DECLINES = re.compile(_CANNOT)
_DECLINES_PLAINLY = re.compile(rf"\bas an ai\b|{_CANNOT} {_VERBS}\b")
_OPENING = re.compile(
    r"\b(?:as an ai\b|as a (?:large )?language model|"
    r"i(?: can't| cannot| can not| won't| will not| am unable to| am not able to|'m unable to|'m not able to) "
    r"(?:help|assist|comply|do that|do this|answer|provide|discuss|continue|engage|fulfil|write|create))"
)
_REFUSES = re.compile(
    r"\bas an ai(?: language)?(?: model| assistant| chatbot| system|,)[^.]{0,60}?"
    r"\bi(?:'m| am)? (?:cannot|can't|can not|unable)|"
    rf"{_CANNOT} (?:to )?{_VERBS}\b(?: you)?(?: with)? (?:that|this|it|your|the request|such|any such)\b|"
    rf"{_CANNOT} (?:to )?(?:comply|assist|fulfil your|continue with this|engage in|discuss that)\b"
)
ANY = (
    r"sorry|apologi[sz]e|apologies|as an ai\b|"
    rf"(?:cannot|can't|can not|won't|unable to|not able to|do not have|don't have|must decline) {_VERBS}\b"
)
"""An expression without which `declines` is never true, case, white space and apostrophes apart."""


def plain(text: str) -> str:
    """Lower case, straight apostrophes, one space between words: how these phrases are compared."""
    return " ".join(text.lower().replace("\u2019", "'").split())


def declines(text: str) -> bool:
    """Whether a short text (below 80 words) declines and says nothing else.

    WizardLM (arXiv 2304.12244) takes `sorry` in fewer than 80 words for that. An assistant that is sorry for a delay
    does not decline, so here it must also say what it cannot do, or little else. English only; a long refusal passes.
    """
    said = plain(text)
    words = len(said.split())
    if words >= SHORT:
        return False
    sorry = _SORRY.search(said) and (words < _TERSE or _DECLINES.search(said))
    return bool(sorry or _DECLINES_PLAINLY.search(said))


def refusal(text: str) -> str | None:
    """The phrase by which a short text refuses what somebody asked for, at its beginning; None where it does not.

    It names the request (`help with that`, `fulfil your request`) or an assistant: `I can't help you find your keys`
    and `I cannot come to the party` refuse nothing that was asked. English only.
    """
    said = plain(text)
    found = _REFUSES.search(said[:_START]) if len(said.split()) < SHORT else None
    return found[0] if found else None


def declining_opening(text: str) -> str | None:
    """The phrase by which an answer declines at its beginning. `Sorry to hear that` is none."""
    found = _OPENING.search(plain(text)[:_START])
    return found[0] if found else None
