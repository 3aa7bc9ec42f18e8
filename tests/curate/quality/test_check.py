import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

import sterling
from sterling.curate import Quality
from sterling.curate.quality import judged
from sterling.curate.quality.limits import RULES
from sterling.curate.quality.phrases import ours
from sterling.errors import InputError
from sterling.records import VERIFYING, Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import FitContext, Ruling
from sterling.text.kernels import plain

ANSWER = (
    "A tide rises because the moon pulls on the water of the sea. Twice a day the coast turns towards that pull, and "
    "once in between it turns away from it. When sun and moon stand in one line, the tides are at their highest."
)
DOCUMENT = (
    ANSWER + " People who live by fishing have always kept count of this, long before anybody could explain it. They "
    "knew that spring floods follow a full moon after about a day and a half, and built their walls to that measure. "
    "Only Newton showed why it must be so, although his numbers did not fit every harbour. The reason is that water "
    "cannot run freely round the globe: continents stand in its path, bays funnel it, and shallow shelves slow it "
    "down. In some gulfs a single flood each day is left; elsewhere, at narrow straits between two basins, four may "
    "be seen. Engineers later learned to predict heights with brass machines, whose wheels each turned at the pace of "
    "one heavenly motion, while a pen drew their sum upon paper. Such instruments worked for eighty years. Computers "
    "replaced them during the nineteen-sixties, yet the method stayed exactly as Kelvin had devised it. Today "
    "satellites measure the surface from orbit, and what they find agrees with those old curves to within a few "
    "centimetres over most of the open ocean. Near ice sheets and river mouths larger errors remain."
)
BAD = {
    "control_characters": ANSWER[:30] + "\x1b" + ANSWER[30:],
    "replacement_characters": ANSWER.replace("moon", "mo\ufffdn"),
    "loop": ANSWER + " And the sea" * 6 + ".",
    "hash_symbols": " ".join("#" + word for word in (ANSWER + ANSWER[::-1]).split()),
    "repeated_lines": "\n".join([*ANSWER.split(". "), *[ANSWER.split(". ", maxsplit=1)[0]] * 4, "Done."]),
    "lorem_ipsum": ANSWER + " Lorem ipsum dolor.",
    "assistant_disclosure": "As an AI language model, I have seen no sea. " + ANSWER,
    "chat_marker": ANSWER + "<|im_end|>",
    "template_marker": ANSWER + " Regards, {sender_name}.",
    "broken_encoding": ANSWER + " caf\u00c3\u00a9.",
    "refusal": "I\u2019m sorry, but I can\u2019t help with that.",
    "cut_json": '{"tides": ["high", "lo',
    "open_fence": "Run this:\n```python\nprint(1)\n",
    "cut_off": ANSWER[: ANSWER.index("When sun and") + len("When sun and")],
}
"""Dropped, by reason."""
ODD = {
    "assistant_courtesy": ANSWER + " I hope this helps!",
    "assistant_opening": "Certainly! Here is the answer: " + ANSWER,
    "blank_to_fill": ANSWER + " Yours, [Your Name].",
    "no_final_stop": ANSWER[: ANSWER.index(" are at")],
}
"""Flagged, by reason."""
TOGETHER = {"repeated_lines": 8.0, "assistant_disclosure": 2.0}
"""How many rules strike, where it is more than one."""
GOOD = [
    ANSWER, "Paris", "42", "Yes.", '{"a": [1, 2]}', "", "1, 2, 3", "x^{n} + \\frac{a}{b} = 2 * 2 * 2 * 2", DOCUMENT,
    "Use `{name}` in the template, and I am sorry for the delay.\n```python\nprint('{name}')\n```",
    "    for word in words:\n        if word in seen:\n            return\n        add(word)\n    return words and",
    "\u6f6e\u6c50\u662f\u6708\u4eae\u5f15\u529b\u9020\u6210\u7684\u3002" * 3, "- red\n- green\n- blue",
]  # fmt: skip


def made(payload: Mapping[str, Any], row: int = 0, reference: Mapping[str, Any] | None = None) -> Record:
    return Record.synthetic(payload, source="s", row=str(row), maker=Maker("m"), reference=reference)


def rulings(records: Sequence[Record], check: Quality | None = None) -> list[Ruling]:
    check = check or Quality()
    found = check.judge(batch_of(records), check.fit(FitContext()))
    return [one for one in found if isinstance(one, Ruling)]


def answered(texts: Sequence[str], check: Quality | None = None) -> list[Ruling]:
    return rulings([made({"prompt": "q", "completion": text}, row) for row, text in enumerate(texts)], check)


def documents(texts: Sequence[str], check: Quality | None = None) -> list[Ruling]:
    return rulings([made({"text": text}, row) for row, text in enumerate(texts)], check)


@pytest.mark.parametrize(("expected", "bad"), [("drop", BAD), ("flag", ODD)])
def test_each_rule_strikes_what_it_is_for(expected: str, bad: Mapping[str, str]) -> None:
    for reason, found in zip(bad, answered(list(bad.values())), strict=True):
        assert (found.outcome, found.reason) == (expected, reason)
        assert reason in found.evidence["struck"]
        assert found.score == len(found.evidence["struck"])


def test_what_is_sound_is_kept() -> None:
    assert {(one.outcome, one.reason) for one in answered(GOOD)} == {
        ("keep", "within_limits"), ("keep", "nothing_to_judge"),
    }  # fmt: skip
    assert Quality.family not in VERIFYING


def test_a_number_stands_beside_its_limit() -> None:
    (found,) = answered([BAD["loop"]])
    assert found.evidence == {
        "profile": "message", "struck": {"loop": {"outcome": "drop", "value": 6.0, "limit": 3.0}},
    }  # fmt: skip
    (found,) = answered([BAD["template_marker"]])
    assert found.evidence["struck"]["template_marker"]["shown"] == "{sender_name}."


def test_pages_of_the_web_have_the_limits_of_gopher() -> None:
    page = Quality(profile="document")
    good, short, listed, foreign, brackets = documents(
        [
            DOCUMENT,
            "Too short.",
            "\n".join(f"- item {n} to see" for n in range(40)),
            "la mer est belle " * 40,
            DOCUMENT + "{x}",
        ],
        page,
    )
    assert good.outcome == "keep"
    assert short.reason == "few_words"
    assert short.evidence["struck"]["few_words"] == {"outcome": "drop", "value": 2.0, "limit": 50.0}
    assert {"bullet_lines", "few_ended_lines", "short_lines"} <= set(listed.evidence["struck"])
    assert "few_stop_words" in foreign.evidence["struck"]
    assert (brackets.outcome, brackets.reason) == ("flag", "curly_bracket")


def test_every_length_of_repetition_is_measured() -> None:
    (found,) = documents([("the salt of the earth and the bread we have to eat at noon " * 2 + DOCUMENT) * 2])
    assert {f"repeated_{n}gram" for n in range(5, 11)} <= set(found.evidence["struck"])
    (found,) = documents([DOCUMENT + " ".join(f"silver sterling hallmark {n}" for n in range(60))])
    assert {"frequent_2gram", "frequent_3gram"} <= set(found.evidence["struck"])


def test_what_is_judged() -> None:
    bad, good = "As an AI language model, I say no more.", "All is well."
    talk = [
        {"role": "user", "content": bad},
        {"role": "assistant", "content": bad},
        {"role": "assistant", "content": good},
    ]
    records = [
        made({"prompt": bad, "completion": good}), made({"messages": talk}),
        made({"prompt": talk[:1], "completion": talk[2:]}), made({"prompt": "q", "chosen": good, "rejected": bad}),
        made({"prompt": "q", "completion": bad, "label": False}),
        made({"messages": talk[:2]}), made({"prompt": "q", "chosen": bad, "rejected": good}), made({"prompt": bad}),
        made({"prompt": "q", "completion": bad, "label": True}), made({"fields": {"said": bad}}), made({"text": bad}),
    ]  # fmt: skip
    assert [one.outcome for one in rulings(records)] == ["keep"] * 5 + ["drop"] * 6


def test_as_what_it_is_judged() -> None:
    code = "def f(x):\n    y = {\n        1: x,\n    }\n    return y"
    batch = batch_of([
        made({"text": DOCUMENT}), made({"text": "Short."}), made({"prompt": "q", "completion": DOCUMENT}),
        made({"text": code}), made({"fields": {"a": "b"}}),
        made({"prompt": "q", "completion": "Short."}, reference={"entry_point": "f", "tests": "t"}),
    ])  # fmt: skip
    said = judged.judged(batch, "auto", Quality().fit(FitContext()).stop)
    assert said.profiles.tolist() == [0, 1, 1, 2, 2, 2]


def test_a_prompt_may_ask_without_a_mark_and_speak_of_being_sorry() -> None:
    asked = [
        made({"prompt": text}) for text in ("Say sorry", "Sam: Sorry, I can't make it.", ODD["no_final_stop"][:60])
    ]
    assert {one.outcome for one in rulings(asked)} == {"keep"}


def test_limits_and_outcomes_are_the_users() -> None:
    refusal, loop = BAD["refusal"], BAD["loop"]
    check = Quality(
        limits={"loop": 6}, outcomes={"refusal": "ignore", "assistant_courtesy": "drop", "cut_json": "flag"}
    )
    outcomes = [one.outcome for one in answered([refusal, loop, ODD["assistant_courtesy"], BAD["cut_json"]], check)]
    assert outcomes == ["keep", "keep", "drop", "flag"]


def test_other_languages_keep_only_what_knows_no_words() -> None:
    struck = {one.reason for one in answered(list((BAD | ODD).values()), Quality(language="de"))}
    assert not struck & {"refusal", "assistant_disclosure", "assistant_courtesy", "blank_to_fill", "cut_off"}
    assert {"loop", "chat_marker", "cut_json", "broken_encoding"} <= struck
    foreign = "Le vent souffle sur la mer grise. " * 3 + " ".join(f"Vers {n} heures il pleut." for n in range(60))
    page = {"profile": "document", "language": "fr"}
    assert "few_stop_words" not in _struck(documents([foreign], Quality.model_validate(page)))
    wanted = Quality.model_validate(page | {"stop_words": ["der", "und"]})
    assert "few_stop_words" in _struck(documents([foreign], wanted))


def _struck(found: Sequence[Ruling]) -> set[str]:
    return {reason for one in found for reason in one.evidence.get("struck", {})}


def test_phrases_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("groups:\n  slogan: {outcome: drop, within: end, patterns: ['best in town']}\n", encoding="utf-8")
    check = Quality(phrases=str(path), outcomes={"slogan": "flag"})
    check.require()
    assert list(check.reads()) == [str(path)]
    said = answered(["We are the  BEST in\ntown!", "Best in town. " + DOCUMENT, ANSWER + " I hope this helps."], check)
    assert [one.reason for one in said] == ["slogan", "within_limits", "assistant_courtesy"]


@pytest.mark.parametrize("pattern", ["(?=x)y", "(x", "x\\1"])
def test_a_pattern_that_cannot_be_searched_for_is_refused(tmp_path: Path, pattern: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(json.dumps({"groups": {"slogan": {"outcome": "drop", "patterns": [pattern]}}}), encoding="utf-8")
    with pytest.raises(InputError, match=r"groups\.slogan\.patterns"):
        Quality(phrases=str(path)).require()


@pytest.mark.parametrize(
    "options", [{"limits": {"loops": 1}}, {"outcomes": {"refusals": "ignore"}}, {"profile": "web"}]
)
def test_what_is_no_rule_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Quality.model_validate(options)


def test_a_rule_that_no_file_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("groups: {}\n", encoding="utf-8")
    with pytest.raises(InputError, match="slogan"):
        Quality(phrases=str(path), outcomes={"slogan": "ignore"}).require()


def test_what_each_rule_struck_is_told_by_origin() -> None:
    real = Record.real({"prompt": "q", "completion": BAD["loop"]}, source="s", row="0", origin="human")
    records = [
        real,
        *(made({"prompt": "q", "completion": text}, row) for row, text in enumerate((BAD["loop"], ANSWER, ""))),
    ]
    said = rulings(records)
    verdicts = [
        Verdict(r.id, one.outcome, "quality", one.reason, "statistics", one.score, one.evidence)
        for r, one in zip(records, said, strict=True)
    ]
    found = {one.name: one for one in Quality().conclude([(batch_of(records), verdict_table(verdicts))], None)}
    assert set(found) == {"quality.any.human", "quality.loop.human", "quality.any.synthetic", "quality.loop.synthetic"}
    assert (found["quality.loop.human"].value, found["quality.loop.human"].n) == (1.0, 1)
    assert (found["quality.loop.synthetic"].value, found["quality.loop.synthetic"].n) == (0.5, 2)
    assert found["quality.loop.synthetic"].interval is not None


def test_how_batches_are_cut_changes_nothing_and_neither_does_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*BAD.values(), *GOOD, DOCUMENT, *ODD.values()]
    records = [
        made({"text": text} if row % 3 == 0 and text else {"prompt": "q", "completion": text}, row)
        for row, text in enumerate(texts)
    ]
    whole = rulings(records)
    assert [one for at in range(0, len(records), 4) for one in rulings(records[at : at + 4])] == whole
    monkeypatch.setattr(judged, "kernels", lambda: plain)
    assert rulings(records) == whole


def test_an_empty_batch() -> None:
    assert rulings([]) == []


def test_a_file_can_be_checked() -> None:
    said = sterling.check("quality", [{"prompt": "q", "completion": text} for text in (ANSWER, BAD["refusal"])])
    assert [(one["outcome"], one["reason"]) for one in said] == [("keep", "within_limits"), ("drop", "refusal")]


def test_golden_verdicts() -> None:
    assert Quality.version == 2
    assert [(one.reason, one.score) for one in answered([*BAD.values(), *ODD.values()])] == [
        (reason, TOGETHER.get(reason, 1.0)) for reason in (*BAD, *ODD)
    ]
    assert len(RULES) == 30
    assert sum(len(group.patterns) for group in ours().values()) == 38


@pytest.mark.parametrize(
    ("name", "column"), [("gsm8k/train.jsonl", "answer"), ("humaneval/tasks.jsonl", "canonical_solution")]
)
def test_human_mathematics_and_code_are_no_noise(shared_data: Path, name: str, column: str) -> None:
    rows = [json.loads(line) for line in (shared_data / name).read_text(encoding="utf-8").splitlines()]
    outcomes = Counter(one.outcome for one in answered([row[column] for row in rows]))
    assert outcomes["drop"] + outcomes["flag"] <= 0.005 * len(rows)


def test_real_answers_that_disclose_an_assistant_are_found(shared_data: Path) -> None:
    lines = (shared_data / "grounding/halueval_general.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["chatgpt_response"] for line in lines]
    found = answered(texts)
    told = pa.array([" ".join(text.split()).lower().startswith("as an ai language model") for text in texts])
    missed = [
        text for text, one, true in zip(texts, found, told.to_pylist(), strict=True) if true and one.outcome != "drop"
    ]
    assert told.true_count > 300
    assert missed == []
