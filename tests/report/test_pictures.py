from dataclasses import replace

from tests.report.examples import example_report
from tests.report.pictured import everything, models, pictured_report, targets

from sterling.report import render
from sterling.report.pictures import pictures
from sterling.report.sheet import MAX_BYTES
from sterling.stats import Evidence


def test_every_kind_of_picture_is_on_the_page_with_its_n() -> None:
    page = render(pictured_report())
    for part in ("composition", "experiment", "collapse", "models", "forecast", "target"):
        section = page[page.index(f'<section id="{part}"') :]
        assert "n " in section[: section.index("</section>")], part
        assert f'href="#{part}"' in page
    assert len(page.encode()) < MAX_BYTES


def test_no_picture_is_on_the_page_without_evidence_for_it() -> None:
    page = render(example_report())
    assert not [part for part in ("experiment", "collapse", "models", "forecast", "target") if f'id="{part}"' in page]


def test_a_number_is_drawn_or_left_for_the_table_but_never_lost() -> None:
    other = Evidence("forecast.else", 1.0, 1, None, "", {})
    shown = pictures([*everything(), other])
    assert other in shown.rest
    assert all(one.name.endswith((".change", ".worst_topic")) for one in shown.rest if one is not other)


def test_models_take_their_shapes_from_what_changed() -> None:
    shown = pictures(list(models())).models
    assert shown is not None
    assert [told.generation for told in shown.told] == [2, 3]
    distinct = next(question for question in shown.questions if question.title.startswith("Distinct"))
    assert [point.said for point in distinct.plots[0].points] == ["plain", "worse", "worse"]
    assert [plot.title for plot in distinct.plots] == ["all", "many", "once"]


def test_targets_are_drawn_in_margins_by_what_was_compared() -> None:
    shown = pictures(list(targets())).target
    assert shown is not None
    assert [subject.title for subject in shown.subjects] == ["Synthetic prompts of the mix", "Their seeds"]
    for row in (row for subject in shown.subjects for row in subject.rows if row.drawn is not None):
        assert row.drawn is not None
        assert row.drawn.interval is not None
        within = max(map(abs, row.drawn.interval)) <= 1
        assert within == (row.said == "equal"), row.measure
    assert {row.said for row in shown.subjects[0].rows} >= {"worse"}
    assert shown.needs == ""


def test_a_target_too_small_to_compare_says_what_would_do() -> None:
    few = Evidence("target.sample", 9.0, 9, None, "different real inputs", {"needs": "200 inputs would do"})
    page = render(replace(example_report(), evidence=(few,)))
    assert "insufficient sample: 200 inputs would do" in page


def test_hostile_names_stay_text_in_every_picture() -> None:
    attack = '"><script>alert(1)</script>'
    hostile = [replace(one, inputs=_attacked(one, attack), method=attack) for one in everything()]
    page = render(replace(example_report(), evidence=tuple(hostile)))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def _attacked(one: Evidence, attack: str) -> dict[str, object]:
    kept = {"against", "said", "what", "name"} if one.name.startswith("models.") else {"against", "said"}
    return {key: attack if isinstance(value, str) and key not in kept else value for key, value in one.inputs.items()}
