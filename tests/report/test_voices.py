from dataclasses import replace

from tests.report.examples import example_report

from sterling.report import render
from sterling.stats import Evidence, Interval

CHECK = {"check": "voice"}
TEXTS = {"texts": {"synthetic": 200, "human": 400}}
HEARD = (
    Evidence("voice.auc", 0.806, 600, Interval(0.787, 0.823), "heard", CHECK),
    Evidence("voice.auc_same_length", None, 0, None, "99 different synthetic texts", CHECK),
    Evidence("voice.length_auc", 0.49, 600, Interval(0.474, 0.506), "length", CHECK),
    Evidence(
        "voice.phrases.synthetic", 1, 30, None, "counted",
        {**CHECK, **TEXTS, "phrases": [{"phrase": "as an <b>ai", "synthetic": 50, "human": 4, "p": 1e-9}]},
    ),
    Evidence("voice.phrases.human", 0, 30, None, "counted", {**CHECK, **TEXTS, "phrases": []}),
)  # fmt: skip


def page(*evidence: Evidence) -> str:
    return render(replace(example_report(), evidence=evidence))


def test_the_voice_has_a_section_with_areas_and_phrases() -> None:
    shown = page(*HEARD)
    for text in (
        'href="#voice"', "by words, among texts of like length", "80.6 %", "78.7 % to 82.3 %",
        "99 different synthetic texts", "as an &lt;b&gt;ai", "25.0 %", "1.0 %", "None of the 30 that were tested.",
    ):  # fmt: skip
        assert text in shown
    assert "voice.phrases" not in shown
    assert "voice.auc" not in shown


def test_without_a_voice_there_is_no_section() -> None:
    assert 'id="voice"' not in page(Evidence("other", 1, 1, None, "m"))
