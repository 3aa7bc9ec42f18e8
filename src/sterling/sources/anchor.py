"""From what a source found to records of the anchor: origin, role, and when too many rows are bad."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from sterling.errors import InputError, SourceError
from sterling.records import Fault, Origin, Record, Role, digest
from sterling.records.arrow import TEXT_KEYS
from sterling.registry import Item, Source
from sterling.sources.row import fault
from sterling.stats import clopper_pearson
from sterling.text.invisible import cleaned_payload

_ORDER: tuple[Role, ...] = ("test", "monitor", "holdout")
"""Roles in the order in which they take their share of the unit interval; `train` is what remains."""
_DOMAIN = "sterling: role of a group, 1"
_EARLY = 200
"""Rows before which a share of bad ones says too little."""


def role_of(group: str, shares: Mapping[Role, float]) -> Role:
    """The role of everything that belongs to `group`: a function of these two alone.

    Neither the source's name, nor a seed, nor other data has a say, so nobody ever moves and a person who is in two
    anchors has one role. A role's share holds in expectation over groups, not exactly, and not over records.
    """
    point = int(digest(_DOMAIN, group)[:13], 16) / 16**13
    edge = 0.0
    for role in _ORDER:
        edge += shares.get(role, 0.0)
        if point < edge:
            return role
    return "train"


def origin_of(source: Source) -> Origin:
    """What a source's rows may call themselves: `human` needs a name and a reason, else it is `unknown`."""
    if source.origin == "human" and not (source.attested_by and source.attested_because):
        return "unknown"
    return source.origin


def anchor_records(source: Source, shares: Mapping[Role, float]) -> Iterator[Record | Fault]:
    """The records of a source with origin and role, and the faults of its bad rows, lazily, in the source's order.

    `shares` are of groups (`split_by`, else the record's content); what they leave of 1 is `train`. SourceError when
    more than `max_bad_share` of the rows are bad, as soon as that is beyond doubt, and when no record comes at all.
    """
    _require_shares(shares)
    tally = _Tally(source)
    for found in source.read():
        record = found if isinstance(found, Fault) else _record(found, source, shares)
        tally.note(record)
        yield record
    tally.close()


def _record(item: Item, source: Source, shares: Mapping[Role, float]) -> Record | Fault:
    try:
        payload, tags = (item.payload, item.tags) if source.invisible == "keep" else _seen(item)
        if item.payload and not payload:
            return fault(item.row, "empty_text", "there is nothing in it but invisible characters")
        record = Record.real(
            payload, source=source.name, row=item.row, origin=item.origin or origin_of(source),
            reference=item.reference, tags=tags,
        )  # fmt: skip
        group = record.content if item.group is None else item.group
        return replace(record, role=role_of(group, shares))
    except (ValueError, TypeError, RecursionError) as error:
        where = item.row.encode(errors="replace").decode()
        return fault(where, "bad_row", f"{type(error).__name__}: {str(error)[:200]}")


def _seen(item: Item) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Payload without what nobody sees, and tags that tell it; no payload where a text would be left empty."""
    found = cleaned_payload(item.payload)
    texts = [key for key in TEXT_KEYS if isinstance(found.content.get(key), str)]
    empty = any(item.payload[key].strip() and not found.content[key].strip() for key in texts)
    return {} if empty else found.content, (*item.tags, *found.tags)


SILENT = frozenset({"no_feedback", "unchanged", "unread_assertions"})
"""Reasons of rows that are sound and say nothing: most answers get no thumb, most tests are
no examples. They are told, but are no bad rows."""


class _Tally:
    """Counts rows and bad rows, and knows when to stop."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rows = self._bad = self._faults = 0
        self._first: list[Fault] = []
        self._look_at = _EARLY

    def note(self, found: Record | Fault) -> None:
        """Count one row. SourceError when the share of bad ones is too high beyond doubt."""
        self._rows += 1
        if isinstance(found, Fault):
            self._refuse_cut(found)
            self._faults += 1
            self._bad += found.reason not in SILENT
            self._first += [found] if len(self._first) < 3 else []
        if self._rows >= self._look_at:
            self._look_at = math.ceil(self._rows * 1.25)  # seldom: each look is a chance to be wrong
            if self._bad and clopper_pearson(self._bad, self._rows, 0.99).low > self._source.max_bad_share:
                raise self._too_many()

    def _refuse_cut(self, found: Fault) -> None:
        """What stands behind a cut is lost, and nobody can say how much: it is no single row."""
        if found.reason == "truncated" and self._source.max_bad_share < 1:
            mend = "fetch the file again, or take what stands before the cut with `max_bad_share: 1`"
            raise SourceError(f"the file is cut off: {found.message}", where=found.where, mend=mend)

    def close(self) -> None:
        """SourceError when too many of all rows were bad, or none was good."""
        if self._faults == self._rows:
            raise self._nothing()
        if self._bad / self._rows > self._source.max_bad_share:
            raise self._too_many()

    def _too_many(self) -> SourceError:
        share, allowed = self._bad / self._rows, self._source.max_bad_share
        enough = math.ceil(share * 100) / 100
        return SourceError(
            f"{self._bad:,} of the {self._rows:,} rows read are bad ({share:.1%}), more than the {allowed:.1%} that"
            f" `max_bad_share` allows{self._examples()}",
            where=self._where(),
            mend=f"mend the rows, or allow it with `max_bad_share: {enough:g}` for this source",
        )

    def _nothing(self) -> SourceError:
        what = f"none of the {self._rows:,} rows yields a record" if self._rows else "the source yields no record"
        return SourceError(f"{what}{self._examples()}", where=self._where(), mend="check its path and its `columns`")

    def _examples(self) -> str:
        return "".join(f"\n  {f.where}: {f.reason}: {f.message}" for f in self._first)

    def _where(self) -> str:
        return f"source `{self._source.name}`"


def _require_shares(shares: Mapping[Role, float]) -> None:
    strangers = sorted(set(shares) - set(get_args(Role)))
    if strangers:
        raise InputError(f"there is no role `{strangers[0]}`", mend=f"one of: {', '.join(get_args(Role))}")
    rest = 1 - sum(shares.get(role, 0.0) for role in _ORDER)
    if min(shares.values(), default=0.0) < 0 or rest < -1e-9 or abs(shares.get("train", rest) - rest) > 1e-9:
        listed = ", ".join(f"{role} {share:g}" for role, share in shares.items())
        raise InputError(
            f"the shares of the roles do not add up to 1: {listed}", mend="leave `train` out: it gets the rest"
        )
