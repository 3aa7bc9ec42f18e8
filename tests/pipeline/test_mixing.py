from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.examples import GOOD

from sterling.engine.shards import Shard
from sterling.pipeline.generations.continuing import NO_PAST, as_inherited
from sterling.pipeline.mixing import Mixed, before_mix, drawn_digest, mixed_ids, unverified
from sterling.recipes import from_mapping
from sterling.records import Verdict, verdict_table

ROWS = st.dictionaries(st.text("0123456789abcdef", min_size=32, max_size=32), st.integers(1, 9), min_size=1)
WAIVED: dict[str, Any] = {"waive": [{"rule": "synthetic.verified", "because": "a test", "by": "the test"}]}


def drawn(rows: list[tuple[str, int]]) -> pa.Table:
    ids, times = zip(*rows, strict=True)
    return pa.table({"id": pa.array(ids, pa.string()), "times": pa.array(times, pa.int64())})


@given(ROWS, st.randoms(use_true_random=False), st.integers(0, 5))
def test_what_was_drawn_has_one_digest_in_any_order(rows: dict[str, int], chance: Any, cut: int) -> None:
    table, shuffled = drawn(list(rows.items())), list(rows.items())
    chance.shuffle(shuffled)
    other = drawn(shuffled)
    pieces = pa.concat_tables([other.slice(0, cut), other.slice(cut)])
    assert drawn_digest(pieces) == drawn_digest(table)
    name = next(iter(rows))
    assert drawn_digest(drawn(list((rows | {name: rows[name] + 1}).items()))) != drawn_digest(table)


def test_nothing_drawn_has_no_digest_and_many_have_one() -> None:
    assert drawn_digest(NO_PAST.drawn) == ""
    many = [(f"{n:032x}", 1 + n % 3) for n in range(25_000)]
    assert drawn_digest(drawn(many)) == drawn_digest(drawn(many[::-1])) != drawn_digest(drawn(many[1:]))


@pytest.mark.parametrize(("more", "expected"), [({}, [True, False, False, False]), (WAIVED, [False] * 4)])
def test_unverified_are_synthetic_records_unless_that_is_waived(more: dict[str, Any], expected: list[bool]) -> None:
    origins, verified = pa.array(["synthetic", "synthetic", "mixed", "human"]), pa.array([False, True, False, False])
    assert unverified(from_mapping(GOOD | more), origins, verified).to_pylist() == expected


def test_the_parts_of_a_mix_and_what_its_verdicts_are(tmp_path: Path) -> None:
    said = [Verdict("a", "keep", "mix", "chosen", "policy"), Verdict("b", "drop", "mix", "over_cap", "policy")]
    pq.write_table(verdict_table(said), tmp_path / "mix.parquet")
    anchor, old, new = (
        Shard(n, tmp_path / f"{n}.parquet", (tmp_path / "first.parquet", tmp_path / "mix.parquet"), told=2)
        for n in range(3)
    )
    mixed = Mixed((anchor,), (old,), (new,), {}, "address")
    assert (mixed.written, mixed.shards) == ((old, new), (anchor, old, new))
    assert before_mix(new) == Shard(2, new.records, new.verdicts[:1], told=2)
    assert as_inherited(new).verdicts == new.verdicts[:1]
    assert mixed_ids(new).to_pylist() == ["a"]
