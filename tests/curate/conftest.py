from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sterling.curate.pairs.settle import settle_places
from sterling.engine.apply import Pool, Resources, apply
from sterling.engine.local import LocalCrew
from sterling.engine.shards import Shard, read_verdicts
from sterling.engine.step import Step
from sterling.pipeline import checking
from sterling.records import Record, Verdict, batch_of, verdict_table
from sterling.records.files import write_parquet
from sterling.registry import FitContext, RowPairs, Ruling, SetCheck


@pytest.fixture(scope="session", autouse=True)
def _in_one_process() -> Iterator[None]:
    """`sterling.check` of a few rows: to start processes for them takes seconds, and tests/pipeline does it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "default_workers", lambda: 1)
        yield


Pairs = list[tuple[str, str]]
Exchange = Callable[..., tuple[list[tuple[str, Ruling]], Pairs]]


@pytest.fixture(scope="session")
def exchange() -> Exchange:
    """Emit by shards, resolve by partitions: every verdict and every distinct pair of a set check.

    What a check says of rows is told as it says it of ids: a repetition as a drop, for the record that stays.
    """

    def run(
        check: SetCheck,
        records: Sequence[Record],
        rank: Mapping[str, int] | None = None,
        protected: Collection[str] = (),
        shard: int = 1000,
        partitions: int = 1,
    ) -> tuple[list[tuple[str, Ruling]], Pairs]:
        ranks = rank or {record.id: 0 for record in records}
        parts = [records[i : i + shard] for i in range(0, len(records), shard)] or [[]]
        table = pa.concat_tables(_emitted(check, part, ranks, protected) for part in parts)
        home = table["partition"].to_numpy() % np.uint64(partitions)
        told: list[tuple[str, Ruling]] = []
        pairs: dict[tuple[str, str], None] = {}
        for number in range(partitions):
            rows = table.filter(pa.array(home == number)).drop_columns(["row", "partition"])
            answer = check.resolve(rows)
            pairs |= dict.fromkeys([*answer.pairs, *_named(rows, answer.alike)])
            told += answer.rulings
            drops = _named(rows, answer.equal)
            told += [(gone, Ruling("drop", check.removed_as, 1.0, {"kept": kept})) for kept, gone in drops]
        return told, list(pairs)

    return run


def _named(rows: pa.Table, pairs: RowPairs) -> Pairs:
    records = rows["record"].to_pylist()
    return [(records[a], records[b]) for a, b in zip(pairs.better.tolist(), pairs.worse.tolist(), strict=True)]


def _emitted(
    check: SetCheck, records: Sequence[Record], rank: Mapping[str, int], protected: Collection[str]
) -> pa.Table:
    rows = check.emit(batch_of(records), None)
    ids = [records[i].id for i in rows["row"].to_pylist()]
    return (
        rows.append_column("record", pa.array(ids, pa.string()))
        .append_column("rank", pa.array([rank[i] for i in ids], pa.int64()))
        .append_column("head", pa.array([int.from_bytes(i.encode()[:8], "big") for i in ids], pa.uint64()))
        .append_column("protected", pa.array([i in protected for i in ids], pa.bool_()))
    )


Told = dict[str, tuple[str, str, float | None, str]]
"""Record's id to the outcome, the reason, the score and the evidence (JSON) of its verdict."""
Applied = Callable[..., Told]


@pytest.fixture
def applied(tmp_path_factory: pytest.TempPathFactory) -> Applied:
    """A set check walked over shards by the engine: what it says of each record."""

    def run(
        check: SetCheck,
        records: Sequence[Record],
        *,
        shard_rows: int = 1000,
        partitions: int | None = None,
        workers: int = 1,
        verified: Collection[str] = (),
    ) -> Told:
        folder = tmp_path_factory.mktemp("run")
        shards = [
            _shard(folder, number, records[start : start + shard_rows], verified)
            for number, start in enumerate(range(0, len(records), shard_rows))
        ]
        step = Step.at(folder, 0, check.name_in_recipe, {}, [])
        with LocalCrew(workers) as crew:
            use = Resources(crew, partitions, settle=settle_places)
            apply(check.name_in_recipe, check, step, Pool(shards), FitContext(), use)
        said = pa.concat_tables([read_verdicts(step.part("verdicts", shard.number)) for shard in shards])
        rows = (said[name].to_pylist() for name in ("outcome", "reason", "score", "evidence"))
        return dict(zip(said["record"].to_pylist(), zip(*rows, strict=True), strict=True))

    return run


def _shard(folder: Path, number: int, records: Sequence[Record], verified: Collection[str]) -> Shard:
    """Records beside verdicts of a verifying check on them."""
    place = folder / f"shard-{number}.parquet"
    write_parquet(place, pa.Table.from_batches([batch_of(records)]))
    if not verified:
        return Shard(number, place)
    said = [Verdict(r.id, "keep" if r.id in verified else "flag", "tests", "said", "execution") for r in records]
    write_parquet(folder / f"verdicts-{number}.parquet", verdict_table(said))
    return Shard(number, place, (folder / f"verdicts-{number}.parquet",))
