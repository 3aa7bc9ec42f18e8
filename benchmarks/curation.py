"""Curation beside its peers: near duplicates, contamination, exact duplicates, from text in memory to keep mask.

    python -m benchmarks.curation --peers .venv/curators [--documents 20000 200000] [--rounds 3]

Each measurement is a process of its own (`curation_tools.py`), the tools in turn, `--rounds` times; a tool runs twice
in its process where it takes seconds, and the second run counts (the first one is printed too). Everything follows from
the seed: `curation_corpus.py`. Goals, at the largest corpus: near duplicates at least 3.5 times the better of rensa and
gaoya per CPU-second, contamination at least 30 times Python sets, exact duplicates at most twice a bare loop.

A false removal is a document that no kept one is like (Jaccard similarity of word 5-grams below 0.7); pair recall is
the share of pairs with 0.8 or more of which not both were kept. Both are brute force, over a sample of templates.
"""

import argparse
import json
import os
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from benchmarks.curation_corpus import Corpus, corpus

from sterling.text.kernels import Pairs, Shingling, kernels

HERE = Path(__file__).parent
SLOW = {"datasketch": 20_000, "datatrove": 5_000, "datatrove contamination": 5_000, "sets contamination": 20_000}
"""Tools that run once, and on no more documents than this."""
NEAR = ("sterling", "rensa", "gaoya", "datasketch", "datatrove")
CONTAMINATION = ("sterling contamination", "sets contamination", "datatrove contamination")
EXACT = ("sterling exact", "sterling content", "bare exact")
JUDGED = 40
"""Templates whose documents are compared with each other."""


class Round(NamedTuple):
    """One process."""

    cpu_s: float
    first_s: float
    peak_mb: float
    above_mb: float


class Session:
    """One corpus, and what each tool made of it."""

    def __init__(self, count: int, folder: Path, peers: Path | None) -> None:
        self.corpus = corpus(count)
        self.items = benchmark_items(self.corpus)
        self.folder = folder
        self.peers = peers
        self.rounds: dict[str, list[Round]] = {}

    def measure(self, tools: Sequence[str], rounds: int) -> None:
        """Every tool in turn."""
        for _ in range(rounds):
            for tool in filter(self.has, tools):
                self.rounds.setdefault(tool, []).append(self.once(tool))

    def has(self, tool: str) -> bool:
        """Whether its environment is there."""
        return self.python(tool) is not None

    def python(self, tool: str) -> str | None:
        """The interpreter of a tool."""
        name = tool.partition(" ")[0]
        if name in {"sterling", "sets", "bare"}:
            return sys.executable
        path = (self.peers / name / "bin" / "python").absolute() if self.peers else None
        return str(path) if path and path.exists() else None

    def size(self, tool: str) -> int:
        """How many documents it gets."""
        return min(len(self.corpus.texts), SLOW.get(tool, len(self.corpus.texts)))

    def once(self, tool: str) -> Round:
        """A fresh process."""
        size = self.size(tool)
        path = self.folder / f"{size}.pickle"
        if not path.exists():
            path.write_bytes(pickle.dumps({"texts": self.corpus.texts[:size], "items": self.items}))
        command = [str(self.python(tool)), "-P", str(HERE / "curation_tools.py"), tool, str(path), str(self.mask(tool))]
        again = "1" if tool in SLOW else "2"
        said = subprocess.run([*command, again], capture_output=True, text=True, check=False)
        if said.returncode:
            sys.exit(f"{tool} failed:\n{said.stderr[-2000:]}")
        return Round(**json.loads(said.stdout.splitlines()[-1]))

    def mask(self, tool: str) -> Path:
        """Where its answer lies."""
        return self.folder / f"{tool}.{len(self.corpus.texts)}.mask"

    def kept(self, tool: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Its answer."""
        return np.frombuffer(self.mask(tool).read_bytes(), np.bool_)

    def speed(self, tool: str) -> float:
        """Documents a CPU-second, the median of its rounds."""
        return self.size(tool) / statistics.median(one.cpu_s for one in self.rounds[tool])

    def report(self, tools: Sequence[str], more: Mapping[str, str]) -> None:
        """The table."""
        for tool in (tool for tool in tools if tool in self.rounds):
            rounds = self.rounds[tool]
            speeds = sorted(self.size(tool) / one.cpu_s for one in rounds)
            first = self.size(tool) / statistics.median(one.first_s for one in rounds)
            memory = statistics.median(one.above_mb for one in rounds)
            told = f"{self.speed(tool):>10,.0f} [{speeds[0]:,.0f}, {speeds[-1]:,.0f}]"
            print(f"{tool:<24} {self.size(tool):>8,} {told:>30} {first:>10,.0f} {memory:>8.0f}  {more.get(tool, '')}")


def benchmark_items(texts: Corpus) -> list[str]:
    """1,500 items of an evaluation set, of which each 30th is copied from a document, some words of it."""
    draw = random.Random(1)
    vocabulary = sorted({word for text in texts.texts[:500] for word in text.split()})
    items = [" ".join(draw.choices(vocabulary, k=90)) for _ in range(1500)]
    for at in range(0, len(items), 30):
        words = draw.choice(texts.texts[:5000]).split()
        items[at] = " ".join(words[20:45])
    return items


class Truth(NamedTuple):
    """Every pair of documents of some templates, and how alike they are."""

    one: np.ndarray[tuple[int], np.dtype[np.int64]]
    other: np.ndarray[tuple[int], np.dtype[np.int64]]
    similarity: np.ndarray[tuple[int], np.dtype[np.float64]]

    def judged(self, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
        """False removals and pair recall, in words. Of documents that a tool never saw, nothing is said."""
        seen = (self.one < len(kept)) & (self.other < len(kept))
        one, other, similarity = self.one[seen], self.other[seen], self.similarity[seen]
        best = np.zeros(len(kept))
        for mine, theirs in ((one, other), (other, one)):
            np.maximum.at(best, mine, np.where(kept[theirs], similarity, 0))
        mine = np.unique(np.concatenate((one, other)))
        removed = mine[~kept[mine]]
        wrong = int(np.sum(best[removed] < 0.7))
        alike = similarity >= 0.8
        found = int(np.sum(~(kept[one[alike]] & kept[other[alike]])))
        share = f"{wrong / max(1, len(removed)):.1%} of {len(removed):,} removals"
        return f"false {share}; pair recall {found / max(1, int(alike.sum())):.4f} of {int(alike.sum()):,}"


def truth(texts: Corpus) -> Truth:
    """By brute force, template after template."""
    homes = np.array(texts.template)
    parts = [np.flatnonzero(homes == home) for home in range(JUDGED)]
    found = []
    for part in parts:
        one, other = (part[side] for side in np.triu_indices(len(part), 1))
        at = np.searchsorted(part, one), np.searchsorted(part, other)
        column = pa.array([texts.texts[row] for row in part.tolist()])
        found.append((one, other, kernels().similarities(column, Pairs(*at), Shingling(5))))
    return Truth(*(np.concatenate(side) for side in zip(*found, strict=True)))


def compilation(folder: Path) -> None:
    """What the first process on a machine pays once, and the later ones for reading what it kept."""
    path = folder / "few.pickle"
    path.write_bytes(pickle.dumps({"texts": corpus(2000).texts, "items": ["one two three " * 10]}))
    for tool in ("sterling", "sterling contamination", "sterling exact"):
        told = []
        for _ in range(2):
            command = [
                sys.executable,
                "-P",
                str(HERE / "curation_tools.py"),
                tool,
                str(path),
                str(folder / "mask"),
                "2",
            ]
            environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / tool.replace(" ", "-"))}
            said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
            one = Round(**json.loads(said))
            told.append(one.first_s - one.cpu_s)
        print(f"compiling for {tool}: {told[0]:.1f} CPU s, once; reading it back: {told[1]:.2f} CPU s a process")


def goal(words: str, met: bool) -> None:
    """One line."""
    print(f"goal: {words}: {'met' if met else 'NOT MET'}")


def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, help="folder with an environment for each peer, named like it")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sterling-curation-") as name:
        compilation(Path(name))
        for count in told.documents:
            folder = Path(name) / str(count)
            folder.mkdir()
            compare(Session(count, folder, told.peers), told.rounds)


def compare(session: Session, rounds: int) -> None:
    """One corpus."""
    texts = session.corpus.texts
    print(f"\n{len(texts):,} documents of {statistics.mean(map(len, texts)):,.0f} characters")
    print(f"{'':<24} {'of them':>8} {'docs per CPU-s [least, most]':>30} {'first run':>10} {'+MB':>8}")
    session.measure(NEAR, rounds)
    known = truth(session.corpus)
    session.report(NEAR, {tool: known.judged(session.kept(tool)) for tool in NEAR if tool in session.rounds})
    best = max((session.speed(tool) for tool in ("rensa", "gaoya") if tool in session.rounds), default=None)
    if best is not None:
        ratio = session.speed("sterling") / best
        goal(f"near duplicates at least 3.5x the better of rensa and gaoya: {ratio:.2f}x", ratio >= 3.5)
    for tools in (CONTAMINATION, EXACT):
        session.measure(tools, rounds)
        session.report(tools, {tool: f"{np.sum(~session.kept(tool)):,} dropped" for tool in tools if session.has(tool)})
    ratio = session.speed("sterling contamination") / session.speed("sets contamination")
    goal(f"contamination at least 30x Python sets: {ratio:.1f}x", ratio >= 30)
    for tool in EXACT[:2]:
        slower = session.speed("bare exact") / session.speed(tool)
        goal(f"{tool} at most 2x the bare loop: {slower:.2f}x", slower <= 2)


if __name__ == "__main__":
    main()
