"""Topic drift: a text whose halves are of different texts, against what real texts do."""

import json
from pathlib import Path

import pytest

import sterling
from sterling.curate import Coherence
from sterling.records import Record, batch_of
from sterling.registry import FitContext, Ruling

THINGS = ["dough flour oven yeast", "ship rope deck captain", "violin string bow concert", "goal striker pitch referee"]


def text(topic: int, seed: int) -> str:
    a, b, c, d = THINGS[topic].split()
    end = f"extra{seed}"
    return (
        f"First somebody brings the {a} and the {b} to the {c} where nobody waits for {end}. "
        f"Then the {a} lies near the {c} until the {b} and {d} are ready again. "
        f"At last the {d} and the {a} are put beside the {b} in the old {c}."
    )


def halves(one: str, other: str) -> str:
    return (
        " ".join([*one.split(". ")[:1], *other.split(". ")[1:]]).replace("again ", "again. ").replace(" Then", ". Then")
    )


def human(texts: list[str]) -> list[Record]:
    return [Record.real({"text": one}, source="s", row=str(n), origin="human") for n, one in enumerate(texts)]


REAL = [text(n % 4, n) for n in range(400)]


def judged(check: Coherence, texts: list[str]) -> list[Ruling]:
    state = check.fit(FitContext(anchor=lambda: iter([batch_of(human(REAL))])))
    found = check.judge(batch_of(human(texts)), state)
    return [one for one in found if isinstance(one, Ruling)]


def test_golden_verdicts() -> None:
    assert Coherence.version == 2
    swapped = halves(text(0, 7), text(1, 7))
    coherent, drift, short = judged(Coherence(), [text(2, 5), swapped, "Too short."])
    assert (coherent.outcome, coherent.reason) == ("keep", "coherent")
    assert (drift.outcome, drift.reason) == ("flag", "topic_drift")
    assert short == Ruling("keep", "too_short")
    assert drift.score is not None
    assert coherent.score is not None
    assert drift.score < drift.evidence["low"] <= coherent.score
    assert swapped[drift.evidence["at"] :].startswith(drift.evidence["after"][:40])
    assert [round(one.score or 0, 3) for one in (coherent, drift)] == [0.356, 0.0]


def test_few_of_the_real_texts_lie_below_their_own_limit() -> None:
    assert sum(one.outcome != "keep" for one in judged(Coherence(quantile=0.05), REAL)) <= 20


def test_the_evidence_names_the_limit_and_its_interval() -> None:
    check = Coherence(quantile=0.05)
    state = check.fit(FitContext(anchor=lambda: iter([batch_of(human([*REAL, "Short."]))])))
    short, low = check.measure(state)
    assert (short.name, short.value) == ("coherence.too_short", 1)
    assert (low.name, low.n, low.inputs["quantile"]) == ("coherence.low", 400, 0.05)
    assert low.interval is not None
    assert low.interval.low <= (low.value or 0) <= low.interval.high


def test_a_small_anchor_says_nothing_and_a_limit_needs_none() -> None:
    few = FitContext(anchor=lambda: iter([batch_of(human(REAL[:20]))]))
    silent = Coherence()
    assert silent.judge(batch_of(human(REAL[:2])), silent.fit(few)) == [Ruling("flag", "no_band")] * 2
    strict = Coherence(limit=1, outside="drop")
    (ruling,) = strict.judge(batch_of(human(REAL[:1])), strict.fit(few))
    assert isinstance(ruling, Ruling)
    assert (ruling.outcome, ruling.evidence["low"]) == ("drop", 1)


def test_where_many_real_texts_share_nothing_no_limit_is_made_up() -> None:
    """4 of 100 real texts score 0, so 0 is the limit at 1 %, and nothing lies below it; at 10 % there is one."""
    anchor = [*REAL[:192], *(halves(text(0, n), text(1, n)) for n in range(8))]
    context = FitContext(anchor=lambda: iter([batch_of(human(anchor))]))
    asked = batch_of(human([REAL[5], halves(text(0, 7), text(1, 7)), "Short."]))
    blind, strict = Coherence(), Coherence(quantile=0.1)
    state = blind.fit(context)
    coherent, drift, short = blind.judge(asked, state)
    assert isinstance(coherent, Ruling)
    assert coherent == Ruling("flag", "no_band", coherent.score, {"low": 0.0})
    assert drift == Ruling("flag", "no_band", 0.0, {"low": 0.0})
    assert short == Ruling("keep", "too_short")
    told = {one.name: one for one in blind.measure(state)}["coherence.no_band"]
    assert (told.value, told.n) == (0.04, 200)
    state = strict.fit(context)
    assert [one.reason for one in strict.judge(asked, state)] == ["coherent", "topic_drift", "too_short"]
    assert "coherence.no_band" not in {one.name for one in strict.measure(state)}


def test_swapped_halves_of_real_problems_are_found(shared_data: Path, tmp_path: Path) -> None:
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text("utf-8").splitlines()
    real = [q for q in (json.loads(line)["question"] for line in lines) if len(q.split()) > 50]
    anchor, rest = real[:1000], real[1000:1200]
    file = tmp_path / "anchor.jsonl"
    file.write_text("\n".join(json.dumps({"text": q}) for q in anchor), "utf-8")
    cut = [q.split(". ") for q in rest]
    planted = [
        ". ".join([*one[: len(one) // 2], *other[len(other) // 2 :]])
        for one, other in zip(cut, cut[1:] + cut[:1], strict=True)
    ]
    said = sterling.check("coherence", [{"text": q} for q in [*rest, *planted]], against=str(file))
    flagged = [one["reason"] == "topic_drift" for one in said]
    assert sum(flagged[:200]) <= 10
    assert sum(flagged[200:]) >= 80


@pytest.mark.parametrize("options", [{"quantile": 0}, {"quantile": 0.6}, {"limit": 2}, {"outside": "keep"}])
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Coherence"):
        Coherence.model_validate(options)
