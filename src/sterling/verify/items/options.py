"""Multiple choice: the options of an item, its key, and what gives the key away to who cannot answer.

Item writers know both flaws (Haladyna, Downing and Rodriguez, Applied Measurement in Education 15, 2002): options of
unlike length, and clang associations, an option that repeats words of the stem.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sterling.text import plain_words
from sterling.verify.grounding.assertions import plain

_LONGER = 1.5
"""So many times as long as the next longest must an option be to stand out, ..."""
_BY = 12
"""... and so many characters longer."""
_STEM = 5
"""Letters by which words count as the same: `photosynthesis` and `photosynthetic` do."""
_LETTERS = "ABCDEFGHIJ"
_LINE = re.compile(r"(?m)^[ \t]*[(\[]?([A-Ja-j])[)\].:][ \t]+(\S[^\n]*)$")
_INLINE = re.compile(r"[(\[]([A-Ja-j])[)\]][ \t]+([^()\[\]\n]+)")
_KEY = re.compile(r"\s*[(\[]?([A-Ja-j])[)\].:]?(?:\s+(.*))?\s*", re.DOTALL)
_NO_CONTENT = frozenset({
    "about", "above", "after", "again", "answer", "because", "been", "before", "being", "below", "between", "both",
    "choose", "correct", "could", "does", "during", "each", "false", "following", "from", "have", "into", "just",
    "least", "made", "many", "more", "most", "much", "must", "none", "only", "option", "options", "other", "over",
    "question", "same", "should", "some", "statement", "such", "than", "that", "their", "them", "then", "there",
    "these", "they", "this", "those", "through", "true", "under", "very", "were", "what", "when", "where", "which",
    "while", "will", "with", "would", "your",
})  # fmt: skip


class Options(NamedTuple):
    """One item of multiple choice."""

    stem: str
    """The question without its options."""
    texts: tuple[str, ...]
    key: int
    """Which one is right, from 0."""

    def like_stem(self) -> tuple[int, ...]:
        """The options that have a content word of the stem which not all options have."""
        stem = _content(self.stem)
        shared = [_content(text) & stem for text in self.texts]
        everywhere = frozenset.intersection(*shared)
        return tuple(at for at, words in enumerate(shared) if words - everywhere)

    def longest(self) -> int | None:
        """The option that is longer than every other one; None where two are equally long."""
        lengths = sorted((len(text), at) for at, text in enumerate(self.texts))
        return lengths[-1][1] if lengths[-1][0] > lengths[-2][0] else None

    def key_stands_out(self) -> bool:
        """Whether the key is longer by far than every other option."""
        mine = len(self.texts[self.key])
        others = max(len(text) for at, text in enumerate(self.texts) if at != self.key)
        return mine >= _LONGER * others and mine >= others + _BY

    def evidence(self) -> dict[str, Any]:
        """What the two flaws were looked for in."""
        return {"options": len(self.texts), "key": self.key, "like_stem": list(self.like_stem()),
                "longest": self.longest(), "lengths": [len(text) for text in self.texts]}  # fmt: skip


def options_of(prompt: str, answer: str, choices: Any) -> Options | None:
    """The options of an item: `choices` (texts, or texts by label), else what the prompt lists under letters.

    None where there are fewer than two, or the answer names none of them. The answer is a letter, the text of an
    option, or both (`B) Paris`); with `choices` also an index from 0.
    """
    listed = _given(choices)
    stem = prompt
    if not listed:
        found = _lettered(prompt)
        if found is None:
            return None
        stem, listed = found
    if len(listed) < 2:
        return None
    key = _key(answer, listed, counts=isinstance(choices, list | tuple))
    return None if key is None else Options(_without(stem, listed), tuple(listed.values()), key)


def _given(choices: Any) -> dict[str, str]:
    """Label to text."""
    if isinstance(choices, Mapping):
        texts = choices.get("text")
        labels = choices.get("label")
        if isinstance(texts, list) and isinstance(labels, list) and len(texts) == len(labels):
            return {str(label): str(text) for label, text in zip(labels, texts, strict=True)}
        return {str(label): str(text) for label, text in choices.items()}
    texts = choices if isinstance(choices, list | tuple) else ()
    return {_LETTERS[at] if at < len(_LETTERS) else str(at): str(text) for at, text in enumerate(texts)}


def _lettered(prompt: str) -> tuple[str, dict[str, str]] | None:
    """What stands before the first option, and the options A, B, ... by letter."""
    for pattern in (_LINE, _INLINE):
        found = list(pattern.finditer(prompt))
        starts = [at for at, one in enumerate(found) if one[1].upper() == "A"]
        if not starts:
            continue
        run = found[starts[-1] :]
        fit = [one for at, one in enumerate(run) if at < len(_LETTERS) and one[1].upper() == _LETTERS[at]]
        if len(fit) >= 2:
            return prompt[: fit[0].start()], {one[1].upper(): one[2].strip() for one in fit}
    return None


def _key(answer: str, listed: Mapping[str, str], *, counts: bool) -> int | None:
    labels, texts = [label.upper() for label in listed], [_folded(text) for text in listed.values()]
    said = _folded(answer)
    if texts.count(said) == 1:
        return texts.index(said)
    letter = _KEY.fullmatch(answer)
    if letter and letter[1].upper() in labels and (not letter[2] or _folded(letter[2]) in texts):
        return labels.index(letter[1].upper())
    if answer.strip().upper() in labels:
        return labels.index(answer.strip().upper())
    index = answer.strip()
    return int(index) if counts and index.isdecimal() and int(index) < len(texts) else None


def _folded(text: str) -> tuple[str, ...]:
    return tuple(plain_words(plain(text).casefold())) or (text.strip(),)


def _without(stem: str, listed: Mapping[str, str]) -> str:
    """The stem up to the place where all options stand one after the other, if it has them."""
    places = [stem.find(text) for text in listed.values()]
    return stem[: min(places)] if min(places) >= 0 and places == sorted(places) else stem


def _content(text: str) -> frozenset[str]:
    words: Sequence[str] = plain_words(plain(text).casefold())
    return frozenset(word[:_STEM] for word in words if len(word) > 3 and word not in _NO_CONTENT)
