"""The Batch API of a mock endpoint: files in memory, and batches that end as the script says."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sterling.models.mocking.script import Batches

if TYPE_CHECKING:
    from aiohttp.web import Application, Request, StreamResponse

Answerer = Callable[[bytes], tuple[int, Any]]
"""From a question's body to the status and the body of its answer."""


@dataclass
class _Batch:
    id: str
    file: str
    ends_at: float
    files: dict[str, str] = field(default_factory=dict)
    """Of answers and errors, once it has ended."""
    status: str = "in_progress"


class _Result(NamedTuple):
    answered: bool
    line: dict[str, Any]


class MockBatches:
    """`/files` and `/batches` below any base path. Each question is answered by the script's rules."""

    def __init__(self, script: Batches, answer: Answerer) -> None:
        self._script = script
        self._answer = answer
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, _Batch] = {}
        self._lost = 0

    def add_routes(self, app: "Application") -> None:
        """The addresses that OpenAI has."""
        app.router.add_get("/{base:.*}batches/{id}", self._look)
        app.router.add_get("/{base:.*}batches", self._list)
        app.router.add_get("/{base:.*}files/{id}/content", self._content)
        app.router.add_post("/{base:.*}files", self._upload)
        app.router.add_post("/{base:.*}batches", self._create)

    def stats(self) -> dict[str, int]:
        """How many files and batches there are."""
        return {"files": len(self._files), "batches": len(self._batches)}

    async def _upload(self, request: "Request") -> "StreamResponse":
        from aiohttp import web  # noqa: PLC0415 - only who mocks pays for it

        form = await request.post()
        file = form["file"]
        content = file.file.read() if isinstance(file, web.FileField) else str(file).encode()
        return _json({"id": self._kept(content), "object": "file", "purpose": form["purpose"], "bytes": len(content)})

    async def _create(self, request: "Request") -> "StreamResponse":
        said = await request.json()
        file = said["input_file_id"]
        if file not in self._files or said["completion_window"] != "24h":
            return _json({"error": {"message": f"there is no file {file}"}}, 400)
        batch = _Batch(f"batch_{len(self._batches)}", file, time.monotonic() + self._script.delay_s)
        self._batches[batch.id] = batch
        if self._lost < self._script.lose and request.transport is not None:
            self._lost += 1
            request.transport.abort()
        return _json(self._described(batch))

    async def _look(self, request: "Request") -> "StreamResponse":
        batch = self._batches.get(request.match_info["id"])
        if batch is None:
            return _json({"error": {"message": "no such batch"}}, 404)
        if batch.status == "in_progress" and time.monotonic() >= batch.ends_at:
            self._end(batch)
        return _json(self._described(batch))

    async def _list(self, request: "Request") -> "StreamResponse":
        listed = [self._described(batch) for batch in reversed(self._batches.values())]
        return _json({"object": "list", "data": listed, "has_more": False})

    async def _content(self, request: "Request") -> "StreamResponse":
        from aiohttp import web  # noqa: PLC0415 - only who mocks pays for it

        return web.Response(body=self._files[request.match_info["id"]])

    def _kept(self, content: bytes) -> str:
        name = f"file-{len(self._files)}"
        self._files[name] = content
        return name

    def _end(self, batch: _Batch) -> None:
        """Answer what the script leaves time for; the rest is an error, as of a batch that expired."""
        batch.status = self._script.ends
        rows = [json.loads(line) for line in self._files[batch.file].splitlines()]
        done = 0 if batch.status == "failed" else round(len(rows) * self._script.answered)
        results = [self._result(row) for row in rows[:done]]
        if batch.status != "failed":
            results += [_Result(False, _line(row, None, {"code": f"batch_{batch.status}"})) for row in rows[done:]]
        for name, answered in (("output_file_id", True), ("error_file_id", False)):
            lines = [json.dumps(result.line) + "\n" for result in results if result.answered == answered]
            if lines:
                batch.files[name] = self._kept("".join(lines).encode())

    def _result(self, row: Mapping[str, Any]) -> _Result:
        body = json.dumps(row["body"], sort_keys=True, separators=(",", ":")).encode()
        status, answer = self._answer(body)
        return _Result(status == 200, _line(row, {"status_code": status, "body": answer}, None))

    def _described(self, batch: _Batch) -> dict[str, Any]:
        failed = {"data": [{"code": "scripted", "message": "the script says so"}]} if batch.status == "failed" else None
        return {
            "id": batch.id,
            "object": "batch",
            "input_file_id": batch.file,
            "status": batch.status,
            "errors": failed,
            "output_file_id": batch.files.get("output_file_id"),
            "error_file_id": batch.files.get("error_file_id"),
        }


def _line(row: Mapping[str, Any], response: Any, error: Any) -> dict[str, Any]:
    return {"id": f"row-{row['custom_id'][:8]}", "custom_id": row["custom_id"], "response": response, "error": error}


def _json(value: Any, status: int = 200) -> "StreamResponse":
    from aiohttp import web  # noqa: PLC0415 - only who mocks pays for it

    return web.json_response(value, status=status)
