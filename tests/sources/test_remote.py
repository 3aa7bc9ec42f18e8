"""Addresses with a scheme: the real client of the Hugging Face hub against a hub on the loopback interface."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sources.hub import COMMIT, Hub, serving

from sterling.errors import MissingExtra, SourceError
from sterling.records import Fault
from sterling.sources import Row, files_of, read_rows

LINES = b'{"text": "one"}\nnot json\n{"text": "two"}\n'
SCRIPT = """
import json, sys
from sterling.errors import SterlingError
from sterling.sources import Files, read_rows
address = sys.argv[1]
try:
    source = Files(name="x", path=address)
    found = [list(r) if isinstance(r, tuple) else [r.where, r.reason] for r in read_rows(address)]
    print(json.dumps({"rows": found, "facts": dict(source.facts()), "reads": list(source.reads())}))
except SterlingError as error:
    print(json.dumps({"error": str(error), "type": type(error).__name__}))
"""


@pytest.fixture
def files() -> dict[str, bytes]:
    return {
        "README.md": b"---\nlicense: mit\n---\n",
        ".gitattributes": b"",
        "data/train-0.jsonl": LINES,
        "data/test-0.jsonl": b'{"text": "never"}\n',
    }


@pytest.fixture
def hub(files: dict[str, bytes]) -> Iterator[Hub]:
    with serving(files) as running:
        yield running


def ask(address: str, hub: Hub, cache: Path) -> dict[str, Any]:
    """In a process of its own: the client reads its endpoint when it is imported."""
    settings = {"HF_ENDPOINT": hub.endpoint, "XDG_CACHE_HOME": str(cache), "HF_HOME": str(cache / "hf")}
    settings |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1"}
    source = str(Path(__file__).resolve().parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, address],
        env=os.environ | settings | {"PYTHONPATH": source}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_dataset_of_the_hub_is_read_by_its_train_split(hub: Hub, tmp_path: Path) -> None:
    answer = ask("hf://datasets/org/name", hub, tmp_path)
    assert answer["rows"] == [
        [{"text": "one"}, "data/train-0.jsonl:1"],
        ["data/train-0.jsonl:2", "bad_json"],
        [{"text": "two"}, "data/train-0.jsonl:3"],
    ]
    assert answer["facts"] == {"address": "hf://datasets/org/name", "revision": COMMIT}
    [copy] = answer["reads"]
    assert Path(copy).read_bytes() == LINES
    assert Path(copy).is_relative_to(tmp_path / "sterling")


def test_a_file_is_fetched_once_and_again_when_it_has_changed(
    hub: Hub, files: dict[str, bytes], tmp_path: Path
) -> None:
    address = "hf://datasets/org/name/data/test-0.jsonl"
    fetch = "GET /datasets/org/name/resolve/main/data/test-0.jsonl"
    assert ask(address, hub, tmp_path)["rows"] == [[{"text": "never"}, "test-0.jsonl:1"]]
    assert hub.asked.count(fetch) == 1
    assert ask(address, hub, tmp_path)["rows"] == [[{"text": "never"}, "test-0.jsonl:1"]]
    assert hub.asked.count(fetch) == 1
    files["data/test-0.jsonl"] = b'{"text": "other"}\n'
    assert ask(address, hub, tmp_path)["rows"] == [[{"text": "other"}, "test-0.jsonl:1"]]
    assert hub.asked.count(fetch) == 2


def test_what_is_not_on_the_hub_is_told(hub: Hub, tmp_path: Path) -> None:
    for address in ("hf://datasets/org/nmae", "hf://datasets/org/name/data/nothing.jsonl"):
        assert ask(address, hub, tmp_path) == {
            "error": f"{address}: nothing is there\n  mend: check the name, and the access it needs",
            "type": "SourceError",
        }


def test_a_hub_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with serving({}) as gone:
        pass
    answer = ask("hf://datasets/org/name", gone, tmp_path)
    assert answer["type"] == "SourceError"
    assert answer["error"].startswith("hf://datasets/org/name: cannot be read: ConnectError: ")
    assert answer["error"].endswith(
        "\n  mend: check the network, the name, and for a private or gated dataset `hf auth login`"
    )


def test_other_schemes_go_through_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    memory = fsspec.filesystem("memory")
    memory.pipe({"/corpus/b.csv": b"a\n1\n", "/corpus/a.jsonl": LINES, "/corpus/.x/c.csv": b"a\n2\n"})
    try:
        assert [f.name for f in files_of("memory://corpus")] == ["a.jsonl", "b.csv"]
        found = list(read_rows("memory://corpus"))
    finally:
        memory.rm("/corpus", recursive=True)
    assert [r.where for r in found if isinstance(r, Row)] == ["a.jsonl:1", "a.jsonl:3", "b.csv:2"]
    assert [f.where for f in found if isinstance(f, Fault)] == ["a.jsonl:2"]


def test_an_unknown_scheme_is_told() -> None:
    with pytest.raises(SourceError, match=r"^nope://x: cannot be read: ValueError: Protocol not known: nope"):
        list(read_rows("nope://x"))


def test_without_the_extra_the_command_to_type_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtra) as error:
        list(read_rows("hf://datasets/org/name"))
    assert str(error.value) == "reading hf:// addresses needs the `hf` extra\n  mend: pip install 'sterling[hf]'"
