"""What the client costs: CPU per request, memory and start-up, beside bare aiohttp and other clients.

5,000 requests at 256 in flight; the server is a process of its own and answers each after 50 ms. Every measurement is
a fresh process, the clients in turn. Goals: at most 1 ms CPU per request above bare aiohttp, all 256 in flight, at most
150 MB peak memory, `import sterling.models` under half a second. Then the journal: opening one with a million answers.

Peers are measured where they have an environment of their own below a folder; `make peers` makes them all:

    python benchmarks/client.py --peers .venv/peers
"""

import argparse
import asyncio
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PEERS = Path(__file__).with_name("client_peers.py")
DELAY_S = 0.05
ANSWER = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "word " * 200}}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 200, "total_tokens": 320},
    }
).encode()
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n".encode()


class Server(asyncio.Protocol):
    """The least that answers a POST, and counts how many are open."""

    open = 0
    most = 0
    asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        """Wait for a whole request, then for the delay."""
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if found and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0):
            self.buffer = b""
            if head.startswith(b"GET"):
                return self.say(json.dumps({"in_flight": Server.most, "requests": Server.asked}).encode())
            Server.asked += 1
            Server.open += 1
            Server.most = max(Server.most, Server.open)
            asyncio.get_running_loop().call_later(DELAY_S, self.answer)
        return None

    def say(self, body: bytes) -> None:
        """Answer with a short text."""
        self.transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def answer(self) -> None:
        """The scripted completion."""
        Server.open -= 1
        self.transport.write(HEAD + ANSWER)


async def serve() -> None:
    """Listen, print the port, stay."""
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def journal(count: int) -> None:
    """In a fresh process: open a journal of so many answers and find one in a thousand."""
    from sterling.models.journal.journal import Journal, line_of  # noqa: PLC0415

    said = {"choice": json.loads(ANSWER)["choices"][0], "usage": None, "model": "m"}
    keys = [f"{n * 2_654_435_761 % 2**64:016x}{n:048x}" for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "1-a.jsonl").open("w") as file:
            file.writelines(line_of(key, "chat/completions", "local", "m", said) for key in keys)
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.perf_counter()
        opened = Journal(Path(folder))
        opened.refresh()
        scanned = time.perf_counter()
        found = sum(opened.get(key) is not None for key in keys[::1000])
        read = time.perf_counter()
        opened.close()
    assert found == len(keys[::1000])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = 1e6 * (read - scanned) / found
    print(f"journal of {count:,}: indexed in {scanned - began:.2f} s, {each:.0f} µs an answer, +{peak - base:.0f} MB")


def start_up() -> None:
    """CPU seconds of importing the models."""
    spent = []
    for code in ("pass", "import sterling.models"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(5):
            subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 5)
    print(f"import sterling.models: {spent[1]:.3f} CPU s, bare python {spent[0]:.3f} (mean of 5)")


class Round(NamedTuple):
    """One client, measured once."""

    cpu_ms: float
    """A request: user and system time of the client's process and its children."""
    wall_s: float
    peak_mb: float
    """Of the process and its children together."""
    answers: int
    in_flight: int
    """At most at once, as the server counted."""
    requests: int
    """As the server counted; ten of them to warm up."""


def once(client: str, python: str, count: int, most: int) -> Round:
    """A fresh server, and the client in a fresh process of its own environment."""
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    try:
        told, family_mb = watched(
            [python, "-P", str(PEERS), client, f"http://127.0.0.1:{port}/v1", str(count), str(most)]
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
            return Round(**told | {"peak_mb": max(told["peak_mb"], family_mb)}, **json.load(response))
    finally:
        server.kill()
        server.wait()


def watched(command: Sequence[str]) -> tuple[dict[str, Any], float]:
    """What a client told, and the most that it and its children held at once, looked at ten times a second."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        client, most = subprocess.Popen(command, stdout=said, stderr=errors), 0.0
        while client.poll() is None:
            most = max(most, resident_mb(client.pid))
            time.sleep(0.1)
        said.seek(0)
        errors.seek(0)
        if client.returncode:
            sys.exit(f"{command[3]} failed:\n{errors.read()[-2000:]}")
        return json.load(said), most


def resident_mb(pid: int) -> float:
    """A process and its descendants; what they share counts for each. 0 for one that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 2**20 + sum(resident_mb(int(child)) for child in children)


def environments(peers: Path | None) -> dict[str, str]:
    """Client → its interpreter: ours, and each peer that has an environment below the folder."""
    found = {"bare aiohttp": sys.executable, "sterling": sys.executable}
    pythons = sorted(peers.glob("*/bin/python")) if peers else []
    return found | {python.parts[-3]: str(python) for python in pythons}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % of the medians of 2,000 resamples."""
    chance = random.Random(0)
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(2000))
    return medians[49], medians[1949]


def report(rounds: Mapping[str, Sequence[Round]], count: int, most: int) -> None:
    """The table, and whether the goals are met."""
    base = [one.cpu_ms for one in rounds["bare aiohttp"]]
    print(f"{'client':<20} {'CPU ms':>7} {'times bare':>11} {'above bare [95 %]':>22} {'in flight':>10}", end="")
    print(f" {'peak MB':>8} {'wall s':>7} {'answers':>8} {'requests':>9}")
    for name, them in rounds.items():
        middle = Round(*(statistics.median(values) for values in zip(*them, strict=True)))
        above = [one.cpu_ms - bare for one, bare in zip(them, base, strict=True)]
        low, high = interval(above)
        ratio = statistics.median(one.cpu_ms / bare for one, bare in zip(them, base, strict=True))
        told = f"{statistics.median(above):.2f} [{low:.2f}, {high:.2f}]"
        print(f"{name:<20} {middle.cpu_ms:>7.2f} {ratio:>11.1f} {told:>22} {middle.in_flight:>10g}", end="")
        print(f" {middle.peak_mb:>8.0f} {middle.wall_s:>7.2f} {middle.answers:>8,g} {middle.requests:>9,g}")
    print(
        f"medians of {len(base)} rounds in turn, {count:,} requests each, {most} allowed in flight, {DELAY_S:g} s each"
    )
    ours = rounds["sterling"]
    above = [one.cpu_ms - bare for one, bare in zip(ours, base, strict=True)]
    goal("at most 1 ms CPU a request above bare aiohttp", interval(above)[1] <= 1)
    goal(f"all {most} in flight, in every round", min(one.in_flight for one in ours) == most)
    goal("at most 150 MB, in every round", max(one.peak_mb for one in ours) <= 150)
    goal(
        "every question answered by one request",
        all((one.answers, one.requests) == (count, count + 10) for one in ours),
    )


def goal(words: str, met: bool) -> None:
    """One line."""
    print(f"goal: {words}: {'met' if met else 'NOT MET'}")


def compare(count: int, most: int, runs: int, peers: Path | None) -> None:
    """Every client in turn, as often as asked."""
    pythons = environments(peers)
    rounds: dict[str, list[Round]] = {name: [] for name in pythons}
    for _ in range(runs):
        for name, python in pythons.items():
            rounds[name].append(once(name, python, count, most))
    report(rounds, count, most)


def main() -> None:
    """Everything, or the part that a subprocess is told to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*")
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--peers", type=Path, help="folder with an environment for each peer, named like it")
    told = parser.parse_args()
    match told.part:
        case ["serve"]:
            asyncio.run(serve())
        case ["journal"]:
            journal(told.answers)
        case _:
            start_up()
            compare(told.requests, told.in_flight, told.runs, told.peers)
            subprocess.run([sys.executable, __file__, "journal", f"--answers={told.answers}"], check=True)


if __name__ == "__main__":
    main()
