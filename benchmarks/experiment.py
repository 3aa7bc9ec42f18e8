"""Does synthetic data help? The scarce and the abundant setting of the reference, on real text, and what it measured.

    python -m benchmarks.experiment

A strong generator (trigrams without smoothing) has read all of the real training text; students (Witten-Bell trigrams
over one closed vocabulary) get a part of it, and synthetic text that makes 30 % of the tokens. Shown are differences of
cross-entropy on held-out speeches, by arm and control: on all of them, on the quarter with the rarest words, on the
quarter that is least like the synthetic text, and of the words alone that the kept real text holds one to five times.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sterling.collapse.loops.trigrams import Trigrams, Weighed
from sterling.experiment import (
    ADDED,
    FEEDS,
    Arm,
    Corpus,
    Documents,
    Effect,
    Example,
    Feed,
    Floats,
    Ngrams,
    RareWords,
    Student,
    effect,
    fed,
    slices,
)
from sterling.text import pieces

TEXT = Path(__file__).parents[2] / "shared" / "data" / "text" / "tinyshakespeare.txt"
SHARE = 0.3
ARMS = (ADDED, Arm("matched", ("real",)), Arm("repeated", ("real",)))
REFERENCE = {0.1: (-0.131, 0.031), 0.7: (0.087, 0.303)}
"""By the part of the real data that is kept: overall, and on the tail."""


class Setting(NamedTuple):
    """The test, and what students may read."""

    test: Sequence[Example]
    train: Corpus[Example]
    written: Corpus[Example]


def setting(path: Path, seed: int = 0) -> Setting:
    """A fifth of the speeches is the test; the generator has read the others, and writes as many tokens."""
    speeches = [" ".join(pieces(one)) for one in path.read_text(encoding="utf-8").split("\n\n") if one.strip()]
    order = np.random.default_rng(seed).permutation(len(speeches)).tolist()
    plain = [speeches[at] for at in order]
    train = plain[len(plain) // 5 :]
    words, tokens = np.unique([w for text in train for w in (*text.split(" "), "¶")], return_inverse=True)
    written = Trigrams([Weighed(tokens, 1.0)]).write(len(tokens), np.random.default_rng(seed + 1))
    texts = [one.strip() for one in " ".join(words[written]).split("¶") if one.strip()]
    return Setting([_example(text) for text in plain[: len(plain) // 5]], _corpus(train), _corpus(texts))


def effects(of: Setting, kept: float, seeds: int, arms: Sequence[Arm] = ARMS) -> Iterator[tuple[Arm, str, str, Effect]]:
    """Each arm, control and slice; a seed draws which real and which synthetic documents there are."""
    draws = [np.random.default_rng(seed) for seed in range(seeds)]
    drawn = [(of.train.drawn(draw, kept), of.written.drawn(draw, 1.0)) for draw in draws]
    feeds = [feed for feed in FEEDS if any(feed in {arm.feed, *arm.controls} for arm in arms)]
    fedto = {feed: [fed(feed, *both, SHARE) for both in drawn] for feed in feeds}
    whole = _losses(Ngrams(of.test, of.train.items), fedto)
    texts = [[one.text for one in some] for some in (of.test, drawn[0][0].items, of.written.items)]
    masks = slices(_untagged(texts[0]), _untagged(texts[1]), texts[2])
    rare = _losses(RareWords(of.test, [real.items for real, _ in drawn], of.train.items), fedto)
    for arm, control in [(one, control) for one in arms for control in one.controls]:
        for name, mask in masks.items():
            yield arm, control, name, effect(whole[arm.feed][:, mask], whole[control][:, mask])
        yield arm, control, "rare words", effect(rare[arm.feed], rare[control])


def _losses(student: Student, fedto: Mapping[Feed, Sequence[Sequence[Example]]]) -> dict[str, Floats]:
    return {
        feed: np.array([student.losses(training, seed) for seed, training in enumerate(every)])
        for feed, every in fedto.items()
    }


def _untagged(texts: Sequence[str]) -> Documents:
    return Documents(texts, [()] * len(texts))


def _example(text: str) -> Example:
    return Example(text[:40], text)


def _corpus(texts: Sequence[str]) -> Corpus[Example]:
    return Corpus([_example(text) for text in texts], [len(text.split(" ")) for text in texts])


def main() -> None:
    """Print a line for each part kept, contrast and slice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--text", type=Path, default=TEXT)
    parser.add_argument("--seeds", type=int, default=8)
    options = parser.parse_args()
    begun = time.process_time()
    of = setting(options.text)
    print(f"{sum(of.train.tokens):,} real tokens to keep from, {len(of.test):,} test speeches, {options.seeds} seeds")
    for kept in (0.1, 0.3, 0.5, 0.7, 1.0):
        told = REFERENCE.get(kept)
        known = f"; the reference: {told[0]:+.3f} overall, {told[1]:+.3f} on the tail" if told else ""
        print(f"\n{kept:.0%} of the real data kept{known}")
        for arm, control, name, found in effects(of, kept, options.seeds):
            low, high = found.interval
            told_n = f"n = {found.documents:,}"
            print(f"  {arm.feed:>8} - {control:<8} {name:<10} {found.value:+.3f} [{low:+.3f}, {high:+.3f}]  {told_n}")
    print(f"\n{time.process_time() - begun:.0f} CPU seconds")


if __name__ == "__main__":
    main()
