"""Tail reproduction of a real transformer that is trained on its own output, beside the branching process' forecast.

    python -m benchmarks.kappa FILE [--tokens 60000] [--epochs 8] [--seeds 1]

A small decoder is trained from nothing on paragraphs of a text, by words of a closed vocabulary. It writes as many
tokens as it has read, by plain sampling; the next one is trained on what the policy makes of that, for three
generations: with `replace`, and with 30 % of synthetic text beside real text that is drawn anew each time. For each
generation and band of words stand kappa (copies written for each copy read) and the share of the band's words that is
still written; beside that share what `collapse.forecast` says with kappa 1, and with the kappa of generation 1.

Needs the extra `train`. On a GPU where torch finds one, else with one thread. The same for a seed on one machine
without a GPU. What a small model shows is no statement about a large one.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from sterling.collapse.branching import Policy, replace, rotate
from sterling.collapse.forecast import BANDS, Kappa, Spectrum, forecast
from sterling.collapse.reproduction import tail_reproduction
from sterling.experiment.students.learner import Learner
from sterling.experiment.students.transformer import Small
from sterling.stats import Evidence, Interval, clopper_pearson, student_t_quantile
from sterling.text import pieces

Words = npt.NDArray[np.int64]
"""The words of one document, by their numbers."""
Shares = Mapping[tuple[str, int], float]
"""By band and generation."""
GENERATIONS = 3
POLICIES = (replace(), rotate(0.7))
SHAPE = Small()
CHAINS = 32
"""Stretches that are written side by side."""
LEAST = 1000
"""Tokens below which there is nothing to measure."""
CHUNKS = 8
"""Parts of each corpus that the interval of kappa is over."""
HELD_OUT = 0.1
"""Words that are only asked for their cost, beside those of the anchor."""


class Vocabulary:
    """A closed vocabulary as the learner's cutter: texts are numbers of words with blanks between."""

    def __init__(self, words: int) -> None:
        self.size, self.end = words + 1, words

    def cut(self, text: str) -> list[int]:
        """The numbers."""
        return [int(one) for one in text.split()]

    def joined(self, numbers: Sequence[int]) -> str:
        """The text of them."""
        return " ".join(str(one) for one in numbers)


class Loop(NamedTuple):
    """What the first generation reads, what none of them reads, and how they are trained."""

    anchor: Sequence[Words]
    held_out: Sequence[Words]
    words: int
    """In the vocabulary: all of both."""
    epochs: int
    seed: int


class Generation(NamedTuple):
    """What it was trained on, what it wrote, and bits a held-out word."""

    read: Sequence[Words]
    written: Sequence[Words]
    bits: float


class Row(NamedTuple):
    """One seed's band of words in one generation."""

    types: int
    kappa: Evidence
    alive: int
    """Types that are still written."""
    plain: float
    """The forecast with kappa 1."""
    measured: float
    """The forecast with the kappa of generation 1."""


Rows = Mapping[tuple[int, str], Row]
"""By generation and band."""


def loop(texts: Sequence[Sequence[str]], tokens: int, epochs: int, seed: int) -> Loop:
    """Documents in a random order: whole ones up to so many tokens for the anchor, then a tenth of that.

    ValueError where the text is too small.
    """
    order = np.random.default_rng(seed).permutation(len(texts))
    ends = list(accumulate(len(texts[at]) for at in order))
    first, last = (sum(end <= most for end in ends) for most in (tokens, tokens * (1 + HELD_OUT)))
    if tokens < LEAST or not 1 < first < last:
        there = ends[-1] if ends else 0
        raise ValueError(
            f"--tokens {tokens:,}: give at least {LEAST:,}, and a text of a tenth more in many paragraphs; "
            f"this one has {there:,} tokens in {len(texts):,} paragraphs"
        )
    chosen = [texts[at] for at in order[:last]]
    numbers = {word: at for at, word in enumerate(dict.fromkeys(word for text in chosen for word in text))}
    cut = [np.array([numbers[word] for word in text], np.int64) for text in chosen]
    return Loop(cut[:first], cut[first:], len(numbers), epochs, seed)


def generations(policy: Policy, of: Loop, first: Generation) -> Iterator[Generation]:
    """The first one, and those after it: of a policy with parts of the anchor and of the generation before alone."""
    yield first
    last = first
    for generation in range(2, GENERATIONS + 1):
        chance = np.random.default_rng([of.seed, generation])
        real, parts = policy.of(generation)
        read = [*drawn(of.anchor, real.share, chance), *drawn(last.written, parts[generation - 1].share, chance)]
        last = trained([read[at] for at in chance.permutation(len(read))], of, generation, policy.name)
        yield last


def drawn(documents: Sequence[Words], share: float, chance: np.random.Generator) -> list[Words]:
    """Documents in a random order up to so much of all tokens; the last one is cut."""
    order = chance.permutation(len(documents))
    return trimmed([documents[at] for at in order], round(share * sum(map(len, documents))))


def trimmed(documents: Sequence[Words], size: int) -> list[Words]:
    """The first so many tokens."""
    begins = [0, *accumulate(map(len, documents))]
    return [one[: size - begin] for one, begin in zip(documents, begins, strict=False) if begin < size and len(one)]


def trained(read: Sequence[Words], of: Loop, generation: int, name: str) -> Generation:
    """A model from nothing, and as many tokens as it read."""
    begun, seed = time.perf_counter(), 1000 * of.seed + generation
    learner = Learner.small(SHAPE, Vocabulary(of.words), seed)
    learner.train(_texts(read), of.epochs, SHAPE.rate)
    bits = float(learner.bits(_texts(of.held_out)).sum()) / sum(map(len, of.held_out))
    output = written(learner, sum(map(len, read)), seed)
    told = f"{bits:.3f} bits a held-out word, {time.perf_counter() - begun:.0f} s"
    print(f"  {name}, generation {generation}: {told}", flush=True)
    return Generation(read, output, bits)


def _texts(documents: Sequence[Words]) -> list[str]:
    return [" ".join(map(str, one.tolist())) for one in documents]


def written(learner: Learner, size: int, seed: int) -> list[Words]:
    """So many words, in documents: each chain goes on over the ends of its documents, as what was read did."""
    chance = torch.Generator(learner.device).manual_seed(seed)
    end, half = learner.cutter.end, learner.context // 2
    chains = torch.full((min(CHAINS, size), 1), end, device=learner.device)
    while int((chains != end).sum()) < size:
        chains = torch.cat([chains, sampled(learner, chains[:, -half:], half, chance)], dim=1)
    streams: Words = chains.cpu().numpy()
    enough = int(np.searchsorted((streams != end).sum(axis=0).cumsum(), size)) + 1
    return trimmed([part for one in streams[:, :enough] for part in _parts(one, end)], size)


def _parts(stream: Words, end: int) -> Iterator[Words]:
    """What lies between the marks."""
    for part in np.split(stream, np.flatnonzero(stream == end)):
        if len(part := part[part != end]):
            yield part


def sampled(learner: Learner, given: torch.Tensor, steps: int, chance: torch.Generator) -> torch.Tensor:
    """What comes after each row, by the model's own probabilities: rows x steps."""
    found: list[torch.Tensor] = []
    reads, cache = given, None
    for _ in range(steps):
        with torch.no_grad():
            said = learner.model(reads, past_key_values=cache, use_cache=True)
        cache = said.past_key_values
        reads = torch.multinomial(said.logits[:, -1].float().softmax(-1), 1, generator=chance)
        found.append(reads)
    return torch.cat(found, dim=1)


def rows(policy: Policy, anchor: Sequence[Words], found: Sequence[Generation]) -> dict[tuple[int, str], Row]:
    """Bands are those of the anchor, in every generation."""
    copies = np.bincount(np.concatenate(anchor))
    documents = np.bincount(np.concatenate([np.unique(one) for one in anchor]))
    spectrum = Spectrum.of(copies, documents)
    kappas = [_kappas(anchor, each) for each in found]
    known = {band: kappa for band, one in kappas[0].items() if (kappa := Kappa.of(one))}
    plain, measured = (_shares(forecast(policy, spectrum, GENERATIONS, used)) for used in (None, known))
    filled: dict[tuple[int, str], Row] = {}
    for at, each in enumerate(found):
        there = np.bincount(np.concatenate(each.written), minlength=len(copies))[: len(copies)] > 0
        for band in [one for one in BANDS if one.holds(copies).any()]:
            mine, key = band.holds(copies), (band.name, at + 1)
            counted = int(mine.sum()), kappas[at][band.name], int((there & mine).sum())
            filled[at + 1, band.name] = Row(*counted, plain[key], measured[key])
    return filled


def _kappas(anchor: Sequence[Words], of: Generation) -> dict[str, Evidence]:
    """By band of the anchor: copies written beside copies read. What was read counts as a sample too, so intervals are
    a little wider than the model's own chance."""
    whole = np.concatenate(anchor).astype(np.uint64)
    found = tail_reproduction("output", whole, _chunks(of.read), _chunks(of.written))
    return {one.inputs["band"]: one for one in found}


def _chunks(documents: Sequence[Words]) -> list[npt.NDArray[np.uint64]]:
    """Equal ones; what is left over is left out."""
    whole = np.concatenate(documents).astype(np.uint64)
    size = len(whole) // CHUNKS
    return [whole[at * size : (at + 1) * size] for at in range(CHUNKS)]


def _shares(told: Iterator[Evidence]) -> Shares:
    return {(one.inputs["band"], one.inputs["generation"]): one.value for one in told if one.value is not None}


def tell(policy: str, seeds: Sequence[Rows], bits: Sequence[Sequence[float]]) -> None:
    """A table for each generation. With more than one seed, means and Student's intervals over seeds."""
    for at in range(GENERATIONS):
        print(f"\n{policy}, generation {at + 1}: {np.mean([one[at] for one in bits]):.3f} bits a held-out word")
        print("  band     types   kappa                  still written          forecast, kappa 1   with kappa")
        for band in [one.name for one in BANDS if all((at + 1, one.name) in each for each in seeds)]:
            print(_line(band, [each[at + 1, band] for each in seeds]), flush=True)


def _line(band: str, each: Sequence[Row]) -> str:
    types, plain, measured = np.mean([(one.types, one.plain, one.measured) for one in each], axis=0).tolist()
    left = clopper_pearson(each[0].alive, each[0].types) if len(each) == 1 else None
    share, low, high = _over([one.alive / one.types for one in each], left)
    alive = f"{share:.1%} [{max(0.0, low):.1%}, {min(1.0, high):.1%}]"
    return f"  {band:<7}{types:>6,.0f}   {_kappa(each):<20}   {alive:<24} {plain:>13.1%} {measured:>12.1%}"


def _kappa(each: Sequence[Row]) -> str:
    found = [(one.kappa.value, one.kappa.interval) for one in each if one.kappa.value is not None]
    if len(found) < len(each):
        return "not read"
    if len(found) == 1 and found[0][1] is None:
        return f"{found[0][0]:.2f}"
    value, low, high = _over([value for value, _ in found], found[0][1] if len(found) == 1 else None)
    return f"{value:.2f} [{max(0.0, low):.2f}, {high:.2f}]"


def _over(values: Sequence[float], one: Interval | None) -> tuple[float, float, float]:
    """Mean and interval: that of the one seed, else Student's over seeds."""
    mean = float(np.mean(values))
    if one is not None:
        return mean, *one
    half = student_t_quantile(0.975, len(values) - 1) * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean, mean - half, mean + half


def run(loops: Sequence[Loop]) -> None:
    """A loop for each seed, which draws its anchor; both policies share the first generation."""
    print(f"{'GPU' if torch.cuda.is_available() else 'CPU, 1 thread'}; a decoder of {SHAPE.layers} x {SHAPE.width}")
    for one in loops:
        print(f"{sum(map(len, one.anchor)):,} tokens in {len(one.anchor):,} documents, {one.words:,} words", flush=True)
    firsts = [trained(one.anchor, one, 1, "both") for one in loops]
    for policy in POLICIES:
        found = [list(generations(policy, one, first)) for one, first in zip(loops, firsts, strict=True)]
        filled = [rows(policy, one.anchor, each) for one, each in zip(loops, found, strict=True)]
        tell(policy.name, filled, [[one.bits for one in each] for each in found])


def main() -> None:
    """Print a line when a model is trained, then the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path, help="real text in UTF-8, paragraphs with an empty line between")
    parser.add_argument("--tokens", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    if min(asked.epochs, asked.seeds) < 1:
        parser.error("--epochs and --seeds are 1 or more")
    torch.set_num_threads(1)
    try:
        texts = [cut for one in asked.text.read_text(encoding="utf-8").split("\n\n") if (cut := pieces(one))]
        loops = [loop(texts, asked.tokens, asked.epochs, seed) for seed in range(asked.seeds)]
    except (OSError, ValueError) as error:
        parser.error(f"{asked.text}: {error}")
    run(loops)


if __name__ == "__main__":
    main()
