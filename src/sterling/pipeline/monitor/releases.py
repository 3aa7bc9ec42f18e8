"""Release folders as generations of a corpus: the rows of each, real text that stands beside them, the chain."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.collapse.naming import head
from sterling.collapse.trends import Accepted, acceptance_trend
from sterling.engine.shards import read_batch
from sterling.errors import InputError, SourceError
from sterling.ledger.trail import read_trail
from sterling.pipeline.corpora import Document
from sterling.records import PAYLOAD_KEYS, payload_text, texts
from sterling.records.places import open_parquet
from sterling.release.shapes import PROVENANCE, REFERENCE
from sterling.sources.streams import shown
from sterling.stats import Evidence, proportion
from sterling.text import Hashes, token_hashes

Part = Literal["synthetic", "mix", "human"]
"""Of a release: what was generated for it, all of its rows, or what people wrote."""
SEED = "monitor"
"""Of every sample that the monitor looks at: equal corpora are sampled alike."""
_NO_TEXT = frozenset({*PROVENANCE.names, REFERENCE.name})
_ROWS = 1000


def is_release(path: str | Path) -> bool:
    """Whether a folder is one of Sterling's releases."""
    return all((Path(path) / mark).is_file() for mark in ("report.json", "provenance/run.json"))


def said_of(folder: Path, file: str) -> Mapping[str, Any]:
    """A JSON file of a release. SourceError when it cannot be read."""
    try:
        found = json.loads((folder / file).read_bytes())
    except (OSError, ValueError) as error:
        what = f"this part of the release cannot be read: {error}"
        raise SourceError(what, where=shown(folder / file), mend="run its recipe again") from error
    return found if isinstance(found, dict) else {}


def rows(folder: Path, part: Part, known: "Known | None" = None) -> Iterator[Document]:
    """The texts of a release, in the order of its files; rows without text are left out.

    With `known`, rows that an earlier release held are left out, and these become known. SourceError when a file cannot
    be read.
    """
    for path in sorted((folder / "data").rglob("*.parquet")):
        try:
            for batch in _batches(path):
                mine = batch if part == "mix" else batch.filter(_is(batch, part))
                yield from _documents(mine if known is None else known.new(mine))
        except (pa.ArrowException, OSError) as error:
            what = f"the Parquet file cannot be read: {error}"
            raise SourceError(what, where=shown(path), mend="run the recipe of this release again") from error


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    file = open_parquet(path)
    named = file.schema_arrow.names
    trained = [name for name in named if name in PAYLOAD_KEYS] or [name for name in named if name not in _NO_TEXT]
    yield from file.iter_batches(_ROWS, columns=[*trained, "id", "origin"], use_threads=False)


def _is(batch: pa.RecordBatch, part: Part) -> pa.BooleanArray:
    human = pc.equal(batch.column("origin"), "human")
    return human if part == "human" else pc.invert(human)


def _documents(batch: pa.RecordBatch) -> Iterator[Document]:
    for row in batch.drop_columns(["origin"]).to_pylist():
        name = row.pop("id")
        text = payload_text(row if any(key in PAYLOAD_KEYS for key in row) else {"fields": row})
        if text.strip():
            yield Document(name, text)


class Known:
    """Ids of rows that were seen: eight bytes each. Two of 10^7 share one with a chance of 3 in 10^6."""

    def __init__(self) -> None:
        self._sorted = np.zeros(0, np.uint64)
        self._new: list[Hashes] = []

    def new(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that were not seen before `close` was called last."""
        ids = token_hashes(batch.column("id").to_pylist())
        fresh = ~np.isin(ids, self._sorted)
        self._new.append(ids[fresh])
        return batch.filter(pa.array(fresh))

    def close(self) -> None:
        """What was seen is known from here on."""
        self._sorted = np.unique(np.concatenate([self._sorted, *self._new]))
        self._new = []


def in_role(paths: Iterable[Path], role: str) -> Iterator[Document]:
    """Human records of a role out of the shards of an anchor, named by their ids."""
    for path in paths:
        batch = read_batch(path)
        mine = pc.and_(pc.equal(batch.column("role"), role), pc.equal(batch.column("origin"), "human"))
        batch = batch.filter(mine)
        yield from map(Document, batch.column("id").to_pylist(), texts(batch))


def anchor_shards(release: Path) -> list[Path] | None:
    """Shards of the anchor in the run beside a release (`runs/NAME` next to `releases/`), if that run still holds it.

    None where there is no such run, or where it has read another anchor since.
    """
    run = release.absolute().parent.parent / "runs" / release.absolute().name
    try:
        _, stages = read_trail(run)
    except (InputError, OSError, ValueError, KeyError, TypeError):
        return None
    mine = [stage for stage in stages if stage.kind == "anchor"]
    told = [s["address"] for s in said_of(release, "provenance/run.json").get("stages", ()) if s["kind"] == "anchor"]
    if [stage.address for stage in mine] != told:
        return None
    return [path for stage in mine for path in sorted((run / stage.folder / "records").glob("shard-*.parquet"))]


class Judged(NamedTuple):
    """A generation as its checks saw it."""

    generation: int
    name: str
    evidence: Iterable[Mapping[str, Any]]
    """Plain data, `check.<check>.accepted` of each maker among it."""

    @classmethod
    def of(cls, generation: int, name: str, release: Path) -> "Judged":
        """As a release reports it."""
        return cls(generation, name, said_of(release, "report.json").get("evidence", ()))


def accepted(generations: Sequence[Judged]) -> Iterator[Evidence]:
    """`collapse.<name>.accepted.<check>`: the share of synthetic records that a check kept or flagged; trends."""
    rates = {one.generation: _rates(one.evidence) for one in generations}
    for check in sorted({check for found in rates.values() for check in found}):
        mine = [(one, *rates[one.generation][check]) for one in generations if check in rates[one.generation]]
        for one, passed, judged in mine:
            inputs = {"kind": "accepted", "generation": one.generation, "check": check, "corpus": one.name}
            method = "synthetic records that the check kept or flagged"
            yield proportion(f"{head(one.name)}.accepted.{check}", passed, judged, method, **inputs)
        yield from acceptance_trend(check, [Accepted(one.generation, passed, judged) for one, passed, judged in mine])


def _rates(evidence: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """By check: records that passed, and records that were judged, all makers together."""
    found: dict[str, tuple[int, int]] = {}
    for one in evidence:
        name = str(one.get("name", ""))
        if name.startswith("check.") and name.endswith(".accepted"):
            check = name.removeprefix("check.").removesuffix(".accepted")
            passed, judged = found.get(check, (0, 0))
            found[check] = passed + int(one["inputs"]["hits"]), judged + int(one["n"])
    return found
