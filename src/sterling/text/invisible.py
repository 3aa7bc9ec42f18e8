"""Characters that nobody sees: found, told from their rightful uses, and taken out.

They carry hidden marks (a watermark of zero-width spaces, bytes in tag characters or variation selectors), they make
equal texts unequal, and a model learns them. Taken out is only what changes neither the look nor the meaning of the
text; what is seen but strange (homoglyphs, unusual spaces, private use) is told and stays.

The exact rule, by kind:

    zero_width          U+200B, 2060-2064, FEFF, Khmer 17B4-17B5. 200B stays between two letters of a script that parts
                        words by it (Thai, Lao, Tibetan, Myanmar, Khmer, Tai). U+180E stays between Mongolian letters,
                        U+034F beside Hebrew.
    joiner              U+200C, 200D. Stay between two emoji, and beside a letter of a script that they shape (Arabic,
                        Syriac, N'Ko, Mongolian, the scripts of India and South East Asia), the first of several.
    tag                 U+E0001-E007F. Stay in a flag: the black flag, three to six letters or digits, the end tag.
    variation_selector  U+FE00-FE0F, E0100-E01EF, 180B-180D, 180F. FE0E and FE0F stay after an emoji, a digit, `#` and
                        `*`; FE00-FE02 after CJK, Myanmar, mathematical operators and zero; E0100-E01EF after CJK;
                        Mongolian ones after Mongolian; always the first of several only.
    bidi_control        U+061C, 200E-200F, 202A-202E, 2066-2069. Stay in a text that has a letter written right to left.
    soft_hyphen         U+00AD, everywhere.
    filler              U+3164, FFA0, and U+115F, 1160 unless beside old Hangul.
    format_control      U+2065, 206A-206F, FFF0-FFFB, 1BCA0-1BCA3, 1D173-1D17A.

Not looked for: marks in the choice of words or synonyms, of spaces at the ends of lines, or of plain punctuation. Data
can still be hidden where these characters are at home (which joiner, which selector), one sign for each letter.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

STRIPPED, MARKED = "stripped:", "marked:"
"""Beginnings of the tags that say which kinds were taken out of a record, and which are still in it."""

_KINDS: Mapping[str, str] = {
    "zero_width": "\u200b\u2060-\u2064\ufeff\u034f\u180e\u17b4\u17b5",
    "joiner": "\u200c\u200d",
    "tag": "\U000e0001\U000e0020-\U000e007f",
    "variation_selector": "\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f",
    "bidi_control": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "soft_hyphen": "\u00ad",
    "filler": "\u3164\uffa0\u115f\u1160",
    "format_control": "\u2065\u206a-\u206f\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a",
}
_MARKS: Mapping[str, re.Pattern[str]] = {
    "private_use": re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"),
    "unusual_space": re.compile(
        "[\u1680\u2000-\u200a\u205f\u2800]|(?<![\u00ab\u2039])(?<![0-9])\u202f(?![;:!?\u00bb\u203a%\u20ac$\u00a3])"
    ),
}
KINDS = (*_KINDS, *_MARKS, "homoglyph")
"""Every kind, those that are taken out first."""

_CANDIDATE = re.compile(f"[{''.join(_KINDS.values())}]")
_OF_KIND = {kind: re.compile(f"[{chars}]") for kind, chars in _KINDS.items()}
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u25ff\u2600-\u27bf\u2934\u2935"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_AFTER_EMOJI = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e007f\u20e3]")
_SHAPED = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1bff\ua800-\ua8ff\ua930-\uaaff"
    "\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00010a5f\U00010d00-\U00010d3f\U00011000-\U000119ff"
    "\U0001e900-\U0001e95f]"
)
_UNPARTED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaa7f]")
_MONGOLIAN, _HEBREW = re.compile("[\u1800-\u180a\u1810-\u18af]"), re.compile("[\u0590-\u05ff]")
_CJK = re.compile("[\u2e80-\u2fff\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff01-\uff5e\U00020000-\U0003ffff]")
_VARIED = re.compile("[0\u1000-\u109f\u2200-\u22ff\u2a00-\u2aff\ua840-\ua87f\uaa60-\uaa7f]")
_OLD_HANGUL = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")

# Letters of other alphabets that look like Latin ones.
_CYRILLIC = "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d\u0405\u0406\u0408"
_CYRILLIC_CAPITALS = "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
_GREEK = "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
_LOOKALIKE = re.compile(f"[{_CYRILLIC}{_CYRILLIC_CAPITALS}{_GREEK}]")
_LETTERS = re.compile("[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f]+")
_ANY = re.compile(
    f"[{''.join(_KINDS.values())}{_CYRILLIC}{_CYRILLIC_CAPITALS}{_GREEK}"
    "\ue000-\uf8ff\U000f0000-\U0010fffd\u1680\u2000-\u200a\u205f\u2800\u202f]"
)
"""Whatever one of the rules looks at."""
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LEAST_LATIN = 2


class Cleaned(NamedTuple):
    """A text, or a payload, without what nobody sees."""

    content: Any
    stripped: Mapping[str, int]
    """Characters taken out, by kind."""
    marked: Mapping[str, int]
    """What stays and is strange, by kind: characters, or words with letters of another alphabet among Latin ones."""

    @property
    def tags(self) -> tuple[str, ...]:
        """One for each kind: `stripped:zero_width`, `marked:homoglyph`."""
        return (*(STRIPPED + kind for kind in self.stripped), *(MARKED + kind for kind in self.marked))


def cleaned(text: str) -> Cleaned:
    """A text by the rule of this module. ASCII costs one look at the string's head, most other texts one scan."""
    if text.isascii() or _ANY.search(text) is None:
        return Cleaned(text, {}, {})
    return Cleaned(*_stripped(text), _marks(text))


def cleaned_payload(payload: Mapping[str, Any]) -> Cleaned:
    """Every string in a JSON object, its keys excepted, by the rule of this module; the same object if all stay."""
    stripped: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    content = _walked(payload, stripped, marked)
    return Cleaned(content if stripped else payload, dict(sorted(stripped.items())), dict(sorted(marked.items())))


def _walked(value: Any, stripped: Counter[str], marked: Counter[str]) -> Any:
    if isinstance(value, str):
        found = cleaned(value)
        stripped.update(found.stripped)
        marked.update(found.marked)
        return found.content
    if isinstance(value, Mapping):
        return {key: _walked(inner, stripped, marked) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(inner, stripped, marked) for inner in value]
    return value


def _stripped(text: str) -> tuple[str, Mapping[str, int]]:
    """Until nothing more goes: what stood beside something that went may have lost its reason to stay."""
    gone: Counter[str] = Counter()
    before = None
    while before != text and _CANDIDATE.search(text) is not None:
        before, text = text, _once(text, gone)
    return text, dict(sorted(gone.items()))


def _once(text: str, gone: Counter[str]) -> str:
    place = _Place(text)

    def said(found: re.Match[str]) -> str:
        kind = _kind(found[0])
        if _AT_HOME[kind](place, found.start()):
            return found[0]
        gone[kind] += 1
        return ""

    return _CANDIDATE.sub(said, text)


class _Place:
    """A text, and what stands beside a place in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_right_to_left = _RIGHT_TO_LEFT.search(text) is not None
        self.flags = [found.span() for found in _FLAG.finditer(text)]

    def before(self, at: int) -> str:
        """The character before, or ""."""
        return self.text[at - 1] if at else ""

    def after(self, at: int) -> str:
        """The character after, or ""."""
        return self.text[at + 1 : at + 2]

    def beside(self, letters: re.Pattern[str], at: int) -> bool:
        """Whether one of the two neighbours is one of these letters."""
        return _is(letters, self.before(at)) or _is(letters, self.after(at))


def _is(letters: re.Pattern[str], char: str) -> bool:
    return letters.match(char) is not None


def _kind(char: str) -> str:
    return next(kind for kind, chars in _OF_KIND.items() if chars.match(char))


def _zero_width_at_home(place: _Place, at: int) -> bool:
    before, after, char = place.before(at), place.after(at), place.text[at]
    if char == "\u200b":
        return _is(_UNPARTED, before) and _is(_UNPARTED, after)
    if char == "\u180e":
        return _is(_MONGOLIAN, before) and _is(_MONGOLIAN, after)
    return char == "\u034f" and place.beside(_HEBREW, at)


def _joiner_at_home(place: _Place, at: int) -> bool:
    before, after = place.before(at), place.after(at)
    if _is(_SHAPED, before):
        return True
    if _is(_SHAPED, after):
        return not _is(_OF_KIND["joiner"], before)
    emoji = _is(_EMOJI, before) or _is(_AFTER_EMOJI, before)
    return place.text[at] == "\u200d" and emoji and _is(_EMOJI, after)


def _tag_at_home(place: _Place, at: int) -> bool:
    return any(start <= at < end for start, end in place.flags)


def _selector_at_home(place: _Place, at: int) -> bool:
    before, char = place.before(at), place.text[at]
    if char in "\ufe0e\ufe0f":
        return _is(_EMOJI, before) or (before != "" and before in "0123456789#*")
    if char in "\ufe00\ufe01\ufe02":
        return _is(_CJK, before) or _is(_VARIED, before)
    if char >= "\U000e0100":
        return _is(_CJK, before)
    return char < "\u2000" and _is(_MONGOLIAN, before)


def _bidi_at_home(place: _Place, _at: int) -> bool:
    return place.is_right_to_left


def _filler_at_home(place: _Place, at: int) -> bool:
    return place.text[at] in "\u115f\u1160" and place.beside(_OLD_HANGUL, at)


def _never(_place: _Place, _at: int) -> bool:
    return False


_AT_HOME: Mapping[str, Callable[[_Place, int], bool]] = {
    "zero_width": _zero_width_at_home,
    "joiner": _joiner_at_home,
    "tag": _tag_at_home,
    "variation_selector": _selector_at_home,
    "bidi_control": _bidi_at_home,
    "soft_hyphen": _never,
    "filler": _filler_at_home,
    "format_control": _never,
}


def _marks(text: str) -> Mapping[str, int]:
    found = {kind: len(pattern.findall(text)) for kind, pattern in _MARKS.items()}
    found["homoglyph"] = sum(map(_is_mixed, _LETTERS.findall(text))) if _LOOKALIKE.search(text) else 0
    return {kind: n for kind, n in sorted(found.items()) if n}


def _is_mixed(word: str) -> bool:
    """Two Latin letters or more, and beside them only such others as look like Latin ones."""
    others = [char for char in unicodedata.normalize("NFC", word) if not _LATIN.match(char)]
    return len(word) - len(others) >= _LEAST_LATIN and bool(others) and all(map(_LOOKALIKE.match, others))
