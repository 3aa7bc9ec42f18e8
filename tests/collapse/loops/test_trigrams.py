"""The loop on text against the branching process."""

import re
from pathlib import Path

import numpy as np
import pytest

from sterling.collapse.branching import Policy, accumulate, freeze, presets, replace, rotate, survival
from sterling.collapse.loops.trigrams import Tokens, Trigrams, Weighed, outputs


def test_what_follows_is_what_followed() -> None:
    model = Trigrams([Weighed(np.array([0, 1, 2, 0, 1, 3]), 1.0)])
    written = model.write(20_000, np.random.default_rng(1))
    after = written[2:][(written[:-2] == 0) & (written[1:-1] == 1)]
    assert np.mean(after == 2) == pytest.approx(0.5, abs=0.05)
    assert np.mean(np.isin(after, [2, 3])) > 0.97  # but where one stretch ends and the next begins


def test_weights_count() -> None:
    pieces = [Weighed(np.array([0, 1, 2]), 0.9), Weighed(np.array([0, 1, 3]), 0.1)]
    written = Trigrams(pieces).write(20_000, np.random.default_rng(1))
    after = written[2:][(written[:-2] == 0) & (written[1:-1] == 1)]
    assert np.mean(after == 2) == pytest.approx(0.9, abs=0.03)


def test_it_is_the_same_for_the_same_seed() -> None:
    anchor = np.random.default_rng(0).integers(0, 50, 2000)
    one, other = (list(outputs(accumulate(), anchor, 3, seed=7)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _once_surviving(policy: Policy, anchor: Tokens, generations: int) -> list[float]:
    """Of the types that the anchor holds once, the share that is in the output of each generation."""
    types = np.flatnonzero(np.bincount(anchor) == 1)
    return [float(np.isin(types, one).mean()) for one in outputs(policy, anchor, generations, seed=1)]


@pytest.mark.parametrize("policy", [*presets(), rotate(0.3), freeze(0.1)], ids=lambda p: p.name)
def test_types_seen_once_die_out_as_forecast(policy: Policy, shakespeare: Tokens) -> None:
    found = _once_surviving(policy, shakespeare, 4)
    assert found == pytest.approx(survival(policy, [1], 4)[0].tolist(), abs=0.035)


def test_replacing_loses_types_on_any_text() -> None:
    anchor = np.random.default_rng(2).zipf(1.5, 20_000) % 5000
    found = _once_surviving(replace(), anchor, 3)
    assert found == pytest.approx([0.632, 0.469, 0.374], abs=0.06)


@pytest.fixture(scope="module")
def shakespeare(shared_data: Path) -> Tokens:
    text = (shared_data / "text" / "tinyshakespeare.txt").read_text()
    return np.unique(re.findall(r"\w+|[^\w\s]", text), return_inverse=True)[1]
