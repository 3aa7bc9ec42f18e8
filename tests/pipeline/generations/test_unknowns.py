import numpy as np
import pyarrow as pa
import pytest

from sterling.pipeline.generations.unknowns import Texts, machine_written, sample, token_share
from sterling.records import Origin, Record, batch_of
from sterling.stats import Evidence

PEOPLE = ["well", "honestly", "my", "gran", "said", "no", "way", "muddy", "boots", "porch"]
MACHINES = ["furthermore", "delve", "tapestry", "ensure", "crucial", "robust", "overall", "landscape", "key", "aspect"]


def texts(seed: int, n: int, machine_share: float) -> Texts:
    """Texts of twelve words, mostly of one of two vocabularies: told apart often, and not always."""
    random = np.random.default_rng(seed)
    machine = random.random(n) < machine_share
    typical, word = random.random((n, 12)) < 0.6, random.integers(0, len(MACHINES), (n, 12))
    chosen = np.where(typical == machine[:, None], np.array(MACHINES)[word], np.array(PEOPLE)[word])
    found = [" ".join(row) for row in chosen.tolist()]
    return Texts(pa.array(found, pa.large_string()), random.integers(0, 2**63, n, np.uint64))


def estimate(*kinds: Texts) -> dict[str, Evidence]:
    return {one.name.rpartition(".")[2]: one for one in machine_written(*kinds)}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_the_machine_written_share_is_found_in_spite_of_errors(share: float) -> None:
    found = estimate(texts(1, 800, 0), texts(2, 800, 1), texts(3, 600, share))
    assert 0.5 < (found["sensitivity"].value or 0) < 1
    told = found["machine_written"]
    assert told.interval is not None
    assert told.interval.low <= share <= told.interval.high
    assert told.interval.high - told.interval.low < 0.3
    apparent = told.inputs["apparent"]
    assert abs((told.value or 0) - share) < abs(apparent - share) + 0.02


def test_too_few_texts_or_kinds_that_look_alike_are_not_estimated() -> None:
    few = estimate(texts(1, 150, 0), texts(2, 800, 1), texts(3, 600, 0.5))
    assert few["machine_written"].value is None
    assert "not estimated: 100" in few["machine_written"].method
    assert estimate(texts(1, 800, 0), texts(2, 800, 1), texts(3, 99, 0))["machine_written"].value is None
    alike = estimate(texts(1, 800, 0), texts(2, 800, 0), texts(3, 600, 0))
    assert alike["machine_written"].value is None
    assert "cannot tell" in alike["machine_written"].method


def record(number: int, words: int, origin: Origin) -> Record:
    return Record.real({"text": " ".join(["word"] * words)}, source="s", row=str(number), origin=origin)


def test_tokens_of_unknown_origin_have_an_interval_of_records() -> None:
    batch = batch_of([record(n, 10 + n % 7, "unknown" if n % 4 == 0 else "human") for n in range(400)])
    told = token_share([batch.slice(0, 100), batch.slice(100)])
    assert (told.n, round(told.value or 0, 2)) == (400, 0.25)
    assert told.interval is not None
    assert 0.19 < told.interval.low < 0.22
    assert 0.28 < told.interval.high < 0.31
    assert token_share([batch_of([])]).value is None
    whole = token_share([batch_of([record(1, 3, "unknown")])])
    assert (whole.value, whole.interval and whole.interval.high) == (1.0, 1.0)


def test_a_sample_does_not_depend_on_how_shards_are_cut() -> None:
    batch = batch_of([record(n, 3, "unknown") for n in range(2_500)])
    one, other = sample([batch]), sample([batch.slice(1_200), batch.slice(0, 1_200)])
    assert one.texts == other.texts
    assert len(one.texts) == 2_000
