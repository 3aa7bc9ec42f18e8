"""How kernels are compiled: on their first call, without the interpreter lock, and remembered on disk.

numba sees that a kernel is stale by the age of the file it stands in, and not by the files whose functions and constants
it was compiled with. So what is remembered lies in a folder named by the digest of all of them.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
_HERE = Path(__file__).parent
_COMPILED_IN = ("ngrams.py", "minhash.py", "normal.py")
"""Beside this folder: where constants of kernels are written."""


def kernel(function: Function) -> Function:
    """Compile a function when it is first called, and keep what came of it for the next process.

    It is kept beside the source, else in the user's cache; `NUMBA_CACHE_DIR` names another place. Where none can be
    written to, each process compiles anew. A kernel runs in the thread that calls it and in no other.
    """
    home, before = _home(), numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(home or before)
    try:
        compiled: Function = numba.njit(nogil=True, cache=home is not None)(function)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


def part(function: Function) -> Function:
    """A piece of kernels, compiled into each of them that calls it."""
    compiled: Function = numba.njit(nogil=True, inline="always")(function)
    return compiled


@cache
def _home() -> Path | None:
    """The first folder that can be written to."""
    return next((home for home in _candidates() if _writable(home)), None)


def _candidates() -> Iterator[Path]:
    state = blake2b(digest_size=8)
    for path in [*sorted(_HERE.glob("*.py")), *(_HERE.parent / name for name in _COMPILED_IN)]:
        state.update(path.read_bytes())
    if numba.config.CACHE_DIR:
        yield Path(numba.config.CACHE_DIR) / f"sterling-{state.hexdigest()}"
    yield _HERE / "__pycache__" / state.hexdigest()
    yield Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "sterling" / state.hexdigest()


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
