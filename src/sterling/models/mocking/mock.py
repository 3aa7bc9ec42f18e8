"""Runs a mock endpoint: in a thread for tests, or until interrupted for the command line."""

import asyncio
import contextlib
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sterling.errors import InputError
from sterling.models.http.transport import need_aiohttp
from sterling.models.mocking.script import Script
from sterling.models.mocking.server import MockServer

Scripted = Script | Mapping[str, Any] | str | Path | Callable[[Mapping[str, Any]], str]
"""A script, the same as a mapping, the path of its file, or a function from a request's JSON to an answer's text."""


@contextlib.contextmanager
def mock(script: Scripted | None = None, *, port: int = 0) -> Iterator[str]:
    """Serve a script on 127.0.0.1 from a thread, and give its address: `http://127.0.0.1:PORT/v1`.

    Port 0 takes any free one. InputError when the script is wrong or the port is taken.
    """
    need_aiohttp("a mock endpoint")
    server = _server(Script() if script is None else script)
    started: threading.Event = threading.Event()
    told: dict[str, Any] = {}
    thread = threading.Thread(target=_serve_in_thread, args=(server, port, told, started), daemon=True)
    thread.start()
    started.wait()
    if "error" in told:
        raise InputError(f"port {port} cannot be used: {told['error'].strerror}", mend="--port 0 takes a free one")
    try:
        yield f"http://127.0.0.1:{told['port']}/v1"
    finally:
        told["loop"].call_soon_threadsafe(told["stop"].set)
        thread.join(timeout=10)


def mock_stats(address: str) -> dict[str, Any]:
    """What the mock endpoint at this address has counted so far."""
    root = address.split("/v1", maxsplit=1)[0].rstrip("/")
    with urllib.request.urlopen(f"{root}/_stats", timeout=10) as response:  # noqa: S310 - an address that mock gave
        counts: dict[str, Any] = json.load(response)
    return counts


def serve(script: Scripted, port: int, ready: Callable[[str], None]) -> None:
    """Serve a script until interrupted; `ready` is called with the address."""
    with mock(script, port=port) as address:
        ready(address)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


def _server(script: Scripted) -> MockServer:
    if isinstance(script, Script):
        return MockServer(script)
    if isinstance(script, Mapping):
        return MockServer(Script.model_validate(script))
    if isinstance(script, str | Path):
        return MockServer(Script.load(script))
    return MockServer(Script(), script)


def _serve_in_thread(server: MockServer, port: int, told: dict[str, Any], started: threading.Event) -> None:
    asyncio.run(_serve(server, port, told, started))


async def _serve(server: MockServer, port: int, told: dict[str, Any], started: threading.Event) -> None:
    from aiohttp import web  # noqa: PLC0415 - only who mocks pays for it

    try:
        runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
        await site.start()
    except OSError as error:
        told["error"] = error
        started.set()
        return
    told |= {"port": runner.addresses[0][1], "loop": asyncio.get_running_loop(), "stop": asyncio.Event()}
    started.set()
    await told["stop"].wait()
    await runner.cleanup()
