"""How often the answer that most of four models give is right: 660 questions of GSM8K, labelled.

    python benchmarks/agreement.py [completions.jsonl]

Nothing is asked: the completions lie in the file (openai/grade-school-math, MIT). A question counts under the votes
that its leading answer has, among four answers, one by each model; where two answers lead, nobody does.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sterling.stats import clopper_pearson
from sterling.verify.agreement import Ballot, count
from sterling.verify.numbers.answers import find_answer

FILE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "gsm8k" / "completions.jsonl"


class Led(NamedTuple):
    """One question's leading answer."""

    votes: int
    """Of four; 0 where two answers lead or none is stated."""
    right: bool


def led(rows: Sequence[Mapping[str, Any]]) -> Iterator[Led]:
    """The leading answer of each question; right as the label of who gives it says."""
    asked: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        asked.setdefault(row["question_id"], []).append(row)
    for samples in asked.values():
        counted = count([Ballot(str(n), _answer(row["completion"]), row["model"]) for n, row in enumerate(samples)])
        leader = counted.leader()
        right = any(row["is_correct"] for row, kind in zip(samples, counted.kinds, strict=True) if kind == leader)
        yield Led(0 if leader is None else counted.votes[leader], leader is not None and right)


def _answer(completion: str) -> str | None:
    found = find_answer(completion)
    return None if found is None or found.ambiguous else found.answer


def table(rows: Sequence[Mapping[str, Any]]) -> dict[int, tuple[int, int]]:
    """(right, questions) by the votes of the leading answer."""
    found = list(led(rows))
    questions, right = Counter(one.votes for one in found), Counter(one.votes for one in found if one.right)
    return {votes: (right[votes], questions[votes]) for votes in sorted(questions, reverse=True)}


def read(path: Path) -> list[dict[str, Any]]:
    """The completions of the file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    """Print the table."""
    print("votes  questions   right")
    for votes, (right, n) in table(read(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)).items():
        low, high = clopper_pearson(right, n)
        name = f"{votes} of 4" if votes else "no leader"
        print(f"{name:9} {n:6}   {right / n:6.1%} [{low:.1%}, {high:.1%}]" if votes else f"{name:9} {n:6}")


if __name__ == "__main__":
    main()
