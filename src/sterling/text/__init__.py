"""Tokens, n-grams and their hashes, and MinHash: once, for all rooms."""

from sterling.text.minhash import PERMUTATIONS, Banding, band_keys, banding, signature, sketches
from sterling.text.ngrams import (
    Hashes,
    Unit,
    jaccard,
    mixed,
    ngram_hashes,
    overlap,
    piece_hashes,
    shingles,
    token_hashes,
    window_hashes,
)
from sterling.text.tokens import count_tokens, pieces, plain_word_spans, plain_word_stretch, plain_words, words

__all__ = [
    "PERMUTATIONS",
    "Banding",
    "Hashes",
    "Unit",
    "band_keys",
    "banding",
    "count_tokens",
    "jaccard",
    "mixed",
    "ngram_hashes",
    "overlap",
    "piece_hashes",
    "pieces",
    "plain_word_spans",
    "plain_word_stretch",
    "plain_words",
    "shingles",
    "signature",
    "sketches",
    "token_hashes",
    "window_hashes",
    "words",
]
