"""The whole way of an experiment, on a recipe without sandbox and without models."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.pipeline.conftest import WriteRecipe

from sterling.engine.watch import Silent
from sterling.errors import InputError
from sterling.experiment import Arm, arms
from sterling.ledger import Run
from sterling.pipeline import run
from sterling.pipeline.experiment.candidates import Document, Protected, candidates
from sterling.pipeline.experiment.experimenting import Experiment, as_json, experiment
from sterling.pipeline.experiment.trials import enters, told_apart
from sterling.pipeline.generating import Walked
from sterling.pipeline.order import read_recipe, walked
from sterling.policy import lint

THINGS = ["apples", "pencils", "lamps", "tickets", "kites", "stamps", "bricks", "coins", "ropes", "bells"]


def _questions(path: Path, seed: int, count: int, **more: Any) -> None:
    chance = random.Random(seed)
    rows = []
    for n in range(count):
        thing, each, many = chance.choice(THINGS), chance.randint(2, 9), chance.randint(2, 99)
        asked = f"{chance.choice(THINGS)} apart, what do {many} {thing} cost at {each} {chance.choice(THINGS)} each?"
        answer = each * many + (n % 5 == 0 and bool(more))
        rows.append({"prompt": asked, "completion": f"{each} times {many} {thing}.\nA: {answer}",
                     "answer": str(each * many), "topic": n % 60, **more})  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def recipe(write_recipe: WriteRecipe, tmp_path: Path) -> Path:
    path = write_recipe(roles={"train": 0.6, "test": 0.3, "monitor": 0.05, "holdout": 0.05},
                        checks=[{"check": "math"}, {"check": "exact_duplicates"}],
                        engine={"shard_rows": 500, "workers": 1})  # fmt: skip
    _questions(tmp_path / "anchor.jsonl", 1, 500)
    _questions(tmp_path / "completions.jsonl", 2, 400, model="model-0")
    return path


def test_an_experiment_ends_in_a_word_and_in_evidence(recipe: Path, tmp_path: Path) -> None:
    done = experiment(recipe, out=tmp_path)
    evidence = {one.name: one for one in done.found.evidence}
    told = evidence["experiment.added.all.ngrams"]
    assert told.interval is not None
    assert told.n == done.test
    assert told.inputs["control"] == "real"
    assert told.inputs["seeds"] == 4
    assert evidence["experiment.added_over_repeated.tail.ngrams"].inputs["control"] == "repeated"
    assert evidence["experiment.without_check_math.all.ngrams"].inputs["control"] == "added"
    assert "experiment.matched.tail.rare_words" in evidence
    assert evidence["experiment.same.unfiltered"].inputs["as"] == "without_check_math"
    assert evidence["experiment.share"].value == done.share
    assert evidence["experiment.added.all.choices_tasks"].inputs["unit"] == "share of failures"
    assert evidence["experiment.verdict"].inputs["word"] == done.found.verdict.word
    assert done.share == pytest.approx(0.3, abs=0.02)
    assert done.groups is not None
    written = json.loads((done.folder / "evidence.json").read_bytes())
    assert as_json(done).items() <= written.items()
    assert "<html" in (done.folder / "report.html").read_text(encoding="utf-8")
    assert done.folder == tmp_path / "experiments" / "small"
    _policy_reads_it(done, recipe)


def test_outcomes_from_production_count_as_tasks(recipe: Path, tmp_path: Path) -> None:
    first = experiment(recipe, out=tmp_path, students=["ngrams"])
    rows = ["arm,unit,outcome"]
    rows += [
        f"{arm},{unit},{int(unit % 10 >= lost)}" for arm, lost in (("real", 2), ("added", 6)) for unit in range(400)
    ]
    (tmp_path / "solved.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    done = experiment(recipe, out=tmp_path, students=["ngrams"], outcomes=str(tmp_path / "solved.csv"))
    (told,) = done.outcomes
    assert (told.name, told.value, told.n) == ("experiment.added.outcomes.solved", 0.4, 400)
    assert told in done.found.evidence
    assert "harms" not in first.found.verdict.word
    assert (done.found.verdict.word, "solved in production" in done.found.verdict.why) == ("harms", True)


def _policy_reads_it(done: Experiment, recipe: Path) -> None:
    """A cap of 60 % that an experiment with 30 % did not show to help."""
    evidence = str(done.folder / "evidence.json")
    loaded = read_recipe(recipe, ["mix.synthetic_cap=0.6", f"mix.evidence={evidence}"])
    found = next(one for one in lint(loaded.recipe) if one.rule == "mix.experiment")
    assert found.status == "unmet"
    assert f"the experiment says `{done.found.verdict.word}` of 30%" in found.what


def test_nothing_finished_is_done_again_and_a_run_keeps_its_end(recipe: Path, tmp_path: Path) -> None:
    run(recipe, out=tmp_path)
    before = _told(tmp_path / "runs" / "small")
    steps = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("shard-*")}
    first = experiment(recipe, out=tmp_path, students=["ngrams"])
    trained = {path: path.stat().st_mtime_ns for path in first.folder.rglob("shard-*.json")}
    again = experiment(recipe, out=tmp_path, students=["ngrams"])
    assert again.found.evidence == first.found.evidence
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("shard-*.json")} == trained
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("shard-*")} == steps
    assert _told(tmp_path / "runs" / "small") == before


def _told(run: Path) -> list[bytes]:
    """All that a run says of itself."""
    return [(run / name).read_bytes() for name in ("run.json", "recipe.lock.yaml")]


class _Witness(Silent):
    """What a kill would leave of what a run says of itself: looked at in the middle of every step."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.seen: list[list[bytes]] = []

    def start(self, step: str, units: int | None) -> None:
        """A step that was not there before."""
        self.seen.append(_told(self.run))

    def finish(self, step: str, summary: str, *, reused: bool) -> None:
        """A step of the walk, or the trainings."""
        self.seen.append(_told(self.run))


def test_a_kill_at_any_time_leaves_a_run_that_ended_as_it_was(recipe: Path, tmp_path: Path) -> None:
    run(recipe, out=tmp_path)
    before, witness = _told(tmp_path / "runs" / "small"), _Witness(tmp_path / "runs" / "small")
    other = ["checks=[{check: math}]", "mix.synthetic_cap=0.25"]
    experiment(recipe, out=tmp_path, students=["ngrams"], overrides=other, watch=witness)
    assert len(witness.seen) > 6
    assert all(told == before for told in witness.seen)
    assert Run(tmp_path / "runs" / "small").status == "released"


@pytest.mark.parametrize(
    ("changes", "options", "what"),
    [
        ([], {"seeds": 3}, "3 seeds say nothing of chance"),
        ([], {"share": 1.0}, "a synthetic share of 1 cannot be compared"),
        ([], {"students": ["elephant"]}, "there is no student `elephant`"),
        (["generate=[]"], {}, "the recipe generates nothing"),
        (["roles.test=0", "roles.train=0.9"], {}, "`roles.test` is 0"),
        (["roles.test=0.1", "roles.train=0.8"], {}, r"\d\d test documents are too few to tell of a tail; 100 would do"),
        (["anchor.0.origin=unknown"], {}, "is attested as human"),
        (["checks.0.check=length", "checks.0.max=1"], {}, "none of 400 synthetic candidates stands"),
    ],
)
def test_what_cannot_be_tried_is_said(
    recipe: Path, tmp_path: Path, changes: list[str], options: dict[str, Any], what: str
) -> None:
    waived = [{"rule": rule, "because": "a test", "by": "nobody"} for rule in ("mix.anchor", "synthetic.verified")]
    changes = [*changes, f"waive={json.dumps(waived)}"]
    with pytest.raises(InputError, match=what) as error:
        experiment(recipe, out=tmp_path, overrides=changes, **options)
    assert error.value.mend


def test_what_an_arm_may_be_fed() -> None:
    def document(real: bool, source: str, dropped_by: str) -> Document:
        return Document(None, 1, real, source, "", (), dropped_by)  # type: ignore[arg-type]

    kept, dropped = document(False, "evolve", ""), document(False, "evolve", "math")
    struck = document(True, "tickets", "math")
    without = Arm("added", ("added",), "without_check", "math")
    assert [enters(kept, arm) for arm in (Arm("added"), Arm("added", (), "without_strategy", "evolve"))] == [
        True,
        False,
    ]
    assert [enters(one, without) for one in (kept, dropped, struck)] == [True, True, True]
    assert [enters(one, Arm("added", (), "unfiltered")) for one in (kept, dropped, struck)] == [True, True, False]
    assert not enters(dropped, Arm("added"))


def test_arms_that_are_fed_the_same_are_one() -> None:
    def document(real: bool, dropped_by: str = "", age: int = 0) -> Document:
        return Document(None, 1, real, "evolve", "", (), dropped_by, age)  # type: ignore[arg-type]

    pool = [document(True), document(False), document(False, "math"), document(False, age=1)]
    every = arms(["evolve"], ["math"], earlier=True)
    kept, same = told_apart(every, pool)
    assert same == {"unfiltered": "without_check_math"}
    assert [arm.name for arm in kept] == [
        "real",
        "repeated",
        "matched",
        "added",
        "without_earlier",
        "without_check_math",
    ]
    assert [enters(one, Arm("added", (), "without_earlier")) for one in pool] == [True, True, False, False]
    assert told_apart(every, [*pool, document(True, "math")])[1] == {}


def test_what_is_inherited_is_a_candidate_as_in_the_mix(recipe: Path, tmp_path: Path) -> None:
    with walked(recipe, out=tmp_path) as at_work:
        anchors, made = at_work.walked.anchors, at_work.walked.made
    old, ages = Walked(anchors, (), made), {shard.number: 2 for shard in made}
    told = candidates(at_work.job.recipe, old, ages)
    assert {one.age for one in told.pool if not one.real} == {2}
    assert len(told.pool) == len(candidates(at_work.job.recipe, Walked(anchors, made)).pool)
    young = read_recipe(recipe, ["mix.generations=2"]).recipe
    assert all(one.real for one in candidates(young, old, ages).pool)


def test_what_shares_a_run_of_words_with_the_test_is_found() -> None:
    protected = Protected.of(["One two three, four five six.", "Short one"], 5)
    assert protected.touches("and then ONE two three four five came")
    assert protected.touches("short: one!")
    assert not protected.touches("one two three four and five")
    assert not protected.touches("a short one here")
