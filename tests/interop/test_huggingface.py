"""A release is what the Hugging Face libraries take it for."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.release.examples import configuration, contents, pair, row, talk

from sterling.records import PAYLOAD_KEYS, Record
from sterling.release import CardFacts, Options, write_release
from sterling.release.shapes import PROVENANCE

datasets: Any = pytest.importorskip("datasets", reason="datasets is not installed")
hub: Any = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    datasets.disable_progress_bars()


def load(folder: Path, *name: str) -> Any:
    return datasets.load_dataset(str(folder), *name, split="train", cache_dir=str(folder.parent / "cache"))


def test_a_release_loads_with_its_columns_and_rows(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents())
    loaded = load(tmp_path / "v1")
    assert loaded.column_names == ["prompt", "completion", *PROVENANCE.names]
    assert loaded["id"][:] == [pair(n).id for n in range(20)]
    assert loaded[1]["prompt"] == "Repair f1"
    assert loaded[1]["parents"] == [pair(1).parents[0]]
    assert loaded[0]["maker"] is None


def test_several_configurations_load_by_name(tmp_path: Path) -> None:
    table = [row(n, {"age": n, "id": f"p{n}"}) for n in range(4)]
    several = [
        configuration("code", [pair(n) for n in range(6)]),
        configuration("chats", [talk(1), talk(2, thinking="carry")], [talk(3)]),
        configuration("table", table),
        configuration("nothing"),
    ]
    write_release(tmp_path / "v1", contents(configurations=several))
    assert datasets.get_dataset_config_names(str(tmp_path / "v1")) == ["code", "chats", "table"]
    assert {n: load(tmp_path / "v1", n).num_rows for n in ("code", "chats", "table")} == {
        "code": 6,
        "chats": 3,
        "table": 4,
    }
    assert load(tmp_path / "v1").num_rows == 6
    chat = load(tmp_path / "v1", "chats")
    assert chat[0]["prompt"] == [{"role": "user", "content": "What is 1 + 1?", "thinking": None}]
    assert chat[1]["completion"][0]["thinking"] == "carry"
    assert load(tmp_path / "v1", "table")[3]["fields.id"] == "p3"


PREFERENCE = {"prompt": "a", "chosen": "b", "rejected": "c"}
PAYLOADS: list[dict[str, Any]] = [
    {"text": "a"},
    {"messages": [{"role": "user", "content": "a"}]},
    {"prompt": "a"},
    PREFERENCE,
    {key: [{"role": "user", "content": text}] for key, text in PREFERENCE.items()},
    {"prompt": "a", "completion": "b", "label": False},
]


@pytest.mark.parametrize("payload", PAYLOADS, ids="-".join)
def test_every_format_loads_as_it_went_in(payload: dict[str, Any], tmp_path: Path) -> None:
    record = Record.real(payload, source="s", row="1", origin="unknown")
    write_release(tmp_path / "v1", contents(configurations=[configuration("only", [record])]))
    loaded = load(tmp_path / "v1")
    assert {key: loaded[0][key] for key in PAYLOAD_KEYS if key in loaded.column_names} == payload


def test_several_files_load_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterling.release.parts.GROUP_ROWS", 3)
    monkeypatch.setattr("sterling.release.parts.FILE_ROWS", 6)
    write_release(tmp_path / "v1", contents())
    assert len(list((tmp_path / "v1" / "data").iterdir())) == 4
    assert load(tmp_path / "v1")["id"][:] == [pair(n).id for n in range(20)]


def test_the_rejected_load_too(tmp_path: Path) -> None:
    write_release(tmp_path / "v1", contents(options=Options(rejected="full")))
    files = str(tmp_path / "v1" / "rejected" / "*.parquet")
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded["reason"][:] == ["near_duplicate", "bad_json"]


def test_the_hub_s_client_reads_the_card_as_it_was_meant(tmp_path: Path) -> None:
    facts = CardFacts("Example: a «set»", licence="MIT", languages=("en",), tags=("code",), source_datasets=("a/b",))
    write_release(tmp_path / "v1", contents(card=facts))
    card = hub.DatasetCard.load(tmp_path / "v1" / "README.md", ignore_metadata_errors=False)
    assert isinstance(card.data, hub.DatasetCardData)
    assert card.data.to_dict() == {
        "pretty_name": "Example: a «set»",
        "language": ["en"],
        "license": "mit",
        "size_categories": ["n<1K"],
        "task_categories": ["text-generation"],
        "tags": ["synthetic", "sterling", "code"],
        "source_datasets": ["a/b"],
        "configs": [
            {"config_name": "code", "data_files": [{"split": "train", "path": "data/train-01234567-*.parquet"}]}
        ],
    }
    assert card.text.lstrip().startswith("# Example")
