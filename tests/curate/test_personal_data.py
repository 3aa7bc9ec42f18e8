"""Nothing here is a person's: numbers are made up, and keys are put together here, so that scanners leave them be."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from sterling.curate import PersonalData
from sterling.curate.personal.kinds import KINDS
from sterling.curate.personal.numbers import _luhn
from sterling.records import Maker, Record, batch_of
from sterling.registry import Ruling


def ruled(texts: Sequence[str], **options: Any) -> list[Ruling]:
    records = [Record.synthetic({"text": t}, source="s", row=str(n), maker=Maker("m")) for n, t in enumerate(texts)]
    said = PersonalData(**options).judge(batch_of(records), None)
    return [one for one in said if isinstance(one, Ruling)]


def kinds(text: str, **options: Any) -> list[str]:
    (said,) = ruled([text], **options)
    return sorted(said.evidence.get("kinds", {}))


SECRET = "ghp" + "_" + "aZ3kP9xQ7mL2vB8nR4tY6wC1dF5gH0jKsU7e"
PLANTED = {
    "email": ("jane.roe@mailbox.org", "o'neil+x_1@sub.firm.co.uk"),
    "phone": ("+49 30 1234567", "+44 (0)20 8765 4321", "(415) 867-5309", "415-867-5309", "Tel.: 089 / 123 456"),
    "iban": ("DE02 1203 0000 0000 2020 51", "FR7630006000011234567890189"),
    "credit_card": ("4539 1488 0343 6467", "5425233430109903", "3742-454554-00126"),
    "us_ssn": ("536-90-4399",),
    "ipv4": ("93.184.216.34",),
    "ipv6": ("2a02:8109:9e40:1a2b::c3d4", "2607:f8b0:4005:80a:0:0:0:200e"),
    "mac": ("3c:52:82:1f:9a:7e", "3C-52-82-1F-9A-7E"),
    "gps": ("40.75201, -73.98414", "48\u00b051\u203230\u2033N 2\u00b017\u203240\u2033E"),
    "url_credentials": ("postgres://svc_a:Tr0ub4dor@db.firm.io/x",),
    "secret": (SECRET, "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA"),
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in PLANTED.items() for value in values])
def test_each_kind_is_found_where_it_is_and_not_repeated(kind: str, value: str) -> None:
    text = f"Please write to {value}, or later."
    (said,) = ruled([text])
    assert said.outcome == "flag"
    assert said.reason == ("secret" if kind in {"secret", "url_credentials"} else "personal_data")
    assert said.evidence["kinds"] == {kind: 1}
    start, stop = said.evidence["found"][0]["at"]
    datum = text[start:stop]
    assert datum in value
    assert len(datum) > 6
    assert datum not in str(said.evidence)
    assert ruled([text], outcome="drop")[0].outcome == "drop"


EXAMPLES = (
    ("email", "mail jo@example.com now"), ("email", "mail your.name@gmail.com"), ("phone", "call (212) 555-0143 now"),
    ("credit_card", "pay 4242 4242 4242 4242 now"), ("us_ssn", "it is 078-05-1120 here"), ("ipv4", "at 192.0.2.7 is"),
    ("ipv6", "at 2001:db8::17:a is"), ("mac", "at 00:00:5e:00:53:af is"), ("iban", "to DE89370400440532013000 now"),
    ("url_credentials", "at ftp://joe:s3cret@example.org/x"), ("secret", "key AKIAIOSFODNN7" + "EXAMPLE here"),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_reserved_examples_are_told_on_request_only(kind: str, text: str) -> None:
    assert kinds(text) == []
    assert kinds(text, examples=True) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "git clone git@github.com:org/name and logo@2x.png",
        "Version 4.18.22.131, 10.1.2.3, 1.2.3.4, 8.8.8.8, 300.1.1.1",
        "at 12:30:45, std::map, a:b:c, 2024-11-05 10:11:12, 1999-2003",
        "4539 1488 0343 6468 and 1234 5678 9012 3456 and 0000 0000 0000 0000",
        "DE03 1203 0000 0000 2020 51",
        "000-12-3456 666-12-3456 123-00-4567",
        "0.1234, 0.5678 and 12.34567, 3.45678, 9.87654",
        "3141592653589793238462643383279502884197",
        "The order 0301234567 of 2024 costs 1,234,567.89 in 100-200-3000 boxes.",
        "http://host:8080/a@b and https://user:password@host/",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ],
)
def test_what_only_looks_like_it_is_not_told(text: str) -> None:
    assert kinds(text) == []


def test_one_place_is_told_once_and_by_place() -> None:
    (said,) = ruled(["card 4539 1488 0343 6467 of jane.roe@mailbox.org"])
    assert [(one["kind"], one["masked"]) for one in said.evidence["found"]] == [
        ("credit_card", "4\u20267"),
        ("email", "j\u2026g"),
    ]
    assert said.score == 2


def test_only_the_kinds_asked_for() -> None:
    assert kinds("jane.roe@mailbox.org 93.184.216.34", kinds=("ipv4",)) == ["ipv4"]
    with pytest.raises(ValidationError):
        PersonalData(kinds=())


def test_planted_numbers_are_found_in_other_text() -> None:
    chance = random.Random("planted")
    cards: list[str] = []
    while len(cards) < 100:
        number = "4" + "".join(chance.choices("0123456789", k=15))
        if _luhn(number):
            cards.append(f"n {number[:4]} {number[4:8]} {number[8:12]} {number[12:]}.")
    mails = [
        f"<{a}.{b}@{c}.net>" for a, b, c in zip(*(map(str, range(n, n + 100)) for n in (1, 300, 900)), strict=True)
    ]
    said = [one.evidence.get("kinds") for one in ruled([*cards, *mails])]
    assert said == [{"credit_card": 1}] * 100 + [{"email": 1}] * 100


def test_a_trigger_misses_nothing_that_its_pattern_finds() -> None:
    for name, values in PLANTED.items():
        assert kinds(" ".join(values), kinds=(name,)) == [name]
    assert set(PLANTED) == set(KINDS)


def test_human_text_is_seldom_flagged(shared_data: Path) -> None:
    texts = pq.read_table(shared_data / "curation" / "t0_12k.parquet")["text"].to_pylist()[:4000]
    assert sum(one.outcome == "flag" for one in ruled(texts)) <= 16


def test_the_share_of_each_kind_is_told() -> None:
    from sterling.records import Verdict, verdict_table

    check = PersonalData(kinds=("email", "mac"))
    said = ruled(["a jane.roe@mailbox.org", "b"])
    verdicts = verdict_table(
        Verdict(str(n), one.outcome, "p", one.reason, "statistics", one.score, one.evidence)
        for n, one in enumerate(said)
    )
    found = check.conclude([(batch_of([]), verdicts)], None)
    assert [(e.name, e.value, e.n) for e in found] == [("personal_data.email", 0.5, 2), ("personal_data.mac", 0.0, 2)]


def test_golden_verdict() -> None:
    """Raise the version together with this."""
    (said,) = ruled(["Ring +49 30 1234567 or mail jane.roe@mailbox.org"])
    assert PersonalData.version == 1
    assert said == Ruling(
        "flag", "personal_data", 2,
        {
            "kinds": {"email": 1, "phone": 1},
            "found": [
                {"kind": "phone", "at": [5, 19], "masked": "+\u20267"},
                {"kind": "email", "at": [28, 48], "masked": "j\u2026g"},
            ],
        },
    )  # fmt: skip
