"""Progress as a person wants it: bars on a terminal, one plain line a step elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn


class Plain:
    """One line for each step when it is done; for logs and CI."""

    def __init__(self) -> None:
        self._started = time.monotonic()

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
        sys.stderr.write(f"{step}: {summary} ({took})\n")
        sys.stderr.flush()


class Bars:
    """A bar for the step at hand, with rate and remaining time; a line for each step that is done."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
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


def watcher(*, quiet: bool) -> Plain | Bars:
    """Bars where somebody looks, lines elsewhere."""
    return Bars() if sys.stderr.isatty() and not quiet else Plain()
