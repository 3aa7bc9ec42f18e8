"""README and docs run: files are written, python blocks executed, console lines typed, links followed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"# file: (\S+)\n")


def run(command: list[str], folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        run_block(block["language"], block["body"], tmp_path)


def run_block(language: str, body: str, folder: Path) -> None:
    if named := _NAMED.match(body):
        (folder / named[1]).write_text(body[named.end() :], encoding="utf-8")
    elif language == "python":
        (folder / "block.py").write_text(body, encoding="utf-8")
        run([sys.executable, "-W", "error", "block.py"], folder)
    elif language == "console":
        for line in body.splitlines():
            run(["bash", "-c", line.removeprefix("$ ")], folder)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
