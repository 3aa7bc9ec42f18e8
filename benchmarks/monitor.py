"""How often the monitor alarms where nothing happened, and how often it sees a loop that replaces its data.

    python -m benchmarks.monitor [--pairs 1000] [--power 40] [--series 400] [--workers 2]

Size: pairs of corpora drawn from one known process (topics with words by Zipf's law, documents of random length), held
against real text from the same; every colour but green is a false alarm. Nominal is 1 %. Power: the second generation
of a trigram loop against other text of the process, at 20,000, 40,000 and 80,000 tokens; below 80,000 the monitor says
`insufficient sample`, and what is counted is what it would have said. Series: of simulated values of the panel (eight
stretches a generation, measures that correlate by .3), how often the CUSUM alarms in any measure and generation where
nothing happens, and in how many measures harm of 0.8 margins is found in five generations, by it and by the panel.
"""

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt

from sterling.collapse.branching import replace
from sterling.collapse.comparing import Comparison, Finding, compared
from sterling.collapse.cusum import alarms
from sterling.collapse.deciding import ALPHA
from sterling.collapse.loops.trigrams import outputs
from sterling.collapse.panel import PANEL, Reference, measured, stretches
from sterling.stats import clopper_pearson

Tokens = npt.NDArray[np.int64]
WORDS = 8000
TOPICS = 12
END = 0
"""The token that ends a document."""
STRETCHES = 8


def corpus(seed: int, tokens: int) -> Tokens:
    """Documents of 15 to 60 words: half of them common ones, half of the document's topic, both by Zipf's law."""
    chance = np.random.default_rng([5, seed])
    lengths = chance.integers(15, 60, tokens // 30)
    topic = np.repeat(chance.integers(0, TOPICS, len(lengths)), lengths)
    rank = chance.zipf(1.25, len(topic)) % (WORDS // TOPICS)
    words = 1 + np.where(chance.random(len(topic)) < 0.5, rank, rank * TOPICS + topic)
    ends = np.cumsum(lengths) - 1
    words[ends] = END
    return np.asarray(words[:tokens], np.int64)


def documents(tokens: Tokens) -> list[str]:
    """As texts."""
    parts = np.split(tokens, np.flatnonzero(tokens == END) + 1)
    return [" ".join(f"w{n}" for n in part if n != END) for part in parts if len(part) > 1]


def looked_at(seed: int, written: Sequence[str], size: int) -> Comparison:
    """A corpus against real text of the process, both new."""
    need = size * (STRETCHES + 1)
    reference = Reference.of(documents(corpus(seed * 4, 80_000)))
    control = documents(corpus(seed * 4 + 1, need))
    values = [[measured(reference, s) for s in stretches(texts, size, STRETCHES)] for texts in (written, control)]
    return compared(values[0], values[1], 10_000)  # whatever the size: what it would say if it spoke


def null(seed: int) -> list[Finding]:
    """Nothing happened."""
    return list(looked_at(seed, documents(corpus(seed * 4 + 2, 90_000)), 10_000).findings)


def second(size: int, seed: int) -> str:
    """What is said of the second generation."""
    *_, last = outputs(replace(), corpus(seed * 4 + 2, size * (STRETCHES + 1)), 2, seed)
    return looked_at(seed, documents(last), size).colour


def values(chance: np.random.Generator, harm: float, spread: float) -> list[dict[str, float]]:
    """Simulated stretches of a generation, each measure about 1; `harm` in margins."""
    common, own = chance.standard_normal((STRETCHES, 1)), chance.standard_normal((STRETCHES, len(PANEL)))
    shift = harm * np.array([m.margin if m.harm == "rises" else -m.margin for m in PANEL])
    rows = 1 + shift + spread * (np.sqrt(0.3) * common + np.sqrt(0.7) * own)
    return [dict(zip((m.name for m in PANEL), row, strict=True)) for row in rows.tolist()]


def series(generations: int, seed: int) -> bool:
    """Whether anything alarms where nothing happens, and where no margin helps."""
    chance = np.random.default_rng([7, generations, seed])
    control, *later = [values(chance, 0.0, 0.2) for _ in range(generations + 1)]
    return bool(list(alarms(control, later, [str(n) for n in range(generations)])))


def slow(seed: int) -> tuple[float, float]:
    """Measures that are found in five generations of small harm, as a share: by the CUSUM, and by the panel."""
    chance = np.random.default_rng([8, seed])
    control, later = values(chance, 0.0, 0.01), [values(chance, 0.8, 0.01) for _ in range(5)]
    summed = {one.measure for one in alarms(control, later, [str(n) for n in range(5)])}
    voting = [f for one in later for f in compared(one, control, 10_000).findings if f.measure.family != "shown"]
    single = {f.measure.name for f in voting if f.said == "worse"}
    every = len({f.measure.name for f in voting})
    return len(summed) / every, len(single) / every


def told_series(runs: int, workers: int) -> None:
    """The CUSUM."""
    for generations in (3, 5, 10, 20):
        hits = sum(map(bool, over(partial(series, generations), runs, workers)))
        print(f"series of {generations} generations without harm: CUSUM alarms {rate(hits, runs)}")
    found = np.array([*over(slow, runs, workers)])
    print(f"harm of 0.8 margins, five generations: measures found by CUSUM {found[:, 0].mean():.3f}, ", end="")
    print(f"by the panel {found[:, 1].mean():.3f}")


def over(work: Callable[[int], object], runs: int, workers: int) -> Iterator[object]:
    """Each run in a process."""
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, range(runs), chunksize=4)


def rate(hits: int, n: int) -> str:
    """With its interval."""
    low, high = clopper_pearson(hits, n)
    return f"{hits / n:.4f} [{low:.4f}, {high:.4f}] ({hits} of {n})"


def main() -> None:
    """Size, then power."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--power", type=int, default=40)
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    told_series(asked.series, asked.workers)
    false, raw = 0, Counter[str]()
    for found in over(null, asked.pairs, asked.workers) if asked.pairs else ():
        assert isinstance(found, list)
        voting = [f for f in found if f.measure.family != "shown"]
        false += any(f.p <= ALPHA for f in voting)
        raw.update(f.measure.name for f in voting if f.contrast.p <= ALPHA)
    print(f"false alarms of the panel at {ALPHA:g}: {rate(false, asked.pairs)}")
    for name, hits in raw.most_common():
        print(f"  {name} by itself: {rate(hits, asked.pairs)}")
    for size in (2_500, 5_000, 10_000):
        colours = Counter(over(partial(second, size), asked.power, asked.workers))
        seen = asked.power - colours["green"]
        print(f"second generation at {STRETCHES * size:,} tokens: seen {rate(seen, asked.power)}, {dict(colours)}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
