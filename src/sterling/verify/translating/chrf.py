"""chrF: how alike two texts of one language are, by their character n-grams."""

from collections import Counter


def chrf(hypothesis: str, reference: str, *, order: int = 6, beta: float = 2) -> float:
    """The character n-gram F-score of Popović (WMT 2015), from 0 to 1.

    P and R are the means over n = 1 ... `order` of the shares of the hypothesis's and of the reference's n-grams that
    the other text has too, each as often as both have it; the score is (1 + b²) P R / (b² P + R), so with `beta` 2
    recall counts twice. White space is left out. Orders that one of the texts is too short for are left out too, as
    sacreBLEU does. 0 where no order is left.
    """
    one, other = "".join(hypothesis.split()), "".join(reference.split())
    orders = range(1, min(order, len(one), len(other)) + 1)
    if not orders:
        return 0.0
    matches = [_common(one, other, n) for n in orders]
    precision = sum(match / (len(one) - n + 1) for match, n in zip(matches, orders, strict=True)) / len(orders)
    recall = sum(match / (len(other) - n + 1) for match, n in zip(matches, orders, strict=True)) / len(orders)
    weight = beta * beta
    return (1 + weight) * precision * recall / (weight * precision + recall) if precision + recall else 0.0


def _common(one: str, other: str, n: int) -> int:
    return (_ngrams(one, n) & _ngrams(other, n)).total()


def _ngrams(text: str, n: int) -> Counter[str]:
    return Counter(text[at : at + n] for at in range(len(text) - n + 1))
