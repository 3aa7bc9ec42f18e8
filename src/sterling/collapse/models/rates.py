"""How often a generation is right, and in how many ways: by band, with intervals over items.

An item is the unit: its samples are answers to one question, and many of them are not many items. Every value of an
item lies between two bounds, so the interval of their mean is that of a proportion with as many trials as the spread
between items leaves (Korn and Graubard, Survey Methodology 24, 1998). At a bound, where nothing spreads, an item is
one trial: all items right is not certainty.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from sterling.collapse.models.nouns import Answers, Generation, Tail
from sterling.stats import Evidence, Interval, clopper_pearson, mean, student_t_quantile

Value = Callable[[Answers], float | None]
"""The value of an item; None where its answers are too few for one."""
_RIGHT = "share of an item's answers that the check verified; mean over items"
_RIGHT_AT = "1 - C(n-c, k) / C(n, k) for an item, with k={k} (Chen et al., arXiv 2107.03374); mean over items"
_DISTINCT = (
    "right solutions of different form among {m} right ones of an item, expected (rarefaction: Hurlbert, Ecology 52, "
    "1971), so that a lower pass rate alone lowers nothing; mean over items with {m} right ones"
)
_ENTROPY = "-log2 of the probability of a token that was written, mean over an item's answers; mean over items"


def passing(answers: Answers) -> float | None:
    """The share of the answers that passed."""
    return answers.passed / answers.judged if answers.judged else None


def passing_at(k: int) -> Value:
    """The chance that one of `k` answers passes, unbiased; of an item with fewer answers none."""

    def value(answers: Answers) -> float | None:
        n, wrong = answers.judged, answers.judged - answers.passed
        return 1 - math.comb(wrong, k) / math.comb(n, k) if n >= k else None

    return value


def distinct_in(draws: int) -> Value:
    """How many forms are among so many right answers, on average over all choices of them: from 1 to `draws`."""

    def value(answers: Answers) -> float | None:
        c = answers.passed
        if c < draws:
            return None
        every = math.comb(c, draws)
        return sum(1 - math.comb(c - times, draws) / every for times in answers.forms.values())

    return value


def bits_a_token(answers: Answers) -> float | None:
    """The mean negative log-probability of the tokens, in bits."""
    return answers.bits / answers.tokens if answers.tokens else None


def equal_draws(tail: Tail, generations: Sequence[Generation], band: str) -> int:
    """How many right answers are drawn of an item so that generations can be compared: at least 2.

    As many as half of the items have that have two or more in every generation. It depends on how many are right, and
    never on how they differ.
    """
    fewest = [
        min((g.answers[item].passed if item in g.answers else 0) for g in generations) for item in tail.items(band)
    ]
    usable = sorted((n for n in fewest if n >= 2), reverse=True)
    return usable[(len(usable) - 1) // 2] if usable else 2


def levels(
    tail: Tail, generation: Generation, number: int, draws: Mapping[str, int], samples: int
) -> Iterator[Evidence]:
    """`models.<name>.pass.<band>`, `.pass@k.<band>`, `.distinct.<band>` and `.token_entropy` of one generation."""
    told = {"kind": "level", "generation": number, "name": generation.name}
    for band in tail.names:
        mine = [generation.answers[item] for item in tail.items(band) if item in generation.answers]
        counts = {
            **told, "band": band, "answers": sum(one.judged for one in mine), "right": sum(one.passed for one in mine)
        }  # fmt: skip
        yield _bounded(f"models.{generation.name}.pass.{band}", mine, passing, (0, 1), _RIGHT, counts)
        if samples > 1:
            k, m = samples, draws[band]
            name = f"models.{generation.name}.pass@{k}.{band}"
            yield _bounded(name, mine, passing_at(k), (0, 1), _RIGHT_AT.format(k=k), {**counts, "k": k})
            more = {**counts, "draws": m, "forms": sum(len(one.forms) for one in mine)}
            name = f"models.{generation.name}.distinct.{band}"
            yield _bounded(name, mine, distinct_in(m), (1, m), _DISTINCT.format(m=m), more)
    bits = [value for one in generation.answers.values() if (value := bits_a_token(one)) is not None]
    yield replace(mean(f"models.{generation.name}.token_entropy", bits, _ENTROPY), inputs=told)


def _bounded(
    name: str,
    answers: Sequence[Answers],
    value: Value,
    bounds: tuple[float, float],
    method: str,
    inputs: Mapping[str, object],
) -> Evidence:
    """The mean of values that lie within bounds, with its interval over items."""
    found = [one for each in answers if (one := value(each)) is not None]
    if not found:
        return Evidence(name, None, 0, None, f"{method}; no item to measure it on", inputs)
    low, high = bounds
    within = share_interval([(one - low) / (high - low) for one in found])
    ends = Interval(low + (high - low) * within.low, low + (high - low) * within.high)
    return Evidence(name, math.fsum(found) / len(found), len(found), ends, f"{method}; Korn and Graubard 95 %", inputs)


def share_interval(values: Sequence[float]) -> Interval:
    """The 95 % interval of the mean of independent values in [0, 1]. ValueError without values."""
    n = len(values)
    centre = min(1.0, max(0.0, math.fsum(values) / n))
    square = math.fsum((value - centre) ** 2 for value in values) / max(1, n - 1) / n
    trials = float(n)
    if square > 0 and n > 2:
        ratio = student_t_quantile(0.975, max(2.0, centre * (1 - centre) / square)) / student_t_quantile(0.975, n - 1)
        trials = max(trials, centre * (1 - centre) / square * ratio**2)
    return clopper_pearson(centre * trials, trials)
