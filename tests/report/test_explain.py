"""The page that explains collapse, from evidence alone."""

from sterling.report.explain import render_explanation
from sterling.stats import Evidence, Interval


def _points() -> list[Evidence]:
    figures = ("errors_alone", "errors_mended", "drift", "sharpened", "gaussian_error", "gaussian_variance",
               "gaussian_real", "golden", "least_squares", "rare_words", "verifier")  # fmt: skip
    return [
        Evidence(f"explain.{figure}.a", 0.5 / x, 7, Interval(0.4 / x, 0.6 / x), "mean",
                 {"figure": figure, "curve": "a & b", "x": x, "formula": 0.55 / x})
        for figure in figures for x in (1, 2, 3)
    ]  # fmt: skip


def test_a_formula_is_a_line_and_what_was_simulated_dots_with_intervals() -> None:
    page = render_explanation(_points())
    assert page.count('<figure class="wide">') == 11
    assert page.count('class="seen"') == page.count('class="spread"') == 33
    assert page.count("<polyline points=") == 11
    assert "7 runs of the loop" in page
    assert "a &amp; b" in page


def test_nothing_is_fetched_and_text_of_a_corpus_stays_text() -> None:
    page = render_explanation(_points(), "<b>my</b>.jsonl")
    assert "default-src 'none'" in page
    assert "&lt;b&gt;my" in page
    assert "src=" not in page.replace("default-src", "")
