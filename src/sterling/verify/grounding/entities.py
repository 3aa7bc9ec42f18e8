"""Names in a text, found by their capitals, and whether a passage has them.

No model and no list of names: a name is a run of capitalised words that does not merely begin a sentence. That finds
most names of English text and some that are none, and no name in scripts without capitals.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import dropwhile
from typing import NamedTuple


class Entity(NamedTuple):
    """A name, and where it stands."""

    text: str
    start: int
    end: int
    begins: bool = False
    """It begins a sentence, so its first word may be there for the sentence's sake."""

    @property
    def words(self) -> list[str]:
        """As they are compared: no possessive, no full stops in acronyms, hyphens apart."""
        return name_words(self.text)


class Names:
    """The words of a passage, to look names up in."""

    def __init__(self, text: str) -> None:
        words = name_words(text)
        self._cased = f" {' '.join(words)} "
        self._folded = self._cased.casefold() if self._cased == self._cased.lower() else None
        self._initials = frozenset(_initials(text))

    def holds(self, one: Entity) -> bool:
        """Whether the passage has this name.

        Its words in this order, capitals as they are or throughout, with a plural or possessive `s` more or less; an
        acronym also as the words whose initials it is. Titles before a name may be missing, and so may a first word
        that is common here or that a sentence begins with. In a passage without any capital, case does not count,
        except that no `us` is the US.
        """
        words = one.words
        return not words or any(self._has(way) for way in self._ways(one, words))

    def _ways(self, one: Entity, words: list[str]) -> Iterator[list[str]]:
        yield words
        untitled = list(dropwhile(_TITLES.__contains__, words))
        if untitled and untitled != words:
            yield untitled
        if len(words) > 1 and one.begins and (words[0] in _OPENERS or self._is_common(words[0])):
            yield words[1:]

    def _is_common(self, word: str) -> bool:
        return f" {word.lower()} " in self._cased

    def _has(self, words: list[str]) -> bool:
        if len(words) == 1 and words[0] in self._initials:
            return True
        return any(self._reads(way) for way in _numbers_of(words))

    def _reads(self, words: list[str]) -> bool:
        needle = f" {' '.join(words)} "
        if self._folded is not None:
            return needle.casefold() in self._folded and not (len(needle) < 6 and needle.isupper())
        return needle in self._cased or needle.upper() in self._cased


def entities(claim: str) -> list[Entity]:
    """The names of a claim, in order.

    Traps: a single capitalised word at the start of a sentence, after a colon or an opening quotation mark may be any
    word, so it is a name only with an inner capital or digit, or where the claim has it again with its capital. In a
    line of title case nothing tells names from words, so only acronyms are taken. Months, days, `I` and words like
    `However` are no names, but a verb before a name is part of it (`Visit Paris`) where the passage
    does not have it in small letters; a demonym is another word (`France` is not found in `French`), and so is a
    nickname.
    """
    spans = [one for match in _SPAN.finditer(claim) for one in _names(claim, match)]
    if _is_title_case(claim):
        return [one for one in spans if _is_acronym(one.text)]
    within = frozenset(_WITHIN.findall(claim))
    return [one for one in spans if not _is_plain_opener(one, within)]


@lru_cache(maxsize=4096)
def _words_of(text: str) -> tuple[str, ...]:
    return tuple(_split(text))


def name_words(text: str) -> list[str]:
    """Words for comparing names: case kept, `U.S.` as `US`, `Curie's` as `Curie`, `Jean-Luc` as two."""
    return list(_words_of(text)) if len(text) <= 200 else _split(text)


def _split(text: str) -> list[str]:
    return _WORD.findall(_POSSESSIVE.sub("", _DOTTED.sub(lambda found: found[0].replace(".", ""), text)))


_WORD = re.compile(r"\w+")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b|(?<=s)'(?=\W|$)")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}")
_NAME = (
    r"(?:(?:Mrs?|Ms|Dr|Prof|St|Gen|Col|Lt|Capt|Rev|Sen|Gov)\.|[A-Z]\.(?:[A-Z]\.)*"
    r"|(?:[^\W\d_a-z]|(?:[a-z](?=[A-Z])))[\w&]*(?:['.&-](?=\w)[\w&]+)*)"
)
_LINKS = frozenset({
    "of", "the", "de", "da", "di", "del", "della", "der", "den", "van", "von", "la", "le", "du", "al", "el", "bin",
    "ibn", "for", "&",
})  # fmt: skip
_SPAN = re.compile(rf"(?<![\w'.@/#-]){_NAME}(?: (?:(?:{'|'.join(sorted(_LINKS))}) ){{0,2}}{_NAME})*")
_PIECE = re.compile(r"[^ ]+")
_OPENS = re.compile(r"(?:^|[.!?:;]['\")\]]*\s+|[\"(\[]\s?|(?:^|\s)')\W*$")
_WITHIN = re.compile(r"(?<=[\w,] )[^\W\d_]\w*")
_TITLES = frozenset({
    "Mr", "Mrs", "Ms", "Miss", "Dr", "Prof", "Professor", "President", "Chancellor", "King", "Queen", "Prince",
    "Princess", "Emperor", "Empress", "Pope", "Saint", "St", "Sir", "Lord", "Lady", "Dame", "Captain", "General",
    "Colonel", "Senator", "Governor", "Mayor", "Minister", "Judge", "Justice", "Chief", "Chairman", "Director",
    "CEO", "Prime", "Secretary", "Vice", "Former", "Ancient", "Early", "Late", "Modern", "Northern", "Southern",
    "Eastern", "Western", "The",
})  # fmt: skip
_OPENERS = frozenset({
    "A", "About", "According", "Additionally", "After", "Afterwards", "Again", "All", "Almost", "Already", "Also",
    "Although", "Always", "Among", "An", "And", "Another", "Any", "Are", "As", "At", "Because", "Before", "Being",
    "Below", "Besides", "Between", "Both", "But", "By", "Can", "Certainly", "Consequently", "Could", "Despite",
    "Did", "Do", "Does", "During", "Each", "Either", "Even", "Eventually", "Every", "Few", "Finally", "First",
    "Firstly", "For", "From", "Furthermore", "Given", "Had", "Has", "Have", "He", "Hence", "Her", "Here", "Hers",
    "Hi", "Hello", "His", "How", "However", "I", "If", "In", "Indeed", "Instead", "Is", "It", "Its", "Just", "Last",
    "Later", "Latest", "Let", "Like", "Many", "May", "Maybe", "Meanwhile", "Moreover", "Most", "Much", "My", "Near",
    "Nearly", "Neither", "Nevertheless", "Next", "No", "None", "Nor", "Not", "Nothing", "Now", "Of", "Often", "On",
    "Once", "One", "Only", "Or", "Other", "Others", "Otherwise", "Our", "Out", "Over", "Overall", "Per", "Perhaps",
    "Previously", "Rather", "Second", "Secondly", "See", "Several", "She", "Should", "Similarly", "Since", "So",
    "Some", "Sometimes", "Soon", "Still", "Such", "Sure", "Than", "Thank", "Thanks", "That", "The", "Their", "Them",
    "Then", "There", "Therefore", "These", "They", "Third", "This", "Those", "Though", "Three", "Through",
    "Throughout", "Thus", "To", "Today", "Together", "Too", "Two", "Under", "Unfortunately", "Unlike", "Until",
    "Upon", "Use", "Was", "We", "Well", "Were", "What", "When", "Where", "Whereas", "Whether", "Which", "While",
    "Who", "Whom", "Whose", "Why", "Will", "With", "Within", "Without", "Would", "Yes", "Yet", "You", "Your", "OK",
    "Okay", "AI",
})  # fmt: skip
_CALENDAR = frozenset({
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec", "Monday",
    "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "AM", "PM", "AD", "BC", "CE", "BCE",
})  # fmt: skip


def _names(claim: str, match: re.Match[str]) -> Iterator[Entity]:
    """The names of a run of capitals: calendar words part it, a possessive ends a name."""
    group: list[re.Match[str]] = []
    for piece in _PIECE.finditer(claim, *match.span()):
        if piece[0] in _LINKS:
            group += [piece] if group else []
        elif _is_capitalised(piece[0]):
            group.append(piece)
        if piece[0].endswith(("'s", "s'")) or not (piece[0] in _LINKS or _is_capitalised(piece[0])):
            yield from _closed(claim, group)
            group = []
    yield from _closed(claim, group)


def _closed(claim: str, group: list[re.Match[str]]) -> Iterator[Entity]:
    while group and group[-1][0] in _LINKS:
        group.pop()
    if group:
        start, end = group[0].start(), group[-1].end()
        begins = _OPENS.search(claim, max(0, start - 12), start) is not None
        one = _without_opener(Entity(claim[start:end], start, end, begins))
        if one.text.rstrip(".") not in _OPENERS | _TITLES:
            yield one


def _is_capitalised(word: str) -> bool:
    return word.rstrip(".") not in _CALENDAR and (word[0].isupper() or word[1:2].isupper())


def _without_opener(one: Entity) -> Entity:
    first, _, rest = one.text.partition(" ")
    while rest and first in _OPENERS and (one.begins or first in {"I", "The", "A", "An"}):
        one = Entity(rest, one.end - len(rest), one.end)
        first, _, rest = rest.partition(" ")
    return one


def _initials(text: str) -> Iterator[str]:
    """`WHO` for `World Health Organization`, with and without the small words between."""
    for match in _SPAN.finditer(text):
        words = _WORD.findall(match[0])
        words = words[1:] if words[0] in _OPENERS else words
        if 2 <= len(words) <= 8:
            capitals = "".join(word[0] for word in words if word[0].isupper())
            yield capitals
            yield "".join(word[0] for word in words).upper()


def _numbers_of(words: list[str]) -> Iterator[list[str]]:
    """The name, and with an `s` more or less at its end: `the Beatles`, `Americans`."""
    yield words
    last = words[-1]
    if len(last) > 3:
        yield [*words[:-1], last[:-1] if last.endswith("s") else f"{last}s"]


def _is_plain_opener(one: Entity, within: frozenset[str]) -> bool:
    """Whether it is one word whose capital the sentence explains, and that has none within a sentence."""
    return one.begins and " " not in one.text and not _is_acronym(one.text) and one.words[0] not in within


def _is_acronym(text: str) -> bool:
    return any(char.isupper() or char.isdigit() for char in text[1:]) and " " not in text


def _is_title_case(claim: str) -> bool:
    words = [word for word in _WORD.findall(claim) if len(word) > 3 and word[0].isalpha()]
    return len(words) > 2 and claim[-1] not in ".!?" and "," not in claim and all(word[0].isupper() for word in words)
