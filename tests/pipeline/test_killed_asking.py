"""A run that asks models is killed at random moments: nothing is lost, nothing paid twice but what was in flight."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import WriteRecipe

from sterling.models import mock, mock_stats

TEXTS = 100
IN_FLIGHT = 10
WAIVED = [{"rule": rule, "because": "a test", "by": "the test"} for rule in ("mix.synthetic_cap", "models.terms")]
ENOUGH = {"latency_s": 0.03, "rules": [
    {"match": "<<<(\\w+)", "fill": '{"case": "$1", "reason": "It is right.", "score": 5}'},
    {"match": "island (\\d+) lies", "fill": "Of island $1 it is said that it lies in the sea."},
]}  # fmt: skip


def recipe(write_recipe: WriteRecipe, address: str) -> Path:
    """Islands, a teacher and a judge of another family."""
    model = {"endpoint": address, "concurrency": IN_FLIGHT, "attempts": 2}
    path = write_recipe(
        anchor=[{"name": "islands", "path": "islands.jsonl", "origin": "human", "attested_by": "the test",
                 "attested_because": "it wrote them", "licence": "CC0-1.0"}],
        roles={"train": 1.0, "test": 0.0, "monitor": 0.0, "holdout": 0.0},
        models={"teacher": {**model, "model": "qwen3-32b"}, "judge": {**model, "model": "mistral-small-3"}},
        generate=[{"strategy": "rephrase", "model": "teacher"}],
        checks=[{"check": "judge", "model": "judge", "rubric": "Is it right?"}],
        mix={"synthetic_cap": 0.99}, waive=WAIVED, engine={"shard_rows": 40, "workers": 1, "partitions": 3},
    )  # fmt: skip
    rows = [{"text": f"The island {n} lies in the sea, {n * 3} miles from the coast."} for n in range(TEXTS)]
    (path.parent / "islands.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def start(path: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sterling", "run", str(path), "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def asked(address: str) -> dict[str, Any]:
    return mock_stats(address)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_kill_costs_at_most_what_was_in_flight(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    chance = random.Random(4)
    kills = 0
    with mock(ENOUGH) as address:
        path = recipe(write_recipe, address)
        while True:
            before = asked(address)["requests"]
            more = chance.randrange(20, 60)
            run = start(path, tmp_path)
            while run.poll() is None and asked(address)["requests"] < before + more:
                time.sleep(0.01)
            if run.poll() is not None:
                break
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate(timeout=60)
            kills += 1
        _, said = run.communicate(timeout=60)
        assert run.returncode == 0, said.decode()
        counts = asked(address)
    assert kills >= 3
    assert counts["distinct"] == 2 * TEXTS
    assert counts["repeated"] <= kills * IN_FLIGHT
    released = pq.read_table(tmp_path / "releases" / "small" / "data").to_pylist()
    assert sum(row["origin"] == "synthetic" for row in released) == TEXTS
    assert len({row["id"] for row in released}) == 2 * TEXTS
