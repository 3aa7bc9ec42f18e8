"""What `contamination.py` plants: parts of evaluation items with some words changed, and whole items in other words.

Everything follows from the seed.
"""

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

from sterling.text import plain_words

SYNONYMS = {
    "how many": "what number of", "how much": "what amount of", "buys": "purchases", "bought": "purchased",
    "has": "owns", "gives": "hands", "each": "every single one", "costs": "is priced at", "makes": "produces",
    "sells": "offers for sale", "total": "overall sum", "altogether": "in all", "wants": "would like",
    "gets": "receives", "if": "supposing", "does": "will", "eats": "consumes", "needs": "requires",
    "children": "kids", "friends": "pals", "day": "24 hours", "money": "cash", "week": "7 days", "every": "each",
    "spends": "lays out", "earns": "is paid", "more": "additional", "left": "remaining", "works": "is at work",
    "also": "as well", "house": "home", "car": "vehicle", "drives": "travels", "took": "needed", "goes": "heads",
    "then": "after that", "half": "50%", "twice": "double",
}  # fmt: skip
"""What a writer may put in a word's place."""
_NUMBERS = {"2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine"}
_DIGITS = {word: number for number, word in _NUMBERS.items()}
_NAMES = ("Amara", "Bjorn", "Chiyo", "Dmitri", "Elif", "Farid", "Greta", "Hamza", "Ingrid", "Jovan")


class Planted(NamedTuple):
    """A text as it goes into training data."""

    prompt: str
    completion: str


def edited(draw: random.Random, words: Sequence[str], share: float, others: Sequence[str]) -> list[str]:
    """Words of which this share is replaced by one of the others, left out, or has one of the others put behind it."""
    out: list[str] = []
    chosen = {*draw.sample(range(len(words)), round(share * len(words)))}
    for at, word in enumerate(words):
        deed = draw.choice(("replace", "drop", "insert")) if at in chosen else "keep"
        out += [word] * (deed in {"keep", "insert"}) + [draw.choice(others)] * (deed in {"replace", "insert"})
    return out


def span(draw: random.Random, item: str, length: int | None) -> list[str] | None:
    """So many neighbouring words of an item, or all of them; None where it has fewer."""
    words = plain_words(item)
    if length is None:
        return words
    if len(words) < length:
        return None
    first = draw.randint(0, len(words) - length)
    return words[first : first + length]


def carried(draw: random.Random, host: Planted, words: Sequence[str], place: str) -> Planted:
    """The host with these words in the midst of its prompt, or of its completion."""
    text = host.prompt if place == "prompt" else host.completion
    around = text.split()
    cut = draw.randint(0, len(around))
    whole = " ".join([*around[:cut], *words, *around[cut:]])
    return host._replace(prompt=whole) if place == "prompt" else host._replace(completion=whole)


def rephrased(draw: random.Random, question: str) -> str:
    """The same question: other names, number words for digits and digits for words, synonyms, sentences moved.

    The last sentence stays last, because it asks. Half of GSM8K's questions keep no 10 words in a row.
    """
    sentences = re.split(r"(?<=[.!?])\s+", question.strip())
    body, asks = sentences[:-1], sentences[-1:]
    if len(body) > 1:
        body = body[1:] + body[:1]
    return _renamed(draw, " ".join(map(_otherwise, body + asks)))


def _otherwise(sentence: str) -> str:
    for plain, other in SYNONYMS.items():
        sentence = re.sub(rf"\b{plain}\b", other, sentence, flags=re.IGNORECASE)
    turned = _NUMBERS | _DIGITS
    return re.sub(r"\b\w+\b", lambda found: turned.get(found[0].lower(), found[0]), sentence)


def _renamed(draw: random.Random, text: str) -> str:
    """Capitalised words that stand within a sentence, and openings that recur there, are taken for names."""
    inner = {found[1] for found in re.finditer(r"[a-z,] ([A-Z][a-z]{2,})\b", text)}
    first = {
        found[1] for found in re.finditer(r"(?:^|[.!?] )([A-Z][a-z]{2,})(?:'s)? (?:is|owns|was|purchas|wo|would)", text)
    }
    for name in sorted(inner | (first - {"The", "She", "They", "There", "Each", "This", "That"})):
        text = re.sub(rf"\b{name}\b", draw.choice(_NAMES), text)
    return text
