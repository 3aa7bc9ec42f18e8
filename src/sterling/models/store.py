"""Where answers are kept: `.sterling/` below the current folder, unless `use` says otherwise."""

import os
import threading
from pathlib import Path

from sterling.models.journal.journal import Journal

_lock = threading.Lock()
_open: dict[Path, Journal] = {}
_home: Path | None = None


def use(folder: str | Path | None) -> None:
    """Keep answers below this folder (`…/.sterling`) from now on; None means `.sterling` of the current folder."""
    global _home  # noqa: PLW0603 - one place for the process, as the documentation says
    with _lock:
        _home = None if folder is None else Path(folder).absolute()


def journal() -> Journal:
    """The journal in use. Its folder is made with the first answer."""
    with _lock:
        folder = (_home or Path.cwd() / ".sterling") / "journal"
        if folder not in _open:
            _open[folder] = Journal(folder)
        return _open[folder]


def close() -> None:
    """Sync and close every journal of this process; the next question opens them again."""
    with _lock:
        while _open:
            _open.popitem()[1].close()


def _start_anew() -> None:
    """A forked child writes a file of its own, and shares no read position with its parent."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _open.clear()


os.register_at_fork(after_in_child=_start_anew)
