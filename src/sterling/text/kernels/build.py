"""How kernels are compiled: on their first call, without the interpreter lock, and remembered on disk.

numba sees that a kernel is stale by the age of the file it stands in, and not by the files whose functions and
constants it was compiled with. So what is remembered lies in a folder named by the digest of all of them.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

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
    compiled: Function = numba.njit(nogil=True)(function)
    return compiled


def inlined(function: Function) -> Function:
    """A piece that is written into its callers before they are compiled.

    For small ones that take arrays: counting references to them would take longer than what they do.
    """
    compiled: Function = numba.njit(nogil=True, inline="always")(function)
    return compiled


def _eight_bytes(_: Any, data: Any, at: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        place = builder.bitcast(builder.gep(array.data, [index]), ir.IntType(64).as_pointer())
        return builder.load(place, align=1)

    return types.uint64(data, at), code


eight_bytes: Any = intrinsic(_eight_bytes)
"""`data[at : at + 8]` as a little-endian number, wherever it lies; the caller knows that it lies within."""


@cache
def _home() -> Path | None:
    """The first folder that can be written to."""
    return next((home for home in _candidates() if writable(home)), None)


def _candidates() -> Iterator[Path]:
    state = blake2b(digest_size=8)
    for path in [*sorted(_HERE.glob("*.py")), *(_HERE.parent / name for name in _COMPILED_IN)]:
        state.update(path.read_bytes())
    if numba.config.CACHE_DIR:
        yield Path(numba.config.CACHE_DIR) / f"sterling-{state.hexdigest()}"
    yield _HERE / "__pycache__" / state.hexdigest()
    yield Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "sterling" / state.hexdigest()


def writable(folder: Path) -> bool:
    """Whether files can be made there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
