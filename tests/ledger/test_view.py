from pathlib import Path
from typing import Any

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


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run at"):
        Run(tmp_path / "runs" / "nothing")


def sterling_mix_keep(run: Run) -> Any:
    import pyarrow.compute as pc

    table = run.verdicts.arrow
    return pc.and_(pc.equal(table["check"], "mix"), pc.equal(table["outcome"], "keep"))
