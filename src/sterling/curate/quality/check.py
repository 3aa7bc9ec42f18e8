"""`quality`: texts that nobody would have written on purpose, by the rules that the field has found to work."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from sterling.curate.quality import endings, phrases
from sterling.curate.quality.judged import Judged, judged
from sterling.curate.quality.limits import PROFILES, RULES, Outcome, Profile, Rule
from sterling.curate.quality.phrases import Group
from sterling.errors import InputError
from sterling.records import Family, Fault
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence, proportion
from sterling.text import Hashes, refusals, token_hashes

_STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Gopher's."""
_ENDINGS: Mapping[str, Outcome] = {"cut_json": "drop", "open_fence": "drop", "cut_off": "drop", "no_final_stop": "flag"}
_REFUSALS: Mapping[str, Outcome] = {"refusal": "drop", "possible_refusal": "flag"}
_KEPT = Ruling("keep", "within_limits", 0.0)
_NOTHING = Ruling("keep", "nothing_to_judge")
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Fitted:
    """What every batch is judged with."""

    groups: Mapping[str, Group]
    stop: Hashes


class Strike(NamedTuple):
    """One rule that struck one text."""

    reason: str
    outcome: Outcome
    value: float
    limit: float | None = None
    shown: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As it stands in a verdict's evidence."""
        limit = {} if self.limit is None else {"limit": self.limit}
        shown = {} if self.shown is None else {"shown": self.shown}
        return {"outcome": self.outcome, "value": round(float(self.value), _DIGITS), **limit, **shown}


@register("check", "quality")
class Quality(RecordCheck):
    """Drops or flags what is noise, machine talk or a torso, by heuristics; see `limits.py` and `phrases.yaml`.

    What is judged is what training sees: of a conversation the last answer, of prompt and completion the completion, of
    a preference the chosen one, else the whole text. Reasoning and calls of tools are not read. A completion that is
    labelled false is meant to be bad, and kept.

    `profile` says what it is judged as, for a short answer is no page of the web, and code is no prose: `document` has
    the published limits of Gopher, C4 and FineWeb, `message` wider ones, and `code` few. `auto` takes a `text` of 200
    words or more for a document; for code what has a program in its reference, or three lines of which half are
    indented or end as code does, and tables; all else for messages. So the rule on too few words strikes only where
    somebody says `document`. Fenced code is read for whether it is closed, and for nothing else.

    Every rule that strikes is in the evidence, with the measured value and its limit, or with the phrase. The reason is
    the first one that drops, else the first that flags; the score is how many struck. `outcomes` changes what one rule
    does, `limits` where it begins.

    Dropped: control characters, loops, repetition, Gopher's rules, `lorem_ipsum`, broken encodings, marks of chat and
    prompt templates, disclosures of an assistant, refusals, cut texts. Flagged: C4's and FineWeb's rules on lines and
    sentences, courtesies, blanks to fill, a missing stop at the end.

    Traps: refusals are wanted in data that teaches to refuse: `outcomes: {refusal: ignore}`. A text about language
    models or prompt templates quotes what is struck here. Plays, poems and lists repeat lines. Scripts without spaces
    are not counted in words; and phrases, stop words and hanging words are English, so say `language` where the texts
    are not.
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"
    concludes_from: ClassVar[Sequence[str]] = ("id", "origin")

    profile: Literal["auto", "document", "message", "code"] = "auto"
    """What texts are judged as."""
    language: str = Field(default="en", pattern="^[a-z]{2,3}$")
    """Of the texts, as ISO 639 code. Anything but `en` turns the rules off that know English words only."""
    stop_words: tuple[str, ...] | None = Field(default=None, min_length=2, max_length=64)
    """Words of which a document must have two, in lower case. None: Gopher's eight, for English."""
    limits: Mapping[str, float] = {}
    """By reason: another limit, for every profile in which the rule applies. In the unit of the measured value."""
    outcomes: Mapping[str, Outcome] = {}
    """By reason: `drop`, `flag` or `ignore`."""
    phrases: str | None = None
    """File with rules of your own beside ours, in the form of `phrases.yaml`."""

    @model_validator(mode="after")
    def _known(self) -> "Quality":
        for option, names, known in (("limits", self.limits, set(RULES)), ("outcomes", self.outcomes, _reasons())):
            if (unknown := set(names) - known) and (option == "limits" or self.phrases is None):
                raise ValueError(f"`{option}` names no rule: {sorted(unknown)}; there are {', '.join(sorted(known))}")
        return self

    def reads(self) -> Sequence[str]:
        """The file of phrases."""
        return () if self.phrases is None else (self.locate(self.phrases),)

    def require(self) -> None:
        """InputError when the file of phrases is wrong, or `outcomes` names a rule that is not there."""
        known = _reasons() | set(self._groups())
        if unknown := sorted(set(self.outcomes) - known):
            raise InputError(f"`outcomes` names no rule: {unknown}", mend=f"there are {', '.join(sorted(known))}")

    def fit(self, context: FitContext) -> Fitted:
        """Phrases and stop words."""
        self.require()
        words = self.stop_words or (_STOP_WORDS if self.language == "en" else ())
        groups = {
            name: group.model_copy(update={"outcome": self.outcomes.get(name, group.outcome)})
            for name, group in self._groups().items()
            if group.language in {None, self.language}
        }
        stop = token_hashes(sorted({word.lower() for word in words}))
        return Fitted({name: group for name, group in groups.items() if group.outcome != "ignore"}, stop)

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> Sequence[Ruling | Fault]:
        """One ruling a row."""
        said = judged(batch, self.profile, state.stop)
        found: dict[int, list[Strike]] = defaultdict(list)
        for row, strike in self._strikes(said, state):
            if said.concerned[row]:
                found[row].append(strike)
        profiles = said.profiles.tolist()
        return [
            _ruling(found[row], PROFILES[profiles[row]]) if row in found else _KEPT if concerned else _NOTHING
            for row, concerned in enumerate(said.concerned.tolist())
        ]

    def measure(self, state: Fitted) -> Sequence[Evidence]:
        """How many phrases are looked for, by rule."""
        numbers = {name: len(group.patterns) for name, group in state.groups.items()}
        total = sum(numbers.values())
        return [Evidence("quality.phrases", total, total, None, "expressions looked for; inputs: by rule", numbers)]

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """Of each origin the share of records that each rule struck, and that any did."""
        seen: Counter[str] = Counter()
        struck: dict[str, Counter[str]] = defaultdict(Counter)
        for records, verdicts in judged:
            origins, reasons = records.column("origin").to_pylist(), verdicts.column("reason").to_pylist()
            for origin, reason, plain in zip(origins, reasons, verdicts.column("evidence").to_pylist(), strict=True):
                seen[origin] += reason != _NOTHING.reason
                rules = json.loads(plain).get("struck", {}) if reason != _KEPT.reason else {}
                struck[origin].update([*rules, *(["any"] if rules else [])])
        return [
            proportion(f"quality.{rule}.{origin}", hits, seen[origin], "records struck by the rule", origin=origin)
            for origin in sorted(seen)
            for rule, hits in [("any", struck[origin].pop("any", 0)), *sorted(struck[origin].items())]
        ]

    def _groups(self) -> Mapping[str, Group]:
        own = self.reads()
        return phrases.joined(Path(own[0]) if own else None)

    def _strikes(self, said: Judged, state: Fitted) -> Iterator[tuple[int, Strike]]:
        """Rule by rule, in the order in which they are told."""
        for name, rule in RULES.items():
            yield from self._counted(said, name, rule)
        yield from _phrased(said, state.groups)
        if self.language == "en":
            yield from _refused(said, {**_REFUSALS, **self.outcomes})
        for cut in endings.cuts(said, english=self.language == "en"):
            outcome = self.outcomes.get(cut.reason, _ENDINGS[cut.reason])
            if outcome != "ignore":
                yield cut.row, Strike(cut.reason, outcome, cut.value, None, cut.shown)

    def _counted(self, said: Judged, name: str, rule: Rule) -> Iterator[tuple[int, Strike]]:
        outcome = self.outcomes.get(name, rule.outcome)
        if outcome == "ignore" or (rule.english and self.language != "en" and self.stop_words is None):
            return
        own = self.limits.get(name)
        limits = np.array([np.nan if one is None else one if own is None else own for one in rule.limits], np.float64)
        mine = limits[said.profiles]
        values = rule.value(said.counts)
        with np.errstate(invalid="ignore"):
            hit = values > mine if rule.side == "above" else values < mine
        if rule.least is not None:
            hit &= said.counts[rule.least[0]] >= rule.least[1]
        if rule.of_words:
            hit &= said.counts.worded()
        for row in np.flatnonzero(hit).tolist():
            yield row, Strike(name, outcome, values[row], float(mine[row]))


def _reasons() -> set[str]:
    return {*RULES, *phrases.ours(), *_ENDINGS, *_REFUSALS}


def _phrased(said: Judged, groups: Mapping[str, Group]) -> Iterator[tuple[int, Strike]]:
    for place in np.unique(said.profiles).tolist():
        mine = {name: group for name, group in groups.items() if PROFILES[place] in group.profiles}
        rows = np.flatnonzero(said.profiles == place)
        texts = said.prose if len(rows) == len(said.prose) else said.prose.take(pa.array(rows))
        for name, hit in phrases.find(texts, mine):
            yield int(rows[hit.row]), Strike(name, groups[name].outcome, hit.number, 0, hit.first)


def _refused(said: Judged, outcomes: Mapping[str, Outcome]) -> Iterator[tuple[int, Strike]]:
    """Short answers that refuse, and those that say a phrase of refusals but perhaps mean something else."""
    short = np.flatnonzero(said.answers & (said.counts["words"] < refusals.SHORT))
    texts = said.prose.take(pa.array(short))
    for at in phrases.matching(texts, [refusals.ANY]):
        text = texts[at].as_py()
        phrase = refusals.refusal(text)
        name = "refusal" if phrase else "possible_refusal"
        if outcomes[name] != "ignore" and (phrase or refusals.declines(text)):
            yield (
                int(short[at]),
                Strike(name, outcomes[name], len(text.split()), refusals.SHORT, phrase or text.strip()[:120]),
            )


def _ruling(strikes: Sequence[Strike], profile: Profile) -> Ruling:
    ordered = sorted(strikes, key=lambda strike: strike.outcome != "drop")
    evidence = {"profile": profile, "struck": {strike.reason: strike.to_json() for strike in ordered}}
    return Ruling("drop" if ordered[0].outcome == "drop" else "flag", ordered[0].reason, float(len(ordered)), evidence)
