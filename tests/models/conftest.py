"""What tests of models share: a journal of their own, and questions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sterling.models import Endpoint, Question, store


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """The journal of one test."""
    folder = tmp_path / ".sterling"
    store.use(folder)
    yield folder
    store.close()
    store.use(None)


def question(text: str, sample: int = 0, **sampling: Any) -> Question:
    return Question(({"role": "user", "content": text},), sampling, sample)


def endpoint(url: str, **options: Any) -> Endpoint:
    return Endpoint(**{"endpoint": url, "model": "m", "timeout_s": 5, "attempts": 3, "patience_s": 0, **options})
