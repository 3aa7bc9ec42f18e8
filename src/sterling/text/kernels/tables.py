"""What Python knows of each Unicode character, as arrays that a kernel can look up.

They are read off Python itself (`re`, `str.lower`, `str.casefold`), so kernels and Python agree whatever version of
Unicode it has. One character in a million needs more than its own code point: what lower-casing makes of `Σ` depends on
its neighbours, and `İ` becomes two characters. `CONTEXTUAL` names them; texts that hold one are lower-cased beforehand.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SPACE, WORD, OTHER = 0, 1, 2
"""Classes of characters: `\\s`, `\\w`, and neither."""
CONTEXTUAL = ("\u03a3", "\u0130")
"""Characters whose lower case is not one character of their own."""
_CODE_POINTS = 0x110000
_BLOCK = 1024
CLASS_SHIFT = 24
"""`lower` holds a class above this bit and a code point below it."""


class Folding(NamedTuple):
    """`str.casefold`, which makes up to three characters of one."""

    first: npt.NDArray[np.int32]
    """By code point: what it becomes; or, negative, -1 - the row of `more`; -1 - (rows of `more`) for white space."""
    more: npt.NDArray[np.int32]
    """Rows of three code points, 0 where there are fewer."""


@cache
def lower_table() -> npt.NDArray[np.uint32]:
    """By code point: its class and its lower case, packed. 4.4 MB, of which few pages are ever touched."""
    table = np.arange(_CODE_POINTS, dtype=np.uint32)
    for code, text in _changed(str.lower):
        table[code] = ord(text) if len(text) == 1 else code
    return table | classes()[table].astype(np.uint32) << np.uint32(CLASS_SHIFT)


@cache
def classes() -> npt.NDArray[np.uint8]:
    """By code point: `SPACE`, `WORD` or `OTHER`."""
    everything = _everything()
    found = np.full(_CODE_POINTS, OTHER, np.uint8)
    for pattern, value in ((r"\w+", WORD), (r"\s+", SPACE)):
        for run in re.finditer(pattern, everything):
            found[run.start() : run.end()] = value
    return found


@cache
def folding_table() -> Folding:
    """By code point: its case folding, and whether it is white space."""
    first = np.arange(_CODE_POINTS, dtype=np.int32)
    more: list[list[int]] = []
    for code, text in _changed(str.casefold):
        if len(text) == 1:
            first[code] = ord(text)
        else:
            first[code] = -1 - len(more)
            more.append([ord(text[at]) if at < len(text) else 0 for at in range(3)])
    first[classes() == SPACE] = -1 - len(more)
    return Folding(first, np.array(more, np.int32))


def _changed(change: Callable[[str], str]) -> list[tuple[int, str]]:
    """(code point, what it becomes), of those that become something else."""
    everything = _everything()
    blocks = [everything[start : start + _BLOCK] for start in range(0, _CODE_POINTS, _BLOCK)]
    some = (one for block in blocks if change(block) != block for one in block)
    return [(ord(one), changed) for one in some if (changed := change(one)) != one]


@cache
def _everything() -> str:
    """Every code point at its own index."""
    return "".join(map(chr, range(_CODE_POINTS)))
