"""The trainings of an experiment compared: each arm with its control, on each slice, by each student, and the words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sterling.experiment import (
    Arm,
    Claim,
    Claims,
    Documents,
    Effect,
    Floats,
    Held,
    Slice,
    Verdict,
    adjusted,
    effect,
    slices,
    verdict,
)
from sterling.pipeline.experiment.candidates import Candidates, Document
from sterling.pipeline.experiment.learners import Learners
from sterling.pipeline.experiment.trials import Results
from sterling.stats import Evidence

Mask = npt.NDArray[np.bool_]
FAILURES = "share of failures"


class Row(NamedTuple):
    """One arm against one control, on one slice, by one student or on one set of tasks."""

    arm: Arm
    control: str
    slice: Slice
    student: str
    """Its short name."""
    full: str
    unit: str
    effect: Effect
    p: float
    """After Holm, over the arms."""

    @property
    def claim(self) -> Claim:
        """For a verdict."""
        return Claim(self.full, self.effect, self.p)


class Compared(NamedTuple):
    """What is told of an experiment."""

    verdict: Verdict
    """Of the arm with synthetic data on top of all real data."""
    verdicts: Mapping[str, Verdict]
    """Of every arm that has a control, against the first."""
    rows: Sequence[Row]
    tokens: Mapping[str, float]
    """By arm."""
    evidence: tuple[Evidence, ...]


def compared(
    arms: Sequence[Arm], found: Candidates, who: Learners, came: Results, outcomes: Sequence[Evidence] = (),
    held: Held | None = None,
) -> Compared:  # fmt: skip
    """Every difference with its interval, the word for each arm, and the word for the whole.

    `outcomes`: what arms achieved in production; of the first control of an arm they count as tasks do. `held`: what
    the test is, for words on how much more of it would do.

    The whole is the arm `added` against real data alone; to help, it must beat repeated real data as well.
    """
    tried = [arm for arm in arms if arm.controls]
    masks = _masks(found)
    rows: list[Row] = []
    for name, student in who.students.items():
        rows += _rows(tried, came.losses[name], masks, found.groups, (name, student.name, student.unit))
    for name, student in who.rare.items():
        told = (name, student.name, student.unit)
        rows += _rows(tried, came.losses[name], {"tail": masks["all"]}, found.groups, told)
    for name, solver in who.solvers.items():
        inside, groups = _of_items(masks, found, [one.id for one in solver.items])
        rows += _rows(tried, came.failures[name], inside, groups, (f"{name}_tasks", solver.name, FAILURES))
    words = {arm.name: verdict(_claims(rows, arm, _achieved(outcomes, arm)), held) for arm in tried}
    share = came.synthetic["added"] / came.tokens["added"]
    evidence = (*_evidence(rows, came), *outcomes, *_told(words, share, len(found.test), found, who))
    return Compared(words["added"], words, rows, came.tokens, evidence)


def _masks(found: Candidates) -> dict[Slice, Mask]:
    real = [one for one in found.pool if one.real and not one.dropped_by]
    made = [one.example.text for one in found.pool if not one.real and not one.dropped_by]
    return slices(_documents(found.test), _documents(real), made)


def _documents(some: Sequence[Document]) -> Documents:
    return Documents([one.example.text for one in some], [one.tags for one in some])


def _of_items(
    masks: Mapping[Slice, Mask], found: Candidates, items: Sequence[str]
) -> tuple[dict[Slice, Mask], Sequence[str] | None]:
    """Masks and groups of the test documents that tasks were made of."""
    place = {one.example.id: at for at, one in enumerate(found.test)}
    at = [place[item] for item in items]
    groups = None if found.groups is None else [found.groups[n] for n in at]
    return {name: mask[at] for name, mask in masks.items()}, groups


def _rows(
    tried: Sequence[Arm], losses: Mapping[str, Floats], masks: Mapping[Slice, Mask],
    groups: Sequence[str] | None, told: tuple[str, str, str],
) -> Iterator[Row]:  # fmt: skip
    """Of one student: slice by slice, where the slice holds enough to speak of."""
    pairs = [(arm, other) for arm in tried for other in arm.controls]
    for name, mask in masks.items():
        some = None if groups is None else [group for group, inside in zip(groups, mask, strict=True) if inside]
        try:
            found = [effect(losses[arm.name][:, mask], losses[other][:, mask], 0, some) for arm, other in pairs]
        except ValueError:
            continue
        for (arm, other), one, p in zip(pairs, found, adjusted(found), strict=True):
            yield Row(arm, other, name, *told, one, p)


def _achieved(outcomes: Sequence[Evidence], arm: Arm) -> list[Claim]:
    """What production says of an arm against its first control."""
    mine = [one for one in outcomes if (one.inputs["arm"], one.inputs["control"]) == (arm.name, arm.controls[0])]
    return [
        Claim.achieved(str(one.inputs["task"]), one.value, one.interval, one.n)
        for one in mine
        if one.value is not None and one.interval is not None
    ]


def _claims(rows: Sequence[Row], arm: Arm, achieved: Sequence[Claim]) -> Claims:
    def on(part: Slice, *, tasks: bool, first: bool = True) -> list[Claim]:
        mine = (row for row in rows if row.arm == arm and row.slice == part)
        right = (row for row in mine if (row.control == arm.controls[0]) == first)
        return [row.claim for row in right if (row.unit == FAILURES) == tasks]

    return Claims(
        on("all", tasks=False), on("tail", tasks=False), on("outside", tasks=False),
        [*on("all", tasks=True), *achieved], on("outside", tasks=True), on("all", tasks=True, first=False),
    )  # fmt: skip


def _evidence(rows: Sequence[Row], came: Results) -> Iterator[Evidence]:
    for row in rows:
        arm = row.arm.name
        over = "" if row.control == row.arm.controls[0] else f"_over_{row.control}"
        name = f"experiment.{arm}{over}.{row.slice}.{row.student}"
        yield row.effect.evidence(
            name, arm=arm, control=row.control, slice=row.slice, student=row.full, unit=row.unit,
            p=row.effect.p, holm=row.p, said=row.claim.said, control_loss=row.effect.control, tokens=came.tokens[arm],
            synthetic_tokens=came.synthetic[arm],
        )  # fmt: skip


def _told(
    words: Mapping[str, Verdict], share: float, documents: int, found: Candidates, who: Learners
) -> Iterator[Evidence]:
    whole = words["added"]
    method = f"{whole.word}: {whole.why}"
    inputs = {"word": whole.word, "why": whole.why, "share": share, "change": whole.change,
              "arms": {name: one.word for name, one in words.items()}}  # fmt: skip
    yield Evidence("experiment.verdict", None, documents, None, method, inputs)
    method = f"documents that train no arm since they share {found.run} words in a row with a test document"
    yield Evidence("experiment.left_out", found.shared, found.shared + len(found.pool), None, method)
    for one in who.unsuited:
        yield Evidence("experiment.unsuited", None, documents, None, one)
