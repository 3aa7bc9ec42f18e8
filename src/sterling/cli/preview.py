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


def show_estimate(report: Mapping[str, Any]) -> None:
    """What the whole recipe would cost, by entry; nothing where no model was asked."""
    found = {one["name"]: one for one in report["evidence"] if one["name"].startswith("estimate.")}
    if "estimate.total.usd" not in found:
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("entry", "n", "wanted", "tokens in", "out", "USD", "95 %", "time"):
        table.add_column(column, justify="left" if column == "entry" else "right", no_wrap=True)
    for name in [name.removesuffix(".prompt_tokens") for name in found if name.endswith(".prompt_tokens")]:
        table.add_row(*_estimated(found, name))
    for side in ("generator", "verifiers", "people", "total"):
        if f"estimate.{side}.usd" in found:
            table.add_row(side, "", "", "", "", *_ranged(found[f"estimate.{side}.usd"]), "", style="bold")
    console = Console()
    console.print("Estimate for the whole recipe, by what n tasks or questions of this preview took:")
    console.print(table)
    console.print(f"Time in all, one entry after the other: {_time(found['estimate.hours'])}.")


def _estimated(found: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    """One entry's row."""
    usd, tokens = found[f"{name}.usd"], [found[f"{name}.{kind}_tokens"] for kind in ("prompt", "completion")]
    wanted = usd["inputs"].get("tasks", usd["inputs"].get("questions"))
    counts = ["unknown" if one is None else f"{one:,.0f}" for one in (wanted, *(one["value"] for one in tokens))]
    title = name.removeprefix("estimate.").replace(".", " ", 1)
    return [title, f"{tokens[0]['n']:,}", *counts, *_ranged(usd), _time(found[f"{name}.hours"])]


def _ranged(one: Mapping[str, Any]) -> tuple[str, str]:
    """A number, and its interval."""
    if one["value"] is None:
        return "unknown", ""
    interval = one["interval"]
    return f"{one['value']:.3g}", "" if interval is None else f"{interval[0]:.3g} to {interval[1]:.3g}"


def _time(one: Mapping[str, Any]) -> str:
    """Hours as a person says them."""
    if one["value"] is None:
        return "unknown"
    seconds = one["value"] * 3600
    unit, size = next((u, s) for u, s in (("h", 3600), ("min", 60), ("s", 1)) if seconds >= s or s == 1)
    return f"{seconds / size:.2g} {unit}"


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
