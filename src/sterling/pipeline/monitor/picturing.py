"""`sterling monitor --html`: what was found, as a page of pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

from sterling.errors import InputError
from sterling.records.files import write_text
from sterling.report import Head, render_monitor

if TYPE_CHECKING:
    from sterling.pipeline.examination.examining import Examination
    from sterling.pipeline.monitor.files import Monitored


def require_page(page: str | None) -> None:
    """InputError for a page that cannot be written where it is named; asked before hours of work."""
    if page is not None and Path(page).is_dir():
        raise InputError("this is a folder", where=page, mend="name a file, such as `--html monitor.html`")
    if page is not None and not Path(page).absolute().parent.is_dir():
        raise InputError("there is no such folder to write the page in", where=page, mend="make it, or name another")


def picture_corpora(found: "Monitored", page: str | None) -> None:
    """Write the page of generations of a corpus, where one was asked for."""
    if page is not None:
        names = ", ".join(one.name for one in found.generations)
        facts = {"real text": found.real.path, "tokens of it": f"{found.real.sample.tokens:,}"}
        head = Head("Generations against real text", names, "", facts)
        write_text(Path(page), render_monitor([*found.watch.evidence(), *found.accepted], head))


def picture_models(found: "Examination", page: str | None) -> None:
    """Write the page of generations of a model, where one was asked for."""
    if page is not None:
        names = ", ".join(one.generation.name for one in found.sat)
        facts = {"items": f"{len(found.paper.items):,}", "bands": found.paper.banded}
        write_text(Path(page), render_monitor(found.evidence, Head("Models on a frozen tail", names, "", facts)))
