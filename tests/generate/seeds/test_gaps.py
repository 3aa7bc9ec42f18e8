"""What real data has little of: formats, tags, pairs of tags, topics."""

import pytest

from sterling.generate.seeds.formats import FORMATS, formats_of
from sterling.generate.seeds.gaps import Gap, gaps
from sterling.records import Record

SHOWN: dict[str, str] = {
    "very_short": "help please",
    "very_long": "word " * 300,
    "other_script": "Где моя посылка?",
    "mixed_scripts": "Where is посылка моя now?",
    "capitals": "WHERE IS MY PARCEL NOW",
    "no_letters": "4711 ???",
    "digits": "Order 4711-0815-2233 of 3.4.2026",
    "pictures": "My lamp is 💡 and I am 😡",
    "markup": "<p>Hello <b>there</b></p>",
    "code": "Why does this fail?\n```python\nx = 1\n```",
    "json": 'It says {"error": 3, "at": "x"} again',
    "table": "| a | b |\n|---|---|\n| 1 | 2 |",
    "items": "1. lamp\n2. kettle\n3. toaster",
    "link": "See https://example.org/x",
    "quoted_mail": "As I wrote:\n> where is it?",
    "empty_fields": "Name: Ada\nOrder number:\nReason: broken",
    "many_questions": "Where? When? Why? How?",
    "repetition": "nooooooooo",
}
PLAIN = "I ordered a lamp of the model Halo last Monday, and it has not come yet. Please look into it."


@pytest.mark.parametrize("name", [one.name for one in FORMATS if one.name != "latin_script"])
def test_a_format_is_told_where_it_is_and_not_in_plain_prose(name: str) -> None:
    assert name in formats_of(SHOWN[name])
    assert name not in formats_of(PLAIN)


def test_plain_prose_is_in_the_latin_script_and_nothing_else() -> None:
    assert formats_of(PLAIN) == {"latin_script"}
    assert formats_of("") == frozenset()


def asked(n: int, text: str, *tags: str) -> Record:
    return Record.real({"prompt": text, "completion": "."}, source="s", row=str(n), origin="human", tags=tags)


def by_name(found: list[Gap]) -> dict[str, Gap]:
    return {gap.name: gap for gap in found}


def test_formats_below_one_in_a_hundred_are_gaps() -> None:
    records = [asked(n, PLAIN + f" Order {n}") for n in range(199)] + [asked(999, SHOWN["table"])]
    found = by_name(gaps(records, kinds=("formats",)))
    assert found["formats/table"].n == 1
    assert found["formats/table"].near == (records[-1],)
    assert found["formats/code"].n == 0
    assert "formats/latin_script" not in found
    assert "formats/table" not in by_name(gaps([*records[1:], asked(1000, SHOWN["table"])], kinds=("formats",)))


def test_few_records_of_a_tag_and_a_missing_pair() -> None:
    records = [
        *(asked(n, f"lamp {n}", "product:lamp", f"language:{'en' if n % 2 else 'de'}") for n in range(40)),
        *(asked(100 + n, f"kettle {n}", "product:kettle", "language:en") for n in range(40)),
        *(asked(200 + n, f"iron {n}", "product:iron", "language:en") for n in range(4)),
    ]
    found = by_name(gaps(records, kinds=("tags", "pairs")))
    assert set(found) == {"tags/product:iron", "pairs/language:de+product:kettle"}  # 20 x 40 / 84 = 9.5 were expected
    assert found["tags/product:iron"].n == 4
    pair = found["pairs/language:de+product:kettle"]
    assert pair.tags == ("language:de", "product:kettle")
    assert {tag for record in pair.near for tag in record.tags} == {
        "product:lamp", "language:de", "product:kettle", "language:en"
    }  # fmt: skip


def test_tags_that_name_single_records_and_tags_of_making_are_no_categories() -> None:
    records = [asked(n, f"lamp {n}", f"ticket:{n}", "cell:a" if n else "cell:b", "has_examples") for n in range(30)]
    assert gaps(records, kinds=("tags", "pairs")) == []


def test_a_thin_topic_is_a_gap_with_its_records() -> None:
    records = [
        *(asked(n, f"the tap in the kitchen drips onto the sink, washer number {n}") for n in range(60)),
        *(asked(100 + n, f"multiply integer factors {n} remainder modulo prime sum") for n in range(60)),
        asked(500, "volcano magma crater eruption caldera tephra"),
    ]
    found = gaps(records, kinds=("topics",))
    assert (records[-1],) in [gap.near for gap in found]
    assert all(gap.n < 0.25 * len(records) / 24 for gap in found)
    assert found == gaps(records, kinds=("topics",))
    assert gaps([asked(n, "") for n in range(9)], kinds=("topics",)) == []
    assert gaps([], kinds=("tags", "pairs", "topics")) == []
