"""What a run says of records that were flagged and stay, and of anchors that no person wrote."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from tests.pipeline.conftest import WriteRecipe, question

from sterling.cli import main
from sterling.ledger import Run
from sterling.pipeline import run

ATTESTED = {"origin": "human", "attested_by": "the test", "attested_because": "test data"}
WAIVED = [
    {"rule": rule, "because": "a test of sentences", "by": "the test"}
    for rule in ("synthetic.verified", "mix.anchor", "models.terms")
]


def sources(folder: Path, **origins: str) -> list[dict[str, Any]]:
    """An anchor of each name: 30 questions of its own, and the first of them twice."""
    found = []
    for number, (name, origin) in enumerate(origins.items()):
        lines = [{"prompt": question(n + 100 * number), "completion": "#### 1", "topic": n} for n in [*range(30), 0]]
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        own = ATTESTED if origin == "human" else {"origin": origin}
        found.append({"name": name, "path": path.name, "split_by": "topic", "licence": "MIT", **own})
    return found


def curated(write_recipe: WriteRecipe, folder: Path, *, human: str = "flag", **origins: str) -> Run:
    """No generation: evaluation items, then duplicates; everything trains."""
    (folder / "evals.jsonl").write_text(json.dumps({"prompt": question(3)}) + "\n", encoding="utf-8")
    checks = [
        {"check": "contamination", "against": ["evals.jsonl"], "human": human},
        {"check": "exact_duplicates"}, {"check": "near_duplicates"},
    ]  # fmt: skip
    recipe = write_recipe(
        anchor=sources(folder, **origins), generate=[], checks=checks, waive=WAIVED,
        roles={"train": 1, "test": 0, "monitor": 0, "holdout": 0}, mix={"synthetic_cap": 1, "real_floor": 0},
    )  # fmt: skip
    return run(recipe, out=folder)


def rule(done: Run, name: str) -> list[tuple[str, str]]:
    return [(one["status"], one["what"]) for one in done.report["findings"] if one["rule"] == name]


def test_flagged_human_records_are_told_wherever_a_run_speaks(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    done = curated(write_recipe, tmp_path, people="human")
    [(status, what)] = rule(done, "checks.contamination")
    assert status == "unmet"
    assert what.startswith("1 records in the mix hold evaluation items")
    assert rule(done, "checks.duplicates") == [
        ("met", "exact and near duplicates are looked for; in the mix stay 1 flagged by `exact_duplicates`, "
                "1 flagged by `near_duplicates`")
    ]  # fmt: skip
    line = (
        "Flagged and still in the mix: contamination 1, exact_duplicates 1, near_duplicates 1 "
        "(human records are flagged, not dropped, unless the check says `human: drop`)."
    )
    assert line in done.report["outcome"]["sentences"]
    words = ["run", str(tmp_path / "recipe.yaml"), "--out", str(tmp_path)]
    assert line in CliRunner().invoke(main, words, catch_exceptions=False).output.splitlines()
    assert line.replace("`", "\\`") in (tmp_path / "releases" / "small" / "README.md").read_text(encoding="utf-8")


def test_what_is_dropped_is_not_told_as_flagged(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    done = curated(write_recipe, tmp_path, human="drop", people="human")
    assert rule(done, "checks.contamination") == [("met", "contamination with 1 items was looked for")]
    assert any(one.startswith("Flagged and still in the mix: exact") for one in done.report["outcome"]["sentences"])


def test_anchors_that_no_person_wrote_are_counted_and_named(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    done = curated(write_recipe, tmp_path, machine="synthetic", both="mixed", web="unknown")
    outcome = done.report["outcome"]
    headline = "89 records released: 30 mixed, 29 synthetic, 30 unknown; 29 synthetic ones unverified."
    assert outcome["headline"] == headline
    assert outcome["sentences"][:4] == [
        "31 synthetic records of the anchor: 2 dropped (1 by contamination, 1 by exact_duplicates), 29 in the mix.",
        "31 mixed records of the anchor: 1 dropped (1 by exact_duplicates), 30 in the mix.",
        "31 anchor records of unknown origin: 1 dropped (1 by exact_duplicates), 30 in the mix.",
        "Records of origin mixed or unknown count as synthetic in every share: 30 mixed, 30 unknown.",
    ]
    card = (tmp_path / "releases" / "small" / "README.md").read_text(encoding="utf-8")
    assert "No model wrote any record" not in card
    brought = "30 of origin mixed, 29 of origin synthetic, 30 of origin unknown"
    assert f"The anchor brought in records that no person is said to have written ({brought})." in card
    [(_, share)] = rule(done, "mix.synthetic_cap")
    assert share.startswith("100.0% of the mix counts as synthetic (mixed and unknown origin with it)")


def test_with_no_synthetic_record_the_headline_claims_no_origin(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    done = curated(write_recipe, tmp_path, web="unknown")
    assert done.report["outcome"]["headline"] == "29 records released: 29 unknown."
    assert rule(done, "synthetic.verified") == [("met", "the mix holds no synthetic record")]
