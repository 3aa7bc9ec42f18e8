"""`language`: which language a text is in, and whether that is one of those that are wanted."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from sterling.curate.parts import Part, part_column
from sterling.errors import InputError
from sterling.records import Family, Fault
from sterling.registry import RecordCheck, Ruling, register
from sterling.stats import Evidence, proportion
from sterling.text.fences import split
from sterling.text.languages import LANGUAGES, identify

_PASSAGE = 600
"""Characters of a passage, about; it ends at a line, else at a space."""
_READ = 20
"""Passages that are read."""
_SMALL = 0.1
"""Share of the told passages below which another language is a quotation."""


@register("check", "language")
class Language(RecordCheck):
    """Drops a record whose text is in another language than those wanted, and flags one that is in several.

    A text is read in passages of about 600 characters, the first 20 of them, without fenced code; each is told by its
    script and its small words (`text.languages`: 45 languages, no model), and if `model` says so, what these do not
    tell is put to py3langid. The language of most of the told characters is the record's (`other_language` if it is
    not wanted); a wanted one with at least a tenth in others is flagged `several_languages`. Where no passage is told
    (code, formulas, tables, names, a few words) the record stays as `undetermined`, or goes if `undetermined: drop`.

    Traps: a text of few words is seldom told without the model, and close relatives (Norwegian and Danish, Indonesian
    and Malay) are taken for each other; a translation exercise is in several languages by design; comments make code a
    text of their language. Without `allowed` nothing is dropped, and the verdicts say which language each record is in.

    Measured on messages of Django and Debian in 46 languages (no prose, much left in English), see docs/curation.md.
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"

    allowed: tuple[str, ...] | None = None
    """ISO 639-1 codes (`en`, `de`); None lets every language pass and only tells it."""
    of: Part = "all"
    """The prompt, the completion (or last answer), or the whole text."""
    undetermined: Literal["keep", "flag", "drop"] = "keep"
    """What becomes of a record whose language nobody can tell."""
    model: Literal["py3langid"] | None = None
    """Who is asked about what script and small words don't tell. Needs the extra `language`."""
    least_confidence: float = Field(default=0.5, ge=0, le=1)
    """Probability that the model must give its answer."""

    @field_validator("allowed")
    @classmethod
    def _codes(cls, allowed: tuple[str, ...] | None) -> tuple[str, ...] | None:
        strangers = [code for code in allowed or () if not (code.isascii() and code.islower() and 2 <= len(code) <= 3)]
        if strangers or allowed == ():
            raise ValueError(f"write ISO 639-1 codes such as `en`; not {', '.join(strangers) or 'an empty list'}")
        return allowed

    def require(self) -> None:
        """InputError when the model is not installed, or is needed for a language and not asked."""
        unknown = [code for code in self.allowed or () if code not in LANGUAGES]
        if unknown and self.model is None:
            raise InputError(
                f"script and small words do not tell `{unknown[0]}`", where="check `language`",
                mend="ask the model as well: `model: py3langid`",
            )  # fmt: skip
        if self.model is not None:
            _classifier()

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; the score is the share of the told characters that are in a wanted language."""
        self.require()
        return [self._ruling(text) for text in part_column(batch, self.of).to_pylist()]

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> list[Evidence]:
        """How many records of each origin each reason concerns. A loop's rounds judge other origins than its anchor."""
        counts: Counter[tuple[str, str]] = Counter()
        totals: Counter[str] = Counter()
        for batch, verdicts in judged:
            origins = batch.column("origin").to_pylist()
            counts.update(zip(origins, verdicts["reason"].to_pylist(), strict=True))
            totals.update(origins)
        method = "records of this origin that the check judged so"
        return [
            proportion(f"language.{reason}.{origin}", counts[origin, reason], total, method, of=self.of)
            for reason in ("other_language", "several_languages", "undetermined")
            for origin, total in sorted(totals.items())
        ]

    def _ruling(self, text: str | None) -> Ruling:
        if text is None:
            return Ruling("keep", f"no_{self.of}")
        shares = self._shares(text)
        if not shares:
            return Ruling(self.undetermined, "undetermined")
        main = next(iter(shares))
        wanted = sum(share for code, share in shares.items() if self.allowed is None or code in self.allowed)
        evidence = {"language": main, "shares": {code: round(share, 3) for code, share in shares.items()}}
        if self.allowed is not None and main not in self.allowed:
            return Ruling("drop", "other_language", wanted, evidence | {"allowed": list(self.allowed)})
        if len(shares) > 1 and 1 - (shares[main] if self.allowed is None else wanted) >= _SMALL:
            return Ruling("flag", "several_languages", wanted, evidence)
        return Ruling("keep", "language", wanted, evidence)

    def _shares(self, text: str) -> dict[str, float]:
        """Of each language its share of the told characters, the largest first; of equals the first in the alphabet."""
        found: Counter[str] = Counter()
        prose = split(text).prose if "```" in text or "~~~" in text else text
        for _, passage in zip(range(_READ), passages(prose), strict=False):
            code = self._told(passage)
            if code is not None:
                found[code] += len(passage)
        total = found.total()
        return {code: n / total for code, n in sorted(found.items(), key=lambda one: (-one[1], one[0]))}

    def _told(self, passage: str) -> str | None:
        code = identify(passage)
        if code is not None or self.model is None or not any(map(str.isalpha, passage)):
            return code
        answer, confidence = _classifier()(passage)
        return answer if confidence >= self.least_confidence else None


def passages(text: str) -> Iterator[str]:
    """A text in pieces of about 600 characters, each up to the last end of a line in it, else the last space."""
    begin = 0
    while len(text) - begin > _PASSAGE * 1.5:
        end = begin + _PASSAGE
        cut = max(text.rfind("\n", begin + _PASSAGE // 2, end), -1)
        cut = cut if cut > begin else text.rfind(" ", begin + _PASSAGE // 2, end)
        cut = cut if cut > begin else end
        yield text[begin:cut]
        begin = cut
    if text[begin:].strip():
        yield text[begin:]


_SAME: Mapping[str, str] = {"nb": "no", "nn": "no", "bs": "hr", "wuu": "zh", "arz": "ar"}


@cache
def _classifier() -> Callable[[str], tuple[str, float]]:
    """Text to the most likely language of py3langid's 140 and its probability. InputError when it is not installed."""
    try:
        from py3langid.langid import LanguageIdentifier  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError(
            "the check `language` with `model: py3langid` needs py3langid", mend="pip install 'sterling[language]'"
        ) from None
    known = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)

    def classify(text: str) -> tuple[str, float]:
        code, confidence = known.classify(text)
        return _SAME.get(code, code), round(float(confidence), 6)

    return classify
