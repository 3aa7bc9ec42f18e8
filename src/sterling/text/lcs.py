"""The longest common subsequence of two token lists, and ROUGE-L, which is made of it."""

from collections.abc import Hashable, Sequence


def lcs_length(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """How many tokens the longest common subsequence has.

    Bit-parallel (Crochemore, Iliopoulos, Pinzon, Reid, Information Processing Letters 80, 2001, in the form of Hyyrö,
    Australasian Workshop on Combinatorial Algorithms, 2004): a row of the usual table is one integer with a bit for
    each token of `one`, so a token of `other` costs a few operations on whole words of the machine.
    """
    places: dict[Hashable, int] = {}
    for at, token in enumerate(one):
        places[token] = places.get(token, 0) | 1 << at
    every = (1 << len(one)) - 1
    row = every
    for token in other:
        met = row & places.get(token, 0)
        row = (row + met) | (row - met)
    return len(one) - (row & every).bit_count()


def rouge_l(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """ROUGE-L as an F1 (Lin, ROUGE, 2004, with beta = 1): 2 LCS / (m + n). 1 for two empty lists. Symmetric."""
    tokens = len(one) + len(other)
    return 2 * lcs_length(one, other) / tokens if tokens else 1.0
