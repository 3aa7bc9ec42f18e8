"""Names that a translation between languages of one alphabet should still have in some form."""

import re
import unicodedata
from collections.abc import Set as AbstractSet

from sterling.verify.grounding.entities import Entity, entities

_HEAD = 3
"""Letters at the beginning by which a word of a name counts as kept: `United` in `Unies`; ..."""
_PART = 5
"""... or so many anywhere: `Organization` in `Weltgesundheitsorganisation`."""
_NOUNS = frozenset({"de", "lb"})
"""Languages in which every noun has a capital, so that capitals tell no names."""


def lost_names(source: str, source_language: str, target: str) -> list[str]:
    """Names of a `plain` source of which the target has not one word, as far as its first letters.

    Looked at are names of two or more words and those with a capital inside (`PostgreSQL`). Single words are not: most
    that are lost are countries and cities, which have a name in each language.
    """
    if source_language in _NOUNS:
        return []
    words = _words(target)
    heads, joined = {word[:_HEAD] for word in words}, " ".join(words)
    names = dict.fromkeys(one.text for one in entities(source) if _is_distinct(one))
    apart = {name: _words(name) for name in names}
    return [name for name, said in apart.items() if said and not any(_is_kept(word, heads, joined) for word in said)]


def _is_kept(word: str, heads: AbstractSet[str], joined: str) -> bool:
    return word[:_HEAD] in heads or (len(word) >= _PART and word[:_PART] in joined)


def _is_distinct(one: Entity) -> bool:
    inner = any(char.isupper() for char in one.text[1:]) and not one.text.isupper() and len(one.text) > 4
    return " " in one.text or inner


def _words(text: str) -> list[str]:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return [
        word for word in re.findall(r"\w+", "".join(c for c in apart if not unicodedata.combining(c))) if len(word) > 1
    ]
