# ruff: noqa: RUF001 - the letters of other scripts are meant
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterling.text.invisible import KINDS, cleaned, cleaned_payload


@pytest.mark.parametrize(
    ("text", "left", "kinds"),
    [
        ("wa\u200bter\u2060mark\ufeff", "watermark", {"zero_width": 3}),
        ("a\u200db\u200cc", "abc", {"joiner": 2}),
        ("hi\U000e0068\U000e0069", "hi", {"tag": 2}),
        ("\U0001f3f4\U000e0068 \U0001f3f4\U000e007f", "\U0001f3f4 \U0001f3f4", {"tag": 2}),
        ("\U0001f600\ufe0f\ufe01\ufe0e", "\U0001f600\ufe0f", {"variation_selector": 2}),
        ("x\ufe0f \U000e0101y", "x y", {"variation_selector": 2}),
        ("if a\u202e: #\u2066 no", "if a: # no", {"bidi_control": 2}),
        ("Donau\u00adschiff", "Donauschiff", {"soft_hyphen": 1}),
        ("a\u3164b\u115f", "ab", {"filler": 2}),
        ("a\u206fb\ufff9", "ab", {"format_control": 2}),
        ("كتاب\u200c\u200c\u200cها", "كتاب\u200cها", {"joiner": 2}),
        ("ไทย\u200b\u200b ไทย", "ไทย ไทย", {"zero_width": 2}),
    ],
)
def test_what_carries_no_meaning_is_taken_out_and_counted(text: str, left: str, kinds: dict[str, int]) -> None:
    found = cleaned(text)
    assert (found.content, found.stripped) == (left, kinds)
    assert found.tags == tuple(f"stripped:{kind}" for kind in kinds)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "naïve café, 12 °C, 5 µm\u00a0: « oui\u202f! »",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f469\U0001f3fd\u200d\u2695\ufe0f \u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f3\ufe0f\u200d\U0001f308 1\ufe0f\u20e3 #\ufe0f\u20e3 \u2139\ufe0f \u00a9\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "کتاب\u200cها را می\u200cخواهم ه\u200d",
        "क्\u200dष श्री\u200d",
        "ශ්\u200dරී ලංකා",
        "ไทย\u200bไทย ភាសា\u200bខ្មែរ",
        "\u200fשלום (C++)\u200e עולם \u2067abc\u2069",
        "葛\U000e0100 葛\ufe00 \u2229\ufe00 0\ufe00",
        "ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠪ\u180b",
    ],
)
def test_rightful_uses_stay(text: str) -> None:
    assert cleaned(text) == (text, {}, {})


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("p\u0430ypal and \u0405ecure", {"homoglyph": 2}),
        ("the Τοken", {"homoglyph": 1}),
        ("USBшный, Москва, ΔT, ρgh, μm, 5 kΩ", {}),
        ("a\u2003b\u2009c", {"unusual_space": 2}),
        ("10\u202f000\u202f€ and one\u202fmark", {"unusual_space": 1}),
        ("\uf8ff Inc", {"private_use": 1}),
    ],
)
def test_what_is_seen_stays_and_is_told(text: str, marks: dict[str, int]) -> None:
    found = cleaned(text)
    assert (found.content, found.stripped, found.marked) == (text, {}, marks)


def test_a_payload_is_walked_and_its_keys_stay() -> None:
    payload = {
        "prompt": [{"role": "user", "content": "a\u200bb"}, {"role": "assistant", "content": [{"text": "\u00adc"}]}],
        "label": True,
        "fields": {"na\u200bme": 3},
    }
    found = cleaned_payload(payload)
    assert found.content["prompt"][0]["content"] == "ab"
    assert found.content["prompt"][1]["content"] == [{"text": "c"}]
    assert found.content["fields"] == {"na\u200bme": 3}
    assert found.stripped == {"soft_hyphen": 1, "zero_width": 1}
    clean = {"text": "naïve"}
    assert cleaned_payload(clean).content is clean


ODD = st.sampled_from(
    "ax0\U0001f600\u0628\u05d0\u0e01\u1820\u845b\u200b\u200c\u200d\ufe0f\ufe01\u180b\u034f\u17b4\U0001f3f4\U000e0067"
)


@given(st.text(st.one_of(ODD, st.characters(exclude_categories=["Cs"]))))
def test_cleaning_again_changes_nothing(text: str) -> None:
    once = cleaned(text).content
    assert cleaned(once).content == once
    assert cleaned(once).stripped == {}
    assert set(cleaned(text).stripped) <= set(KINDS)


@given(st.text("abc \n"), st.binary(min_size=1, max_size=20))
def test_bytes_hidden_in_latin_text_are_gone(text: str, data: bytes) -> None:
    bits = "".join("\u200b" if byte >> bit & 1 else "\u200c" for byte in data for bit in range(8))
    selectors = "".join(chr(0xFE00 + byte % 16) for byte in data)
    tags = "".join(chr(0xE0020 + byte % 96) for byte in data)
    assert cleaned(f"{text}{bits}{tags}x{selectors}").content == f"{text}x"
