from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.policy.examples import GOOD
from tests.recipes import parts

from sterling.recipes import Recipe, from_mapping
from sterling.registry import Kind, Part, names


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recipe]:
    """`GOOD` with some keys replaced."""
    monkeypatch.setattr(names, "available", _available)
    return lambda **changes: from_mapping(GOOD | changes, Path.cwd())


def _available(kind: Kind) -> Mapping[str, type[Part]]:
    """The parts of these tests, and those that a test registered itself."""
    return {**names._registered[kind], **parts.available(kind)}
