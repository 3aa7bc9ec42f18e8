"""Addresses with a scheme: the real client of the Hugging Face hub against a hub on the loopback interface."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sterling.errors import MissingExtra, SourceError
from sterling.records import Fault
from sterling.sources import Row, files_of, read_rows

COMMIT = "1" * 40
API, RESOLVE = "/api/datasets/org/name", "/datasets/org/name/resolve/"


class Hub(http.server.ThreadingHTTPServer):
    """A hub of one dataset on the loopback interface: just the endpoints that its client asks for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.asked: list[str] = []
        self.endpoint = f"http://127.0.0.1:{self.server_port}"

    def entry(self, name: str) -> dict[str, Any]:
        data = self.files[name]
        return {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}

    def tree(self, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
        prefix = f"{folder}/" if folder else ""
        below = [name.removeprefix(prefix) for name in sorted(self.files) if name.startswith(prefix)]
        folders = sorted({"/".join(n.split("/")[:i]) for n in below for i in range(1, n.count("/") + 1)})
        found = [{"type": "directory", "path": prefix + n, "size": 0, "oid": "0" * 40} for n in folders]
        found += [self.entry(prefix + n) for n in below]
        return [e for e in found if recursive or "/" not in str(e["path"]).removeprefix(prefix)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        wanted = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["paths"]
        self.server.asked.append(f"POST {self.path}")
        self.give([self.server.entry(name) for name in wanted if name in self.server.files])

    def do_GET(self) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        self.server.asked.append(f"GET {path}")
        if path == API:
            self.give({"id": "org/name", "sha": COMMIT, "siblings": [], "tags": [], "private": False})
        elif path.startswith(f"{API}/tree/main"):
            folder = path.removeprefix(f"{API}/tree/main").strip("/")
            found = self.server.tree(folder, recursive="recursive=true" in self.path.lower())
            self.give(found) if found else self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
        elif path.startswith(f"{RESOLVE}main/"):
            self.give_file(path.removeprefix(f"{RESOLVE}main/"))
        else:
            self.send(404, b"", {"X-Error-Code": "RepoNotFound"})

    def give(self, value: object) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def give_file(self, name: str) -> None:
        data, wanted = self.server.files[name], self.headers.get("Range")
        start, end = 0, len(data)
        if wanted:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1, len(data)) if last else len(data)
        headers = {"ETag": str(self.server.entry(name)["oid"]), "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        self.send(206 if wanted else 200, data[start:end], headers)

    def send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Hub]:
    """Serve the files of a dataset, as they are at the time of each request."""
    hub = Hub(files)
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()


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
