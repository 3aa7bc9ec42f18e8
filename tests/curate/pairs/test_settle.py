from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.curate import Removal, settle

IDS = "abcdefghij"
pairs = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)).filter(lambda p: p[0] != p[1])
# One similarity for each unordered pair, as an exact confirmation gives.
graphs = st.dictionaries(pairs.map(lambda p: tuple(sorted(p))), st.sampled_from([0.8, 0.85, 0.9, 1.0]), max_size=25)
ranks = st.fixed_dictionaries({i: st.integers(0, 3) for i in IDS})
protections = st.frozensets(st.sampled_from(IDS))


def edges(graph: dict[Any, float]) -> list[tuple[str, str, float]]:
    return [(a, b, s) for (a, b), s in graph.items()]


def test_a_chain_is_not_closed() -> None:
    confirmed = [("a", "b", 0.9), ("b", "c", 0.9)]
    assert settle(confirmed, {"a": 0, "b": 1, "c": 2}, frozenset()) == [Removal("b", "a", 0.9)]


def test_the_most_similar_survivor_is_named() -> None:
    confirmed = [("a", "c", 0.8), ("b", "c", 0.95)]
    assert settle(confirmed, {"a": 0, "b": 1, "c": 2}, frozenset()) == [Removal("c", "b", 0.95)]


def test_a_protected_record_is_reported_and_stays() -> None:
    confirmed = [("a", "b", 0.9), ("b", "c", 0.9)]
    found = settle(confirmed, {"a": 0, "b": 1, "c": 2}, frozenset("b"))
    assert found == [Removal("b", "a", 0.9), Removal("c", "b", 0.9)]


def test_ties_of_rank_go_by_id_whatever_way_round_a_pair_is_written() -> None:
    assert settle([("b", "a", 1.0)], {"a": 5, "b": 5}, frozenset()) == [Removal("b", "a", 1.0)]


def test_nothing_in_nothing_out() -> None:
    assert settle([], {}, frozenset()) == []


@given(graphs, ranks, protections)
@settings(max_examples=200)
def test_invariants(graph: dict[Any, float], rank: dict[str, int], protected: frozenset[str]) -> None:
    removals = settle(edges(graph), rank, protected)
    reported = {r.record for r in removals}
    gone = reported - protected
    assert len(reported) == len(removals)
    for record, kept, similarity in removals:
        assert kept not in gone
        assert (rank[kept], kept) < (rank[record], record)
        assert graph[tuple(sorted((record, kept)))] == similarity
    for a, b in graph:
        worse = max((rank[a], a), (rank[b], b))[1]
        assert {a, b} & gone or worse in protected & reported


@given(graphs, ranks, protections, st.randoms())
def test_order_and_direction_of_pairs_do_not_matter(
    graph: dict[Any, float], rank: dict[str, int], protected: frozenset[str], random: Any
) -> None:
    straight = edges(graph)
    shuffled = [(b, a, s) if random.random() < 0.5 else (a, b, s) for a, b, s in straight]
    random.shuffle(shuffled)
    assert settle(shuffled + shuffled[:3], rank, protected) == settle(straight, rank, protected)
