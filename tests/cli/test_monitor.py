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
    assert one["why"] == "v1 has 6,000 tokens, 80,000 would do; the real text has 12,000 tokens, 160,000 would do"
    assert {"topics", "records", "bigrams", "examples"} <= set(one["vanishing"])
    assert {"measure", "interval", "p", "said", "n"} <= set(one["gap"][0])


def test_bad_input_says_what_and_where(tmp_path: Path) -> None:
    real = _write(tmp_path / "real.jsonl", 1, 300)
    (tmp_path / "one.jsonl").write_text('{"text": "one document"}\n')
    (tmp_path / "binary.jsonl").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "empty.jsonl").write_bytes(b"")
    cases = {
        "binary.jsonl": "no row of it is text that can be read; the first is binary.jsonl:1",
        "empty.jsonl": "the file is empty",
        "none.jsonl": "there is no such file",
    }
    for name, said in cases.items():
        told = CliRunner().invoke(main, ["monitor", real, str(tmp_path / name)])
        assert (told.exit_code, said in told.output) == (2, True), told.output
    told = CliRunner().invoke(main, ["monitor", real])
    assert (told.exit_code, "mend: sterling monitor REAL GENERATION..." in told.output) == (2, True)
    told = CliRunner().invoke(main, ["monitor", str(tmp_path / "one.jsonl"), real])
    assert (told.exit_code, "name real text of 160,000 tokens or more: --real FILE" in told.output) == (2, True)
    assert CliRunner().invoke(main, ["monitor"]).exit_code == 2


def test_a_generation_of_one_document_is_a_verdict(tmp_path: Path) -> None:
    real = _write(tmp_path / "real.jsonl", 1, 300)
    (tmp_path / "one.jsonl").write_text('{"text": "one document"}\n')
    told = CliRunner().invoke(main, ["monitor", "--real", real, str(tmp_path / "one.jsonl")])
    assert told.exit_code == 0
    assert "one: insufficient sample\n  one has 2 tokens, 80,000 would do" in told.output
