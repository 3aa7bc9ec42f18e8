"""A preview on the terminal: each record beside what the checks said of it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

LONGEST = 1_200


def show_samples(report: Mapping[str, Any]) -> None:
    """One panel a record: its text on the left, its verdicts on the right."""
    console = Console()
    for sample in report["samples"]:
        console.print(_panel(sample))


def _panel(sample: Mapping[str, Any]) -> Panel:
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=3)
    grid.add_column(ratio=2)
    grid.add_row(_text(sample["parts"]), _verdicts(sample["verdicts"]))
    who = sample["strategy"] or sample["origin"]
    colour = "green" if sample["fate"] == "kept" else "red"
    return Panel(grid, title=f"{who} · {sample['id'][:12]} · {sample['fate']}", border_style=colour, title_align="left")


def _text(parts: Mapping[str, str]) -> Text:
    text = Text()
    for name, value in parts.items():
        text.append(f"{name}\n", style="bold")
        text.append(value if len(value) <= LONGEST else f"{value[:LONGEST]} …")
        text.append("\n")
    return text


def _verdicts(verdicts: list[Mapping[str, Any]]) -> Text:
    styles = {"keep": "green", "flag": "yellow", "drop": "red"}
    text = Text()
    for verdict in verdicts:
        score = "" if verdict["score"] is None else f" {verdict['score']:.2f}"
        text.append(f"{verdict['outcome']:<5}", style=styles[verdict["outcome"]])
        text.append(f"{verdict['check']}: {verdict['reason']}{score}\n")
    return text
