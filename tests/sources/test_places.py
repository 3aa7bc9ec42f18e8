"""Files behind a path on this machine."""

from pathlib import Path

import pytest

from sterling.errors import SourceError
from sterling.sources import Row, files_of, read_rows


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as error:
        files_of(str(path))
    return str(error.value)


def test_a_pattern_names_files_from_its_first_wildcard(tmp_path: Path) -> None:
    for name in ("evals/a.jsonl", "evals/b.jsonl", "evals/b.txt", "evals/c.pdf", "other/a.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [f.name for f in files_of(str(tmp_path / "evals" / "*.jsonl"))] == ["a.jsonl", "b.jsonl"]
    assert [f.name for f in files_of(str(tmp_path / "*" / "a.jsonl"))] == ["evals/a.jsonl", "other/a.jsonl"]
    assert [f.name for f in files_of(str(tmp_path / "evals" / "*"))] == ["a.jsonl", "b.jsonl", "b.txt"]
    assert refused(tmp_path / "evals" / "*.csv") == (
        f"{tmp_path}/evals/*.csv: no readable file matches this pattern\n  mend: look into {tmp_path}/evals"
    )


def test_a_name_with_brackets_that_exists_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].jsonl").touch()
    assert [f.name for f in files_of(str(tmp_path / "a[1].jsonl"))] == ["a[1].jsonl"]


def test_a_missing_file_is_told_with_its_near_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    assert refused(tmp_path / "data" / "x.jsonl") == (
        f"{tmp_path}/data/x.jsonl: there is no such file or folder\n  mend: {tmp_path}/data is empty"
    )
    (tmp_path / "data" / "tickets.jsonl").touch()
    (tmp_path / "data" / "zebra.csv").touch()
    monkeypatch.chdir(tmp_path)
    assert refused(Path("data/ticket.jsonl")) == (
        "data/ticket.jsonl: there is no such file or folder\n  mend: did you mean `tickets.jsonl`?"
    )
    assert refused(tmp_path / "data" / "quite else") == (
        "data/quite else: there is no such file or folder\n  mend: data holds `tickets.jsonl`, `zebra.csv`"
    )
    assert refused(tmp_path / "dta" / "tickets.jsonl") == (
        "dta/tickets.jsonl: there is no such file or folder\n  mend: did you mean `data`?"
    )


def test_an_unknown_suffix_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").touch()
    assert refused(tmp_path / "a.xlsx") == (
        f"{tmp_path}/a.xlsx: `.xlsx` is no kind of file that can be read\n"
        "  mend: convert it; readable are JSONL, JSON, CSV, TSV, Parquet, Arrow, .txt and .md, each also as .gz or .zst"
    )


def test_folders_that_datasets_writes_are_read(tmp_path: Path) -> None:
    import datasets

    train = datasets.Dataset.from_list([{"text": "one"}, {"text": "two"}])
    both = datasets.DatasetDict(train=train, test=datasets.Dataset.from_list([{"text": "three"}]))
    both.save_to_disk(str(tmp_path / "saved"))
    train.save_to_disk(str(tmp_path / "alone"))
    for folder in ("saved", "alone"):
        rows = [row for row in read_rows(str(tmp_path / folder)) if isinstance(row, Row)]
        assert [row.values["text"] for row in rows] == ["one", "two"]
        assert rows[0].where == "data-00000-of-00001.arrow:1"


def test_a_dataset_folder_with_a_card_is_read_as_the_card_says(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nconfigs:\n- config_name: default\n  data_files: sub/*.jsonl\n---\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.jsonl").write_text('{"text": "in"}\n')
    (tmp_path / "b.jsonl").write_text('{"text": "out"}\n')
    assert list(read_rows(str(tmp_path))) == [Row({"text": "in"}, "sub/a.jsonl:1")]
