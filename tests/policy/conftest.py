from collections.abc import Callable
from pathlib import Path

import pytest
from tests.policy.examples import GOOD
from tests.recipes import parts

from sterling import registry
from sterling.recipes import Recipe, from_mapping


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recipe]:
    """`GOOD` with some keys replaced."""
    monkeypatch.setattr(registry, "available", parts.available)
    return lambda **changes: from_mapping(GOOD | changes, Path.cwd())
