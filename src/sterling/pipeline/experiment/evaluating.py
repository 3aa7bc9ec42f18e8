"""What an evaluation set can tell: `sterling experiment --evaluation FILE`, on any file of records."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sterling.collapse.forecast import BANDS
from sterling.collapse.samples import Sample, halves, sampled
from sterling.errors import InputError
from sterling.experiment.outcomes import Outcomes, read_outcomes
from sterling.experiment.power import Repeats, detectable, detectable_from
from sterling.experiment.reach import Real, reach
from sterling.experiment.repeats import group_sizes
from sterling.experiment.tasks import Example, example_of
from sterling.pipeline.corpora import corpus_texts
from sterling.records import Fault, Record
from sterling.registry import Item
from sterling.sources import Files
from sterling.stats import Evidence

_MOST = 200_000
"""Items: a larger set detects whatever matters, and its items would not fit."""
_LEAST_TEXTS, _LEAST_TOKENS = 40, 2_000
_SEED = "evaluation"


class Evaluated(NamedTuple):
    """What is said of one evaluation set."""

    items: int
    evidence: Sequence[Evidence]
    faults: Sequence[Fault]
    """Rows of the set, and of the outcomes, that are none."""
    notes: Sequence[str]
    """What a reader should know before the numbers."""


def evaluated_set(path: str, real: str | None = None, outcomes: str | None = None) -> Evaluated:
    """Which differences a set of records detects and, given real text, how much of its tail the set reaches.

    `outcomes`: what arms scored on it (see `read_outcomes`), so that rates, spread and correlation are those that were
    seen. InputError when no row of the set is a record, when there are more than 200,000, or too little real text.
    """
    items, faults = _items(path)
    scored = None if outcomes is None else read_outcomes(outcomes)
    repeats = Repeats.of(group_sizes([one.prompt or one.text for one in items]))
    texts = [one.text for one in items]
    found = [*repeats.evidence(), *(detectable(repeats) if scored is None else detectable_from(repeats, scored))]
    notes = [] if scored is None else list(_unlike(len(items), scored))
    if real is not None:
        sample = sampled(corpus_texts(real), _SEED)
        _require_enough(sample, real)
        found += reach(texts, Real(*halves(sample.texts)), BANDS)
        notes += _copied(texts, sample)
    return Evaluated(len(items), found, [*faults, *(scored.faults if scored else ())], notes)


def _items(path: str) -> tuple[list[Example], list[Fault]]:
    place = path if "://" in path else str(Path(path).absolute())
    read = list(islice(map(_example, Files(name="input", path=place, max_bad_share=1).read()), _MOST + 1))
    items = [one for one in read if isinstance(one, Example)]
    faults = [one for one in read if isinstance(one, Fault)]
    if len(read) > _MOST:
        what = f"there are more than {_MOST:,} rows: so many detect any difference that matters"
        raise InputError(what, where=path, mend="name a random part of it")
    if not items:
        said = f" ({faults[0].where}: {faults[0].message})" if faults else ""
        raise InputError(f"no row is a record{said}", where=path, mend="rows need `text`, `prompt` or `messages`")
    return items, faults


def _example(item: Item | Fault) -> Example | Fault:
    if isinstance(item, Fault):
        return item
    try:
        return example_of(Record.real(item.payload, source="input", row=item.row, origin="unknown"))
    except ValueError as error:
        return Fault(item.row, "source", "bad_row", str(error)[:500])


def _require_enough(sample: Sample, real: str) -> None:
    if sample.tokens < _LEAST_TOKENS or len(sample.texts) < _LEAST_TEXTS:
        what = f"{len(sample.texts)} texts with {sample.tokens:,} tokens are too few to say what is rare"
        mend = f"name real text of {_LEAST_TEXTS} documents and {_LEAST_TOKENS:,} tokens at least, better 100,000"
        raise InputError(what, where=real, mend=mend)


def _unlike(items: int, scored: Outcomes) -> Iterator[str]:
    units = len({one.unit for one in scored.rows})
    if units != items:
        yield f"the outcomes are of {units:,} units and the set has {items:,} items: rates and spread are of the former"
    if len(scored.arms) < 2:
        yield "the outcomes are of one arm: how alike two arms answer is not known, and no pair is told"


def _copied(texts: Sequence[str], sample: Sample) -> Iterator[str]:
    there = set(sample.texts)
    same = int(np.sum([text in there for text in texts]))
    if same:
        yield (
            f"{same:,} of {len(texts):,} items stand word for word in the real text: the tail that they reach is their "
            "own; name real text without them"
        )


def as_json(found: Evaluated) -> dict[str, Any]:
    """The whole of it, for programs."""
    faults = [{"where": one.where, "reason": one.reason, "message": one.message} for one in found.faults]
    evidence = [one.to_json() for one in found.evidence]
    return {"items": found.items, "notes": list(found.notes), "faults": faults, "evidence": evidence}
