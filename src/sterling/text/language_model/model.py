"""The model: probabilities of counted n-grams, and what texts cost under them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.stats import Evidence, Interval, ratio_of_sums, student_t_quantile
from sterling.text.language_model.counts import Counting, Placed, Table
from sterling.text.lookup import positions
from sterling.text.ngrams import Hashes, window_hashes

Floats = npt.NDArray[np.float64]


class Scores(NamedTuple):
    """What texts cost."""

    bits: Floats
    """By text: the sum over its tokens."""
    tokens: npt.NDArray[np.int64]
    """By text."""

    @property
    def bits_per_token(self) -> Floats:
        """By text; NaN for one without tokens."""
        with np.errstate(invalid="ignore"):
            return self.bits / self.tokens


@dataclass(frozen=True, slots=True)
class _Grams:
    """The n-grams of one n, and where to look for them: 16 bytes each and 4 to 8 of index."""

    hashes: Hashes
    log_p: npt.NDArray[np.float32]
    """log2 of the probability of the last token after the others, interpolated with all shorter contexts."""
    log_rest: npt.NDArray[np.float32]
    """log2 of what an n-gram as a context leaves to shorter ones; 0 for what was never a context."""
    starts: npt.NDArray[np.uint32]
    """By the top bits of a hash, where the hashes that begin with them begin."""

    @classmethod
    def of(cls, hashes: Hashes, log_p: Floats, log_rest: Floats) -> "_Grams":
        bits = max(1, len(hashes).bit_length())
        tops = np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(64 - bits)
        starts = np.searchsorted(hashes, tops[:-1])
        ends = np.append(starts, len(hashes)).astype(np.uint32)
        return cls(hashes, log_p.astype(np.float32), log_rest.astype(np.float32), ends)

    def find(self, sought: Hashes) -> npt.NDArray[np.int64]:
        """For each hash its index, or -1. About one look at memory for each: the hashes are spread evenly."""
        found = np.full(len(sought), -1, np.int64)
        top = (sought >> np.uint64(65 - len(self.starts).bit_length())).astype(np.int64)
        at, stop = self.starts[top].astype(np.int64), self.starts[top + 1].astype(np.int64)
        live = np.flatnonzero(at < stop)
        while len(live):
            here = at[live]
            same = self.hashes[here] == sought[live]
            found[live[same]] = here[same]
            here += 1
            at[live] = here
            live = live[~same & (here < stop[live])]
        return found


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """An interpolated Witten-Bell n-gram model over the hashes of tokens; of which tokens, who trains it decides.

    P(w | h) = (c(h w) + T(h) P(w | h')) / (C(h) + T(h)), where c counts, C(h) is the sum of c(h w) over all w, T(h) is
    the number of different w that followed h, and h' is h without its first token (Witten and Bell, IEEE Transactions
    on Information Theory 37(4), 1991, method C; interpolated as in Chen and Goodman, TR-10-98, 1998, equation 17). A
    context that was never seen says nothing: P(w | h) = P(w | h'). Below single tokens lies the uniform distribution
    over the V known tokens and one more, `unknown`.

    So the vocabulary is closed, and the probabilities of its tokens and of `unknown` sum to 1 after every context. All
    unknown tokens are this one, and cost about log2(tokens trained on + V) bits: as much as the rarest, never less.
    That tells strange words, and says nothing of how they are spelt; costs under models of different vocabularies
    are comparable only as far as few tokens are unknown.

    A text is read behind a mark of its beginning. Its end is not predicted, so its length costs nothing. Two n-grams
    share a hash with probability 2^-64, and then their counts. 16 bytes for each distinct n-gram and 4 to 8 of index;
    probabilities are held to 7 digits. Picklable, and the same on every machine up to the last bits of a logarithm.
    """

    grams: tuple[_Grams, ...]
    vocabulary: int
    """V: distinct tokens that it was trained on."""
    log_unknown: float
    """log2 of the probability of `unknown` without a context."""

    @classmethod
    def trained(cls, texts: Iterable[Sequence[Hashes]], order: int = 3) -> "LanguageModel":
        """Of blocks of texts, each as the hashes of its tokens, with n-grams of up to `order` tokens."""
        counting = Counting(order)
        for block in texts:
            counting.add(block)
        return cls.of(counting.tables())

    @classmethod
    def of(cls, tables: Sequence[Table]) -> "LanguageModel":
        """Of counted n-grams, n from 1."""
        size = len(tables[0].hashes)
        total = int(tables[0].counts.sum())
        unknown = 1 / (total + size) if total else 1.0
        grams: list[_Grams] = []
        shorter = _Known(np.zeros(1, np.uint64), np.array([1 / (size + 1)]))
        for table, longer in zip(tables, (*tables[1:], None), strict=True):
            chances = _chances(table, shorter)
            shorter = _Known(table.hashes, chances)
            grams.append(_with_rest(table.hashes, np.log2(chances), longer))
        return cls(tuple(grams), size, math.log2(unknown * size / (size + 1)) if total else 0.0)

    @property
    def order(self) -> int:
        """Tokens in the longest n-gram."""
        return len(self.grams)

    def knows(self, tokens: Hashes) -> npt.NDArray[np.bool_]:
        """Which tokens it was trained on."""
        at = self.grams[0].find(window_hashes(tokens, 1))
        found: npt.NDArray[np.bool_] = (at >= 0) & np.isfinite(self.grams[0].log_p[at])
        return found

    def bits(self, texts: Sequence[Hashes]) -> list[Floats]:
        """What each token of each text costs, in bits."""
        placed = Placed.of(texts)
        costs = -self._log_p(placed)[placed.depth > 0]
        return np.split(costs, np.cumsum([len(text) for text in texts]))[:-1]

    def scores(self, texts: Sequence[Hashes]) -> Scores:
        """What each text costs. The same for a text whatever stands beside it."""
        placed = Placed.of(texts)
        log_p = self._log_p(placed)
        log_p[placed.depth == 0] = 0
        owner = np.cumsum(placed.depth == 0) - 1
        tokens = np.fromiter(map(len, texts), np.int64, len(texts))
        return Scores(-np.bincount(owner, log_p, len(texts)).astype(np.float64), tokens)

    def _log_p(self, placed: Placed) -> Floats:
        """log2 of the probability of each token after what stands before it; of no meaning for a `BEGIN`."""
        log_p = np.full(len(placed.tokens), self.log_unknown)
        rest = np.zeros(len(placed.tokens))
        for n, grams in enumerate(self.grams, 1):
            at = grams.find(placed.grams(n))
            at[placed.depth < n - 1] = -1
            known = at >= 0
            log_p += rest
            log_p[known] = grams.log_p[at[known]]
            rest[:] = 0
            rest[1:][known[:-1]] = grams.log_rest[at[:-1][known[:-1]]]
            rest[placed.depth < n] = 0
        return log_p


class _Known(NamedTuple):
    """Sorted hashes, and the probability of each."""

    hashes: Hashes
    chances: Floats


def _chances(table: Table, shorter: _Known) -> Floats:
    """The probability of each n-gram's last token, by Witten and Bell."""
    _, home, followers = np.unique(table.contexts, return_inverse=True, return_counts=True)
    seen = np.bincount(home, table.counts)
    lower = shorter.chances[np.searchsorted(shorter.hashes, table.suffixes)]
    found: Floats = (table.counts + followers[home] * lower) / (seen + followers)[home]
    return found


def _with_rest(hashes: Hashes, log_p: Floats, longer: Table | None) -> _Grams:
    """N-grams with what they leave as contexts. `BEGIN` joins the single tokens: it is a context and no token."""
    if longer is None:
        return _Grams.of(hashes, log_p, np.zeros(len(hashes)))
    contexts, home, followers = np.unique(longer.contexts, return_inverse=True, return_counts=True)
    left = np.log2(followers / (np.bincount(home, longer.counts, len(followers)) + followers))
    missing = contexts[positions(hashes, contexts) < 0]
    order = np.argsort(np.append(hashes, missing), kind="stable")
    every = np.append(hashes, missing)[order]
    rest = np.zeros(len(every))
    rest[np.searchsorted(every, contexts)] = left
    return _Grams.of(every, np.append(log_p, np.full(len(missing), -np.inf))[order], rest)


def cross_entropy(name: str, scores: Scores, method: str, **inputs: Any) -> Evidence:
    """Bits per token over documents: all bits by all tokens, with a 95 % interval over the documents.

    A ratio of sums (`stats.ratio_of_sums`), its interval by Student's t. n counts documents that have tokens.
    """
    some = scores.tokens > 0
    bits, tokens, n = scores.bits[some], scores.tokens[some], int(some.sum())
    told = {"tokens": int(tokens.sum()), **inputs}
    if n < 2:
        return Evidence(name, None, n, None, f"{method}; fewer than two documents with tokens", told)
    ratio, error = ratio_of_sums(bits, tokens)
    half = student_t_quantile(0.975, n - 1) * error
    return Evidence(name, ratio, n, Interval(ratio - half, ratio + half), f"{method}; ratio over documents, 95 %", told)
