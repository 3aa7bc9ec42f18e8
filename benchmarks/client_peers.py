"""One client at work: `python -P client_peers.py NAME ADDRESS REQUESTS IN_FLIGHT`, in an environment that has it.

Asks ten questions to warm up, then so many more, and prints what these cost: CPU of the process and its children that
have ended, wall time, its own peak memory. Started by `client.py`. Each client is used as its documentation shows, with
its own store of answers if it has one, its limits out of the way, and telemetry off.
"""
# ruff: noqa: PLC0415 - each process imports what it measures and nothing else

import asyncio
import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Ask = Callable[[Sequence[str], Path], int]
"""Asks each question once and returns how many texts came back. The folder is empty and its own."""
NO_LIMIT = 10**9


def bare(address: str, most: int) -> Ask:
    """The least that aiohttp needs for the same answers. Keeps nothing."""
    import aiohttp

    async def ask(questions: Sequence[str]) -> int:
        limit = asyncio.Semaphore(most)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def one(text: str) -> str:
                body = {"model": "m", "messages": [{"role": "user", "content": text}]}
                async with limit, session.post(f"{address}/chat/completions", json=body) as response:
                    answer = await response.json()
                    return str(answer["choices"][0]["message"]["content"])

            return len(await asyncio.gather(*map(one, questions)))

    return lambda questions, _: asyncio.run(ask(questions))


def sterling(address: str, most: int) -> Ask:
    """`ask`, journal included."""
    from sterling.models import Answer, Endpoint, Question, store
    from sterling.models import ask as answers_to

    def ask(questions: Sequence[str], folder: Path) -> int:
        store.use(folder)
        endpoint = Endpoint(endpoint=address, model="m", concurrency=most)
        said = answers_to(endpoint, [Question(({"role": "user", "content": text},)) for text in questions])
        store.close()
        return sum(isinstance(answer, Answer) for answer in said)

    return ask


def openai(address: str, most: int) -> Ask:
    """The SDK's asynchronous client. Keeps nothing."""
    from openai import AsyncOpenAI  # type: ignore[import-not-found]

    async def ask(questions: Sequence[str]) -> int:
        limit = asyncio.Semaphore(most)
        async with AsyncOpenAI(base_url=address, api_key="unused") as client:

            async def one(text: str) -> str:
                async with limit:
                    messages = [{"role": "user", "content": text}]
                    answer = await client.chat.completions.create(model="m", messages=messages)
                    return str(answer.choices[0].message.content)

            return len(await asyncio.gather(*map(one, questions)))

    return lambda questions, _: asyncio.run(ask(questions))


def curator(address: str, most: int) -> Ask:
    """A `curator.LLM` with its own cache. The vocabulary that it would fetch is replaced by the one it has on disk."""
    os.environ |= {"TELEMETRY_ENABLED": "false", "CURATOR_DISABLE_RICH_DISPLAY": "1", "OPENAI_API_KEY": "unused"}
    import tiktoken  # type: ignore[import-not-found]
    from bespokelabs import curator as library  # type: ignore[import-not-found]
    from litellm.litellm_core_utils.default_encoding import encoding  # type: ignore[import-not-found]

    tiktoken.get_encoding = lambda _: encoding

    def ask(questions: Sequence[str], folder: Path) -> int:
        limits = {"max_requests_per_minute": NO_LIMIT, "max_tokens_per_minute": NO_LIMIT}
        parameters = {"base_url": address, "max_concurrent_requests": most, **limits}
        model = library.LLM(model_name="m", backend="openai", backend_params=parameters)
        return len(model(list(questions), working_dir=str(folder)).dataset)

    return ask


def data_designer(address: str, most: int) -> Ask:
    """A text column over a seed data set, one row a question."""
    os.environ |= {"NEMO_TELEMETRY_ENABLED": "false"}
    import data_designer.config as dd  # type: ignore[import-not-found]
    import pandas as pd
    from data_designer.interface import DataDesigner  # type: ignore[import-not-found]

    parameters = dd.ChatCompletionInferenceParams(max_parallel_requests=most)
    model = dd.ModelConfig(alias="m", model="m", provider="local", inference_parameters=parameters)
    provider = dd.ModelProvider(name="local", endpoint=address, provider_type="openai", api_key="unused")

    def ask(questions: Sequence[str], folder: Path) -> int:
        builder = dd.DataDesignerConfigBuilder(model_configs=[model])
        builder.with_seed_dataset(dd.DataFrameSeedSource(df=pd.DataFrame({"question": list(questions)})))
        builder.add_column(dd.LLMTextColumnConfig(name="answer", prompt="{{ question }}", model_alias="m"))
        designer = DataDesigner(artifact_path=folder, model_providers=[provider])
        return len(designer.create(builder, num_records=len(questions)).load_dataset())

    return ask


def distilabel(address: str, most: int) -> Ask:
    """A pipeline of one `TextGeneration` step."""
    from distilabel.models import OpenAILLM  # type: ignore[import-not-found]
    from distilabel.pipeline import Pipeline  # type: ignore[import-not-found]
    from distilabel.steps import LoadDataFromDicts  # type: ignore[import-not-found]
    from distilabel.steps.tasks import TextGeneration  # type: ignore[import-not-found]

    def ask(questions: Sequence[str], folder: Path) -> int:
        with Pipeline(name="peer", cache_dir=folder) as pipeline:
            rows = LoadDataFromDicts(data=[{"instruction": text} for text in questions], batch_size=most)
            model = OpenAILLM(model="m", base_url=address, api_key="unused")
            rows >> TextGeneration(llm=model, input_batch_size=most)
        return len(pipeline.run()["default"]["train"])

    return ask


CLIENTS: dict[str, Callable[[str, int], Ask]] = {
    "bare aiohttp": bare,
    "sterling": sterling,
    "openai": openai,
    "bespokelabs-curator": curator,
    "data-designer": data_designer,
    "distilabel": distilabel,
}


def cpu() -> float:
    """Seconds of this process and of its children that have ended, user and system."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def peak_mb() -> float:
    """Of this process alone."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def question(kind: str, number: int) -> str:
    """About 120 tokens, different from every other."""
    return f"{kind} {number}: " + "what about this and that? " * 20


def measured(ask: Ask, count: int) -> dict[str, Any]:
    """What so many questions cost, after ten to warm up."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        ask([question("Before", number) for number in range(10)], Path(first))
        questions = [question("Question", number) for number in range(count)]
        before, began = cpu(), time.perf_counter()
        answers = ask(questions, Path(second))
        spent, wall = cpu() - before, time.perf_counter() - began
    return {"cpu_ms": 1000 * spent / count, "wall_s": wall, "peak_mb": peak_mb(), "answers": answers}


def main() -> None:
    """Measure the client that is named, with whatever it prints out of the way."""
    name, address, count, most = sys.argv[1:]
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    os.environ |= nowhere  # what a client would fetch or send over the network, it does without
    with contextlib.redirect_stdout(sys.stderr):
        told = measured(CLIENTS[name](address, int(most)), int(count))
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
