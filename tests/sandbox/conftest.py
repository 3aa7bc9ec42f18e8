import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sterling.sandbox import Limits, Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as it:
        yield it


@pytest.fixture(scope="session")
def tight() -> Iterator[Sandbox]:
    """Small limits, so that a flood or a loop ends soon."""
    with Sandbox(Limits(cpu_s=1, memory_mb=256, output_bytes=10_000, stall_s=1.5)) as it:
        yield it


@pytest.fixture(scope="session")
def humaneval() -> list[dict[str, Any]]:
    path = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "humaneval" / "tasks.jsonl"
    if not path.exists():
        pytest.skip(f"the HumanEval tasks are not beside the repository: {path}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
