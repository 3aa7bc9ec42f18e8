"""The report in a real browser: nothing leaves it, nothing runs in it, and it can be read."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import pytest
from tests.report.examples import example_report, hostile_report
from tests.report.pictured import pictured_report

from sterling.report import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip

Scheme = Literal["light", "dark"]

CONTRAST = """() => {
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parse = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.body.querySelectorAll("*")) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
    if (!own || node.closest("svg") || node.tagName === "STYLE") continue;
    const pair = [luminance(parse(getComputedStyle(node).color)), luminance(behind(node))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) bad.push(node.tagName + "." + node.className + " " + ratio.toFixed(2));
  }
  return bad;
}"""


OPEN = "() => document.querySelectorAll('details').forEach(one => one.open = true)"


FAINT = """() => {
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const canvas = document.createElement("canvas").getContext("2d");
  const parse = colour => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const bad = [];
  for (const text of document.querySelectorAll("section svg text")) {
    const card = getComputedStyle(text.closest("section")).backgroundColor;
    const pair = [luminance(parse(getComputedStyle(text).fill)), luminance(parse(card))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) bad.push(text.textContent + " " + ratio.toFixed(2));
  }
  return bad;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: "Browser", tmp_path: Path) -> Iterator["Page"]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def show(page: "Page", html: str, folder: Path) -> list[str]:
    """Open the page from a file; returns every request and every complaint of the browser's."""
    noted: list[str] = []
    page.on("request", lambda request: noted.append(request.url))
    page.on("console", lambda message: noted.append(message.text))
    page.on("pageerror", lambda error: noted.append(str(error)))
    (folder / "report.html").write_text(html, encoding="utf-8")
    page.goto((folder / "report.html").as_uri())
    return [note for note in noted if not note.endswith("/report.html")]


def test_it_fetches_nothing_and_the_browser_has_no_complaint(page: "Page", tmp_path: Path) -> None:
    assert show(page, render(example_report()), tmp_path) == []
    assert page.title() == "example-code-repair: released · Sterling report"


def test_hostile_records_stay_text(page: "Page", tmp_path: Path) -> None:
    assert show(page, render(hostile_report()), tmp_path) == []
    assert page.title().startswith("</pre>")
    assert page.locator("script, img").count() == 0
    assert "<script>" in page.locator("pre").first.inner_text()


@pytest.mark.parametrize("width", [380, 768, 1180])
def test_it_fits_the_window(width: int, page: "Page", tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    show(page, render(pictured_report()), tmp_path)
    page.evaluate(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [380, 1180])
def test_hostile_records_do_not_widen_it(width: int, page: "Page", tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    show(page, render(hostile_report()), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", get_args(Scheme))
@pytest.mark.parametrize("status", ["released", "refused", "preview", "unreleased"])
def test_text_stands_out_from_its_background(scheme: Scheme, status: str, page: "Page", tmp_path: Path) -> None:
    page.emulate_media(color_scheme=scheme)
    show(page, render(example_report(status)), tmp_path)
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_pictures_can_be_read_in_both_schemes(scheme: Scheme, page: "Page", tmp_path: Path) -> None:
    page.emulate_media(color_scheme=scheme)
    show(page, render(pictured_report()), tmp_path)
    page.evaluate(OPEN)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(FAINT) == []


def test_labels_of_lines_do_not_overlap(page: "Page", tmp_path: Path) -> None:
    show(page, render(pictured_report()), tmp_path)
    tops = page.evaluate(
        "[...document.querySelectorAll('.outlook svg')].map(svg => [...svg.querySelectorAll('.beside')]"
        ".map(label => label.getBBox().y).sort((a, b) => a - b))"
    )
    assert len(tops) == 5
    assert all(later - sooner > 10 for one in tops for sooner, later in pairwise(one))


def test_light_and_dark_differ(page: "Page", tmp_path: Path) -> None:
    show(page, render(example_report()), tmp_path)
    seen = set()
    for scheme in get_args(Scheme):
        page.emulate_media(color_scheme=scheme)
        seen.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2


def test_drawings_have_titles_and_tables_have_headers(page: "Page", tmp_path: Path) -> None:
    show(page, render(pictured_report()), tmp_path)
    assert page.locator("svg[role=img]").count() > 80
    assert page.locator("svg[role=img]:not(:has(> title))").count() == 0
    assert page.locator("svg:not([role=img]):not([aria-hidden=true])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0


def test_the_river_is_drawn_to_scale(page: "Page", tmp_path: Path) -> None:
    show(page, render(example_report()), tmp_path)
    widths = page.evaluate(
        "[...document.querySelectorAll('.river')].map(r => [...r.querySelectorAll('rect')]"
        ".filter(b => b.getAttribute('y') == 40)[0].getBoundingClientRect().width / r.getBoundingClientRect().width)"
    )
    assert widths == pytest.approx(
        [n / 8040 for n in (4180, 3321, 6092, 8040, 7902, 6804, 6398, 6361, 6361, 5480)], abs=0.01
    )
