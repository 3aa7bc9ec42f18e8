from hypothesis import given
from hypothesis import strategies as st

from sterling.engine.produce import LEAST, MOST, growing


def sizes(count: int, length: int = 1) -> list[int]:
    return [len(chunk) for _, chunk in growing(range(count), lambda _: length)]


def test_a_small_source_is_cut_fine_and_a_large_one_into_few() -> None:
    assert sizes(0) == []
    assert sizes(8_500) == [LEAST] * 8 + [500]
    many = sizes(400_000)
    assert many[:-1] == sorted(many[:-1])
    assert (many[0], many[-2], sum(many)) == (LEAST, MOST, 400_000)
    assert len(many) < 60


def test_shards_of_long_texts_do_not_grow() -> None:
    assert set(sizes(50_000, length=40_000)) == {LEAST}


@given(st.integers(0, 40_000), st.integers(0, 5_000))
def test_what_comes_later_does_not_move_a_cut(count: int, more: int) -> None:
    """So a run that was killed, or a source that has grown, finds its finished shards again."""
    assert sizes(count + more)[: len(sizes(count)) - 1] == sizes(count)[:-1]


def test_every_item_is_in_one_shard_in_order() -> None:
    found = [*growing(range(30_001), lambda _: 1)]
    assert [number for number, _ in found] == [*range(len(found))]
    assert [item for _, chunk in found for item in chunk] == [*range(30_001)]
