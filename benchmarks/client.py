"""What the client costs: CPU per request, memory and start-up, beside bare aiohttp, against a local server.

5,000 requests at 256 in flight; the server is a process of its own and answers each after 50 ms. Every measurement is
a fresh process. Goals: at most 1 ms CPU per request above bare aiohttp, all 256 in flight, at most 150 MB peak memory,
`import sterling.models` under half a second. Then the journal: opening one with a million answers.
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

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
                return self.say(str(Server.most).encode())
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


def messages(n: int) -> tuple[dict[str, Any], ...]:
    """About 120 tokens."""
    return ({"role": "user", "content": f"Question {n}: " + "what about this and that? " * 20},)


async def bare(url: str, count: int, most: int) -> None:
    """The least that aiohttp needs for the same answers."""
    import aiohttp  # noqa: PLC0415 - each process holds only what it measures

    limit = asyncio.Semaphore(most)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(n: int) -> str:
            async with limit, session.post(url, json={"model": "m", "messages": messages(n)}) as response:
                answer = await response.json()
                text: str = answer["choices"][0]["message"]["content"]
                return text

        answers = await asyncio.gather(*map(one, range(count)))
    assert len(answers) == count


def ours(url: str, count: int, most: int) -> None:
    """The same through `ask`, journal included."""
    from sterling.models import Answer, Endpoint, Question, ask, store  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        store.use(folder)
        endpoint = Endpoint(endpoint=url, model="m", concurrency=most)
        answers = ask(endpoint, [Question(messages(n)) for n in range(count)])
        assert sum(isinstance(answer, Answer) for answer in answers) == count
        store.close()


def measure(client: str, port: int, count: int, most: int) -> None:
    """In a fresh process: warm up, then CPU, wall time and peak memory of the requests."""
    address = f"http://127.0.0.1:{port}/v1"

    def run(n: int) -> None:
        if client == "bare":
            asyncio.run(bare(f"{address}/chat/completions", n, most))
        else:
            ours(address, n, most)

    run(10)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run(count)
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_ms": 1000 * cpu / count, "wall_s": wall, "rss_mb": after.ru_maxrss / 1024}))


def journal(count: int) -> None:
    """In a fresh process: open a journal of so many answers and find one in a thousand."""
    from sterling.models.journal import Journal, line_of  # noqa: PLC0415

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


def compare(count: int, most: int, runs: int) -> None:
    """Interleave both clients and print medians."""
    for client in ("bare", "ours"):
        measured: dict[str, list[float]] = {"cpu_ms": [], "wall_s": [], "rss_mb": []}
        for _ in range(runs):
            port, server = started()
            arguments = ["measure", client, str(port), str(count), str(most)]
            told = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
            for name, value in json.loads(told.stdout).items():
                measured[name].append(value)
            in_flight = most_open(port)
            server.kill()
            server.wait()
        middle = {name: statistics.median(values) for name, values in measured.items()}
        said = ", ".join(f"{name} {value:.2f}" for name, value in middle.items())
        print(f"{client}: {said}, in flight {in_flight} of {most} (n = {runs} runs of {count:,} requests)")


def started() -> tuple[int, "subprocess.Popen[str]"]:
    """A server of its own for each measurement."""
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return int(server.stdout.readline()), server


def most_open(port: int) -> int:
    """How many requests the server had open at once."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
        return int(response.read())


def main() -> None:
    """Everything, or the part that a subprocess is told to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*")
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--answers", type=int, default=1_000_000)
    told = parser.parse_args()
    match told.part:
        case ["serve"]:
            asyncio.run(serve())
        case ["measure", client, port, count, most]:
            measure(client, int(port), int(count), int(most))
        case ["journal"]:
            journal(told.answers)
        case _:
            start_up()
            compare(told.requests, told.in_flight, told.runs)
            subprocess.run([sys.executable, __file__, "journal", f"--answers={told.answers}"], check=True)


if __name__ == "__main__":
    main()
