"""What mixing policies do to a student over generations, on real text.

    python -m benchmarks.mixing [FILE] [--generations 6] [--seeds 4]

A trigram loop (`sterling.collapse.loops.trigrams`) runs under each policy. After each generation a Witten-Bell trigram
student is trained on what the policy makes of the output and of what came before it, and asked for bits a token of
held-out real text. Every tenth document is held out. Means over seeds, with Student's t at 95 %. The golden ratio is
left out: a count model can weigh text only by repeating it, and repeated text misleads it.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sterling.collapse.branching import (
    Policy,
    accumulate,
    accumulate_subsample,
    all_real_plus_one,
    freeze,
    replace,
    rotate,
)  # fmt: skip
from sterling.collapse.loops.trigrams import Tokens, Weighed, turns
from sterling.stats import mean
from sterling.text import piece_hashes
from sterling.text.language_model import LanguageModel
from sterling.text.language_model.closed import closed_scores

PLAYS = Path(__file__).parents[2] / "shared" / "data" / "text" / "tinyshakespeare.txt"
POLICIES = (
    replace(), freeze(0.1), rotate(0.1), rotate(0.3), rotate(0.5), rotate(0.7), accumulate(), accumulate_subsample(),
    all_real_plus_one(),
)  # fmt: skip
Floats = npt.NDArray[np.float64]


class Students:
    """Students of one text: what they are asked about, and the vocabulary of all of them."""

    def __init__(self, documents: Sequence[str]) -> None:
        hashed = [piece_hashes(text) for text in documents]
        self.held = hashed[::10]
        real = [text for at, text in enumerate(hashed) if at % 10]
        self.types, tokens = np.unique(np.concatenate(real), return_inverse=True)
        self.anchor: Tokens = tokens.astype(np.int64)
        self.lengths = [len(text) for text in real]
        self.vocabulary = np.unique(np.concatenate(hashed))

    def loss(self, fed: Sequence[Weighed]) -> float:
        """Bits a token of all that is held out, after training on each of these pieces once."""
        model = LanguageModel.trained([[self.types[piece.tokens] for piece in fed]], 3)
        scores = closed_scores(model, self.held, self.vocabulary)
        return float(scores.bits.sum() / scores.tokens.sum())

    def losses(self, policy: Policy, generations: int, seed: int) -> Iterator[float]:
        """After each generation: a student is fed what the next generation's model would be."""
        for turn in islice(turns(policy, self.anchor, generations + 1, seed, self.lengths), 1, None):
            yield self.loss([piece for piece in turn.fed if piece.weight > 0 and len(piece.tokens)])


def main() -> None:
    """One line a policy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=PLAYS, help="text; blank lines end documents")
    parser.add_argument("--generations", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=4)
    asked = parser.parse_args()
    students = Students([text for text in asked.file.read_text(encoding="utf-8").split("\n\n") if text.strip()])
    whole = Weighed(students.anchor, 1.0)
    print(f"{len(students.anchor):,} real tokens; bits a token, real only: {students.loss([whole]):.3f}")
    print("| policy | after generation 1 | after the last |\n|---|---|---|")
    for policy in POLICIES:
        runs = np.array([list(students.losses(policy, asked.generations, seed)) for seed in range(asked.seeds)])
        print(f"| {policy.name} | {told(runs[:, 0])} | {told(runs[:, -1])} |", flush=True)


def told(values: Floats) -> str:
    """The mean, and half of its interval."""
    found = mean("loss", values.tolist(), "over seeds")
    half = "" if found.interval is None else f" ± {(found.interval.high - found.interval.low) / 2:.3f}"
    return f"{np.mean(values):.3f}{half}"


if __name__ == "__main__":
    main()
