"""What is a word, a sentence, a paragraph, a line: the units in which instructions count.

Nobody agrees on them, so the rules stand here, and a count near a limit is a count by these rules. Every function
costs time in proportion to the text.
"""

# ruff: noqa: RUF001, RUF002 - the marks of other scripts are meant
import re
from collections.abc import Iterator
from itertools import pairwise

_CJK = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_APART = r"\s,;:!?()\[\]{}<>\"“”„«»‹›|/\\—–…*_~`=+#，。、；：！？（）「」『』【】《》·।॥؟،۔"
_WORD = re.compile(rf"[{_CJK}]|(?:[0-9]++(?:[.,:/][0-9]++)*+|[^{_APART}{_CJK}0-9]++)++")


def words(text: str) -> list[str]:
    """The words of a text, as they are written.

    A word stands between white space or punctuation that parts words, and has a letter or a digit. So `don't`,
    `well-known`, `e.g.`, `3.5`, `1,000` and `हिन्दी` are one each, `and/or`, `a—b` and `a--b` two, and `-` and an
    emoji none. Chinese and Japanese are written without spaces: each character is a word there. Thai, Lao and Khmer
    are too, but a run of theirs counts as one word, because telling their words apart needs a dictionary.
    """
    found = (piece.strip(".-'’‘") for piece in _WORD.findall(text.replace("--", " ")))
    return [piece for piece in found if any(mark.isalnum() for mark in piece)]


_BREAK = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+•‣▪][ \t]+|[0-9]{1,9}[.)][ \t]+|#{1,6}[ \t]+|\||>)")


def lines(text: str) -> list[str]:
    """The lines that hold anything but white space."""
    return [line for line in text.split("\n") if line.strip()]


def paragraphs(text: str) -> list[str]:
    """Blocks between blank lines or thematic breaks (`***`, `---`, `___`), without surrounding white space.

    A list without blank lines is one paragraph, and so is a heading; code with blank lines inside is several.
    """
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip() and not _BREAK.match(line.rstrip()):
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block).strip() for block in blocks if block]


_CJK_END = re.compile(r"[。！？｡]++[」』”’）)]*+")
_CLOSERS = "\"'”’»)]*_`」』）"
_OPENERS = "\"'“‘«([*_`「『（"
_ENDS = ".!?…؟۔।॥。！？｡"
_NEVER_LAST = {
    "mr", "mrs", "ms", "mx", "dr", "prof", "st", "vs", "e.g", "i.e", "cf", "gen", "sen", "rep", "gov", "hon", "rev",
    "mt",
}  # fmt: skip
"""Abbreviations that stand before something, so their dot ends no sentence."""
_BEFORE_NUMBER = {"no", "nos", "fig", "figs", "vol", "p", "pp", "ch", "sec", "eq"}


def sentences(text: str) -> list[str]:
    """The sentences of a text.

    A sentence ends with `.`, `!`, `?`, `…` or the marks of other scripts, quotes and brackets closed, before white
    space (after `。！？` without); it also ends with its paragraph, its list item and its heading, marked or not. The
    dot of `Dr. Smith`, `e.g. this`, `No. 5`, `J. Smith` and `3.5` ends none, and neither does a mark before a small
    letter (`"Why?" he asked`), unless the whole text is in small letters. What has no letter or digit is none.

    Traps: `Plan B. Then` is one sentence here, `She came at 5 p.m. He left` two, and `St. He` at the end of an
    address one.
    """
    has_capitals = any(mark.isupper() for mark in text)
    return [sentence for block in _blocks(text) for sentence in _parted(block, has_capitals=has_capitals)]


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs, and items of lists by themselves, without their markers."""
    for paragraph in paragraphs(text):
        gathered: list[str] = []
        for line in paragraph.split("\n"):
            item = _ITEM.match(line)
            if item:
                yield " ".join(gathered)
                gathered = []
            gathered.append(line[item.end() :] if item else line)
            if item and item[0].strip().startswith("#"):
                yield " ".join(gathered)
                gathered = []
        yield " ".join(gathered)


def _parted(block: str, *, has_capitals: bool) -> Iterator[str]:
    tokens = _CJK_END.sub(lambda end: end[0] + " ", block).split()
    gathered: list[str] = []
    for token, following in pairwise([*tokens, ""]):
        gathered.append(token)
        if not following or _ends(token, following, has_capitals=has_capitals):
            sentence = " ".join(gathered)
            gathered = []
            if any(mark.isalnum() for mark in sentence):
                yield sentence


def _ends(token: str, following: str, *, has_capitals: bool) -> bool:
    bare = token.rstrip(_CLOSERS)
    if not bare or bare[-1] not in _ENDS:
        return False
    after = following.lstrip(_OPENERS)[:1]
    if after.islower() and has_capitals:
        return False
    word = bare.rstrip(".").lstrip(_OPENERS)
    return bare[-1] != "." or not _abbreviates(word, after)


def _abbreviates(word: str, after: str) -> bool:
    plain = word.casefold()
    initial = len(word) == 1 and word.isupper() and word != "I" and not after.isdigit()
    return plain in _NEVER_LAST or (plain in _BEFORE_NUMBER and after.isdigit()) or initial
