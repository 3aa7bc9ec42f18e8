"""What each arm is fed."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sterling.experiment import ADDED, Corpus, Feed, arms, fed

SHARES = st.sampled_from([0.1, 0.3, 0.5])


def _corpus(letter: str, sizes: list[int]) -> Corpus[str]:
    return Corpus([f"{letter}{n}" for n in range(len(sizes))], sizes)


@given(st.lists(st.integers(1, 9), min_size=20, max_size=60), st.lists(st.integers(1, 9), min_size=60), SHARES)
def test_arms_have_the_tokens_they_are_named_for(real: list[int], synthetic: list[int], share: float) -> None:
    both = {f"r{n}": size for n, size in enumerate(real)} | {f"s{n}": size for n, size in enumerate(synthetic)}
    one, other = _corpus("r", real), _corpus("s", synthetic)

    def size(feed: Feed, letter: str = "", most: float = float("inf")) -> int:
        return sum([both[text] for text in fed(feed, one, other, share, most) if text.startswith(letter)])

    whole, longest = sum(real), max([*real, *synthetic])
    added = min(share / (1 - share) * whole, sum(synthetic))
    assert size("real") == whole
    assert size("added", "r") == whole
    assert added - 1e-9 <= size("added", "s") < added + longest
    assert abs(size("repeated") - size("added")) <= 2 * longest
    assert abs(size("matched") - whole) <= 2 * longest
    assert size("added", "s", most=7) < 7 + longest


def test_mixed_arms_end_on_real_data() -> None:
    one, other = _corpus("r", [5] * 10), _corpus("s", [5] * 10)
    assert fed("added", one, other, 0.3)[-1] == "r9"
    assert fed("matched", one, other, 0.3)[0] == "s0"


def test_repeating_starts_again() -> None:
    repeats = Counter(fed("repeated", _corpus("r", [1] * 4), _corpus("s", [1] * 9), 0.5))
    assert repeats == {f"r{n}": 2 for n in range(4)}
    assert fed("repeated", _corpus("r", []), _corpus("s", [1]), 0.5) == []


def test_every_arm_has_its_control() -> None:
    made = arms(["evolve", "rephrase"], ["math"])
    controls = {arm.name: arm.controls for arm in made}
    assert controls == {
        "real": (),
        "repeated": ("real",),
        "matched": ("real",),
        "added": ("real", "repeated"),
        "without_strategy_evolve": ("added",),
        "without_strategy_rephrase": ("added",),
        "without_check_math": ("added",),
        "unfiltered": ("added",),
    }
    assert ADDED in made


def test_a_single_strategy_is_not_left_out() -> None:
    assert [arm.name for arm in arms(["evolve"], [], unfiltered=False)] == ["real", "repeated", "matched", "added"]
