"""A hub of one dataset on the loopback interface, for the real client of the Hugging Face hub."""

import hashlib
import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

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
