"""Judges and panels on LLMBar: recorded verdicts of five judges on 419 pairs, each pair in both orders.

    python benchmarks/llmbar.py [llmbar.jsonl]

Nothing is asked: the verdicts lie in the file (princeton-nlp/LLMBar, MIT). `accuracy` is the mean over both orders, an
order without a verdict being wrong; `both` is the share of pairs that are right in both orders; `changed` the share
whose winner depends on the order.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sterling.stats import clopper_pearson
from sterling.verify.judging import panel
from sterling.verify.judging.panel import Gold, Numbers, Votes

JUDGES = ("GPT-4", "PaLM2", "ChatGPT", "LLaMA2", "Falcon")
FILE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "judge" / "llmbar.jsonl"


class Looks(NamedTuple):
    """What each judge said of each pair, in each order."""

    winners: Votes
    """(pairs, judges, orders): 1 for the first output, -1 for the second, 0 for no verdict."""
    truth: Votes
    """(pairs,): which one is better."""

    def gold(self) -> Gold:
        """One vote for each pair and judge: none where the orders disagree."""
        total = self.winners.sum(2)
        votes = np.where(np.abs(total) == 2, np.sign(total), 0).astype(np.int8)
        return Gold(votes, self.truth, np.ones(len(self.truth), np.bool_))

    def accuracy(self) -> Numbers:
        """(judges,): share of right verdicts over both orders."""
        return np.asarray((self.winners == self.truth[:, None, None]).mean((0, 2)))

    def changed(self) -> Numbers:
        """(judges,): share of pairs with another winner in the other order."""
        return np.asarray((self.winners[:, :, 0] != self.winners[:, :, 1]).mean(0))


def read(path: Path) -> list[dict[str, Any]]:
    """The pairs of the file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def subsets(rows: Sequence[Mapping[str, Any]]) -> dict[str, Looks]:
    """Natural pairs, the four adversarial sets as one, and all."""
    natural = [row for row in rows if row["subset"] == "Natural"]
    adversarial = [row for row in rows if row["subset"] != "Natural"]
    return {"Natural": looks(natural), "Adversarial": looks(adversarial), "all": looks(rows)}


def looks(rows: Sequence[Mapping[str, Any]]) -> Looks:
    """The recorded verdicts as arrays."""
    winners = [[_orders(row["verdicts"][judge]) for judge in JUDGES] for row in rows]
    truth = [_side(row["label"]) for row in rows]
    return Looks(np.array(winners, np.int8), np.array(truth, np.int8))


def _orders(verdict: Mapping[str, Any]) -> list[int]:
    (result,) = verdict["results"]
    return [_side(result[f"swap = {swapped}"]["winner"]) for swapped in (False, True)]


def _side(winner: Any) -> int:
    """The file has the winner by output, whichever place it was shown at."""
    return {"1": 1, "2": -1}.get(str(winner), 0)


def main() -> None:
    """Print the tables."""
    found = subsets(read(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE))
    for name, seen in found.items():
        print(f"\n{name}, {len(seen.truth)} pairs\n{'':22}accuracy    both  changed  weight")
        _print_singles(seen)
        _print_panels(seen)


def _print_singles(seen: Looks) -> None:
    gold = seen.gold()
    settled = (gold.votes == gold.truth[:, None]).mean(0)
    columns = np.stack([seen.accuracy(), settled, seen.changed(), panel.log_odds(gold)], axis=1)
    for judge, (accuracy, both, changed, weight) in zip(JUDGES, columns, strict=True):
        print(f"{judge:22}{accuracy:7.1%} {both:7.1%} {changed:8.1%} {weight:7.2f}")


def _print_panels(seen: Looks) -> None:
    gold, n = seen.gold(), len(seen.truth)
    right = int((panel.majority(gold.votes) == gold.truth).sum())
    low, high = clopper_pearson(right, n)
    print(f"{'majority of five':22}{'':7} {right / n:7.1%}           [{low:.1%}, {high:.1%}] of both")
    for name, weigh in (("equal weights", _equal), ("log-odds", panel.log_odds), ("settled", panel.settled)):
        compared = panel.cross_validate(gold, weigh)
        low, high = compared.interval
        best = f"{JUDGES[compared.member]} {compared.best:.1%}"
        print(f"{name:22}{compared.weighted:7.1%}  against {best}: {compared.gain:+.1%} [{low:+.1%}, {high:+.1%}]")
    worth = panel.effective_votes(gold)
    if worth.votes is not None and worth.interval is not None:
        low, high = worth.interval
        shown = f"{worth.votes:7.2f} [{low:.2f}, {high:.2f}], mean correlation {worth.correlation:.2f}"
        print(f"{'effective votes':22}{shown}")


def _equal(gold: Gold) -> Numbers:
    return np.full(gold.votes.shape[1], 1 / gold.votes.shape[1])


if __name__ == "__main__":
    main()
