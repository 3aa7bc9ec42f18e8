"""Files of ratios: what other tools write is read, what is wrong is said with its line."""

from fractions import Fraction
from pathlib import Path

import pytest
from tests.mix.test_drawing import one
from tests.mix.test_planning import evidence, table

from sterling.errors import InputError
from sterling.mix import Infeasible, Rules, plan, ratios_csv, read_ratios


def test_a_mixture_written_is_a_mixture_read(tmp_path: Path) -> None:
    (tmp_path / "mix.csv").write_text(ratios_csv("v1", {"web": 0.25, "books": 0.75}))
    assert (tmp_path / "mix.csv").read_text() == "run,books,web\nv1,0.75,0.25\n"
    assert read_ratios(str(tmp_path / "mix.csv")) == {"books": Fraction(3, 4), "web": Fraction(1, 4)}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("run,name,web,books\nr1,a,0.3,0.7\nr2,b,0.25,0.75\n", "#r2"),
        ("run_id,web,books\r\nr1,0.25,0.75\r\n", ""),
        ('[{"domain": "web", "weight": 0.25}, {"domain": "books", "weight": 0.75}]', ""),
        ('{"web": 0.25, "books": 0.75}', ""),
    ],
)
def test_other_tools_files_are_read(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "ratios").write_text(text)
    assert read_ratios(f"{tmp_path}/ratios{place}") == {"web": Fraction(1, 4), "books": Fraction(3, 4)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "ratios: the file is empty"),
        (b"run,web\n", "ratios: there is a line of names and no mixture below it"),
        (b"run,name\nr,n\n", "ratios:1: no column is a domain"),
        (b"run,web,web\nr,0.5,0.5\n", "ratios:1: two columns are called `web`"),
        (b"run,web,books\nr,0.5\n", "ratios:2: 2 cells under 3 columns"),
        (b"run,web,books\nr,half,0.5\n", "ratios:2: `half` under `web` is no number"),
        (b"run,web,books\nr,1e999,0.5\n", "ratios:2: `1e999` under `web` is no share"),
        (b"run,web,books\nr,0.5,0.2\n", "ratios: the ratios sum to 0.7, not 1"),
        (b"run,web\na,1\nb,1\n", "ratios: 2 mixtures are in it, and only one can be followed"),
        (b"run,web\na,1\n\x00\xff\n", "ratios:3: this is not UTF-8 text"),
        (b'{"web": }', "ratios:1: this is no JSON"),
        (b'["web"]', "ratios: neither a list of objects with `domain` and `weight`, nor an object"),
    ],
)
def test_bad_files_say_what_where_and_how_to_mend(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "ratios").write_bytes(text)
    with pytest.raises(InputError) as caught:
        read_ratios(str(tmp_path / "ratios"))
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert caught.value.mend


def test_targets_are_met_within_a_record_and_others_stay_out() -> None:
    rows = [one(i, "human", 10, ["x"]) for i in range(50)] + [one(100 + i, "human", 7, ["y"]) for i in range(50)]
    made = plan(table([*rows, one(200, "human", 5, [])]), Rules(ratios={"x": Fraction(1, 4), "y": Fraction(3, 4)}))
    found = evidence(made)
    assert found["mix.ratio.x"].value == pytest.approx(0.25, abs=0.02)
    assert found["mix.ratio.y"].inputs["weighted"] == 350
    assert {v["reason"] for v in made.left_out.to_pylist()} == {"off_ratio"}


def test_a_domain_that_nothing_has_is_no_mixture() -> None:
    with pytest.raises(Infeasible) as caught:
        plan(table([one(0, "human", 10, ["x"])]), Rules(ratios={"x": Fraction(1, 4), "z": Fraction(3, 4)}))
    assert ("ratios", "x") in [conflict.demand.path for conflict in caught.value.conflicts]


def test_a_domain_may_be_called_others_and_keeps_its_share() -> None:
    rows = [one(n, "human", 10, ["others" if n > 9 else "letters"]) for n in range(110)]
    rows += [one(200 + n, "evolve", 10, ["strange"]) for n in range(20)]
    made = plan(table(rows), Rules(ratios={"letters": Fraction(1, 2), "others": Fraction(1, 2)}))
    found = evidence(made)
    assert (made.chosen.num_rows, found["mix.ratio.letters"].value, found["mix.ratio.others"].value) == (20, 0.5, 0.5)
    assert found["mix.tokens.synthetic"].value == 0
