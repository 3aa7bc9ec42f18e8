"""How often the 95 % interval of tail reproduction holds 1 where real text stands against real text.

    python -m benchmarks.kappa_interval [--splits 400]

Shakespeare's speeches in random order, cut in three: one part says which words are rare, eight stretches of 10,000
tokens of the second are compared with eight of the third.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from sterling.collapse.reproduction import tail_reproduction
from sterling.stats import clopper_pearson
from sterling.text import pieces, token_hashes

PLAYS = Path(__file__).parents[2] / "shared" / "data" / "text" / "tinyshakespeare.txt"
SIZE, STRETCHES = 10_000, 8


def main() -> None:
    """A line for each band."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=400)
    splits = parser.parse_args().splits
    speeches = [token_hashes(pieces(one)) for one in PLAYS.read_text().split("\n\n") if one.strip()]
    held, n = Counter[str](), Counter[str]()
    for seed in range(splits):
        order = np.random.default_rng(seed).permutation(len(speeches))
        choosing, *sides = (np.concatenate([speeches[at] for at in order[part::3]]) for part in range(3))
        cut = [[side[at * SIZE : (at + 1) * SIZE] for at in range(STRETCHES)] for side in sides]
        for one in tail_reproduction("split", choosing, *cut):
            if one.interval is not None:
                n[one.inputs["band"]] += 1
                held[one.inputs["band"]] += one.interval.low <= 1 <= one.interval.high
    for band in n:
        low, high = clopper_pearson(held[band], n[band])
        print(f"{band:<8} {held[band] / n[band]:.3f} [{low:.3f}, {high:.3f}] of {n[band]}")


if __name__ == "__main__":
    main()
