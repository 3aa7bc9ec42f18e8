"""What there is to know about a mix, as evidence."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.mix.limits import Limit, Rules, Unit, share
from sterling.mix.spread import I64
from sterling.records import ORIGINS
from sterling.stats import Evidence, count

Bools = npt.NDArray[np.bool_]
_UNITS: tuple[Unit, Unit] = ("tokens", "records")
_WHOLE = "of the whole mix, exact; weighted"


def account(
    candidates: pa.Table, rules: Rules, limit: Limit, is_real: Bools, taken: Bools, cell: I64
) -> list[Evidence]:
    """Shares, sums, the limit that bound, and what the choice covers. Amounts are before weighting, shares after."""
    sizes = {
        "tokens": np.asarray(candidates.column("tokens"), dtype=np.int64),
        "records": np.ones(candidates.num_rows, dtype=np.int64),
    }
    return [
        *_shares(rules, sizes, is_real, taken),
        *_sums(candidates, sizes, taken),
        _allowed(rules, limit, int(sizes[rules.unit][taken & is_real].sum())),
        *_parts(candidates, rules, sizes[rules.unit], is_real, taken),
        _cells(cell, taken),
        Evidence("mix.weight.real", rules.weights[0], int((taken & is_real).sum()), None, "as the recipe says"),
        Evidence("mix.weight.synthetic", rules.weights[1], int((taken & ~is_real).sum()), None, "as the recipe says"),
    ]


def _shares(rules: Rules, sizes: dict[str, I64], is_real: Bools, taken: Bools) -> Iterator[Evidence]:
    for unit in _UNITS:
        real, other = (int(sizes[unit][taken & side].sum()) for side in (is_real, ~is_real))
        both = {
            "real": share(real, rules.weights[0], other, rules.weights[1]),
            "synthetic": share(other, rules.weights[1], real, rules.weights[0]),
        }
        for side, value in both.items():
            names = [f"mix.share.{side}.{unit}"] + [f"mix.share.{side}"] * (unit == rules.unit)
            method = f"share of {unit}, {_WHOLE}" if value is not None else "the mix is empty"
            for name in names:
                yield Evidence(name, value, real + other, None, method, {"unit": unit, "weights": list(rules.weights)})


def _sums(candidates: pa.Table, sizes: dict[str, I64], taken: Bools) -> Iterator[Evidence]:
    origins = np.asarray(candidates.column("origin"), dtype=object)
    groups = {("real" if origin == "human" else origin): origins == origin for origin in ORIGINS}
    for unit in _UNITS:
        yield count(f"mix.{unit}", int(sizes[unit][taken].sum()), f"{unit} chosen", offered=int(sizes[unit].sum()))
        for name, members in groups.items():
            chosen, offered = (int(sizes[unit][rows].sum()) for rows in (members & taken, members))
            yield count(f"mix.{unit}.{name}", chosen, f"{unit} chosen", offered=offered)


def _allowed(rules: Rules, limit: Limit, real: int) -> Evidence:
    inputs = {
        "limit": limit.bound, "unit": rules.unit, "real": real, "synthetic_cap": rules.synthetic_cap,
        "real_floor": rules.real_floor, "budget": rules.budget, "weights": list(rules.weights),
    }  # fmt: skip
    method = f"synthetic {rules.unit} that {real} real {rules.unit} allow"
    if limit.bound is None:
        method = "no cap, floor or budget limits the synthetic part"
    elif limit.allowed == 0 and real == 0 and limit.bound != "budget":
        method = f"there is no real data in the mix, so {limit.bound} lets nothing synthetic in"
    value = None if limit.allowed is None else float(limit.allowed)
    return Evidence("mix.cap.allowed", value, real, None, method, inputs)


def _parts(candidates: pa.Table, rules: Rules, size: I64, is_real: Bools, taken: Bools) -> Iterator[Evidence]:
    """Share of each strategy and of each depth."""
    seen = size * np.where(is_real, rules.weights[0], rules.weights[1])
    total = float(seen[taken].sum())
    for column in ("strategy", "depth"):
        encoded = candidates.column(column).combine_chunks().dictionary_encode(null_encoding="encode")
        encoded = encoded.unify_dictionaries().combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        names, codes = encoded.dictionary.to_pylist(), np.asarray(encoded.indices)
        sums = np.bincount(codes[taken], weights=seen[taken], minlength=len(names))
        for name, part in sorted(zip(map(_part_name, names), sums.tolist(), strict=True)):
            value = part / total if total else None
            inputs = {"unit": rules.unit, "weighted": part}
            yield Evidence(f"mix.{column}.{name}", value, int(total), None, f"share of {rules.unit}, {_WHOLE}", inputs)


def _part_name(value: object) -> str:
    return "anchor" if value is None else str(value)


def _cells(cell: I64, taken: Bools) -> Evidence:
    available, covered = len(np.unique(cell)), len(np.unique(cell[taken]))
    method = "cells (a strategy and a set of tags) with at least one record in the mix"
    return count("mix.cells.covered", covered, method, available=available)
