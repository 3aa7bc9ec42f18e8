"""The monitor's word on corpora of which it is known what they are."""

from pathlib import Path

import numpy as np
import pytest

from sterling.collapse.branching import replace
from sterling.collapse.comparing import compared, evidence
from sterling.collapse.loops.trigrams import outputs
from sterling.collapse.panel import PANEL, Reference, measured, stretches
from sterling.stats import welch
from sterling.text import pieces

Corpora = dict[str, list[str]]


@pytest.fixture(scope="module")
def corpora(shared_data: Path) -> Corpora:
    """Speeches in three parts, and what a loop that replaces its data makes of the third one."""
    speeches = [one for one in (shared_data / "text" / "tinyshakespeare.txt").read_text().split("\n\n") if one.strip()]
    order = np.random.default_rng(1).permutation(len(speeches))
    plain = [" ".join(pieces(speeches[at])) for at in order]
    reference, control, seeds = (plain[part::3] for part in range(3))
    words, tokens = np.unique([w for text in seeds for w in (*text.split(" "), "¶")], return_inverse=True)
    *_, last = outputs(replace(), tokens, 2, seed=1)
    written = [one.strip() for one in " ".join(words[last]).split("¶")]
    return {"reference": reference, "control": control, "seeds": seeds, "second": [one for one in written if one]}


@pytest.fixture(scope="module")
def panels(corpora: Corpora) -> dict[str, list[dict[str, float]]]:
    reference = Reference.of(corpora["reference"])
    return {
        name: [measured(reference, one) for one in stretches(corpora[name], 10_000, 8)]
        for name in ("control", "seeds", "second")
    }


def test_other_real_text_is_green(panels: dict[str, list[dict[str, float]]]) -> None:
    found = compared(panels["seeds"], panels["control"], 10_000)
    assert (found.colour, found.stretches) == ("green", 8)
    assert {f.measure.name for f in found.findings} == {m.name for m in PANEL}


def test_the_second_generation_of_a_loop_is_not(panels: dict[str, list[dict[str, float]]]) -> None:
    found = compared(panels["second"], panels["control"], 10_000)
    assert found.colour in {"amber", "red"}
    said = {f.measure.name: f.said for f in found.findings}
    assert {said[name] for name in ("distinct_2", "hapax_share", "zstd_ratio", "rare_bigram_recall")} == {"worse"}
    assert all(f.measure.family != "shown" for f in found.findings if f.measure.name in found.why)


def test_a_corpus_is_equal_to_itself(panels: dict[str, list[dict[str, float]]]) -> None:
    found = compared(panels["control"], panels["control"], 10_000)
    assert found.colour == "green"
    assert not {f.said for f in found.findings} & {"worse", "better"}


def test_too_little_text_says_how_much_would_do(panels: dict[str, list[dict[str, float]]]) -> None:
    found = compared(panels["second"][:5], panels["control"], 10_000)
    assert (found.colour, found.stretches) == ("insufficient sample", 5)
    assert found.why == "5 stretches of 10,000 tokens; 8 of 10,000 on each side would do"
    assert compared([], panels["control"], 10_000).findings == ()


def test_evidence_carries_what_was_said(panels: dict[str, list[dict[str, float]]]) -> None:
    found = {e.name: e for e in evidence("second", compared(panels["second"], panels["control"], 10_000), 2)}
    one = found["collapse.second.distinct_2"]
    assert (one.n, one.inputs["said"], one.inputs["family"]) == (16, "worse", "words")
    assert one.inputs["kind"] == "gap"
    assert (one.inputs["generation"], one.inputs["against"], one.inputs["measure"]) == (2, "real", "distinct_2")
    assert one.interval is not None
    assert one.interval.high < 0


def test_n_counts_all_stretches_that_the_interval_is_of() -> None:
    """Twenty against eight are 28, and both are said; the eight decide whether there are enough."""
    sides = [[{m.name: 1 + 0.1 * (at % 2) for m in PANEL} for at in range(n)] for n in (20, 8, 7)]
    found = compared(sides[0], sides[1], 10_000)
    [one, *_] = evidence("g", found, 2, "first")
    assert (one.n, one.inputs["stretches"], one.inputs["control_stretches"]) == (28, 20, 8)
    assert "mean of 20 stretches less that of 8 of the first generation, 10,000 tokens each" in one.method
    assert one.interval == welch([row["distinct_2"] for row in sides[0]], [row["distinct_2"] for row in sides[1]])[1]
    assert found.stretches == 8
    assert compared(sides[0], sides[2], 10_000).colour == "insufficient sample"


def test_what_is_undecided_says_how_many_stretches_would_tell() -> None:
    """Spreads of which the answer is known: 2 t^2 s^2 / margin^2, the margin of coverage being 5 %."""
    control = [dict.fromkeys((m.name for m in PANEL), 1 + 0.1 * (-1) ** at) for at in range(8)]
    corpus = [dict.fromkeys((m.name for m in PANEL), 1 + 0.2 * (-1) ** at) for at in range(8)]
    found = {f.measure.name: f for f in compared(corpus, control, 10_000).findings}["coverage"]
    assert found.said == "undecided"
    spread = 0.1**2 * 8 / 7
    assert found.enough.control == pytest.approx(2 * 2.09**2 * spread / 0.05**2, abs=1)
    assert found.enough.corpus == pytest.approx(4 * found.enough.control, abs=4)
