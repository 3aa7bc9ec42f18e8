from dataclasses import replace

from tests.report.examples import example_report

from sterling.report import render
from sterling.report.costs import costs
from sterling.stats import Evidence, count

WHO = {"entry": "evolve", "model": "big-7", "service": "h"}
KNOWN = (
    Evidence("cost.generate.evolve.usd", 1.25, 10, None, "paid", WHO),
    count("cost.generate.evolve.requests", 10, "paid", **WHO),
    count("cost.generate.evolve.prompt_tokens", 1234, "counted", **WHO),
    count("cost.generate.evolve.completion_tokens", 567, "counted", **WHO),
    count("cost.generate.evolve.from_journal", 3, "found", **WHO),
    Evidence("cost.generator.usd", 1.25, 10, None, "paid"),
    Evidence("cost.people.usd", 90.0, 90, None, "declared"),
    Evidence("cost.total.usd", 91.25, 10, None, "both"),
    Evidence("cost.per_accepted.usd", 0.5, 182, None, "by record"),
)
UNKNOWN = (
    Evidence("cost.generate.evolve.usd", None, 10, None, "unknown", {**WHO, "known_usd": 0.0}),
    count("cost.generate.evolve.requests", 10, "paid", **WHO),
    Evidence("cost.total.usd", None, 10, None, "some are unknown", {"known_usd": 0.75}),
)


def page(*evidence: Evidence) -> str:
    return render(replace(example_report(), evidence=evidence))


def test_a_line_for_each_entry_and_a_sum_for_each_side() -> None:
    found = costs(KNOWN)
    assert found is not None
    [entry] = found.entries
    assert (entry.name, entry.model) == ("generate evolve", "big-7")
    assert [side for side, _ in found.sides] == ["generator", "people"]
    shown = page(*KNOWN)
    for text in (
        "91.25 USD in all: generator 1.25, people 90",
        "1,234",
        "0.5 for each synthetic record",
        'href="#cost"',
    ):
        assert text in shown
    assert "cost.generate" not in shown


def test_unknown_prices_are_called_unknown() -> None:
    shown = page(*UNKNOWN)
    assert "Unknown, and at least 0.75 USD in all" in shown
    assert "price unknown" in shown


def test_where_nothing_was_to_pay_nothing_is_said() -> None:
    assert costs([count("other", 1, "m")]) is None
    assert 'id="cost"' not in page(count("other", 1, "m"))
