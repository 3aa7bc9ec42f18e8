"""Progress as a person wants it: bars on a terminal, one plain line a step elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Plain:
    """One line for each step when it is done; for logs and CI."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._told: Callable[[], str] = str

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def start(self, step: str, units: int | None) -> None:
        """The clock starts."""
        self._started = time.monotonic()

    def advance(self, records: int) -> None:
        """Nothing: a log has no use for it."""

    def finish(self, step: str, summary: str, *, reused: bool) -> None:
        """The step's line, on standard error."""
        took = "unchanged" if reused else f"{time.monotonic() - self._started:.1f} s"
        spent = self._told()
        sys.stderr.write(f"{step}: {summary} ({took}{spent and f'; {spent} so far'})\n")
        sys.stderr.flush()

    def spends(self, told: Callable[[], str]) -> None:
        """Each line says from now on what was spent."""
        self._told = told


class Bars:
    """A bar for the step at hand, with rate and remaining time; a line for each step that is done."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._cost = Cost()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            self._cost,
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("", start=False, visible=False, rate="")
        self._records, self._started = 0, time.monotonic()

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def start(self, step: str, units: int | None) -> None:
        """A fresh bar."""
        self._records, self._started = 0, time.monotonic()
        self._progress.remove_task(self._task)  # a reset would keep the total of the step before where there is none
        self._task = self._progress.add_task(step, total=units, rate="")

    def advance(self, records: int) -> None:
        """One more shard."""
        self._records += records
        rate = self._records / max(time.monotonic() - self._started, 1e-3)
        self._progress.update(self._task, advance=1, rate=f"{rate:,.0f} records/s")

    def finish(self, step: str, summary: str, *, reused: bool) -> None:
        """The step's line stays above the bar."""
        took = "unchanged" if reused else f"{time.monotonic() - self._started:.1f} s"
        self._progress.update(self._task, visible=False)
        self._progress.console.print(f"[green]✓[/] [bold]{step}[/]  {summary}  [dim]{took}[/]", highlight=False)

    def spends(self, told: Callable[[], str]) -> None:
        """The bar says from now on what was spent, at any moment."""
        self._cost.told = told


class Cost(ProgressColumn):
    """What has been spent, as it is when the bar is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.told: Callable[[], str] = str

    def render(self, task: Task) -> Text:
        """A few words, or none."""
        return Text(self.told(), style="cyan")


def watcher(*, quiet: bool) -> Plain | Bars:
    """Bars where somebody looks, lines elsewhere."""
    return Bars() if sys.stderr.isatty() and not quiet else Plain()
