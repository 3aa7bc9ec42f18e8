"""Independence where it runs: whose work a model may judge, and whose keep of it verifies."""

import json
from typing import Literal

import pyarrow as pa

from sterling.records import UNPROVEN, VERIFYING, Family, families_of
from sterling.registry import ModelCheck, RecordCheck, Ruling

Kinship = Literal["stranger", "kin", "unknown"]
"""What the maker of a record is to a check's models. A person and a program are strangers to every model."""


def kinship(check: RecordCheck, batch: pa.RecordBatch) -> list[Kinship]:
    """For each row of a batch of `records.SCHEMA`; strangers all, where no model judges."""
    families = check.families() if isinstance(check, ModelCheck) else frozenset()
    if not families:
        return ["stranger"] * batch.num_rows
    makers, origins = batch.column("maker").to_pylist(), batch.column("origin").to_pylist()
    return [_kinship(families, maker, origin) for maker, origin in zip(makers, origins, strict=True)]


def may_judge(check: RecordCheck, kin: Kinship) -> bool:
    """Whether the check is asked about this record at all."""
    return kin != "kin" or not isinstance(check, ModelCheck) or check.same_family == "accept"


def recused(check: RecordCheck) -> Ruling:
    """What is said of a record that its own family would have judged."""
    families = sorted(check.families()) if isinstance(check, ModelCheck) else []
    return Ruling("flag", "same_family", None, {"families": families})


def unproven(reference: str | None) -> bool:
    """Whether agreeing with this reference (JSON) proves nothing of its record."""
    return reference is not None and f'"{UNPROVEN}"' in reference and UNPROVEN in json.loads(reference)


def signs_as(check: RecordCheck, kin: Kinship, *, proves: bool = True) -> Family:
    """Whose judgement the verdict is: a model's counts as independent only of work that is certainly another's.

    Where the record's reference `proves` nothing, whatever compares with it can refute and not verify.
    """
    if not proves and check.needs and check.family in VERIFYING:
        return "statistics"
    if isinstance(check, ModelCheck) and check.families() and kin == "stranger":
        return "independent_model"
    return check.family


def _kinship(families: frozenset[str], maker: str | None, origin: str) -> Kinship:
    if maker is None:
        return "stranger" if origin == "human" else "unknown"
    made_by = json.loads(maker)
    if made_by.get("model") is None:
        return "stranger"
    if made_by.get("family") is None:
        return "unknown"
    return "kin" if families & families_of(made_by["family"]) else "stranger"
