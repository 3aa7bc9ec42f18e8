import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.report.examples import example_report, finding, hostile_report, verdict

from sterling.report import AnchorLine, Conclusion, Sample, Slice, StepLine, render
from sterling.report.sheet import MAX_BYTES
from sterling.stats import Evidence


class Reader(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_nothing_is_fetched_and_nothing_is_executed() -> None:
    page = render(example_report())
    tags = read(page).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not [a for _, attrs in tags for a in attrs if a in {"src", "xlink:href"} or a.startswith("on")]
    assert all((attrs.get("href") or "#").startswith("#") for _, attrs in tags)
    assert not re.findall("https?://|@import", page)
    assert {place[0] for place in re.findall(r"url\(([^)]*)\)", page)} == {"#"}
    policy = next(attrs["content"] for tag, attrs in tags if tag == "meta" and "http-equiv" in attrs)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_hostile_text_stays_text() -> None:
    reader = read(render(hostile_report()))
    assert not {tag for tag, _ in reader.tags} & {"script", "img"}
    assert sum(tag == "style" for tag, _ in reader.tags) == 1
    assert "<script>" in reader.text
    assert "49" not in reader.text


@pytest.mark.parametrize("status", ["released", "refused", "preview", "unreleased"])
def test_the_verdict_comes_first_then_the_policy(status: str) -> None:
    page = render(example_report(status))
    parts = ("headline", "policy", "flow", "composition", "diversity", "acceptance", "samples", "evidence")
    places = [page.index(f'id="{part}"') for part in parts]
    assert places == sorted(places)
    assert f'<p class="status">{status}</p>' in page


def test_every_number_of_every_step_is_on_the_page() -> None:
    text = read(render(example_report())).text
    for step in example_report().steps:
        for reason, records in step.reasons.items():
            assert f"{reason} {records:,}" in text
        assert f"{step.taken:,}" in text


def test_every_evidence_is_shown_once() -> None:
    page = render(example_report())
    rest = page[page.index('id="evidence"') :]
    assert "anchor.oracles" in rest
    assert "diversity." not in rest
    assert ".accepted" not in rest
    assert "insufficient sample: 3 chunks" in page


def test_a_sample_without_text_says_so() -> None:
    bare = Sample("a" * 32, "dropped", "human", None, {})
    assert "The text of this record is not shown." in render(replace(example_report(), samples=(bare,)))


def test_names_in_backticks_are_set_as_code() -> None:
    page = render(replace(example_report(), outcome=Conclusion("refused", "set `<b>` now")))
    assert "set <code>&lt;b&gt;</code> now" in page


def test_a_rule_that_finds_several_places_gives_its_reason_once() -> None:
    places = [finding("filters.tails", "high", f"`check {n}` thins", "unmet", why="rare goes first") for n in range(3)]
    mends = ("look at them", "look at them", "another way")
    places = [one | {"mend": mend} for one, mend in zip(places, mends, strict=True)]
    page = render(replace(example_report(), findings=tuple(places)))
    text = read(page).text
    assert [text.count(f"check {n} thins") for n in range(3)] == [1, 1, 1]
    assert text.count("rare goes first") == text.count("filters.tails") == 1
    assert "look at them; another way" in text
    assert '<span class="count-unmet">1</span>' in page


def huge() -> str:
    return '"<&😀' * 5_000


def test_the_page_stays_small_whatever_goes_in() -> None:
    text, many = huge(), range(3_000)
    bulk = {f"{text}{n}": n for n in range(50)}
    said = (verdict(text, text, text, a=text),) * 99
    kept = Sample(text, "kept", text, text, dict.fromkeys(bulk, text), (text,) * 99, said)
    report = replace(
        example_report(),
        name=text,
        outcome=Conclusion("released", text, (text,) * 500),
        findings=(finding(text, "high", text, why=text), finding(text, "high", text, "unmet", why=text)) * 500,
        anchors=(AnchorLine(text, text, text, text, text, dict.fromkeys(bulk, text), 1, 0, bulk),) * 100,
        steps=(StepLine(text, 1, 1, 0, 0, bulk),) * 300,
        composition=tuple(Slice(text, text, n, 1, 1) for n in many),
        samples=(kept, replace(kept, fate="dropped")) * 20,
        evidence=tuple(Evidence(f"x{n}.{text}", 1.0, 1, None, text, {text: text}) for n in many)
        + tuple(Evidence(f"diversity.anchor.{n}", 1.0, 1, None, text) for n in range(300))
        + tuple(Evidence(f"check.{n}.accepted", 1.0, 1, None, text, {"model": text}) for n in range(300)),
    )  # fmt: skip
    page = render(report)
    assert 10_000 < len(page.encode()) < MAX_BYTES
    assert "more slices are in <code>report.json</code>" in page


def test_text_that_no_file_can_hold_is_replaced() -> None:
    page = render(replace(example_report(), name="a\ud800b\x00c"))
    assert "a?b\ufffdc" in page
    page.encode()
