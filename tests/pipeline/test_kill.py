import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest


def start(recipe: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sterling", "run", str(recipe), "--out", str(out), "--set", "engine.workers=2"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def finished(out: Path) -> dict[str, int]:
    """Inode of every output of every finished shard."""
    found = {}
    for marker in out.glob("runs/*/steps/*/shard-*.json"):
        for path in marker.parent.glob(f"*/{marker.stem}.parquet"):
            found[str(path)] = path.stat().st_ino
    return found


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(out / "releases" / "small" / "data").to_pylist()
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_run_killed_at_many_points_continues(write_recipe: Any, tmp_path: Path) -> None:
    """Killed again and again, each time a few finished shards later, the run ends as if nothing had happened."""
    recipe = write_recipe(questions=60, completions=60)
    with start(recipe, tmp_path / "whole") as whole:
        assert whole.wait(timeout=120) == 0
    kills = 0
    out = tmp_path / "killed"
    while True:
        before = finished(out)
        run = start(recipe, out)
        wanted = len(before) + 7
        while run.poll() is None and len(finished(out)) < wanted:
            time.sleep(0.002)
        ended = run.poll() is not None
        os.killpg(run.pid, signal.SIGKILL) if not ended else None
        _, said = run.communicate(timeout=60)
        after = finished(out)
        assert {path: after.get(path) for path in before} == before, "a finished shard was made again"
        if ended:
            assert run.returncode == 0, said.decode()
            break
        kills += 1
        assert not (out / "releases" / "small").exists() or rows(out)
    assert kills >= 8
    assert rows(out) == rows(tmp_path / "whole")
