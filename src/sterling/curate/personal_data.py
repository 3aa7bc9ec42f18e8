"""`personal_data`: what names a person or opens a door, found by its form."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import field_validator

from sterling.curate.personal.kinds import KINDS, Kind
from sterling.records import Family, Fault, text_column
from sterling.registry import RecordCheck, Ruling, register
from sterling.stats import Evidence, proportion

_SHOWN = 20
"""Places that evidence names."""

KindName = Literal[
    "email", "phone", "iban", "credit_card", "us_ssn", "ipv4", "ipv6", "mac", "gps", "url_credentials", "secret"
]


class Found(NamedTuple):
    """One datum, without repeating it."""

    kind: str
    start: int
    """Of the record's text, in characters."""
    stop: int
    masked: str


@register("check", "personal_data")
class PersonalData(RecordCheck):
    """Flags a record that holds an address, a number or a key by its form (`outcome: drop` drops it).

    `email`; `phone` (international with an assigned calling code and 8 to 15 digits; North American with separators;
    other national forms only behind a word such as `Tel.`); `iban` (length by country and checksum); `credit_card`
    (issuer's prefix, length, Luhn); `us_ssn`; `ipv4` and `ipv6` (public ones); `mac`; `gps` (two decimal degrees with
    four places or more, or degrees and minutes); `url_credentials`; `secret` (keys of well-known services, private
    keys, signed tokens). Numbers and addresses that are reserved for examples are not told, unless `examples: true`.

    Evidence names kind and place, and of the datum its first and last character only (of a key the public prefix).

    **Not seen**: names, street addresses, dates of birth, identity numbers of other countries, anything spelled out
    (`jane at example dot org`), split over messages, or in a picture's text. A record without a flag is not free of
    personal data, and removing these does not make a text anonymous.

    Traps: version numbers look like IPv4 addresses, part numbers like phones and cards (one in ten passes Luhn). Role
    addresses (`info@`) are told like those of persons.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    kinds: tuple[KindName, ...] = get_args(KindName)
    """What is looked for."""
    outcome: Literal["flag", "drop"] = "flag"
    """What becomes of a record that has any of it."""
    examples: bool = False
    """Tell also what is reserved for examples: `example.com`, 555-0100, 192.0.2.1, the test numbers of card issuers."""

    @field_validator("kinds")
    @classmethod
    def _some(cls, kinds: tuple[KindName, ...]) -> tuple[KindName, ...]:
        if not kinds:
            raise ValueError("name at least one kind")
        return kinds

    def may_drop(self) -> bool:
        """Only with `outcome: drop`."""
        return self.outcome == "drop"

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """`personal_data` with what was found where, or `secret` if only keys were; the score is how many."""
        column = text_column(batch)
        found: dict[int, list[Found]] = {}
        for name in self.kinds:
            kind = KINDS[name]
            rows = np.flatnonzero(_triggered(column, kind))
            for row, text in zip(rows.tolist(), column.take(pa.array(rows)).to_pylist(), strict=True):
                found.setdefault(row, []).extend(self._in(text, name, kind))
        return [self._ruling(sorted(found.get(row, ()), key=_place)) for row in range(batch.num_rows)]

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """The share of records that hold each kind."""
        records: Counter[str] = Counter()
        total = 0
        for _, verdicts in judged:
            total += verdicts.num_rows
            told = verdicts.filter(pc.is_in(verdicts["reason"], value_set=pa.array(["personal_data", "secret"])))
            for evidence in told["evidence"].to_pylist():
                records.update(json.loads(evidence)["kinds"].keys())
        method = "records with such a form in their text"
        return [proportion(f"personal_data.{kind}", records[kind], total, method) for kind in self.kinds if total]

    def _in(self, text: str, name: str, kind: Kind) -> Iterator[Found]:
        for match in kind.pattern.finditer(text):
            if kind.holds(match) and (self.examples or not kind.reserved(match)):
                yield Found(name, *match.span("it"), kind.masked(match["it"]))

    def _ruling(self, found: Sequence[Found]) -> Ruling:
        single = _apart(found)
        if not single:
            return _NONE
        kinds = dict(sorted(Counter(one.kind for one in single).items()))
        listed = [{"kind": one.kind, "at": [one.start, one.stop], "masked": one.masked} for one in single[:_SHOWN]]
        reason = "secret" if set(kinds) <= {"secret", "url_credentials"} else "personal_data"
        return Ruling(self.outcome, reason, len(single), {"kinds": kinds, "found": listed})


_NONE = Ruling("keep", "none_found", 0)


def _triggered(column: pa.StringArray, kind: Kind) -> Any:
    """Which texts are worth reading: a scan over bytes that misses nothing the pattern would find."""
    if kind.literal:
        return pc.match_substring(column, kind.trigger).to_numpy(zero_copy_only=False)
    return pc.match_substring_regex(column, kind.trigger).to_numpy(zero_copy_only=False)


def _place(one: Found) -> tuple[int, int, str]:
    return one.start, -one.stop, one.kind


def _apart(found: Sequence[Found]) -> list[Found]:
    """Of places that overlap the first and longest: a card number is no phone number as well."""
    kept: list[Found] = []
    for one in found:
        if not kept or one.start >= kept[-1].stop:
            kept.append(one)
    return kept
