"""`sterling monitor --html` on texts far too short to say anything of: the page says so."""

import json
import random
from pathlib import Path

import pytest

from sterling.errors import InputError
from sterling.pipeline.monitor.files import monitor_files
from sterling.pipeline.monitor.picturing import picture_corpora, require_page


def corpus(folder: Path, name: str, seed: int) -> str:
    chance = random.Random(seed)
    words = [f"word{at}" for at in range(300)]
    rows = (json.dumps({"text": " ".join(chance.choices(words, k=30))}) for _ in range(200))
    (folder / name).write_text("\n".join(rows), encoding="utf-8")
    return str(folder / name)


def test_the_page_shows_every_generation_and_what_would_do(tmp_path: Path) -> None:
    found = monitor_files([corpus(tmp_path, f"{name}.jsonl", seed) for seed, name in enumerate(("real", "one", "two"))])
    picture_corpora(found, str(tmp_path / "out" / "monitor.html"))
    page = (tmp_path / "out" / "monitor.html").read_text(encoding="utf-8")
    assert page.index("Generations against real text") < page.index("insufficient sample") < page.index("Gap: ")
    assert "one, two" in page
    assert "real.jsonl" in page


def test_without_a_name_nothing_is_written_and_a_folder_is_refused(tmp_path: Path) -> None:
    require_page(None)
    require_page(str(tmp_path / "new.html"))
    with pytest.raises(InputError, match="this is a folder"):
        require_page(str(tmp_path))
