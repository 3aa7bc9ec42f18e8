"""What each arm is fed."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sterling.experiment import Arm, Corpus, fed

SHARES = st.sampled_from([0.1, 0.3, 0.5])


def _corpus(letter: str, sizes: list[int]) -> Corpus:
    return Corpus([f"{letter}{n}" for n in range(len(sizes))], sizes)


@given(st.lists(st.integers(1, 9), min_size=20, max_size=60), st.lists(st.integers(1, 9), min_size=60), SHARES)
def test_arms_have_the_tokens_they_are_named_for(real: list[int], synthetic: list[int], share: float) -> None:
    both = {f"r{n}": size for n, size in enumerate(real)} | {f"s{n}": size for n, size in enumerate(synthetic)}
    one, other = _corpus("r", real), _corpus("s", synthetic)

    def size(arm: Arm, letter: str = "") -> int:
        return sum([both[text] for text in fed(arm, one, other, share) if text.startswith(letter)])

    whole, most = sum(real), max([*real, *synthetic])
    added = min(share / (1 - share) * whole, sum(synthetic))
    assert size("real") == whole
    assert size("added", "r") == whole
    assert added <= size("added", "s") < added + most
    assert abs(size("repeated") - size("added")) <= 2 * most
    assert abs(size("matched") - whole) <= 2 * most


def test_mixed_arms_end_on_real_data() -> None:
    one, other = _corpus("r", [5] * 10), _corpus("s", [5] * 10)
    assert fed("added", one, other, 0.3)[-1] == "r9"
    assert fed("matched", one, other, 0.3)[0] == "s0"


def test_repeating_starts_again() -> None:
    repeats = Counter(fed("repeated", _corpus("r", [1] * 4), _corpus("s", [1] * 9), 0.5))
    assert repeats == {f"r{n}": 2 for n in range(4)}
    assert fed("repeated", _corpus("r", []), _corpus("s", [1]), 0.5) == []
