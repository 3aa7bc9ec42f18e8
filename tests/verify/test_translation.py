"""The check `translation`: language, numbers, literals, names, length, and the way back."""

# ruff: noqa: RUF001 - the signs of other scripts are meant

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sterling
from sterling.errors import InputError
from sterling.pipeline.checking import configured
from sterling.records import VERIFYING, Record, Verdict, batch_of, verdict_table
from sterling.registry import Ruling
from sterling.verify.translating.chrf import chrf
from sterling.verify.translating.numerals import missing, numerals
from sterling.verify.translating.tongue import code_of, sentences, weight
from sterling.verify.translation import Translation

LONG = "The old bridge was closed for repairs, so the children walked along the river until they came to the mill."
LANG = "Die alte Brücke war wegen einer Reparatur gesperrt, und so gingen die Kinder am Fluss entlang bis zur Mühle."


def translated(source: str, text: str, language: str = "de", **reference: Any) -> Record:
    given = {"source_text": source, "language": language, "source_language": "en"} | reference
    said = {name: value for name, value in given.items() if value is not None}
    payload = {"prompt": f"Translate: {source}", "completion": text}
    return Record.real(payload, source="s", row="r", origin="unknown", reference=said)


def ruled(record: Record, **options: Any) -> Ruling:
    (said,) = Translation(**options).judge(batch_of([record]), None)
    assert isinstance(said, Ruling)
    return said


RIGHT = [
    ("de", "On 5 March 1994, about 1,234.5 million people (12.5%) saw the 20th Century show at 3:30 pm for $19.99.",
     "Am 5. März 1994 sahen etwa 1.234,5 Millionen Menschen (12,5 %) um 15:30 Uhr die Schau des 20. Jahrhunderts für "
     "19,99 $."),
    ("de", "The meeting starts at 3:30 pm.", "Die Sitzung beginnt um 15.30 Uhr."),
    ("fr", "In the 19th century, Victor Hugo wrote twenty-five books in 3 years.",
     "Au XIXe siècle, Victor Hugo a écrit vingt-cinq livres en trois ans."),
    ("fr", "The 1990s saw 5 million visitors and a budget of €3.2bn.",
     "Les années 90 ont vu 5 millions de visiteurs et un budget de 3,2 milliards d'euros."),
    ("zh", "About 350 million people live here, 5 million in the city. It was founded on March 5, 1994.",
     "约有3亿5000万人居住在这里，其中500万在城里。它成立于1994年3月5日。"),
    ("ko", "They sold 12.5 million phones in 2020.", "그들은 2020년에 1250만 대의 휴대폰을 팔았다."),
    ("ru", "The company earned $1,500,000 in 2019, 35.7% more than before.",
     "В 2019 году компания заработала 1 500 000 долларов, на 35,7 % больше, чем раньше."),
    ("ar", "The conference in 2021 had 2,500 participants from 40 countries.",
     "ضم المؤتمر في عام ٢٠٢١ نحو ٢٬٥٠٠ مشارك من ٤٠ دولة."),
    ("es", "Run `pip install foo` and open https://example.com/docs. Then replace {name} by %s.",
     "Ejecute `pip install foo` y abra https://example.com/docs. Luego sustituya {name} por %s."),
    ("hu", "%s: remove %s?", "%2$s: eltávolítja ezt: %1$s?"),
    ("pl", "Barack Obama met Angela Merkel in Berlin on 19 June 2013.",
     "Barack Obama spotkał się z Angelą Merkel w Berlinie 19 czerwca 2013 r."),
    ("de", "The World Health Organization wrote about COVID-19 and 10.0.0.1.",
     "Die Weltgesundheitsorganisation schrieb über COVID-19 und 10.0.0.1."),
    ("nl", "Twelve people and 2 dogs left at half past 3.", "Om half vier vertrokken twaalf mensen en twee honden."),
    ("ja", "Select %s to view.", "表示する%sを選択。"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "source", "text"), RIGHT)
def test_right_translations_are_consistent(language: str, source: str, text: str) -> None:
    said = ruled(translated(source, text, language))
    assert (said.outcome, said.reason) == ("keep", "consistent"), said.evidence


WRONG = [
    ("untranslated", LONG, LONG),
    ("untranslated", f"It rained. {LONG}", f"Es regnete. {LONG}"),
    ("untranslated", "A short text.", "a short text"),
    ("wrong_language", LONG, "Le vieux pont était fermé pour des travaux, et les enfants ont suivi la rivière."),
    ("wrong_language", LONG, "Старый мост был закрыт, и дети пошли вдоль реки до самой мельницы."),
    ("literal_lost", "See https://example.com/a.", "Siehe https://example.com/b."),
    ("literal_lost", "Write to a@example.com.", "Schreiben Sie an b@example.com."),
    ("literal_lost", "Call `run()` twice.", "Rufen Sie `lauf()` zweimal auf."),
    ("literal_lost", "Hello {name}, you have %d mails.", "Hallo {name}, Sie haben Post."),
    ("literal_lost", "A <b>bold</b> word.", "Ein fettes Wort."),
    ("literal_lost", "The COVID-19 ward.", "Die Station."),
    ("literal_lost", "Like this:\n```\nx = 1\n```\n", "So etwa: x = 1"),
    ("number_lost", "It holds 45 litres.", "Es fasst viele Liter."),
    ("number_lost", "It holds 45 litres.", "Es fasst 54 Liter."),
    ("number_lost", "It holds 5 litres.", "Es fasst 6 Liter."),
    ("number_lost", "It costs 1,234 euros.", "Es kostet 1,234.5 Euro."),
    ("number_lost", "In May 1994.", "Im Mai 1949."),
    ("number_lost", "The host is 10.0.0.1.", "Der Rechner ist 10.0.0.2."),
    ("number_added", "It holds many litres.", "Es fasst 45 Liter."),
    ("unit_changed", "It is 45 km away.", "Es ist 45 m entfernt."),
    ("too_short", LONG, "Kinder gingen zur Mühle."),
    ("too_long", LONG, " ".join([LANG] * 4)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "source", "text"), WRONG)
def test_wrong_translations_are_dropped(reason: str, source: str, text: str) -> None:
    said = ruled(translated(source, text))
    assert (said.outcome, said.reason) == ("drop", reason), said.evidence
    assert said.evidence[reason]


@pytest.mark.parametrize(
    ("reason", "source", "text"),
    [
        ("entity_lost", "Marie Curie lived here.", "Hier lebte jemand anderes."),
        ("entity_lost", "It runs on PostgreSQL today.", "Es läuft heute auf einer Datenbank."),
        ("number_format", "It weighs 1.500 kg.", "Es wiegt 1.500 kg."),
        ("sentence_lost", f"{LONG} There they waited for the rain to end and for the miller to come back.", LANG),
    ],
)
def test_what_may_be_wrong_is_flagged(reason: str, source: str, text: str) -> None:
    said = ruled(translated(source, text))
    assert (said.outcome, said.reason) == ("flag", reason), said.evidence


def test_small_numbers_may_be_in_words() -> None:
    said = ruled(translated("He has 3 dogs and 100 sheep.", "Er hat drei Hunde und hundert Schafe."))
    assert (said.reason, said.evidence["small_number_differs"]) == ("consistent", ["3", "100"])


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ({"source_text": " "}, "no_source"), ({"source_text": 7}, "no_source"), ({"language": None}, "no_language"),
        ({"language": "German"}, "no_language"), ({"language": "en-GB"}, "same_language"),
        ({"source_language": "de-AT"}, "same_language"), ({"source_language": 7}, "consistent"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_flagged(reference: Mapping[str, Any], reason: str) -> None:
    said = ruled(translated(LONG, LANG, **reference))
    assert (said.outcome, said.reason) == ("keep" if reason == "consistent" else "flag", reason)


def test_no_completion() -> None:
    assert ruled(translated(LONG, " ")).reason == "no_completion"
    source = {"source_text": LONG, "language": "de"}
    (said,) = sterling.check("translation", [{"prompt": "Translate.", "reference": source}])
    assert said["reason"] == "no_completion"


def test_a_source_whose_language_nobody_knows_is_read_either_way() -> None:
    assert ruled(translated("1.234 x", "1,234 y", "en", source_language=None)).outcome != "drop"


# The way back.


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abc", "abc", 1.0),
        # Of single letters 2 of 3 are shared, of pairs 1 of 2, of triples none, both ways: P = R = 7/18.
        ("abc", "abd", 7 / 18),
        # P = (2/2 + 1/1) / 2 and R = (2/4 + 1/3) / 2 = 5/12, so F2 = 5 P R / (4 P + R) = 25/53.
        ("ab", "abab", 25 / 53),
        ("a b", "ab", 1.0),
        ("abc", "xyz", 0.0),
        ("", "abc", 0.0),
    ],
)
def test_chrf(one: str, other: str, expected: float) -> None:
    assert chrf(one, other) == pytest.approx(expected)


def test_chrf_with_equal_weights_is_symmetric() -> None:
    assert chrf("ab", "abab", beta=1) == pytest.approx(chrf("abab", "ab", beta=1)) == pytest.approx(10 / 17)


@given(st.text(max_size=30), st.text(max_size=30))
def test_chrf_is_a_share(one: str, other: str) -> None:
    assert 0 <= chrf(one, other) <= 1 + 1e-12


def test_the_way_back_decides_and_is_reported() -> None:
    near, far = f"{LONG[:-9]}to a mill.", "Two ministers met in the capital to talk about fishing quotas and taxes."
    kept, dropped = (ruled(translated(LONG, LANG, round_trip=text)) for text in (near, far))
    assert (kept.outcome, dropped.outcome, dropped.reason) == ("keep", "drop", "round_trip_differs")
    assert kept.score == pytest.approx(chrf(near, LONG))
    assert ruled(translated(LONG, LANG, round_trip=far), min_round_trip=0).outcome == "keep"
    records = [translated(LONG, LANG, round_trip=text) for text in (near, LONG)] + [translated(LONG, LANG)]
    said = [ruled(record) for record in records]
    table = verdict_table(
        Verdict(r.id, s.outcome, "t", s.reason, "statistics", s.score, s.evidence)
        for r, s in zip(records, said, strict=True)
    )
    (evidence,) = Translation().conclude([(batch_of(records), table)], None)
    assert (evidence.name, evidence.n) == ("translation.round_trip", 2)
    assert evidence.value == pytest.approx((chrf(near, LONG) + 1) / 2)


# Numbers, lengths, sentences.


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1,234", "en", [1234]), ("1,234", "de", [Fraction("1.234")]), ("1.234", "de", [1234]),
        ("1.234,5", "de", [Fraction("1234.5")]), ("1,234.5", "en", [Fraction("1234.5")]),
        ("1'234'567", "de", [1234567]), ("1.234.567.890", "de", [1234567890]),
        ("12,34,567", "en", [1234567]), ("0.5", "en", [Fraction(1, 2)]), ("0,5", "fr", [Fraction(1, 2)]),
        ("2 500 000", "fr", [2500000]), ("B2B x86 v2.0", "en", []), ("2024-03-05", "en", [2024, 3, 5]),
        ("3rd of 5", "en", [3, 5]), ("5.3.2024", "de", [5, 3, 2024]),
    ],
)  # fmt: skip
def test_how_numbers_are_read(text: str, language: str, expected: list[Any]) -> None:
    assert [max(one.readings) for one in numerals(text, language)] == expected


@given(st.integers(0, 10**9), st.sampled_from([("en", ",", "."), ("de", ".", ","), ("fr", " ", ",")]))
def test_numbers_agree_across_languages(value: int, written: tuple[str, str, str]) -> None:
    language, thousands, mark = written
    spelled = f"{value:,}.25".replace(",", "_").replace(".", mark).replace("_", thousands)
    assert missing(numerals(f"{value}.25", "en"), numerals(spelled, language), spelled) == []
    assert missing(numerals(f"{value + 1}.25", "en"), numerals(spelled, language), spelled) != []


def test_lengths_and_sentences() -> None:
    assert weight("Hello, you 2!") == 9
    assert weight("你好") == pytest.approx(5.6)
    assert sentences("One. Two?\nStill two.\n\nThree\n- four\n- five") == [
        "One.", "Two?", "Still two.", "Three", "- four", "- five",
    ]  # fmt: skip
    assert sentences("一。二！三") == ["一。", "二！", "三"]
    assert [code_of(code) for code in ("pt-BR", "zh_Hans", "nb", "DE")] == ["pt", "zh", "no", "de"]


# What the check is worth.


def test_near_misses() -> None:
    source = f"{LONG} It was 14 km to the mill, and it rained all the way."
    record = translated(
        source, f"{LANG} Bis dorthin waren es 14 km, und es regnete dabei ohne Ende.", round_trip=source
    )
    misses = {miss.kind: miss.record for miss in Translation().spoil(record, 1)}
    assert {kind: ruled(miss).reason for kind, miss in misses.items()} == {
        "wrong_number": "number_lost", "dropped_sentence": "sentence_lost", "untranslated": "untranslated",
    }  # fmt: skip
    assert all("round_trip" not in (miss.reference or {}) for miss in misses.values())
    assert Translation().spoil(translated(LONG, LONG), 1) == ()
    assert [miss.kind for miss in Translation().spoil(translated("Go away now.", "Geh jetzt weg."), 1)] == [
        "untranslated"
    ]


def test_it_verifies_nothing() -> None:
    assert Translation.family not in VERIFYING


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="no length is from 2 to 1"):
        configured("translation", {"length_ratio": [2, 1]})
    with pytest.raises(InputError, match="less than or equal to 1"):
        configured("translation", {"min_round_trip": 2})


def test_a_file_can_be_checked(tmp_path: Path) -> None:
    rows = [
        {"text": LANG, "reference": {"source_text": LONG, "language": "de"}}, {"text": LANG},
        {"messages": [{"role": "assistant", "content": LONG}], "reference": {"source_text": LONG, "language": "de"}},
    ]  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = [one["reason"] for one in sterling.check("translation", str(path))]
    assert said == ["consistent", "no_reference", "untranslated"]


def test_golden_verdicts() -> None:
    """Other verdicts, another version."""
    found = [ruled(translated(source, text)).reason for _, source, text in WRONG]
    assert (Translation.version, found) == (2, [reason for reason, _, _ in WRONG])
