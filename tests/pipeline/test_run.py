import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import sterling
from sterling.errors import InputError, PolicyRefused, RecipeError, SourceError, StorageError


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def is_whole(release: Path, seed: int) -> bool:
    """Whether this is the release of that seed, with every record that its report counts."""
    report = json.loads((release / "report.json").read_bytes())
    records = pq.read_table(release / "data").num_rows
    return bool(json.loads((release / "provenance" / "run.json").read_bytes())["seed"] == seed
                and report["steps"][-1]["kept"] == records)  # fmt: skip


def inodes(run: Path) -> dict[str, int]:
    return {str(p): p.stat().st_ino for p in run.rglob("steps/*/*/shard-*.parquet")}


def test_a_recipe_becomes_a_release(write_recipe: Any, tmp_path: Path) -> None:
    run = sterling.run(write_recipe(), out=tmp_path)
    assert run.status == "released"
    assert run.release == tmp_path / "releases" / "small"
    rows = pq.read_table(run.release / "data").to_pylist()
    assert {row["origin"] for row in rows} == {"human", "synthetic"}
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(row["weight"] == 1.0 for row in rows)


def test_the_report_adds_up(write_recipe: Any, tmp_path: Path) -> None:
    run = sterling.run(write_recipe(), out=tmp_path)
    report = json.loads((tmp_path / "releases" / "small" / "report.json").read_bytes())
    assert report["steps"] == run.report["steps"]
    assert report["evidence"] == run.report["evidence"]
    steps = {step["name"]: step for step in report["steps"]}
    assert list(steps) == [
        "anchor:questions", "roles", "generate:completions", "check:math", "check:exact_duplicates",
        "check:near_duplicates", "check:contamination", "mix", "release",
    ]  # fmt: skip
    for step in report["steps"]:
        assert step["in"] == step["kept"] + step["dropped"]
        assert step["flagged"] <= step["kept"]
    made = steps["generate:completions"]
    assert made["requested"] == made["produced"] + made["faults"] == 24
    chain = [steps["roles"]["kept"] + made["produced"], *(s["kept"] for s in report["steps"][3:-1])]
    assert [s["in"] for s in report["steps"][3:]] == chain
    assert steps["check:math"]["reasons"] == {"different": 6}
    rejected = pq.read_table(tmp_path / "releases" / "small" / "rejected").to_pylist()
    assert len(rejected) == sum(step["dropped"] for step in report["steps"])


def test_nothing_is_done_twice(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe()
    sterling.run(recipe, out=tmp_path)
    before, files = inodes(tmp_path / "runs" / "small"), tree(tmp_path / "releases")
    again = sterling.run(recipe, out=tmp_path)
    assert inodes(tmp_path / "runs" / "small") == before
    assert tree(tmp_path / "releases") == files
    assert again.status == "released"


def test_changing_the_mix_reruns_the_mix_only(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe()
    sterling.run(recipe, out=tmp_path)
    before = inodes(tmp_path / "runs" / "small")
    run = sterling.run(recipe, out=tmp_path, overrides=["mix.synthetic_cap=0.1"])
    after = inodes(tmp_path / "runs" / "small")
    assert {path: after[path] for path in before} == before
    assert {Path(path).parts[-3].split("-")[1] for path in set(after) - set(before)} == {"mix"}
    share = next(e for e in run.report["evidence"] if e["name"] == "mix.share.synthetic")
    assert share["value"] <= 0.1


def test_the_same_recipe_gives_the_same_records_anywhere(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe()
    one = sterling.run(recipe, out=tmp_path / "one")
    two = sterling.run(recipe, out=tmp_path / "two", overrides=["engine.shard_rows=7", "engine.workers=2"])
    assert one.release is not None
    assert two.release is not None
    rows = [
        sorted(pq.read_table(r / "data").to_pylist(), key=lambda row: row["id"]) for r in (one.release, two.release)
    ]
    assert rows[0] == rows[1]


def test_a_recipe_as_a_mapping(write_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = json.loads(write_recipe().read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    assert sterling.run(keys).status == "released"


def test_a_preview_releases_nothing(write_recipe: Any, tmp_path: Path) -> None:
    run = sterling.run(write_recipe(), out=tmp_path, preview=3)
    assert run.status == "preview"
    assert run.release is None
    assert not (tmp_path / "releases").exists()
    made = next(step for step in run.report["steps"] if step["name"] == "generate:completions")
    assert made["produced"] == 3


def test_the_policy_refuses_before_anything_is_read(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe(checks=[{"check": "exact_duplicates"}])
    with pytest.raises(PolicyRefused, match="the policy refuses this recipe"):
        sterling.run(recipe, out=tmp_path)
    assert not (tmp_path / "runs").exists()


def test_no_synthetic_part_is_said_plainly(write_recipe: Any, tmp_path: Path) -> None:
    run = sterling.run(write_recipe(completions=1), out=tmp_path)
    assert run.report["outcome"]["headline"].startswith("No synthetic part to release. ")
    assert "1 synthetic candidates: 1 dropped (1 by math), 0 in the mix." in run.report["outcome"]["sentences"][0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "anchor.jsonl: "),
        (b"", "anchor.jsonl: "),
        (b'{"prompt": "x"\n' * 50, "anchor.jsonl"),
        (b'{"prompt": "\xff\xfe", "completion": "c", "topic": 1}\n' * 50, "anchor.jsonl"),
        (b'{"wrong": 1, "topic": 2}\n' * 50, "anchor.jsonl"),
    ],
)
def test_bad_data_stops_the_run_and_leaves_the_release(
    write_recipe: Any, tmp_path: Path, content: bytes | None, message: str
) -> None:
    recipe = write_recipe()
    sterling.run(recipe, out=tmp_path)
    before = tree(tmp_path / "releases")
    path = tmp_path / "anchor.jsonl"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        sterling.run(recipe, out=tmp_path)
    assert caught.value.exit_code == 2
    assert caught.value.mend
    assert tree(tmp_path / "releases") == before


def test_one_bad_row_costs_that_row(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe()
    with (tmp_path / "anchor.jsonl").open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    run = sterling.run(recipe, out=tmp_path)
    first = run.report["steps"][0]
    assert (first["in"], first["kept"], first["dropped"]) == (31, 30, 1)
    rejected = pq.read_table(tmp_path / "releases" / "small" / "rejected").to_pylist()
    bad = [row for row in rejected if row["id"] is None]
    assert [(row["where"], row["step"], row["reason"]) for row in bad] == [
        ("anchor.jsonl:31", "anchor:questions", "bad_json")
    ]


def test_an_unknown_step_is_named_with_its_line(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe(checks=[{"check": "maths"}])
    with pytest.raises(RecipeError, match=r"recipe\.yaml:\d+: .*`maths`.*\n.*`math`"):
        sterling.run(recipe, out=tmp_path)


def test_a_disk_that_fills_up_at_any_write(write_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third write fails in turn. The release stays as it was, or is the new one whole, never in between."""
    recipe = write_recipe()
    sterling.run(recipe, out=tmp_path)
    before = tree(tmp_path / "releases")
    failed = 0
    for n in range(0, 200, 3):
        writes = iter(range(10_000))
        real = Path.replace

        def replace(self: Path, target: Any, n: int = n, writes: Any = writes, real: Any = real) -> Any:
            if next(writes) == n:
                raise OSError(28, "No space left on device")
            return real(self, target)

        with monkeypatch.context() as broken:
            broken.setattr(Path, "replace", replace)
            try:
                sterling.run(recipe, out=tmp_path, overrides=[f"seed={n + 1}"])
            except StorageError as error:
                failed += 1
                assert "No space left on device" in str(error)  # noqa: PT017 - most runs fail, the last does not
                assert tree(tmp_path / "releases") == before or is_whole(tmp_path / "releases" / "small", seed=n + 1)
                assert not list(tmp_path.rglob("*.part"))
                assert [p.name for p in (tmp_path / "releases").iterdir()] == ["small"]
            else:
                break
    assert failed > 10


def test_a_place_that_cannot_be_written(write_recipe: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where a folder is wanted", encoding="utf-8")
    with pytest.raises(StorageError, match=r"cannot be written: (Not a directory|File exists)\n  mend:"):
        sterling.run(write_recipe(), out=tmp_path / "out")


@pytest.mark.parametrize("rejected", ["redacted", "full"])
def test_the_text_of_dropped_records_leaves_only_when_the_recipe_says_so(
    write_recipe: Any, tmp_path: Path, rejected: str
) -> None:
    run = sterling.run(write_recipe(release={"licence": "MIT", "rejected": rejected}), out=tmp_path)
    dropped = next(s for s in run.report["samples"] if s["fate"] == "dropped" and s["strategy"] == "completions")
    said = dropped["parts"]["completion"]
    leaving = b"".join(tree(tmp_path / "releases").values())
    assert (said.splitlines()[0].encode() in leaving) == (rejected == "full")


def test_the_released_folder_loads_with_datasets(
    write_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    run = sterling.run(write_recipe(), out=tmp_path)
    loaded = datasets.load_dataset(str(run.release), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.num_rows == run.report["steps"][-1]["kept"]
    assert {"prompt", "completion", "origin", "parents", "maker", "weight"} <= set(loaded.column_names)


def with_completions(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    (tmp_path / "completions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_one_unverified_candidate_costs_that_candidate(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe()
    good = {"prompt": "What do 4 pens cost at 3 each?", "completion": "A: 12", "answer": "12", "model": "m"}
    with_completions(tmp_path, [good, good | {"prompt": "And eleven lamps at 3 each?", "answer": None}])
    run = sterling.run(recipe, out=tmp_path)
    mix = next(step for step in run.report["steps"] if step["name"] == "mix")
    assert mix["reasons"]["unverified"] == 1
    assert run.report["outcome"]["headline"].endswith("1 synthetic; each synthetic one verified.")


def test_a_mistake_in_the_mapping_of_completions_stops_the_run(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe()
    with_completions(
        tmp_path, [{"prompt": f"What is {n}?", "said": "A: 1", "answer": "1", "model": "m"} for n in range(9)]
    )
    with pytest.raises(
        SourceError, match=r"9 of 9 rows of `completions` are bad(?s:.*)mend: correct the rows or"
    ) as caught:
        sterling.run(recipe, out=tmp_path)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "releases").exists()


def test_a_refusal_names_the_rule_and_its_mend(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe(mix={"synthetic_cap": 1.0, "budget": 1})
    with pytest.raises(PolicyRefused, match=r"critical mix\.anchor: (?s:.*)mend: (?s:.*)report\.html"):
        sterling.run(recipe, out=tmp_path)
    assert (tmp_path / "runs" / "small" / "report.html").exists()
    assert not (tmp_path / "releases").exists()


def test_a_pattern_is_read_again_when_a_file_has_changed(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe()
    overrides = ["anchor.0.path=anch*.jsonl"]
    before = sterling.run(recipe, out=tmp_path, overrides=overrides).report["steps"][0]["in"]
    with (tmp_path / "anchor.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"prompt": "One more?", "completion": "#### 1", "topic": 4}) + "\n")
    assert sterling.run(recipe, out=tmp_path, overrides=overrides).report["steps"][0]["in"] == before + 1


def test_two_entries_of_one_check_have_a_verdict_each(write_recipe: Any, tmp_path: Path) -> None:
    checks = [{"check": "math"}, {"check": "exact_duplicates"}, {"check": "near_duplicates"},
              {"check": "contamination"}, {"check": "contamination", "name": "thirteen", "ngram": 13}]  # fmt: skip
    run = sterling.run(write_recipe(checks=checks), out=tmp_path)
    assert {"check:contamination", "check:thirteen"} <= {step["name"] for step in run.report["steps"]}
    items = [e["inputs"]["check"] for e in run.report["evidence"] if e["name"] == "contamination.benchmark_items"]
    assert items == ["contamination", "thirteen"]


def test_a_missing_file_is_said_with_the_line_of_the_recipe_before_anything_runs(
    write_recipe: Any, tmp_path: Path
) -> None:
    recipe = write_recipe()
    (tmp_path / "completions.jsonl").rename(tmp_path / "completion.jsonl")
    with pytest.raises(SourceError, match=r"recipe\.yaml:\d+: .*completions\.jsonl: there is no such file") as caught:
        sterling.run(recipe, out=tmp_path)
    assert caught.value.mend == "did you mean `completion.jsonl`?"
    assert not (tmp_path / "runs").exists()


def test_one_run_at_a_time_in_a_folder(write_recipe: Any, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    recipe = write_recipe()
    sterling.run(recipe, out=tmp_path)
    with (tmp_path / "runs" / "small" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another run is at work here"):
            sterling.run(recipe, out=tmp_path)
    assert sterling.run(recipe, out=tmp_path).status == "released"


def test_a_run_that_stops_says_so(write_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    recipe = write_recipe()
    with monkeypatch.context() as broken:
        broken.setattr("sterling.pipeline.order.mix", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sterling.run(recipe, out=tmp_path)
    assert sterling.Run(tmp_path / "runs" / "small").status == "stopped"


def test_an_empty_test_role_is_no_protection(write_recipe: Any, tmp_path: Path) -> None:
    run = sterling.run(write_recipe(roles={"train": 0.9999, "test": 0.0001, "monitor": 0, "holdout": 0}), out=tmp_path)
    unmet = {finding["rule"] for finding in run.report["findings"] if finding["status"] == "unmet"}
    assert {"roles.test", "checks.contamination"} <= unmet


def test_the_engine_counts_for_a_strategy_that_does_not(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe(
        generate=[
            {
                "strategy": "completions", "path": "completions.jsonl", "count": 5, "service": "local",
                "terms": "made-up",
                "columns": {"prompt": "prompt", "completion": "completion", "answer": "answer", "model": "model"},
            }
        ]
    )  # fmt: skip
    made = sterling.run(recipe, out=tmp_path).report["steps"][2]
    assert (made["name"], made["produced"]) == ("generate:completions", 5)


def test_the_files_of_another_release_have_other_names(write_recipe: Any, tmp_path: Path) -> None:
    """Loaders cache by the names that the card gives, so a changed release must not look like the old one."""
    recipe = write_recipe()

    def files() -> set[str]:
        return {path.name for path in (tmp_path / "releases" / "small" / "data").iterdir()}

    sterling.run(recipe, out=tmp_path)
    first = files()
    sterling.run(recipe, out=tmp_path)
    assert files() == first
    sterling.run(recipe, out=tmp_path, overrides=["mix.synthetic_cap=0.1"])
    assert files().isdisjoint(first)


def test_a_file_that_is_cut_off_is_not_one_bad_row(write_recipe: Any, tmp_path: Path) -> None:
    import gzip

    recipe = write_recipe(questions=3000)
    packed = gzip.compress((tmp_path / "anchor.jsonl").read_bytes())
    (tmp_path / "anchor.jsonl.gz").write_bytes(packed[: len(packed) * 9 // 10])
    overrides = ["anchor.0.path=anchor.jsonl.gz", "engine.shard_rows=1000"]
    with pytest.raises(SourceError, match="the file is cut off"):
        sterling.run(recipe, out=tmp_path, overrides=overrides)
    assert not (tmp_path / "releases").exists()
    run = sterling.run(recipe, out=tmp_path, overrides=[*overrides, "anchor.0.max_bad_share=1"])
    assert run.report["steps"][0]["reasons"] == {"truncated": 1}


def test_lint_knows_that_a_models_answers_are_not_real(tmp_path: Path) -> None:
    (tmp_path / "logs.jsonl").write_text('{"prompt": "p", "completion": "c", "thumb": true}\n', encoding="utf-8")
    source = {
        "source": "feedback", "name": "logs", "path": str(tmp_path / "logs.jsonl"), "origin": "human", "licence": "MIT",
        "attested_by": "the test", "attested_because": "test data",
    }  # fmt: skip
    recipe = {"name": "x", "purpose": "alignment", "anchor": [source]}
    unmet = {f.rule for f in sterling.lint(recipe) if f.status == "unmet"}
    assert "mix.anchor" in unmet
    assert "mix.anchor" not in {
        f.rule for f in sterling.lint(recipe | {"anchor": [source | {"answers_by": "person"}]}) if f.status == "unmet"
    }


def test_the_card_says_what_the_owner_says_it_is_for(write_recipe: Any, tmp_path: Path) -> None:
    run = sterling.run(write_recipe(intended_use="tutoring in arithmetic"), out=tmp_path)
    assert run.release is not None
    card = (run.release / "README.md").read_text(encoding="utf-8")
    assert "Intended use, as its owner states it: tutoring in arithmetic.\n\n## How to load it" in card


def test_what_nobody_sees_is_taken_out_of_anchor_and_answers_and_told(write_recipe: Any, tmp_path: Path) -> None:
    recipe = write_recipe(completions=24)
    for name in ("anchor.jsonl", "completions.jsonl"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("coins altogether", "co\u200bins altogether", 7), encoding="utf-8")
    run = sterling.run(recipe, out=tmp_path)
    told = {e["name"]: (e["value"], e["inputs"]["first"]) for e in run.report["evidence"] if "invisible" in e["name"]}
    assert told["invisible.anchor.questions.stripped.zero_width"] == (7, [f"anchor.jsonl:{n}" for n in (1, 2, 3)])
    assert told["invisible.generate.completions.stripped.zero_width"][0] == 7
    assert run.release is not None
    rows = [row for part in ("data", "rejected") for row in pq.read_table(run.release / part).to_pylist()]
    assert any("coins altogether" in str(row) for row in rows)
    assert not any("\u200b" in str(value) for row in rows for value in row.values())
