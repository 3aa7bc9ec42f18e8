"""The check `translation`: what a translation must keep of its source, and what coming back from it tells."""

import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, Self

import pyarrow as pa
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.records import Family, Fault, Outcome, Record, records_of, text_of
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.stats import Evidence, mean
from sterling.verify.completions import answer_of
from sterling.verify.grounding.assertions import plain
from sterling.verify.translating.chrf import chrf
from sterling.verify.translating.literals import Parted, lost, parted
from sterling.verify.translating.misses import near_misses
from sterling.verify.translating.names import lost_names
from sterling.verify.translating.numerals import Numeral, misread, missing, numerals, other_units
from sterling.verify.translating.tongue import (
    UNMARKED,
    code_of,
    is_code,
    is_wrong,
    sentences,
    shares_script,
    told,
    untranslated,
    weight,
)

_LISTED = 10
"""Things of one kind that evidence names."""
_SHOWN = 120
"""Characters of each."""
_SHORTEST = 40
"""Letters of a source below which lengths say nothing."""
_SHRUNK = 0.85
"""With fewer sentences than the source and less than this share of its length, one is missing."""
_IN_WORDS = 12
"""Whole numbers up to this one are often written in words."""


class Case(NamedTuple):
    """A source and its translation, taken apart."""

    source: Parted
    target: Parted
    source_language: str
    """The code that the reference gives, else what was told; "" where nobody knows."""
    language: str
    numbers: tuple[Sequence[Numeral], Sequence[Numeral]]
    plain: tuple[str, str]
    """The prose of both, in one spelling."""


class Problem(NamedTuple):
    """One thing that is wrong."""

    reason: str
    what: Sequence[Any]
    outcome: Outcome | None = "drop"
    """None for what is only noted."""


@register("check", "translation")
class Translation(RecordCheck):
    """Holds a translation against its source: language, numbers, literals, names, length, and the way back.

    The translation is the completion, else the last assistant message, or the text; where `reference.source_of` is
    `record`, everything that the record says, prompt and all. `reference.source_text` is what was translated,
    `reference.language` the code of the language that it should be in (`de`, `pt-BR`), `reference.source_language` that
    of the source (told from the text where it is missing and can be), and `reference.round_trip`, if there, the
    translation back into the source's language. With `reference.pivot_language` it is a paraphrase that came back
    through that language: then it is in the language of its source, and may repeat it.

    Drops, in this order: `untranslated` (a sentence of the source stands in it as it was), `wrong_language` (another
    language was told, or another script is used), `literal_lost` (an address, inline code, placeholder, tag, code
    block, or `COVID-19`), `number_lost`, `number_added`, `unit_changed` (between symbols that languages share),
    `too_short`, `too_long`, `round_trip_differs` (chrF below `min_round_trip`).

    Flags: `number_format` (copied as it was, but with separators that mean another number in this language),
    `entity_lost` (no word of a name of two or more words is left; languages in Latin letters only), `sentence_lost`
    (fewer sentences, and a seventh shorter); and `no_completion`, `no_source`, `no_language`, `same_language`. Else
    keeps `consistent`. Evidence names all that was found, and as `small_number_differs` numbers up to twelve and round
    ones that only one of the texts has in digits: the other may have them in words. The score is the chrF of the way
    back.

    Numbers are read as each language writes them: `1.234,5` in German is `1,234.5` in English; times, dates, decades,
    `3.5 million` and Roman numerals have several readings, and one in common is enough.

    Measured by `benchmarks/translation.py` on human translations into 44 languages, and on near misses made of what is
    kept: messages of Django 5.2.19, on which these rules were tried while they were written, and of apt, GnuPG, GTK,
    Avahi and PackageKit in Debian 12, of which a sample had been looked at (Clopper-Pearson 95 %):

                             Django                                 the others
        dropped              0.26 % of 10,929 [0.17, 0.37]          0.29 % of 51,407 [0.24, 0.34]   some deserve it
        flagged              0.52 %           [0.40, 0.68]          0.43 %           [0.37, 0.49]
        a sentence left out   1.2 % of  2,112 kept [0.8, 1.8]        3.9 % of  3,233 kept [3.3, 4.6]
        left in English       2.6 % of 10,844 kept [2.3, 2.9]        1.0 % of 51,039 kept [0.9, 1.1]
        another number        2.5 % of    121 kept [0.5, 7.1]        4.9 % of  1,103 kept [3.7, 6.3]

    These are short, and no prose. Kept are texts in English with one small word or none, and numbers up to twelve.

    chrF (Popović 2015) compares the characters of the source and of what came back. English texts that have nothing to
    do with each other reach 0.2 at the median and 0.37 in 1 of 1,000 cases; a text without three tenths of its words
    keeps 0.4 in 99 of 100 cases. So the default of 0.4 finds translations of something else and gibberish, no more.

    **Verifies nothing** (family statistics), and what it cannot tell is most of what makes a translation good: a wrong
    word, a `not` that was lost, numbers that changed places, a wrong tone. A way back through the model that wrote the
    translation repairs what it broke and hides it, and one through any model may blame a right translation.

    Traps: converted units and currencies are lost numbers, as are years of other calendars, and shares or counts
    that the target puts in words (`50 %` as `la moitié`); numbers in words are read in English only; the language of
    fewer than about three small words is not told (then only the script counts).
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"
    needs: ClassVar[frozenset[str]] = frozenset({"source_text"})

    length_ratio: tuple[float, float] = (0.33, 3)
    """Least and greatest length of the translation beside its source, in letters, Chinese ones counting as nearly three
    and Korean ones as two; for sources of 40 letters or more."""
    min_round_trip: float = Field(default=0.4, ge=0, le=1)
    """Least chrF of `reference.round_trip` against the source."""

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        low, high = self.length_ratio
        if not 0 <= low < high:
            what = f"no length is from {low:g} to {high:g} times another"
            raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": "the lower bound comes first"})
        return self

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row."""
        return [self._ruling(record) for record in records_of(batch)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """Of a translation that is kept: a wrong number, a sentence left out, the source in its place."""
        language = code_of(str((record.reference or {}).get("language") or ""))
        return near_misses(record, language, seed) if self._ruling(record).outcome == "keep" else ()

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """How near the ways back came to their sources."""
        evidence = (json.loads(cell) for _, verdicts in judged for cell in verdicts["evidence"].to_pylist())
        scores = [one["round_trip"] for one in evidence if "round_trip" in one]
        method = "mean chrF (Popović 2015) of the translation back into the source's language against the source"
        return [mean("translation.round_trip", scores, method)] if scores else []

    def _ruling(self, record: Record) -> Ruling:
        reference = record.reference or {}
        source, language, text = reference.get("source_text"), reference.get("language"), _translation(record)
        if not isinstance(source, str) or not source.strip():
            return Ruling("flag", "no_source")
        if not isinstance(language, str) or not is_code(language):
            return Ruling("flag", "no_language")
        if text is None or not text.strip():
            return Ruling("flag", "no_completion")
        case = _case(source, text, language, reference.get("source_language"))
        if case.source_language == case.language and not _is_paraphrase(record):
            return Ruling("flag", "same_language", None, {"language": case.language})
        return self._compared(case, _way_back(source, reference.get("round_trip")))

    def _compared(self, case: Case, way_back: float | None) -> Ruling:
        spoken = told(case.target.prose)
        found = [*_language(case, spoken), *_literals(case), *_numbers(case), *self._lengths(case), *_names(case)]
        if way_back is not None and way_back < self.min_round_trip:
            found.append(Problem("round_trip_differs", [round(way_back, 4)]))
        evidence: dict[str, Any] = {one.reason: list(one.what[:_LISTED]) for one in found} | {"told": spoken}
        evidence |= {} if way_back is None else {"round_trip": way_back}
        for outcome in ("drop", "flag"):
            worst = next((one for one in found if one.outcome == outcome), None)
            if worst is not None:
                return Ruling(outcome, worst.reason, way_back, evidence)
        return Ruling("keep", "consistent", way_back, evidence)

    def _lengths(self, case: Case) -> Iterable[Problem]:
        long, mine = weight(case.source.prose), weight(case.target.prose)
        ratio, (low, high) = mine / max(long, 1.0), self.length_ratio
        said = [len(sentences(part.prose)) for part in (case.source, case.target)]
        if long >= _SHORTEST and ratio < low:
            yield Problem("too_short", [round(ratio, 3)])
        elif long >= _SHORTEST and ratio > high:
            yield Problem("too_long", [round(ratio, 3)])
        elif said[1] < said[0] and ratio < _SHRUNK and case.language not in UNMARKED:
            yield Problem("sentence_lost", [*said, round(ratio, 3)], outcome="flag")


def _translation(record: Record) -> str | None:
    """What is held against `source_text`."""
    return text_of(record) if (record.reference or {}).get("source_of") == "record" else answer_of(record)


def _is_paraphrase(record: Record) -> bool:
    """Whether it came back through a pivot language, so that it has to be in the language of its source."""
    return "pivot_language" in (record.reference or {})


def _case(source: str, text: str, language: str, source_language: Any) -> Case:
    one, other = parted(source), parted(text)
    named = isinstance(source_language, str) and is_code(source_language)
    origin, target = code_of(source_language) if named else told(one.prose) or "", code_of(language)
    spelled = plain(one.prose.translate(_ARABIC)), plain(other.prose.translate(_ARABIC))
    numbers = numerals(spelled[0], origin), numerals(spelled[1], target)
    return Case(one, other, origin, target, numbers, spelled)


_ARABIC = {0x066B: ".", 0x066C: "'"}
"""Decimal and thousands separators of Arabic digits."""


def _way_back(source: str, text: Any) -> float | None:
    return chrf(text, source) if isinstance(text, str) else None


def _language(case: Case, spoken: str | None) -> Iterable[Problem]:
    left = untranslated(case.source.prose, case.target.prose) if case.source_language != case.language else []
    if left:
        yield Problem("untranslated", [sentence[:_SHOWN] for sentence in left])
    if is_wrong(case.target.prose, case.language, spoken):
        yield Problem("wrong_language", [spoken or "another script"])


def _literals(case: Case) -> Iterable[Problem]:
    gone = [f"{kind}: {said}"[:_SHOWN] for kind, said in lost(case.source, case.target)]
    if case.target.blocks < case.source.blocks:
        gone.append("code block")
    if gone:
        yield Problem("literal_lost", gone)


def _numbers(case: Case) -> Iterable[Problem]:
    mine, theirs = case.numbers
    gone, new = missing(mine, theirs, case.plain[1]), missing(theirs, mine, case.plain[0])
    both = bool(gone and new)
    limit = _IN_WORDS if case.source_language == "en" else 100
    sure = [one for one in gone if both or not _may_be_words(one, _IN_WORDS)]
    added = [one for one in new if both or not _may_be_words(one, limit)]
    if sure:
        yield Problem("number_lost", [one.text for one in sure])
    if added:
        yield Problem("number_added", [one.text for one in added])
    if (gone or new) and not sure and not added:
        yield Problem("small_number_differs", [one.text for one in (*gone, *new)], outcome=None)
    units = other_units(mine, theirs)
    if units:
        yield Problem("unit_changed", [f"{one.text} {one.unit}: {other.unit}" for one, other in units])
    written = misread(mine, theirs)
    if written:
        yield Problem("number_format", [one.text for one in written], outcome="flag")


def _may_be_words(one: Numeral, limit: int) -> bool:
    """Small ones, and round ones: `a hundred`, `mille`, `half` of something."""
    value = one.least
    return value is not None and (value <= limit or value in _ROUND) and value.denominator == 1


_ROUND = frozenset(Fraction(10**n) for n in range(2, 13))


def _names(case: Case) -> Iterable[Problem]:
    if shares_script(case.source_language, case.language):
        gone = lost_names(case.plain[0], case.source_language, case.target.prose)
        if gone:
            yield Problem("entity_lost", [name[:_SHOWN] for name in gone], outcome="flag")
