"""How kernels are compiled: on their first call, without the interpreter lock, and remembered on disk."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function when it is first called, and keep what came of it for the next process.

    It is kept beside the source, else in the user's cache; `NUMBA_CACHE_DIR` names another place. Where none can be
    written to, each process compiles anew. A kernel runs in the thread that calls it and in no other.
    """
    try:
        compiled: Function = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no place to keep it
        compiled = numba.njit(nogil=True)(function)
    return compiled


def part(function: Function) -> Function:
    """A piece of kernels, compiled into each of them that calls it."""
    compiled: Function = numba.njit(nogil=True)(function)
    return compiled
