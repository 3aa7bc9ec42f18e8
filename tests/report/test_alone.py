import pytest
from tests.report.pictured import everything, experiments, generations

from sterling.report import Head, render_experiment, render_monitor
from sterling.stats import Evidence

HEAD = Head("a recipe", "4 arms, `4` seeds", "2026-01-02T03:04:05+00:00", {"recipe": "3f2a9c1be07d"})


def test_an_experiment_is_one_page_of_its_own() -> None:
    page = render_experiment(list(experiments()), HEAD)
    assert page.startswith("<!doctype html>")
    assert "<h1>a recipe</h1>" in page
    assert "<code>4</code> seeds" in page
    assert "harms the tail" in page
    assert page.index("harms the tail") < page.index("trigrams")
    assert not [word for word in ("<script", "http://", "https://", "src=") if word in page]


def test_generations_are_one_page_of_their_own() -> None:
    page = render_monitor(list(generations()), HEAD)
    assert page.index("second.jsonl") < page.index("Gap: the difference to real text") < page.index("Drift: ")
    assert 'id="experiment"' not in page


@pytest.mark.parametrize("render", [render_experiment, render_monitor])
def test_without_evidence_there_is_still_a_page(render: object) -> None:
    page = render([], Head("nothing"))  # type: ignore[operator] # either of the two
    assert "None." in page


def test_what_no_picture_shows_is_in_the_table() -> None:
    page = render_experiment([*everything(), Evidence("experiment.tokens", 812.0, 4, None, "tokens of an arm")], HEAD)
    assert "experiment.tokens" in page[page.index('id="evidence"') :]
