"""What every page is made with: the templates, the style, and the loop that keeps a page small."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

from sterling.report.flow import ranked
from sterling.report.limits import Cut, Limits, cut
from sterling.report.reading import clip, difference, number, percent, prose, span, told, words

if TYPE_CHECKING:
    import jinja2

T = TypeVar("T")

MAX_BYTES = 300_000
"""A page is smaller than this: browsers open it at once, and it can be mailed."""


def fitted(draw: Callable[[Limits], str]) -> str:
    """The page below `MAX_BYTES` in UTF-8: with long inputs it shows less, and says how much it left out."""
    limits = Limits()
    page = draw(limits)
    while len(page.encode()) >= MAX_BYTES and limits != limits.tighter():
        limits = limits.tighter()
        page = draw(limits)
    return page


def drawn(template: str, limits: Limits, **content: Any) -> str:
    """One template with its content and what every template uses."""
    style = resources.files("sterling.report").joinpath("templates/report.css").read_text(encoding="utf-8")

    def few(items: Iterable[T]) -> Cut[T]:
        return cut(items, limits.few)

    tools = {"style": style, "limits": limits, "t": partial(clip, limit=limits.text), "cut": cut, "few": few}
    return _environment().get_template(template).render(tools | content)


@cache
def _environment() -> "jinja2.Environment":
    import jinja2  # noqa: PLC0415 - only who renders a page pays for it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sterling.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "number": number, "percent": percent, "span": span, "ranked": ranked, "clip": clip, "words": words,
        "told": told, "prose": prose, "difference": difference,
    }  # fmt: skip
    return environment
