"""Origins, roles, and when a source has too many bad rows."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.errors import InputError, SourceError
from sterling.records import Fault, Record, Role
from sterling.registry import Item, Source
from sterling.sources import Files, anchor_records, origin_of, role_of
from sterling.stats import clopper_pearson

SHARES: Mapping[Role, float] = {"test": 0.1, "monitor": 0.1, "holdout": 0.1}
HUMAN: Mapping[str, Any] = {"origin": "human", "attested_by": "A. Person", "attested_because": "wrote them"}


class Given(Source):
    """A source of what a test gives it."""

    found: ClassVar[Sequence[Item | Fault]] = ()
    taken: ClassVar[list[int]] = []

    def read(self) -> Iterator[Item | Fault]:
        for number, item in enumerate(self.found):
            self.taken.append(number)
            yield item


def given_source(found: Sequence[Item | Fault], **options: Any) -> Source:
    class Now(Given):
        pass

    Now.found, Now.taken = found, []
    return Now(name="notes", **options)


def item(n: int, **more: Any) -> Item:
    return Item({"text": f"text {n}"}, f"a.jsonl:{n}", **more)


def bad(n: int) -> Fault:
    return Fault(f"a.jsonl:{n}", "source", "bad_json", "Expecting value at column 1")


def records(source: Source, shares: Mapping[Role, float] = SHARES) -> list[Record]:
    return [r for r in anchor_records(source, shares) if isinstance(r, Record)]


@settings(max_examples=100)
@given(st.text(), st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 0.3))
def test_a_role_is_a_function_of_group_and_shares(group: str, test: float, monitor: float, holdout: float) -> None:
    group = group.encode(errors="replace").decode()
    shares: dict[Role, float] = {"test": test, "monitor": monitor, "holdout": holdout}
    role = role_of(group, shares)
    assert role == role_of(group, dict(reversed(shares.items())) | {"train": 1 - sum(shares.values())})
    if role == "test":
        assert role_of(group, shares | {"test": 1.0}) == "test"
    else:
        assert role_of(group, {**shares, "test": 0.0, "monitor": test + monitor}) == role


def test_roles_are_the_same_everywhere() -> None:
    names = ("ada", "0", "bob", "cleo")
    assert [role_of(name, SHARES) for name in names] == ["train", "monitor", "holdout", "test"]


def test_shares_are_met_within_what_chance_allows() -> None:
    seen = Counter(role_of(f"person {n}", SHARES) for n in range(20_000))
    for role, share in {**SHARES, "train": 0.7}.items():
        interval = clopper_pearson(seen[role], 20_000, 0.9999)
        assert interval.low < share < interval.high


@settings(max_examples=30)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_groups_never_straddle_and_order_and_name_do_not_matter(groups: list[int], random: Any) -> None:
    rows = [item(n, group=f"person {g}") for n, g in enumerate(groups)]
    shuffled = list(rows)
    random.shuffle(shuffled)
    first = {r.row: r.role for r in records(given_source(rows))}
    again = {r.row: r.role for r in records(given_source([*shuffled, item(999, group="new")]))}
    assert first == {row: role for row, role in again.items() if row != "a.jsonl:999"}
    for group in set(groups):
        assert len({first[f"a.jsonl:{n}"] for n, g in enumerate(groups) if g == group}) == 1


def test_without_a_group_equal_content_has_one_role() -> None:
    rows = [Item({"text": f"t {n % 50}"}, f"a.jsonl:{n}") for n in range(200)]
    roles: dict[str, set[str]] = {}
    for record in records(given_source(rows)):
        roles.setdefault(record.content, set()).add(record.role)
    assert len(roles) == 50
    assert {len(each) for each in roles.values()} == {1}
    assert len(set.union(*roles.values())) > 1


@pytest.mark.parametrize(
    ("options", "origin"),
    [
        (HUMAN, "human"),
        ({"origin": "human", "attested_by": "A. Person"}, "unknown"),
        ({"origin": "human", "attested_because": "wrote them"}, "unknown"),
        ({"origin": "human", "attested_by": "", "attested_because": "wrote them"}, "unknown"),
        ({"origin": "mixed"}, "mixed"),
        ({"origin": "synthetic"}, "synthetic"),
        ({}, "unknown"),
    ],
)
def test_only_an_attested_source_is_human(options: dict[str, Any], origin: str) -> None:
    source = given_source([item(1), item(2, origin="mixed")], **options)
    assert origin_of(source) == origin
    assert [r.origin for r in records(source)] == [origin, "mixed"]


def test_a_record_carries_all_that_its_item_had() -> None:
    [record] = records(given_source([item(3, reference={"answer": "4"}, tags=("topic:x",), group="me")], **HUMAN))
    assert (record.source, record.row, record.depth, record.parents) == ("notes", "a.jsonl:3", 0, ())
    assert (record.reference, record.tags, record.payload) == ({"answer": "4"}, ("topic:x",), {"text": "text 3"})
    assert record.role == role_of("me", SHARES)


@pytest.mark.parametrize("payload", [{"text": "\ud800"}, {"text": "a", "prompt": "b"}, {"fields": {"x": float("nan")}},
                                     {"fields": {"x": object()}}])  # fmt: skip
def test_what_can_be_no_record_is_a_bad_row(payload: dict[str, Any]) -> None:
    source = given_source([item(1), Item(payload, "a.jsonl:2")], max_bad_share=1)
    [fault] = [f for f in anchor_records(source, SHARES) if isinstance(f, Fault)]
    assert (fault.where, fault.boundary, fault.reason) == ("a.jsonl:2", "source", "bad_row")


def test_too_many_bad_rows_stop_the_run_at_the_end() -> None:
    rows = [bad(n) if n % 10 == 0 else item(n) for n in range(1, 101)]
    with pytest.raises(SourceError) as error:
        records(given_source(rows, max_bad_share=0.09))
    assert str(error.value) == (
        "source `notes`: 10 of the 100 rows read are bad (10.0%), more than the 9.0% that `max_bad_share` allows\n"
        "  a.jsonl:10: bad_json: Expecting value at column 1\n"
        "  a.jsonl:20: bad_json: Expecting value at column 1\n"
        "  a.jsonl:30: bad_json: Expecting value at column 1\n"
        "  mend: mend the rows, or allow it with `max_bad_share: 0.1` for this source"
    )
    assert len(records(given_source(rows, max_bad_share=0.1))) == 90


def test_a_share_beyond_doubt_stops_the_run_early() -> None:
    rows: list[Item | Fault] = [bad(n) if n % 3 == 0 else item(n) for n in range(5000)]
    source = given_source(rows)
    with pytest.raises(SourceError, match="67 of the 200 rows read are bad"):
        records(source)
    assert isinstance(source, Given)
    assert len(source.taken) == 200


def test_bad_luck_at_the_start_does_not_stop_the_run() -> None:
    rows: list[Item | Fault] = [bad(n) if n < 14 else item(n) for n in range(400)]
    assert len(records(given_source(rows))) == 386


def test_a_source_that_yields_nothing_stops_the_run() -> None:
    with pytest.raises(SourceError) as error:
        records(given_source([]))
    assert str(error.value) == ("source `notes`: the source yields no record\n  mend: check its path and its `columns`")
    with pytest.raises(SourceError) as error:
        records(given_source([bad(1)], max_bad_share=1))
    assert str(error.value) == (
        "source `notes`: none of the 1 rows yields a record\n"
        "  a.jsonl:1: bad_json: Expecting value at column 1\n"
        "  mend: check its path and its `columns`"
    )


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"test": 0.6, "monitor": 0.6}, "the shares of the roles do not add up to 1: test 0.6, monitor 0.6"),
        ({"test": -0.1}, "the shares of the roles do not add up to 1: test -0.1"),
        ({"test": 0.1, "train": 0.8}, "the shares of the roles do not add up to 1: test 0.1, train 0.8"),
    ],
)
def test_shares_that_are_none_are_refused(shares: dict[Role, float], message: str) -> None:
    with pytest.raises(InputError) as error:
        records(given_source([item(1)]), shares)
    assert str(error.value) == f"{message}\n  mend: leave `train` out: it gets the rest"


def test_an_unknown_role_is_refused() -> None:
    shares: Any = {"validation": 0.1}
    with pytest.raises(InputError, match="there is no role `validation`\n  mend: one of: train, test"):
        records(given_source([item(1)]), shares)


def test_what_nobody_sees_is_taken_out_and_told(tmp_path: Path) -> None:
    rows = ["wa\u200bter\u00admark", "p\u0430ypal", "plain", "\u200b\u2060"]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    given = {"name": "a", "path": str(path), "max_bad_share": 1}
    *records, bad = anchor_records(Files(**given), {})
    assert isinstance(bad, Fault)
    assert (bad.reason, bad.where) == ("empty_text", "rows.jsonl:4")
    read = [(one.payload["text"], one.tags) for one in records if isinstance(one, Record)]
    assert read == [
        ("watermark", ("stripped:soft_hyphen", "stripped:zero_width")),
        ("p\u0430ypal", ("marked:homoglyph",)),
        ("plain", ()),
    ]
    kept = [one for one in anchor_records(Files(**given, invisible="keep"), {}) if isinstance(one, Record)]
    assert [one.payload["text"] for one in kept] == rows
    assert {one.tags for one in kept} == {()}
    assert [one.id for one in kept[1:3]] == [one.id for one in records[1:] if isinstance(one, Record)]
