"""Whether a text is in the language that it should be in, how long it is, and what was left as it was."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from math import fsum

from sterling.text import plain_words
from sterling.text.languages import LANGUAGES, identify

_READ = 20_000
"""Characters of a text that are looked at."""
_MIN_LETTERS = 8
_MIN_SHARE = 0.15
"""Of the letters, by their weight, that must be in a script of the language. Names and terms of art may keep theirs."""
_LATIN = frozenset({"LATIN"})
_SCRIPTS = {
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "kk", "mn"), frozenset({"CYRILLIC"})),
    "sr": frozenset({"CYRILLIC", "LATIN"}),
    **dict.fromkeys(("ar", "fa", "ur"), frozenset({"ARABIC"})),
    **dict.fromkeys(("hi", "mr", "ne"), frozenset({"DEVANAGARI"})),
    "zh": frozenset({"CJK"}), "ja": frozenset({"CJK", "HIRAGANA", "KATAKANA"}), "ko": frozenset({"HANGUL", "CJK"}),
    "el": frozenset({"GREEK"}), "he": frozenset({"HEBREW"}), "hy": frozenset({"ARMENIAN"}),
    "ka": frozenset({"GEORGIAN"}), "th": frozenset({"THAI"}), "bn": frozenset({"BENGALI"}),
    "pa": frozenset({"GURMUKHI"}), "gu": frozenset({"GUJARATI"}), "ta": frozenset({"TAMIL"}),
    "te": frozenset({"TELUGU"}), "kn": frozenset({"KANNADA"}), "ml": frozenset({"MALAYALAM"}),
    "km": frozenset({"KHMER"}),
}  # fmt: skip
_SAME = {"nb": "no", "nn": "no", "bs": "hr", "cmn": "zh", "yue": "zh", "tl": "fil"}
_RELATIVES = (frozenset({"hr", "sr"}), frozenset({"da", "no"}), frozenset({"cs", "sk"}), frozenset({"id", "ms"}))
"""Written so much alike that a short text of one is taken for the other."""
_WEIGHTS = {"CJK": 2.8, "HANGUL": 2.0, "HIRAGANA": 1.5, "KATAKANA": 1.5}
"""Letters of the Latin alphabet that one letter is worth, roughly."""
_STOPS = re.compile(r"[.!?\u061f\u06d4]+(?=[\"')\]\u201d\u00bb]*(?:\s|$))|[\u0589\u0964\u17d4\u3002\uff01\uff1f]+")
_BLOCKS = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*\u2022+>#|]|\(?[0-9]{1,3}[.)])\s?)")
UNMARKED = frozenset({"th", "lo", "my"})
"""Languages that mark no end of a sentence."""
_WORD = re.compile(r"[^\W\d_]+")
_RUN = 6
"""Words of a sentence that are not the same in two languages by chance, ..."""
_DENSE = 12
"""... or letters, where words are not parted."""


def code_of(language: str) -> str:
    """ISO 639-1 without region or script: `pt` for `pt-BR`, `zh` for `zh-Hans`, `no` for `nb`."""
    code = language.strip().lower().replace("_", "-").partition("-")[0]
    return _SAME.get(code, code)


def is_code(language: str) -> bool:
    """Whether it looks like a code: `de`, `pt-BR`, `zh_Hans`; not `German`."""
    return re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", language.strip()) is not None


def told(prose: str) -> str | None:
    """The language of a text, where it can be told (`text.languages`)."""
    return identify(prose)


def is_wrong(prose: str, target: str, spoken: str | None) -> bool:
    """Whether a text is certainly not in the target language: another one was told, or another script is used.

    A language that nobody here can tell (`LANGUAGES`) may be taken for a relative of its own, so there only the script
    counts.
    """
    if spoken is not None and target in LANGUAGES and spoken != target:
        return frozenset({spoken, target}) not in _RELATIVES
    weights = _weights(prose[:_READ])
    scripts = _SCRIPTS.get(target, _LATIN if target in LANGUAGES else frozenset[str]())
    total = fsum(weights.values())
    if not scripts or total < _MIN_LETTERS:
        return False
    return fsum(weights.get(script, 0.0) for script in scripts) < _MIN_SHARE * total


def shares_script(one: str, other: str) -> bool:
    """Whether names look the same in both languages: both are written in Latin letters."""
    return all(language in LANGUAGES and _SCRIPTS.get(language, _LATIN) == _LATIN for language in (one, other))


def weight(prose: str) -> float:
    """The length of a text in letters and digits, those of denser scripts counting as several."""
    return sum(char.isdigit() for char in prose) + fsum(_weights(prose).values())


def sentences(prose: str) -> list[str]:
    """The sentences of a text, by their last signs, blank lines and list items; an abbreviation ends one, too."""
    pieces: list[str] = []
    for block in _BLOCKS.split(prose):
        start = 0
        for stop in _STOPS.finditer(block):
            pieces.append(block[start : stop.end()])
            start = stop.end()
        pieces.append(block[start:])
    return [piece.strip() for piece in pieces if any(char.isalnum() for char in piece)]


def untranslated(source: str, target: str) -> list[str]:
    """Sentences of the source that stand in the target as they were; the whole source, where the target is only that.

    Only prose counts: at least six words, most of them small, or twelve letters of a script that does not part words;
    of a whole text two small words are enough.
    """
    if plain_words(source) == plain_words(target) and len(_small_words(source)) > 1:
        return [source.strip()]
    words = f" {' '.join(plain_words(target))} "
    packed = "".join(target.split())
    return [
        sentence for sentence in sentences(source)
        if (_is_prose(sentence) and f" {' '.join(plain_words(sentence))} " in words)
        or (_is_dense(sentence) and "".join(sentence.split()) in packed)
    ]  # fmt: skip


def _is_prose(sentence: str) -> bool:
    words = _WORD.findall(sentence)
    return len(words) >= _RUN and len(_small_words(sentence)) > len(words) / 2


def _small_words(sentence: str) -> list[str]:
    return [word for word in _WORD.findall(sentence) if word.islower()]


def _is_dense(sentence: str) -> bool:
    letters = _letters(sentence)
    return sum(letters[script] for script in ("CJK", "HIRAGANA", "KATAKANA", "THAI", "KHMER")) >= _DENSE


def _weights(text: str) -> Mapping[str, float]:
    return {script: n * _WEIGHTS.get(script, 1.0) for script, n in _letters(text).items()}


def _letters(text: str) -> Counter[str]:
    """Letters and vowel signs by script."""
    return Counter(_script(char) for char in text if unicodedata.category(char)[0] in "LM")


@lru_cache(maxsize=1 << 14)
def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]
