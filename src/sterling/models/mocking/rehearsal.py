"""A rehearsal: every endpoint is answered by a mock of this machine, so that a recipe can be walked without a model.

What comes of it says nothing about the data. It shows that prompts are filled, forms are read, checks are reached, and
how many requests a record takes.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sterling.models.mocking import stand_in
from sterling.models.mocking.mock import mock
from sterling.models.mocking.script import Rule, Script


@contextlib.contextmanager
def rehearsed(script: str | Path | None) -> Iterator[None]:
    """While this lasts, a mock answers for every endpoint. No key is needed; keep the answers apart (`store.use`).

    `script`: a file as `sterling mock-endpoint` takes it; None for answers that are made up, in the form that is asked
    for. InputError when the script is wrong.
    """
    with mock(Script(rules=(Rule(rehearse=True),)) if script is None else script) as address:
        stand_in.use(address.removesuffix("/v1"))
        try:
            yield
        finally:
            stand_in.use(None)
