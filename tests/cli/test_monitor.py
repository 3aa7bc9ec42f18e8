"""`sterling monitor` on files."""

import json
import re
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from sterling.cli import main


def _write(path: Path, seed: int, documents: int, most: int = 3000, words: int = 40) -> str:
    chance = np.random.default_rng(seed)
    rows = [" ".join(f"w{n}" for n in (chance.zipf(1.3, words) % most)) for _ in range(documents)]
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    return str(path)


def test_it_tells_of_each_generation_and_exits_by_the_last(tmp_path: Path) -> None:
    real, good = _write(tmp_path / "real.jsonl", 1, 4100), _write(tmp_path / "v1.jsonl", 2, 2050)
    poor = _write(tmp_path / "v2.jsonl", 3, 2050, most=60)
    told = CliRunner().invoke(main, ["monitor", real, good, poor])
    assert told.exit_code == 3, told.output
    assert "\nv1: green\n" in told.output
    assert "\nv2: red" in told.output
    assert "look first: student_tail (+" in _block(told.output, "v2")
    heads = re.findall(r"^  (words|topics|student|shown): ", _block(told.output, "v1"), re.MULTILINE)
    assert heads == ["words", "topics", "student", "shown"]
    assert "tail reproduction: once:" in told.output


def _block(output: str, name: str) -> str:
    """What is said of one generation."""
    return next(part for part in output.split("\n\n") if part.startswith(f"{name}: "))


def test_another_kind_of_text_is_told_first_and_then_a_small_sample(tmp_path: Path) -> None:
    real, good = _write(tmp_path / "real.jsonl", 1, 300), _write(tmp_path / "v1.jsonl", 2, 150)
    short = _write(tmp_path / "short.jsonl", 3, 300, words=20)
    told = CliRunner().invoke(main, ["monitor", real, good, short]).output
    assert "look first: the size of the sample" in _block(told, "v1")
    said = r"look first: documents are shorter than the real ones \(document_tokens -[45]\d%\): compare like with like"
    assert re.search(said, _block(told, "short"))


def test_json_has_all_of_it(tmp_path: Path) -> None:
    real, good = _write(tmp_path / "real.jsonl", 1, 300), _write(tmp_path / "v1.jsonl", 2, 150)
    told = CliRunner().invoke(main, ["monitor", real, good, "--json"])
    assert told.exit_code == 0, told.output
    [one] = json.loads(told.output)["generations"]
    assert (one["name"], one["verdict"]) == ("v1", "insufficient sample")
    assert one["why"].endswith("8 of 10,000 on each side would do")
    assert {"measure", "interval", "p", "said", "n"} <= set(one["gap"][0])


def test_bad_input_says_what_and_where(tmp_path: Path) -> None:
    real = _write(tmp_path / "real.jsonl", 1, 300)
    (tmp_path / "one.jsonl").write_text('{"text": "one document"}\n')
    (tmp_path / "binary.jsonl").write_bytes(bytes(range(256)) * 10)
    for name, said in (("one.jsonl", "2 tokens in 1 documents are too little"), ("none.jsonl", "none.jsonl")):
        told = CliRunner().invoke(main, ["monitor", real, str(tmp_path / name)])
        assert told.exit_code == 2
        assert said in told.output
    assert CliRunner().invoke(main, ["monitor", real, str(tmp_path / "binary.jsonl")]).exit_code == 2
