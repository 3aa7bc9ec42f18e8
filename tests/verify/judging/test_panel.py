"""What a panel is worth: known cases, and the published verdicts of five judges on LLMBar."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sterling.verify.judging import panel
from sterling.verify.judging.panel import Gold

ROOT = Path(__file__).resolve().parents[3]


def gold(*members: list[int], truth: list[int], pairs: bool = False) -> Gold:
    votes = np.array(members, np.int8).T
    return Gold(votes, np.array(truth, np.int8), np.full(len(truth), pairs))


def random_gold(accuracies: list[float], n: int, copies_of_last: int = 0, seed: int = 1) -> Gold:
    source = np.random.default_rng(seed)
    truth = source.choice([-1, 1], n)
    votes = [np.where(source.random(n) < accuracy, truth, -truth) for accuracy in accuracies]
    every = [*votes, *[votes[-1]] * copies_of_last]
    return Gold(np.array(every, np.int8).T, truth.astype(np.int8), np.zeros(n, np.bool_))


def test_credit_gives_half_for_undecided() -> None:
    assert panel.credit(np.array([1, 0, -1], np.int8), np.array([1, 1, 1], np.int8)).tolist() == [1, 0.5, 0]


def test_who_always_says_yes_is_no_better_than_a_coin() -> None:
    always, right = [1] * 40, [1] * 36 + [-1] * 4
    shown = gold(always, right, truth=right)
    assert panel.balanced_accuracy(shown).tolist() == pytest.approx([(37 / 38 + 1 / 6) / 2, (37 / 38 + 5 / 6) / 2])
    fair = gold([1] * 40, truth=[1] * 20 + [-1] * 20)
    assert panel.balanced_accuracy(fair).tolist() == [0.5]


def test_gold_of_one_class_proves_little_but_a_pair_counts_in_both() -> None:
    ones = [1] * 18
    assert panel.balanced_accuracy(gold(ones, truth=ones)).tolist() == [(19 / 20 + 1 / 2) / 2]
    assert panel.balanced_accuracy(gold(ones, truth=ones, pairs=True)).tolist() == [19 / 20]


def test_weights_are_log_odds_and_never_negative() -> None:
    truth = [1, -1] * 20
    good, liar = truth, [-t for t in truth]
    coin = [1, 1, -1, -1] * 10
    weights = panel.log_odds(gold(good, liar, coin, truth=truth))
    assert weights.tolist() == [1, 0, 0]
    assert panel.log_odds(gold(liar, coin, truth=truth)).tolist() == [0, 0]


def test_a_panel_of_which_nobody_beats_a_coin_decides_nothing() -> None:
    shown = random_gold([0.2, 0.3], 60)
    standing = panel.settle(shown)
    assert standing.weights.tolist() == [0, 0]
    assert not panel.decisions(shown.votes, standing.weights).any()


def test_majority_wants_more_than_half_of_all_members() -> None:
    votes = np.array([[1, 1, 1, -1, -1], [1, 1, 0, 0, -1], [-1, -1, -1, 0, 0], [0, 0, 0, 0, 0]], np.int8)
    assert panel.majority(votes).tolist() == [1, 0, -1, 0]


def test_clones_are_one_effective_vote_and_strangers_are_many() -> None:
    clones = panel.effective_votes(random_gold([0.7], 400, copies_of_last=4))
    assert clones.correlation == pytest.approx(1)
    assert clones.votes == pytest.approx(1)
    strangers = panel.effective_votes(random_gold([0.7] * 5, 4000))
    assert strangers.votes is not None
    assert strangers.interval is not None
    assert strangers.votes > 4.5
    assert strangers.interval.low <= strangers.votes <= strangers.interval.high <= 5


def test_effective_votes_as_published() -> None:
    assert round(panel.discounted(6, 0.37), 1) == 2.1
    assert panel.discounted(6, -0.1) == 6


def test_two_members_have_phi() -> None:
    one, other = [1] * 30 + [-1] * 10 + [1] * 5 + [-1] * 15, [1] * 30 + [-1] * 15 + [1] * 15
    found = panel.effective_votes(gold(one, other, truth=[1] * 60))
    both = sum(x == y == 1 for x, y in zip(one, other, strict=True))
    a, d = both, sum(x == y == -1 for x, y in zip(one, other, strict=True))
    b = sum(x == 1 and y == -1 for x, y in zip(one, other, strict=True))
    c = sum(x == -1 and y == 1 for x, y in zip(one, other, strict=True))
    phi = (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    assert found.correlation == pytest.approx(phi)


def test_judges_without_errors_have_no_correlation() -> None:
    truth = [1, -1] * 20
    assert panel.effective_votes(gold(truth, truth, truth=truth)) == (None, None, None)


def test_clones_of_a_weak_judge_do_not_outvote_a_good_one() -> None:
    shown = random_gold([0.9, 0.65], 300, copies_of_last=8)
    assert panel.cross_validate(shown, panel.log_odds).loses
    standing = panel.settle(shown)
    assert standing.alone
    assert standing.weights.tolist() == [1] + [0] * 9


def test_independent_judges_beat_the_best_of_them() -> None:
    standing = panel.settle(random_gold([0.8] * 5, 1000))
    assert not standing.alone
    assert standing.comparison.interval.low > 0


def test_too_little_gold_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 20"):
        panel.cross_validate(random_gold([0.9], 19), panel.log_odds)


# LLMBar: recorded verdicts of five judges in both orders.


@pytest.fixture(scope="module")
def llmbar(shared_data: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("llmbar", ROOT / "benchmarks" / "llmbar.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.FILE.is_file():
        pytest.skip(f"{module.FILE.name} is not in {shared_data.name}")
    return module


def test_accuracy_of_each_judge_as_published(llmbar: ModuleType) -> None:
    found = llmbar.subsets(llmbar.read(llmbar.FILE))
    shown = {
        judge: tuple((100 * found[name].accuracy()[at]).round(1) for name in ("Natural", "Adversarial"))
        for at, judge in enumerate(llmbar.JUDGES)
    }
    assert {name: len(seen.truth) for name, seen in found.items()} == {"Natural": 100, "Adversarial": 319, "all": 419}
    assert shown == {
        "GPT-4": (95.5, 81.0), "PaLM2": (83.0, 65.7), "ChatGPT": (81.5, 27.0), "LLaMA2": (80.5, 32.8),
        "Falcon": (74.0, 50.9),
    }  # fmt: skip


def test_majority_of_five_against_the_best_judge(llmbar: ModuleType) -> None:
    hard = llmbar.subsets(llmbar.read(llmbar.FILE))["Adversarial"].gold()
    majority = (panel.majority(hard.votes) == hard.truth).mean()
    gpt4 = (hard.votes[:, 0] == hard.truth).mean()
    assert (round(100 * majority), round(100 * gpt4)) == (24, 77)


@pytest.mark.parametrize(
    ("subset", "correlation", "votes"), [("Natural", 0.305, 2.25), ("Adversarial", 0.3145, 2.21), ("all", 0.3814, 1.98)]
)
def test_effective_votes_of_five(llmbar: ModuleType, subset: str, correlation: float, votes: float) -> None:
    worth = panel.effective_votes(llmbar.subsets(llmbar.read(llmbar.FILE))[subset].gold())
    assert worth.correlation == pytest.approx(correlation, abs=5e-4)
    assert worth.votes == pytest.approx(votes, abs=5e-3)
    assert worth.interval is not None
    assert worth.interval.low < votes < worth.interval.high


@pytest.mark.parametrize("subset", ["Natural", "Adversarial", "all"])
def test_our_weights_do_not_fall_below_the_best_judge(llmbar: ModuleType, subset: str) -> None:
    """Weights, and whether to use them at all, are settled within each training part."""
    shown = llmbar.subsets(llmbar.read(llmbar.FILE))[subset].gold()
    compared = panel.cross_validate(shown, panel.settled)
    assert llmbar.JUDGES[compared.member] == "GPT-4"
    assert compared.gain >= 0
    assert compared.interval.low > -0.04
    equal = panel.cross_validate(shown, lambda gold: np.full(5, 0.2))
    assert equal.gain < compared.gain


def test_the_table_is_printed(
    llmbar: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["llmbar.py"])
    llmbar.main()
    assert "majority of five" in capsys.readouterr().out
