"""The grid against one prompt for each topic, on an endpoint of yours: near duplicates and distinct-n of the texts.

    python benchmarks/diversity.py --endpoint http://localhost:8000/v1 --model qwen3-8b --topics 20 --texts 12

Both sides get the same topics, the same model, the same sampling and the same number of texts. Left: one prompt for
each topic, asked again and again (sample 0, 1, …). Right: the strategy `textbook`, which puts each topic through its
grid of audiences and formats. Near duplicates are word 5-gram Jaccard >= 0.8 with a text before; distinct-n is measured
on chunks of equal tokens, with 95 % intervals over chunks.

A scripted endpoint answers as it was told to, so a figure from one says nothing, and none is published here. Answers
are kept in `.sterling/`, so that a second call with more topics pays for the new ones alone.
"""

import argparse
import importlib
import inspect
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sterling.collapse.cells import near_duplicates
from sterling.collapse.diversity import diversity
from sterling.generate.textbook import Textbook
from sterling.models import Answer, Endpoint, Question, ask
from sterling.records import Record
from sterling.registry import Past
from sterling.sources.python_functions import documented
from sterling.stats import Evidence, proportion

SHOWN = ("distinct_1", "distinct_2", "distinct_3", "zstd_ratio")


def main() -> None:
    """Ask both ways, and print what differs."""
    arguments = _arguments()
    passages = list(islice(_passages(arguments.passages), arguments.topics))
    endpoint = Endpoint(
        endpoint=arguments.endpoint, model=arguments.model, key_env=arguments.key_env,
        sampling={"temperature": arguments.temperature, "max_tokens": arguments.max_tokens},
    )  # fmt: skip
    sides = {
        "one_prompt": _one_prompt(endpoint, passages, arguments.texts),
        "grid": _grid(endpoint, passages, arguments.texts),
    }
    for side, texts in sides.items():
        hits = near_duplicates(texts)
        _print(proportion(f"{side}.near_duplicates", hits, len(texts), "texts like one before them"))
    for one in diversity(sides):
        if one.name.rpartition(".")[2] in SHOWN:
            _print(one)


def _one_prompt(endpoint: Endpoint, passages: list[str], texts: int) -> list[str]:
    asked = [
        Question(({"role": "user", "content": f"Write a section of a textbook on this:\n\n{passage}"},), {}, sample)
        for passage in passages
        for sample in range(texts)
    ]
    return [
        said.text for said in ask(endpoint, asked, finish_ok=frozenset({"stop", "length"})) if isinstance(said, Answer)
    ]


def _grid(endpoint: Endpoint, passages: list[str], texts: int) -> list[str]:
    seeds = [
        Record.real({"text": text}, source="topics", row=str(n), origin="human") for n, text in enumerate(passages)
    ]
    strategy = Textbook(model=endpoint, per_seed=texts)
    proposals = strategy.propose_all(strategy.tasks(seeds, Past(), 0), "textbook")
    found = [made for proposal in proposals for made in proposal.open()]
    return [str(made.payload["text"]) for made in found if isinstance(made, Record)]


def _passages(folder: Path | None) -> Iterator[str]:
    """Files of a folder, one topic each; or, so that something real is always there, docstrings of this Python."""
    if folder is not None:
        yield from (path.read_text("utf-8") for path in sorted(folder.iterdir()) if path.is_file())
        return
    for module in ("statistics", "textwrap", "heapq", "fractions", "bisect", "difflib", "calendar", "random"):
        source = inspect.getsource(importlib.import_module(module))
        yield from (one.head for one in documented(source) if len(one.head) > 300)


def _print(one: Evidence) -> None:
    interval = "" if one.interval is None else f"   95 % {one.interval.low:.4f} to {one.interval.high:.4f}"
    value = "not measured" if one.value is None else f"{one.value:.4f}"
    print(f"{one.name:<36}{value:>14}   n = {one.n}{interval}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--key-env")
    parser.add_argument("--topics", type=int, default=20)
    parser.add_argument("--texts", type=int, default=12, help="for each topic")
    parser.add_argument("--passages", type=Path, help="folder of texts, one topic a file")
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--max-tokens", type=int, default=800)
    return parser.parse_args()


if __name__ == "__main__":
    main()
