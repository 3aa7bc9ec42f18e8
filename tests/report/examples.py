"""A report with made-up numbers, to look at and to test with. Nothing in it was measured."""

from dataclasses import replace
from typing import Any

from sterling.report import AnchorLine, Conclusion, Report, Sample, Slice, StepLine
from sterling.stats import Evidence, Interval, count, proportion


def finding(rule: str, severity: str, what: str, status: str = "met", **more: Any) -> dict[str, Any]:
    plain = {"why": "", "source": "", "mend": "", "waived_by": None, "waived_because": None}
    return {"rule": rule, "severity": severity, "status": status, "what": what, **plain, **more}


FINDINGS = (
    finding(
        "tails-kept", "high", "A filter thins the tails beyond its margin.", "unmet",
        why="near_duplicates removed 9.1 % of the rarest decile and 4.2 % overall; the margin is 2 points.",
        source="example source, 2025", mend="raise `threshold` of near_duplicates from 0.8, or set `margin`.",
    ),
    finding(
        "terms-reviewed", "required", "The terms of one model were not reviewed.", "waived",
        why="Unreviewed terms may prohibit the intended use.", waived_by="R. Example",
        waived_because="weights are our own; there are no third-party terms to review",
    ),
    finding("real-data-in-mix", "critical", "Real data is in the mix and nothing of the anchor vanished."),
    finding("all-verified", "critical", "Every synthetic record was verified by execution."),
    finding("synthetic-cap", "high", "The synthetic share of tokens is within the cap of 50 %."),
    finding("licence-known", "required", "The licence of every source is known."),
    finding("deduplicated", "high", "Exact and near duplicates were removed."),
    finding("decontaminated", "high", "No training record shares 13 words with the test role."),
    finding("free-before-paid", "high", "No paid check comes before a free one."),
    finding("seeds-from-real", "high", "Every synthetic record descends from a real input."),
)  # fmt: skip

STEPS = (
    StepLine("anchor:stdlib", 4_213, 4_180, 33, reasons={"no_docstring": 21, "undecodable_source": 12}),
    StepLine("roles", 4_180, 3_321, 859, reasons={"role_test": 430, "role_monitor": 214, "role_holdout": 215}),
    StepLine(
        "generate:mutations", 2_771, 2_771, 0, reasons={"no_operator_applies": 229},
        requested=3_000, produced=2_771, faults=229,
    ),
    StepLine("generate:traces", 1_948, 1_948, 0, requested=2_000, produced=1_948, faults=52),
    StepLine("check:exact_duplicates", 8_040, 7_902, 138, reasons={"exact_duplicate": 138}),
    StepLine(
        "check:examples", 7_902, 6_804, 1_098, flagged=2_204,
        reasons={
            "survived": 611, "nondeterministic": 287, "original_fails_its_own_examples": 119, "timed_out": 64,
            "sandbox_crashed": 17, "no_reference": 2_204,
        },
    ),
    StepLine("check:near_duplicates", 6_804, 6_398, 406, reasons={"near_duplicate": 406}),
    StepLine("check:contamination", 6_398, 6_361, 37, flagged=4, reasons={"shares_13_words_with_test": 37, "human": 4}),
    StepLine("check:quality", 6_361, 6_361, 0, flagged=212, reasons={"symbol_heavy": 130, "very_short": 82}),
    StepLine("mix", 6_361, 5_480, 881, reasons={"over_cap": 881}),
)  # fmt: skip

MUTANT = '''The function below fails one of its examples. Repair it.

def clamp(value, low, high):
    """Limit value to the range from low to high.

    >>> clamp(5, 0, 3)
    3
    """
    return max(low, max(value, high))

Failing example:
>>> clamp(5, 0, 3)
expected: 3
got: 5'''
REPAIR = '''def clamp(value, low, high):
    """Limit value to the range from low to high.

    >>> clamp(5, 0, 3)
    3
    """
    return max(low, min(value, high))'''
TRACE = """What does this expression evaluate to?

>>> import textwrap
>>> textwrap.shorten("Hello  world!", width=11)"""


def verdict(check: str, outcome: str, reason: str, score: float | None = None, **evidence: Any) -> dict[str, Any]:
    return {"check": check, "outcome": outcome, "reason": reason, "score": score, "evidence": evidence}


SAMPLES = (
    Sample(
        "5b1f0c7788d24b15a0c6a5a8f4f9e3d1", "kept", "synthetic", "mutations",
        {"prompt": MUTANT, "completion": REPAIR}, ("91c2f0aa37bb4d6e8f20b1c2d3e4f5a6",),
        (
            verdict("exact_duplicates", "keep", "unique"),
            verdict("examples", "keep", "passed", 1.0, original="1 of 1 passed", mutant="1 of 1 failed"),
            verdict("near_duplicates", "keep", "unique"),
            verdict("contamination", "keep", "clean", 0.0),
        ),
    ),
    Sample(
        "0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a", "kept", "human", None,
        {
            "prompt": 'def greet(name):\n    """Say hello.\n\n    >>> greet("you")\n    \'hello, you\'\n    """\n',
            "completion": '    return f"hello, {name}"',
        },
        (),
        (verdict("examples", "keep", "passed", 1.0), verdict("quality", "flag", "very_short", 0.11)),
    ),
    Sample(
        "77aa55cc33ee11ff99bb77dd55ff33aa", "dropped", "synthetic", "mutations",
        {"prompt": MUTANT.replace("max(value, high)", "min(high, value)"), "completion": REPAIR},
        ("91c2f0aa37bb4d6e8f20b1c2d3e4f5a6",),
        (
            verdict("exact_duplicates", "keep", "unique"),
            verdict("examples", "drop", "survived", 0.0, operator="swap_arguments", examples=1, failed=0),
        ),
    ),
    Sample(
        "2c4e6a8c0e2f4a6b8d0f1a3c5e7b9d1f", "dropped", "synthetic", "traces",
        {"prompt": TRACE, "completion": "'Hello [...]'"}, ("e3d1b5f0c7788d24b15a0c6a5a8f4f94",),
        (
            verdict("examples", "keep", "passed", 1.0),
            verdict("near_duplicates", "drop", "near_duplicate", 0.91, kept="5b1f0c7788d24b15a0c6a5a8f4f9e3d1"),
        ),
    ),
)  # fmt: skip


def diversity(corpus: str, measure: str, value: float, half: float, n: int = 40) -> Evidence:
    method = "mean over chunks of 2,000 tokens; Student t 95 %"
    return Evidence(
        f"diversity.{corpus}.{measure}", value, n, Interval(value - half, value + half), method, {"tokens": 80_000}
    )


EVIDENCE = (
    diversity("anchor", "distinct_2", 0.412, 0.009),
    diversity("synthetic", "distinct_2", 0.301, 0.011),
    diversity("mixture", "distinct_2", 0.377, 0.008),
    diversity("anchor", "ngram_entropy_2", 9.81, 0.06),
    diversity("synthetic", "ngram_entropy_2", 9.12, 0.09),
    diversity("mixture", "ngram_entropy_2", 9.55, 0.05),
    diversity("anchor", "zstd_ratio", 3.42, 0.07),
    diversity("synthetic", "zstd_ratio", 4.61, 0.12),
    diversity("mixture", "zstd_ratio", 3.93, 0.06),
    diversity("anchor", "hapax_share", 0.118, 0.004),
    Evidence("diversity.synthetic.hapax_share", None, 3, None, "insufficient sample: 3 chunks of 2,000 tokens"),
    diversity("mixture", "hapax_share", 0.102, 0.005),
    proportion("check.examples.accepted", 1_960, 2_662, "share that passes", model=None, strategy="mutations"),
    proportion("check.examples.accepted", 1_548, 1_919, "share that passes", model=None, strategy="traces"),
    proportion("check.math.accepted", 118, 160, "share that agrees", model="example-small", strategy="completions"),
    proportion("check.math.accepted", 9, 12, "share that agrees", model="example-large", strategy="completions"),
    count("anchor.oracles", 700, "doctest examples that pass on this machine", records=140),
    count("anchor.oracles_unusable", 31, "doctest examples that do not pass on this machine"),
    proportion("tail.near_duplicates.removed_rarest", 60, 661, "removed of the rarest decile", decile=1),
    proportion("mix.real_share", 372_000, 744_000, "share of tokens of human origin"),
    Evidence("cost.usd", 0.0, 0, None, "no model was called"),
)  # fmt: skip


def example_report(status: str = "released") -> Report:
    headline = {
        "released": "5,480 example records were released; every synthetic one was verified by running it.",
        "refused": "Nothing was released: one critical rule is not met and not waived.",
        "preview": "A preview of 24 example records went through every step.",
        "unreleased": "Every candidate was dropped as contaminated; there is no synthetic part to release.",
    }[status]
    return Report(
        name="example-code-repair",
        purpose="fine-tuning",
        created="2026-01-02T03:04:05+00:00",
        recipe_digest="3f2a9c1be07d4465a1f0c3b2d4e5f607",
        outcome=Conclusion(status, headline, ("This is an example: its numbers are made up and measure nothing.",)),  # type: ignore[arg-type] # the tests name every status
        findings=FINDINGS,
        anchors=(
            AnchorLine(
                "stdlib", "human", "R. Example", "written and reviewed by the contributors named in its history",
                "PSF-2.0", {"package": "CPython", "version": "3.11"}, 4_180, 33,
                {"train": 3_321, "test": 430, "monitor": 214, "holdout": 215},
            ),
        ),
        steps=STEPS,
        composition=(
            Slice("human", None, 0, 2_912, 372_000),
            Slice("synthetic", "mutations", 1, 1_604, 291_000),
            Slice("synthetic", "traces", 1, 964, 81_000),
        ),
        samples=SAMPLES,
        evidence=EVIDENCE,
    )  # fmt: skip


def hostile_report() -> Report:
    """Every text that a stranger could have written tries to become markup."""
    attack = '</pre></style><script>document.title="owned"</script><img src=x onerror="document.title=1"> "\'`{{ 7*7 }}'
    bad = Sample(
        attack, "kept", attack, attack, {attack: attack}, (attack,), (verdict(attack, attack, attack, 1.0, a=attack),)
    )
    return replace(
        example_report(),
        name=attack,
        purpose=attack,
        recipe_digest=attack,
        outcome=Conclusion("refused", attack, (attack,)),
        findings=(finding(attack, attack, attack, "unmet", why=attack, source=attack, mend=attack),
                  finding(attack, attack, attack, "waived", waived_by=attack, waived_because=attack)),
        anchors=(AnchorLine(attack, attack, attack, attack, attack, {attack: attack}, 1, 0, {attack: 1}),),
        steps=(StepLine(attack, 2, 1, 1, 1, {attack: 2}),),
        composition=(Slice(attack, attack, 1, 1, 1),),
        samples=(bad, replace(bad, fate="dropped")),
        evidence=(
            Evidence(f"diversity.{attack}.{attack}", 1.0, 1, None, attack, {attack: attack}),
            Evidence(f"check.{attack}.accepted", 0.5, 1, None, attack, {"model": attack}),
            Evidence(attack, 1.0, 1, None, attack, {attack: attack}),
        ),
    )  # fmt: skip
