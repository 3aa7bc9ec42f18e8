import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from tests.release.examples import REPORT

from sterling.release import CardFacts, Options
from sterling.release.card import Written, metadata, plain, render_card, size_category
from sterling.stats import Evidence

FACTS = CardFacts("Example", models=())
WRITTEN = [Written("code", "prompt_completion", ("prompt", "completion", "id"), 20, "data/train-*.parquet")]


def report(**changes: Any) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(REPORT))
    return copied | changes


def card(facts: CardFacts = FACTS, told: dict[str, Any] | None = None, options: Options = Options()) -> str:  # noqa: B008 - immutable
    return render_card(facts, told or report(), WRITTEN, options)


def test_metadata_say_what_the_hub_asks() -> None:
    assert metadata(FACTS, report(), WRITTEN) == {
        "pretty_name": "Example",
        "license": "other",
        "license_name": "psf-2.0",
        "license_link": "https://spdx.org/licenses/PSF-2.0.html",
        "size_categories": ["n<1K"],
        "task_categories": ["text-generation"],
        "tags": ["synthetic", "sterling"],
        "configs": [{"config_name": "code", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}],
    }


def test_the_owner_s_licence_comes_before_the_sources_licences() -> None:
    assert metadata(replace(FACTS, licence="Apache-2.0"), report(), WRITTEN)["license"] == "apache-2.0"
    assert "The owner has stated no licence" not in card(replace(FACTS, licence="Apache-2.0"))
    assert "The owner has stated no licence" in card()


def test_no_licence_at_all_is_unknown() -> None:
    assert metadata(FACTS, report(anchors=[]), WRITTEN)["license"] == "unknown"


def test_a_purely_human_release_is_not_tagged_synthetic() -> None:
    human = report(composition=REPORT["composition"][:1])
    assert metadata(FACTS, human, WRITTEN)["tags"] == ["sterling"]


def test_a_release_without_records_offers_nothing_to_load() -> None:
    empty = [Written("code", None, (), 0, None)]
    assert "configs" not in metadata(FACTS, report(), empty)
    text = render_card(FACTS, report(), empty, Options())
    assert "There are no records to load." in text
    assert 'load_dataset("' not in text


@pytest.mark.parametrize(
    ("records", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "1B<n<10B"), (10**13, "n>1T")],
)
def test_size_categories_are_the_hub_s(records: int, category: str) -> None:
    assert size_category(records) == category


def test_removals_waivers_and_attestation_are_told_by_name() -> None:
    text = card()
    assert "| examples | 22 | 20 | 2 | 0 | failed 2 |" in text
    assert "**waived** · terms (required): Terms unread. Waived by J. Example, because: own model" in text
    assert "attested by J. Example" in text
    assert "60.0% of the tokens written by people" in text
    assert "No model wrote any record." in text


def test_an_interval_stands_beside_every_acceptance() -> None:
    assert "| check.examples.accepted | - / mutations | 0.9 (0.8238 to 0.951) | 100 |" in card()


def test_what_no_evidence_speaks_of_is_not_assessed() -> None:
    text = card(replace(FACTS, not_assessed=("Toxicity: not assessed.",)))
    for topic in (
        "Privacy: not assessed",
        "Contamination: not assessed",
        "Human review: no person",
        "Toxicity: not assessed",
    ):
        assert topic in text
    measured = report(
        evidence=[{"name": "privacy.copies", "value": 0, "n": 1, "interval": None, "method": "", "inputs": {}}]
    )
    assert "Privacy: not assessed" not in card(told=measured)


def test_an_experiment_is_told_with_its_rows_and_what_it_could_not_reach() -> None:
    shared = {"control": "real", "slice": "all", "student": "s", "unit": "bits"}
    rows = [
        Evidence("experiment.verdict", None, 9, None, "", {"word": "inconclusive", "why": "no gain", "share": 0.22}),
        Evidence("experiment.share", 0.22, 4, None, "60% asked, 22% reached", {"short": True}),
        Evidence("experiment.added.all.ngrams", -0.1, 9, None, "", {"arm": "added", **shared}),
        Evidence("experiment.matched.all.ngrams", 0.2, 9, None, "", {"arm": "matched", **shared}),
    ]
    text = card(told=report(evidence=[one.to_json() for one in rows]))
    assert "says **inconclusive** with 22.0% synthetic tokens: no gain. 60% asked, 22% reached." in text
    assert text.count("| real |") == 1
    assert "| real | bits, s | all | -0.1 | 9 |" in text
    assert "Benefit: not assessed" not in text
    assert "Does the synthetic part help?" not in card()


def test_exact_duplicates_say_nothing_of_near_ones() -> None:
    steps = [{**REPORT["steps"][0], "name": "check:exact_duplicates"}]
    assert "Near duplicates: not assessed" in card(told=report(steps=steps))


def told_of(name: str, value: float | None = 1.0, n: int = 9, **inputs: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "n": n, "interval": None, "method": "", "inputs": inputs}


@pytest.mark.parametrize(
    ("evidence", "silent"),
    [
        (told_of("template_collapse.smallest_group"), True),
        (told_of("collapse.g.verdict", None, kind="verdict", colour="insufficient sample"), True),
        (told_of("collapse.trend.vendi", kind="trend"), True),
        (told_of("collapse.g.verdict", None, kind="verdict", colour="green"), False),
        (told_of("collapse.g.verdict", None, kind="verdict", colour="red"), False),
    ],
)
def test_collapse_is_assessed_where_a_verdict_has_a_colour(evidence: dict[str, Any], silent: bool) -> None:
    text = card(told=report(evidence=[evidence]))
    assert ("Collapse over generations of training: not assessed" in text) is silent


@pytest.mark.parametrize(
    ("evidence", "silent"),
    [
        (told_of("diversity.synthetic.distinct_2"), False),
        (told_of("diversity.synthetic.distinct_2", None), True),
        (told_of("check.diversity.accepted", model=None, strategy=None), True),
        (told_of("collapse.v1.accepted.accepted", kind="accepted"), True),
    ],
)
def test_what_could_not_be_measured_is_not_assessed(evidence: dict[str, Any], silent: bool) -> None:
    assert ("Diversity: not assessed" in card(told=report(evidence=[evidence]))) is silent


def test_a_step_s_name_assesses_nothing() -> None:
    steps = [{**REPORT["steps"][0], "name": "check:code_review_privacy"}]
    assert "Privacy: not assessed" in card(told=report(steps=steps))
    assert "Human review: no person" in card(told=report(steps=steps))


def test_it_says_whether_the_text_of_the_rejected_is_there() -> None:
    assert "its text is left out" in card()
    assert "its text is left out" not in card(options=Options(rejected="full"))


def test_hostile_names_stay_text() -> None:
    attack = "x\n---\nlicense: mit\n# <script>alert(1)</script> | [a](b) `c`"
    steps = [{**REPORT["steps"][0], "name": attack, "reasons": {attack: 2}}]
    text = card(replace(FACTS, pretty_name=attack), report(name=attack, steps=steps))
    front = next(iter(yaml.safe_load_all(text.split("\n---\n\n")[0])))
    assert front["pretty_name"] == attack
    assert front["license"] == "other"
    body = text.split("\n---\n\n", 1)[1]
    assert "<script>" not in re.sub("`[^`\n]+`", "", body)
    assert "\n---\n" not in body
    assert not re.search("^# <", body, re.MULTILINE)
    assert "`data/train-*.parquet`" in body
    cells = next(line for line in body.splitlines() if "alert" in line and line.startswith("|"))
    assert cells.replace("\\|", "").count("|") == 7


def test_plain_text_has_no_markup_left() -> None:
    assert plain("a|b\n<c> `d` [e](f) *g*") == r"a\|b &lt;c&gt; \`d\` \[e\](f) \*g\*"


def test_an_anchor_that_no_person_wrote_is_named() -> None:
    part = {"origin": "synthetic", "strategy": None, "depth": 1, "records": 5999, "tokens": 60_000}
    text = card(told=report(composition=[part]))
    assert "No model wrote any record" not in text
    assert "No model wrote a record in this run." in text
    assert "records that no person is said to have written (5,999 of origin synthetic)" in text
    assert "no person is said" not in card()


def _weighing(least: float) -> dict[str, Any]:
    """A release whose synthetic records weigh from `least` to 1."""
    share = Evidence("mix.share.real.tokens", 600 / (600 + 400 * least), 1000, None, "share")
    spread = {} if least == 1 else {"least": least, "most": 1.0}
    weights = [Evidence(f"mix.weight.{side}", 1.0, 10, None, "said", spread if side == "synthetic" else {})
               for side in ("real", "synthetic")]  # fmt: skip
    return report(evidence=[one.to_json() for one in (share, *weights)])


def test_where_weights_differ_the_weighted_share_comes_first_and_is_shown_to_use() -> None:
    text = card(told=_weighing(0.5))
    assert (
        "1,000 tokens, 75.0% of the tokens written by people as attested below\n"
        "where records are sampled by `weight`; unweighted it would be 60.0%." in text
    )
    program = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[1]

    class Loaded(dict[str, Any]):
        def select(self, rows: Any) -> list[int]:
            return list(map(int, rows))

    loaded = Loaded(weight=[1.0] * 400 + [0.5] * 400 + [2.0] * 10)
    known: dict[str, Any] = {"code": loaded}
    exec(program, known)
    drawn = known["epoch"]
    assert (len({n for n in drawn if n < 400}), sum(n >= 800 for n in drawn)) == (400, 20)
    assert 150 < sum(400 <= n < 800 for n in drawn) < 250


def test_where_all_weights_are_1_nothing_is_said_of_them() -> None:
    text = card(told=_weighing(1))
    assert "60.0% of the tokens written by people as attested below.\n" in text
    assert "import numpy" not in text
    assert "unweighted" not in text


def test_precision_is_explained_only_where_it_stands() -> None:
    rates = [
        Evidence(f"verifiers.math.{name}", 0.1, 9, None, "", {"check": "math"})
        for name in ("false_accepts", "precision")
    ]
    texts = [card(told=report(evidence=[one.to_json() for one in some])) for some in (rates[:1], rates)]
    assert ["`precision` is the share" in text for text in texts] == [False, True]
