"""Gold: rows of which it is known whether they are good, for measuring whoever judges them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sterling.errors import SourceError
from sterling.records import Fault, Record, canonical_json
from sterling.registry import Item, Seed
from sterling.sources.files import Files
from sterling.sources.row_source import Draft
from sterling.sources.values import BadRow

_GOOD: Mapping[Any, bool] = {"good": True, "bad": False, True: True, False: False}


def gold_seeds(path: str, needs: Collection[str] = ()) -> list[Seed]:
    """The rows of a gold file, in its order, each once: a copy is no second trial.

    Columns: TRL's, `reference`, and `gold` (`good` or `bad`, also true or false); if they are there, `kind` (what is
    wrong with a bad one) and `model` (who wrote it). `needs` are keys of `reference` of which each row must have one.
    SourceError with the line for the first row that says less, or says good of what another row calls bad: a verifier
    is not measured with half a yardstick.
    """
    source = _GoldRows(name="gold", path=str(Path(path).absolute()) if "://" not in path else path)
    seeds: dict[tuple[str, str], Seed] = {}
    for found in source.read():
        seed = _seed(found)
        first = seeds.setdefault((seed.record.content, canonical_json(seed.record.reference)), seed)
        _require_sense(seed, first, needs)
    return list(seeds.values())


def _require_sense(seed: Seed, first: Seed, needs: Collection[str]) -> None:
    if first.good != seed.good:
        what = f"{first.record.row} says the opposite of the same row"
        raise SourceError(what, where=seed.record.row, mend="decide which of the two is right")
    if needs and set(needs).isdisjoint(seed.record.reference or {}):
        listed = " or ".join(f"`{key}`" for key in sorted(needs))
        mend = "give it what the check compares with"
        raise SourceError(
            f"its `reference` has no {listed}, so nothing would be judged", where=seed.record.row, mend=mend
        )


class _GoldRows(Files):
    """Rows of files with their label."""

    def drafts(self, values: Mapping[str, Any]) -> Iterable[Draft]:
        """The example, with label, kind and writer as tags."""
        label = values.get("gold")
        if not isinstance(label, str | bool) or label not in _GOOD:
            raise BadRow("no_label", f"`gold` is {label!r}, not `good` or `bad` (or true, false)")
        for draft in super().drafts(values):
            yield draft._replace(tags=tuple(_tags(_GOOD[label], values)))


def _tags(good: bool, values: Mapping[str, Any]) -> Iterator[str]:
    yield "good" if good else "bad"
    kind, writer = values.get("kind"), values.get("model")
    yield kind if isinstance(kind, str) and kind else "given"
    if isinstance(writer, str) and writer:
        yield writer


def _seed(found: Item | Fault) -> Seed:
    if isinstance(found, Fault):
        mend = "give every gold row TRL's columns and `gold: good` or `gold: bad`"
        raise SourceError(f"{found.reason}: {found.message}", where=found.where, mend=mend)
    label, kind, *writer = found.tags
    record = Record.real(found.payload, source="gold", row=found.row, origin="unknown", reference=found.reference)
    return Seed(record, label == "good", kind, writer[0] if writer else None)
