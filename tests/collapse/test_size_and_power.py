"""The campaign of `make monitor`, small: nothing is found where nothing happened, and a replacing loop is."""

from benchmarks.monitor import null, second

from sterling.collapse.deciding import ALPHA


def test_of_pairs_from_one_process_hardly_any_alarm() -> None:
    alarms = sum(any(f.p <= ALPHA for f in null(seed) if f.measure.family != "shown") for seed in range(3000, 3006))
    assert alarms <= 1


def test_the_second_generation_of_a_replacing_loop_is_seen() -> None:
    assert [second(10_000, seed) for seed in (4000, 4001)] == ["red", "red"]
