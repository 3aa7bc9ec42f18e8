"""What there is to know about a mix, as evidence."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterling.mix.demands import Demand
from sterling.mix.drawing import Draw
from sterling.mix.ending import END
from sterling.mix.limits import Unit
from sterling.mix.pool import Bools, sizes
from sterling.mix.reasons import binding
from sterling.mix.spread import I64, one_array
from sterling.records import ORIGINS
from sterling.stats import Evidence, count

_UNITS: tuple[Unit, Unit] = ("tokens", "records")
_WHOLE = "of the whole mix, exact; weighted"
_MOST_TAGS = 30
"""Beyond, only the largest are told."""


def account(drawn: Draw, phase: I64) -> list[Evidence]:
    """Shares, sums, the limits and how near the mix comes to them, and what the choice covers.

    Amounts are before weighting, shares after.
    """
    return [
        *_shares(drawn),
        *_sums(drawn),
        _allowed(drawn),
        *_parts(drawn),
        *_tags(drawn),
        *_demands(drawn),
        *_real(drawn),
        *_end(drawn, phase),
        _cells(drawn),
        *_weights(drawn),
    ]


def _shares(drawn: Draw) -> Iterator[Evidence]:
    pool, taken = drawn.pool, drawn.taken
    for unit in _UNITS:
        counted = sizes(pool.candidates, unit)
        real, other = (pool.amount(taken & side, counted) for side in (pool.is_real, ~pool.is_real))
        n = int(counted[taken].sum())
        bare = {
            "real": int(counted[taken & pool.is_real].sum()),
            "synthetic": int(counted[taken & ~pool.is_real].sum()),
        }
        for side, part in {"real": real, "synthetic": other}.items():
            value = float(part / (real + other)) if real + other else None
            names = [f"mix.share.{side}.{unit}"] + [f"mix.share.{side}"] * (unit == pool.rules.unit)
            method = f"share of {unit}, {_WHOLE}" if value is not None else "the mix is empty"
            unweighted = float(Fraction(bare[side], n)) if n else None
            inputs = {"unit": unit, "weights": list(pool.rules.weights), "unweighted": unweighted}
            for name in names:
                yield Evidence(name, value, n, None, method, inputs)


def _sums(drawn: Draw) -> Iterator[Evidence]:
    candidates, taken = drawn.pool.candidates, drawn.taken
    origins = np.asarray(candidates.column("origin"), dtype=object)
    groups = {("real" if origin == "human" else origin): origins == origin for origin in ORIGINS}
    for unit in _UNITS:
        counted = sizes(candidates, unit)
        yield count(f"mix.{unit}", int(counted[taken].sum()), f"{unit} chosen", offered=int(counted.sum()))
        for name, members in groups.items():
            chosen, offered = (int(counted[rows].sum()) for rows in (members & taken, members))
            yield count(f"mix.{unit}.{name}", chosen, f"{unit} chosen", offered=offered)


def _allowed(drawn: Draw) -> Evidence:
    pool, limit = drawn.pool, drawn.limit
    real = int(pool.size[drawn.real].sum())
    inputs = {
        "limit": binding(drawn), "unit": pool.rules.unit, "real": real, "synthetic_cap": pool.rules.synthetic_cap,
        "real_floor": pool.rules.floor, "budget": pool.budget(), "weights": list(pool.rules.weights),
    }  # fmt: skip
    method = f"synthetic {pool.rules.unit} that {real} real {pool.rules.unit} allow"
    if inputs["limit"] is None:
        method += "; no limit on the whole kept anything out"
    if limit.bound is None:
        method = "no cap, floor or budget limits the synthetic part"
    elif limit.allowed == 0 and real == 0 and limit.bound != "budget":
        method = f"there is no real data in the mix, so {limit.bound} lets nothing synthetic in"
    value = None if limit.allowed is None else float(limit.allowed)
    return Evidence("mix.cap.allowed", value, real, None, method, inputs)


def _parts(drawn: Draw) -> Iterator[Evidence]:
    """Share of each strategy, depth, name that records came in by, and age where there are any."""
    columns = ["strategy", "depth", "source"]
    if pc.max(drawn.pool.candidates.column("age")).as_py():
        columns.append("age")
    for column in columns:
        yield from _part(drawn, column, drawn.pool.candidates.column(column))


def _part(drawn: Draw, column: str, values: pa.ChunkedArray) -> Iterator[Evidence]:
    pool, taken = drawn.pool, drawn.taken
    seen = pool.seen()
    total = int(seen[taken].sum())
    encoded = one_array(values).dictionary_encode(null_encoding="encode")
    names, codes = encoded.dictionary.to_pylist(), np.asarray(encoded.indices)
    sums = np.zeros(len(names), dtype=seen.dtype)
    np.add.at(sums, codes[taken], seen[taken])
    method, n = f"share of {pool.rules.unit}, {_WHOLE}", total // pool.scale
    for name, part in sorted(zip(map(_part_name, names), sums.tolist(), strict=True)):
        inputs = {"unit": pool.rules.unit, "weighted": float(Fraction(part, pool.scale))}
        yield Evidence(f"mix.{column}.{name}", float(Fraction(part, total)) if total else None, n, None, method, inputs)


def _part_name(value: object) -> str:
    return "anchor" if value is None else str(value)


def _tags(drawn: Draw) -> Iterator[Evidence]:
    """Share of each tag, the largest of them; a record with two counts for both."""
    pool = drawn.pool
    seen = np.where(drawn.taken, pool.seen(), 0)
    tags = one_array(pool.candidates.column("tags"))
    encoded = one_array(pa.chunked_array([pc.list_flatten(tags).cast(pa.string())])).dictionary_encode()
    owners = np.asarray(pc.list_parent_indices(tags), dtype=np.int64)
    names = encoded.dictionary.to_pylist()
    sums = np.zeros(len(names), dtype=seen.dtype)
    np.add.at(sums, np.asarray(encoded.indices), seen[owners])
    total = int(seen.sum())
    largest = sorted(zip(names, sums.tolist(), strict=True), key=lambda one: (-one[1], one[0]))[:_MOST_TAGS]
    method = f"share of {pool.rules.unit}, {_WHOLE}; a record with two tags counts for both"
    inputs = {"unit": pool.rules.unit, "tags": len(names)}
    for name, part in largest:
        value = float(Fraction(part, total)) if total else None
        said = inputs | {"weighted": float(Fraction(part, pool.scale))}
        yield Evidence(f"mix.tag.{name}", value, total // pool.scale, None, method, said)


def _demands(drawn: Draw) -> Iterator[Evidence]:
    """What there is of each part that has a cap, a minimum or a target, beside what the recipe says."""
    pool, taken = drawn.pool, drawn.taken
    whole, n = pool.amount(taken), int(taken.sum())
    for demand, member in zip(drawn.demands, drawn.members, strict=True):
        part = pool.amount(taken & member)
        offered = float(pool.amount(pool.eligible & member))
        said: dict[str, object] = {"unit": pool.rules.unit, "weighted": float(part), "offered": offered}
        name, key = _name(demand), "allowed"
        value = float(part / whole) if whole else None
        if demand.words:
            said["words"] = demand.words
        if demand.kind == "at_least":
            value, key = float(part), "wanted"
        elif demand.path[0] == "ratios":
            key = "target"
        if name is not None:
            method = f"share of {pool.rules.unit}, {_WHOLE}"
            method = f"{pool.rules.unit} of it, weighted" if key == "wanted" else method
            yield Evidence(name, value, n, None, method, said | {key: float(demand.value)})
    if drawn.reached is not None:
        method = "size of the mix beside the largest that shares alone would allow; whole records reach a little less"
        yield Evidence("mix.reached", float(drawn.reached), n, None, method)


def _name(demand: Demand) -> str | None:
    """Of the evidence on a demand; None for those that have evidence of other names."""
    match demand.path:
        case ("caps", kind, name):
            return f"mix.cap.{kind}.{name}"
        case ("per_cluster", _, number):
            return f"mix.minimum.cluster:{number}"
        case ("minimum", name):
            return f"mix.minimum.{name}"
        case ("ratios", name):
            return f"mix.ratio.{name}"
    return None


def _real(drawn: Draw) -> Iterator[Evidence]:
    """Whether the real part is the whole anchor, how much of it is new to the mix, and how often it is seen."""
    pool = drawn.pool
    chosen, n = len(drawn.real), int((pool.is_real & pool.eligible).sum())
    before = np.asarray(pool.candidates.column("drawn"), dtype=np.int64)
    fresh = int((before[drawn.real] == 0).sum())
    inputs = {"fresh": fresh, "earlier": int((before[pool.is_real] > 0).sum()), "most": int(before.max(initial=0))}
    method = "share of the chosen real records that no earlier mix held"
    yield Evidence("mix.real.fresh", fresh / chosen if chosen else None, chosen, None, method, inputs)
    method = "share of the real candidates that are in the mix; 1 is the whole anchor"
    yield Evidence("mix.real.whole", chosen / n if n else None, n, None, method, {"chosen": chosen})
    if chosen:
        often = max(pool.weights[kind] for kind in set(pool.kind[drawn.real].tolist()))
        method = "how often the most repeated real record is seen: its weight"
        yield Evidence("mix.real.epochs", float(often), chosen, None, method, {"allowed": pool.rules.epochs})


def _end(drawn: Draw, phase: I64) -> Iterator[Evidence]:
    share = drawn.pool.rules.ends_on_real
    whole = drawn.pool.amount(drawn.taken)
    if share and whole:
        end = drawn.taken & (phase == END)
        method = f"share of {drawn.pool.rules.unit} at the end of the mix that are real alone (`phase` {END}); weighted"
        value = float(drawn.pool.amount(end) / whole)
        yield Evidence("mix.end.real", value, int(end.sum()), None, method, {"wanted": share})


def _cells(drawn: Draw) -> Evidence:
    cell: I64 = drawn.pool.cell
    taken: Bools = drawn.taken
    available, covered = len(np.unique(cell)), len(np.unique(cell[taken]))
    method = "cells (a strategy and a set of tags) with at least one record in the mix"
    return count("mix.cells.covered", covered, method, available=available)


def _weights(drawn: Draw) -> Iterator[Evidence]:
    """The weight of each side."""
    for side, rows in {"real": drawn.real, "synthetic": drawn.other}.items():
        said = drawn.pool.rules.weights[side == "synthetic"]
        found = [float(drawn.pool.weights[kind]) for kind in np.unique(drawn.pool.kind[rows]).tolist()]
        method, inputs = "as the recipe says", {}
        if found not in ([], [said]):
            method = "the recipe's weight; with factors for depth, age or repetition it spreads from least to most"
            inputs = {"least": min(found), "most": max(found)}
        yield Evidence(f"mix.weight.{side}", said, len(rows), None, method, inputs)
