"""Which names of a folder hold its rows."""

import pytest

from sterling.errors import SourceError
from sterling.sources.layout import Format, choose, format_of_name, pattern

CARD = """---
license: mit
configs:
- config_name: other
  data_files: other.jsonl
- config_name: default
  data_files:
  - split: train
    path: ["data/train-*", "more/**/*.jsonl"]
  - split: test
    path: data/test-*
---
# A dataset
"""


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.jsonl", Format("jsonl", None)),
        ("a.NDJSON.GZ", Format("jsonl", "gzip")),
        ("a.v2.parquet", Format("parquet", None)),
        ("a.csv.zst", Format("csv", "zstd")),
        ("a.gz", None),
        ("a.xlsx", None),
        ("README", None),
    ],
)
def test_the_suffix_says_the_kind(name: str, format_: Format | None) -> None:
    assert format_of_name(name) == format_


@pytest.mark.parametrize(
    ("glob", "name", "matches"),
    [
        ("data/train-*", "data/train-0.parquet", True),
        ("data/train-*", "data/sub/train-0.parquet", False),
        ("data/*", "data/sub/x.csv", False),
        ("**/*.csv", "x.csv", True),
        ("**/*.csv", "a/b/x.csv", True),
        ("a?.csv", "ab.csv", True),
        ("./a+.csv", "a+.csv", True),
        ("a.csv", "abcsv", False),
    ],
)
def test_patterns(glob: str, name: str, matches: bool) -> None:
    assert bool(pattern(glob).fullmatch(name)) == matches


def test_the_card_decides() -> None:
    names = ["README.md", "data/train-0.parquet", "data/test-0.parquet", "more/a/b.jsonl", "other.jsonl"]
    assert choose(names, CARD, "x") == ["data/train-0.parquet", "more/a/b.jsonl"]


def test_a_card_with_one_configuration_and_plain_paths() -> None:
    card = "---\nconfigs:\n- config_name: only\n  data_dir: v1\n  data_files: '*.csv'\n---\n"
    assert choose(["v1/a.csv", "v2/a.csv", "README.md"], card, "x") == ["v1/a.csv"]


def test_without_a_card_the_train_shards_are_taken() -> None:
    names = ["README.md", "data/train-0.parquet", "data/test-0.parquet", "rejected/x.parquet"]
    assert choose(names, "", "x") == ["data/train-0.parquet"]


def test_of_an_evaluation_set_what_is_kept_apart_is_taken_and_all_where_nothing_is() -> None:
    names = [f"{config}/{split}-0.parquet" for config in ("main", "other") for split in ("test", "train")]
    files = "data_files: [{split: train, path: $/train-*}, {split: test, path: $/test-*}]"
    configs = "".join(f"- config_name: {name}\n  {files.replace('$', name)}\n" for name in ("main", "other"))
    apart = ["main/test-0.parquet", "other/test-0.parquet"]
    assert choose(names, f"---\nconfigs:\n{configs}---\n", "x", "test") == apart
    assert choose(names, "", "x", "test", hub=True) == apart
    assert choose(["train-0.parquet"], "", "x", "test", hub=True) == ["train-0.parquet"]
    assert choose(["trains.jsonl", "train.jsonl"], "", "x", "test") == ["train.jsonl", "trains.jsonl"]
    alone = "---\nconfigs:\n- config_name: default\n  data_files: [{split: test, path: a.csv}]\n---\n"
    assert choose(["a.csv", "b.csv"], alone, "x", "test") == ["a.csv"]


def test_a_plain_folder_gives_all_its_data_and_a_dataset_only_its_train_split() -> None:
    names = ["README.md", "dataset_infos.json", "test.jsonl", "train.jsonl"]
    assert choose(names, "# Notes", "x") == ["test.jsonl", "train.jsonl"]
    assert choose(names, "---\nlicense: mit\n---\n", "x") == ["train.jsonl"]
    assert choose(names, "", "x", hub=True) == ["train.jsonl"]


@pytest.mark.parametrize("card", ["---\n: [\n---\n", "---\n- a\n---\n", "---\nconfigs: []\n---\n"])
def test_a_card_that_says_nothing_is_passed_over(card: str) -> None:
    assert choose(["a.csv"], card, "x") == ["a.csv"]


def test_what_cannot_be_decided_is_refused() -> None:
    two = "---\nconfigs:\n- {config_name: a, data_files: a.csv}\n- {config_name: b, data_files: b.csv}\n---\n"
    with pytest.raises(SourceError) as error:
        choose(["a.csv", "b.csv"], two, "corpus")
    assert str(error.value) == (
        "corpus: the dataset has 2 configurations and no default: `a`, `b`\n"
        "  mend: name the folder or the files of one of them"
    )
    test_only = "---\nconfigs:\n- config_name: a\n  data_files:\n  - {split: test, path: a.csv}\n---\n"
    with pytest.raises(SourceError) as error:
        choose(["a.csv"], test_only, "corpus")
    assert str(error.value) == (
        "corpus: the dataset has no split `train`, only `test`\n  mend: name the files you want"
    )


def test_a_folder_without_a_readable_file_is_refused() -> None:
    with pytest.raises(SourceError) as error:
        choose(["b.xlsx", "a.pdf"], "", "corpus")
    assert str(error.value) == (
        "corpus: the folder holds no file that can be read; it holds `a.pdf`, `b.xlsx`\n"
        "  mend: readable are JSONL, JSON, CSV, TSV, Parquet, Arrow, .txt and .md, each also as .gz or .zst"
    )
