import json
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from tests.pipeline.conftest import write_recipe  # noqa: F401 - the fixture

import sterling
from sterling.errors import InputError
from sterling.ledger import Run


@pytest.fixture
def run(write_recipe: Any, tmp_path: Path) -> Run:  # noqa: F811
    return sterling.run(write_recipe(), out=tmp_path)


def test_everything_comes_as_arrow_and_pandas(run: Run) -> None:
    pandas = pytest.importorskip("pandas")
    for table in (run.steps, run.records, run.verdicts, run.faults, run.evidence):
        assert table.arrow.num_rows == len(table)
        assert isinstance(table.pandas(), pandas.DataFrame)
    assert set(run.verdicts.arrow["outcome"].to_pylist()) >= {"keep", "drop"}
    assert len(run.records) == 54


def test_a_run_shows_itself(run: Run) -> None:
    assert repr(run).startswith("Run 'small' (released) at ")
    page = run._repr_html_()
    assert "<td>check:math</td>" in page
    assert "<table>" in run.verdicts._repr_html_()
    assert repr(run.verdicts).startswith("Table of ")


def test_what_a_notebook_shows_of_a_record_is_text(run: Run) -> None:
    import pyarrow as pa

    from sterling.ledger import Table

    assert "<script>" not in Table(pa.table({"text": ["<script>alert(1)</script>"]}))._repr_html_()


def test_a_life_from_parent_to_child(run: Run) -> None:
    released = run.verdicts.arrow.filter(sterling_mix_keep(run)).to_pylist()
    life = run.trace(released[0]["record"])
    assert life.end == "in the mix"
    assert next(j.step for j in life.judgements) == "roles"


def test_an_id_that_several_records_share_the_beginning_of(run: Run) -> None:
    with pytest.raises(InputError, match="records have ids that start with ''"):
        run.trace("")


def test_a_record_is_found_by_its_owner_s_name(run: Run) -> None:
    rows = run.records.arrow.select(["id", "source", "row"]).to_pylist()
    one = next(row for row in rows if row["source"] == "questions")
    for name in (f"{one['source']}:{one['row']}", f"{one['source']}: {one['row']}", one["id"]):
        assert run.trace(name).record.id == one["id"]
    with pytest.raises(InputError, match="starts with 'questions:nowhere', and none has it as row, or as source:row"):
        run.trace("questions:nowhere")


def test_a_duplicate_is_shown_beside_the_record_that_stays(write_recipe: Any, tmp_path: Path) -> None:  # noqa: F811
    recipe = write_recipe(checks=[{"check": "math"}, {"check": "exact_duplicates"}, {"check": "contamination"}])
    answers = tmp_path / "completions.jsonl"
    first, *rest = answers.read_text(encoding="utf-8").splitlines()
    second = json.loads(rest[0])
    rows = [first, *rest, json.dumps(second | {"id": "twin"})]
    answers.write_text("\n".join(rows) + "\n", encoding="utf-8")
    data = json.loads(recipe.read_text(encoding="utf-8"))
    data["generate"][0]["columns"]["id"] = "id"
    data["generate"][0]["max_bad_share"] = 1
    recipe.write_text(json.dumps(data), encoding="utf-8")
    run = sterling.run(recipe, out=tmp_path)
    dropped = run.verdicts.arrow.filter(pc.field("reason") == "exact_duplicate").to_pylist()
    life = run.trace(dropped[0]["record"])
    [kept] = life.kept.values()
    assert kept.payload["prompt"] == life.record.payload["prompt"]
    assert life.to_json()["kept"][0]["row"] == kept.row != life.record.row


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run at"):
        Run(tmp_path / "runs" / "nothing")


def sterling_mix_keep(run: Run) -> Any:
    table = run.verdicts.arrow
    return pc.and_(pc.equal(table["check"], "mix"), pc.equal(table["outcome"], "keep"))
