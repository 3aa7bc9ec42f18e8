import random
from collections import Counter

from sterling.collapse.cells import Candidate, Yield, cell_yields, likeness, near_duplicates, total


def sentence(n: int, length: int = 30) -> str:
    """Words by chance, the same for the same `n`."""
    chance = random.Random(n)
    return " ".join(f"word{chance.randrange(500)}" for _ in range(length))


def test_yields_are_shares_with_intervals() -> None:
    counts = Counter({("evolve", "deepen", True): 3, ("evolve", "deepen", False): 1, ("evolve", "broaden", False): 2})
    found = list(cell_yields("evolve", total([counts])["evolve"]))
    assert [(one.inputs["cell"], one.value, one.n) for one in found] == [("broaden", 0.0, 2), ("deepen", 0.75, 4)]
    assert all(one.interval is not None for one in found)
    assert total([counts, counts])["evolve"]["deepen"] == Yield(8, 6)


def test_a_text_counts_once_however_many_it_is_like() -> None:
    different = [sentence(n) for n in range(40)]
    assert near_duplicates(different) == 0
    assert near_duplicates([*different, different[0], different[0], different[1]]) == 3


def test_answers_may_be_alike_where_prompts_are_not() -> None:
    candidates = [Candidate("a" if n % 2 else "b", sentence(n), sentence(99)) for n in range(30)]
    found = {one.name: one for one in likeness("s", candidates, 1)}
    assert found["generate.s.near_duplicate_prompts"].value == 0
    assert found["generate.s.near_duplicate_answers"].value == 29 / 30


def test_too_few_candidates_are_not_measured() -> None:
    assert list(likeness("s", [Candidate("a", sentence(1), sentence(2))], 1)) == []


def test_distinct_n_is_told_by_cell_on_equal_tokens() -> None:
    varied = [Candidate("varied", "", sentence(n, 120)) for n in range(40)]
    same = [Candidate("same", "", sentence(3, 120)) for _ in range(40)]
    found = {(one.name, one.inputs["cell"]): one for one in likeness("s", [*varied, *same], 1) if "cell" in one.inputs}
    much, little = (found["generate.s.distinct_2", cell].value for cell in ("varied", "same"))
    assert much is not None
    assert little is not None
    assert much > 3 * little
    tokens = {one.inputs["tokens_per_chunk"] for one in found.values()}
    assert len(tokens) == 1
