"""Final answers compared per CPU second: the check `math` beside the exact string, floats and Math-Verify itself.

    python benchmarks/math_answers.py [completions.jsonl] [--seconds 4]

Reads labelled GSM8K completions (openai/grade-school-math, MIT) where they are, else makes as many. Every grader gets
the same completions and references, finds the final answer by itself, and is held to the labels. CPU seconds are those
of this process and its children, of the best of several passes: a busy machine makes them longer, never shorter.
`math, whole check` includes reading the batch and making rulings; `symbolic` are pairs of expressions, each in a
process of its own.
"""

import argparse
import importlib
import json
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from sterling.records import Maker, Record, batch_of
from sterling.registry import Ruling
from sterling.verify.math import Math, expected_of
from sterling.verify.numbers.answers import find_answer
from sterling.verify.numbers.comparison import compare
from sterling.verify.numbers.equality import value_of
from sterling.verify.numbers.shapes import shape_of
from sterling.verify.numbers.symbolic import Symbolic

FILE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "gsm8k" / "completions.jsonl"


class Labelled(NamedTuple):
    """One completion of which it is known whether it is right."""

    completion: str
    reference: str
    """A whole solution."""
    right: bool


class Grader(NamedTuple):
    """Somebody who says which completions are right."""

    name: str
    grade: Callable[[Sequence[Labelled]], list[bool]]


def read(path: Path) -> list[Labelled]:
    """The rows of the file."""
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    return [Labelled(row["completion"], row["reference"], row["is_correct"]) for row in rows]


def made(count: int) -> list[Labelled]:
    """Solutions of about the same length, half of them wrong."""
    rng = random.Random("benchmark")
    items = []
    for _ in range(count):
        a, b = rng.randrange(2, 500), rng.randrange(2, 500)
        steps = f"There are {a} boxes of {b}.\n{a} * {b} = <<{a}*{b}={a * b}>>{a * b}.\n" * 2
        right = rng.random() < 0.5
        items.append(Labelled(f"{steps}A: {a * b + (not right)}", f"{steps}A: {a * b}", right))
    return items


def exact(items: Sequence[Labelled]) -> list[bool]:
    """What follows the last `A:`, as a string."""
    return [item.completion.rpartition("A:")[2].strip() == item.reference.rpartition("A:")[2].strip() for item in items]


def floats(items: Sequence[Labelled]) -> list[bool]:
    """The same as floats."""
    return [_float(item.completion) == _float(item.reference) for item in items]


def _float(text: str) -> float | str:
    said = text.rpartition("A:")[2].strip()
    try:
        return float(said.replace(",", "").strip("$ ."))
    except ValueError:
        return said


def answers(items: Sequence[Labelled]) -> list[bool]:
    """Our extraction and cheap tiers, of texts."""
    graded = []
    for item in items:
        mine, theirs = find_answer(item.completion), find_answer(item.reference)
        asked = mine is not None and theirs is not None and not mine.ambiguous
        graded.append(asked and compare(mine.answer, theirs.answer).said == "equal")  # type: ignore[union-attr]
    return graded


def whole_check(items: Sequence[Labelled]) -> list[bool]:
    """The check as a run uses it, of a batch that lies in memory."""
    judged = Math().judge(_batch(tuple(items)), None)
    return [isinstance(one, Ruling) and one.outcome == "keep" for one in judged]


_BATCHES: dict[int, pa.RecordBatch] = {}


def _batch(items: tuple[Labelled, ...]) -> pa.RecordBatch:
    if len(items) not in _BATCHES:
        maker = Maker("benchmark", model="m")
        _BATCHES[len(items)] = batch_of(
            Record.synthetic({"prompt": "q", "completion": item.completion}, source="s", row=str(row), maker=maker,
                             reference={"answer": item.reference})
            for row, item in enumerate(items)
        )  # fmt: skip
    return _BATCHES[len(items)]


def math_verify(items: Sequence[Labelled]) -> list[bool]:
    """Math-Verify as its own documentation uses it, on what follows `A:`."""
    grader = importlib.import_module("math_verify")
    pairs = [[text.rpartition("A:")[2].strip() for text in (item.reference, item.completion)] for item in items]
    read = [[grader.parse(text, parsing_timeout=None) for text in pair] for pair in pairs]
    return [bool(grader.verify(gold, answer, timeout_seconds=None)) for gold, answer in read]


def cpu() -> float:
    """CPU seconds of this process and of children that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(it.ru_utime + it.ru_stime for it in map(resource.getrusage, kinds))


def forget() -> None:
    """Each pass is a first one: what is remembered of texts is part of the cost."""
    for cached in (value_of, shape_of, expected_of):
        cached.cache_clear()


def measured(grader: Grader, items: Sequence[Labelled], seconds: float) -> None:
    """Print one line."""
    grader.grade(items[:200])
    best, agree, begun = 0.0, 0, cpu()
    while cpu() - begun < seconds:
        forget()
        started = cpu()
        graded = grader.grade(items)
        best = max(best, len(items) / max(cpu() - started, 1e-6))
        agree = sum(one == item.right for one, item in zip(graded, items, strict=True))
    print(f"{grader.name:22}{best:12,.0f}  {agree} of {len(items)} as labelled")


def symbolic(count: int) -> None:
    """Print what one comparison of expressions costs."""
    tier, begun = Symbolic(), time.perf_counter()
    equal = sum(compare(rf"\sqrt{{{n * n * 7}}}", rf"{n}\sqrt{{7}}", tier).said == "equal" for n in range(2, count + 2))
    taken = (time.perf_counter() - begun) / count
    print(f"{'symbolic':22}{1 / taken:12,.0f}  {equal} of {count} equal; wall clock, {tier.tier}")


def main() -> None:
    """Print items per CPU second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, default=FILE)
    parser.add_argument("--seconds", type=float, default=4)
    chosen = parser.parse_args()
    items = read(chosen.path) if chosen.path.exists() else made(2_640)
    print(
        f"{len(items)} completions, {'labelled' if chosen.path.exists() else 'generated'}\n{'':22}{'items/CPU-s':>12}"
    )
    for grader in (
        Grader("exact string", exact), Grader("float", floats), Grader("math, texts", answers),
        Grader("math, whole check", whole_check), Grader("Math-Verify", math_verify),
    ):  # fmt: skip
        measured(grader, items, chosen.seconds)
    symbolic(100)


if __name__ == "__main__":
    main()
