from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from sterling.curate import Length
from sterling.errors import InputError
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, Ruling


def record(payload: dict[str, Any], row: str = "1") -> Record:
    return Record.synthetic(payload, source="s", row=row, maker=Maker("m"))


def ruled(check: Length, records: Sequence[Record], context: FitContext | None = None) -> list[Ruling]:
    said = check.judge(batch_of(records), check.fit(context or FitContext()))
    assert all(isinstance(one, Ruling) for one in said)
    return [one for one in said if isinstance(one, Ruling)]


def test_both_limits_are_included_and_told() -> None:
    texts = ["one", "one two", " one\u00a0two  three\nfour ", "1 2 3 4 5"]
    said = ruled(Length(min=2, max=3), [record({"text": text}) for text in texts])
    assert [(one.outcome, one.reason, one.score) for one in said] == [
        ("drop", "too_short", 1),
        ("keep", "within_limits", 2),
        ("keep", "within_limits", 3),
        ("drop", "too_long", 5),
    ]
    assert said[3].evidence == {"length": 5, "unit": "words", "of": "all", "min": 2, "max": 3}


@pytest.mark.parametrize(("unit", "length"), [("words", 2), ("characters", 7), ("bytes", 9)])
def test_units(unit: Any, length: int) -> None:
    assert [one.score for one in ruled(Length(unit=unit, min=1), [record({"text": "né à bc"[:4] + "bcd"})])] == [length]


TALK = [
    {"role": "user", "content": "one two"},
    {"role": "assistant", "content": "three"},
    {"role": "user", "content": "four"},
    {"role": "assistant", "content": "five six seven"},
]


@pytest.mark.parametrize(
    ("payload", "prompt", "completion"),
    [
        ({"prompt": "a b", "completion": "c"}, 2, 1),
        ({"prompt": "a b", "chosen": "c d e", "rejected": "f"}, 2, 3),
        ({"messages": TALK}, 4, 3),
        ({"messages": TALK[:1]}, 2, None),
        ({"prompt": TALK[:3], "completion": TALK[3:]}, 4, 3),
        ({"text": "a b c"}, None, None),
    ],
)
def test_parts_of_a_record(payload: dict[str, Any], prompt: int | None, completion: int | None) -> None:
    records = [record({"prompt": "x", "completion": "y"}), record(payload, "2")]
    found = {of: ruled(Length(of=of, min=1), records)[1] for of in ("prompt", "completion")}
    assert (found["prompt"].score, found["completion"].score) == (prompt, completion)
    if prompt is None:
        assert found["prompt"] == Ruling("keep", "no_prompt")


def test_a_band_of_the_anchor_is_rounded_outwards_and_does_not_depend_on_shards() -> None:
    anchor = [Record.real({"text": "w " * n}, source="a", row=str(n), origin="human") for n in range(1, 101)]
    whole = FitContext(anchor=lambda: iter([batch_of(anchor)]))
    cut = FitContext(anchor=lambda: iter([batch_of(anchor[70:]), batch_of(anchor[:70])]))
    check = Length(between=(0.05, 0.95), max=90)
    assert check.fit(whole) == check.fit(cut) == (5, 90, 100)
    said = ruled(check, [record({"text": "w " * n}) for n in (4, 5, 90, 91)], whole)
    assert [one.reason for one in said] == ["too_short", "within_limits", "within_limits", "too_long"]
    assert [(e.name, e.value, e.n) for e in check.measure(check.fit(whole))] == [
        ("length.min", 5, 100),
        ("length.max", 90, 100),
    ]


def test_an_anchor_without_that_part_is_an_error() -> None:
    with pytest.raises(InputError, match="has a prompt"):
        Length(of="prompt", between=(0, 0.9)).fit(FitContext())


@pytest.mark.parametrize(
    "options", [{}, {"between": (0.9, 0.1)}, {"min": 3, "max": 2}, {"min": -1}, {"unit": "tokens", "min": 1}]
)
def test_options_that_say_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Length.model_validate(options)


def test_golden_verdicts() -> None:
    """Raise the version together with these."""
    said = ruled(Length(min=3, unit="bytes"), [record({"text": text}) for text in ("ab", "é!", "")])
    assert Length.version == 1
    assert [(one.outcome, one.reason, one.score) for one in said] == [
        ("drop", "too_short", 2),
        ("keep", "within_limits", 3),
        ("drop", "too_short", 0),
    ]
