"""Real records by the digest of their payload, in a few bytes each: who was there before, and who is there now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sterling.records import ROLES
from sterling.text.lookup import positions

Keys = npt.NDArray[np.uint64]
Roles = npt.NDArray[np.uint8]
"""A bit for each role."""
TRAIN = np.uint8(1 << ROLES.index("train"))
HELD_BACK = np.uint8((1 << len(ROLES)) - 1 - (1 << ROLES.index("train")))


def keys_of(digests: pa.StringArray) -> Keys:
    """The first eight bytes of each digest of 32 hexadecimal digits. Two differ alike with probability 2^-64."""
    if not len(digests):
        return np.empty(0, np.uint64)
    raw = bytes.fromhex("".join(digests.to_pylist()))
    return np.ascontiguousarray(np.frombuffer(raw, np.uint64).reshape(-1, 2)[:, 0])


def role_bits(roles: pa.StringArray) -> Roles:
    """The bit of each row's role."""
    return np.array([1 << ROLES.index(role) for role in roles.to_pylist()], np.uint8)


class Row(NamedTuple):
    """What is known of some records, a number or a flag for each."""

    keys: Keys
    roles: Roles
    first: npt.NDArray[np.int32]
    times: npt.NDArray[np.int64]
    last: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> "Row":
        """Of a batch of `release.lineage.ANCHOR`."""
        numbers = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("first", "times", "last"))
        return cls(keys_of(batch.column("content")), role_bits(batch.column("role")), *numbers)


@dataclass(frozen=True, slots=True)
class Known:
    """Each payload once: 22 bytes a payload."""

    keys: Keys
    """Sorted."""
    roles: Roles
    """Every role that a record with it had."""
    first: npt.NDArray[np.int32]
    """The earliest generation that read it."""
    times: npt.NDArray[np.int64]
    """The most mixes that held a record with it."""
    last: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Known":
        """Of all records of a chain."""
        parts = [_NOBODY, *rows]
        whole = Row(*(np.concatenate([part[at] for part in parts]) for at in range(len(_NOBODY))))
        order = np.argsort(whole.keys, kind="stable")
        keys, begins = np.unique(whole.keys[order], return_index=True)
        if not len(keys):
            return cls(*_NOBODY)
        return cls(
            keys,
            np.bitwise_or.reduceat(whole.roles[order], begins),
            np.minimum.reduceat(whole.first[order], begins),
            np.maximum.reduceat(whole.times[order], begins),
            np.logical_or.reduceat(whole.last[order], begins),
        )

    def find(self, sought: Keys) -> npt.NDArray[np.int64]:
        """The place of each key, or -1."""
        return positions(self.keys, sought)


_NOBODY = Row(
    np.empty(0, np.uint64), np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.bool_)
)
