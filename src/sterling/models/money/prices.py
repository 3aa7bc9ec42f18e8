"""What an answer costs: a table of published prices, dated and with its sources, and what a recipe adds to it.

A price that is not known is None and stays so: no number is made up from a similar model or another host.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field

from sterling.models.endpoint import Endpoint, Price
from sterling.models.yaml_file import OwnFile, Patterns

_PER = 1_000_000
_FREE = Price(input=0.0, output=0.0)


class Listed(Price):
    """The price of some models of one service."""

    names: Patterns
    """Regular expressions for the whole name of a model, case apart."""


class Service(BaseModel):
    """What one service charges."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    source: str = Field(min_length=1)
    """Where the numbers were read."""
    seen: date
    """When."""
    page: str | None = None
    """The provider's own page, to compare with."""
    batch: float | None = Field(default=None, gt=0, le=1)
    """What a batch costs with every model of it, as a share."""
    models: tuple[Listed, ...] = ()


class Table(BaseModel):
    """Prices by service: a host, or what an endpoint calls its `service`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: Literal["USD"] = "USD"
    services: Mapping[str, Service] = {}


class Known(NamedTuple):
    """What is known of an endpoint's price."""

    price: Price | None
    """None where nobody has said it."""
    source: str
    """Who says so, for evidence."""

    def usd(self, prompt: float, cached: float, completion: float, *, batch: bool) -> float | None:
        """USD for so many tokens; `cached` of the prompt's are charged as such. None without a price."""
        price = self.price
        if price is None:
            return None
        held = price.input if price.cached_input is None else price.cached_input
        whole = (prompt - cached) * price.input + cached * held + completion * price.output
        return whole / _PER * ((price.batch or 1.0) if batch else 1.0)


def price_of(endpoint: Endpoint) -> Known:
    """The endpoint's own price, else the table's; a loopback host costs nothing by token, whatever it costs to run."""
    if endpoint.price is not None:
        shared = next((service.batch for service in _services(endpoint) if service.batch), None)
        return Known(endpoint.price.model_copy(update={"batch": endpoint.price.batch or shared}), "the recipe")
    listed = _listed(endpoint)
    if listed is not None:
        return listed
    if endpoint.host == "local":
        return Known(_FREE, "on this machine: nothing by token")
    return Known(None, "unknown")


def _services(endpoint: Endpoint) -> Iterator[Service]:
    """Every entry that speaks of this service."""
    for table in tables():
        names = dict.fromkeys((endpoint.identity, endpoint.host))
        yield from (table.services[name] for name in names if name in table.services)


def _listed(endpoint: Endpoint) -> Known | None:
    """What the first entry says that knows the model too."""
    for service in _services(endpoint):
        price = _price_in(service, endpoint.model)
        if price is not None:
            return Known(price, f"{service.source}, seen {service.seen.isoformat()}")
    return None


def _price_in(service: Service, model: str) -> Price | None:
    for listed in service.models:
        if any(re.fullmatch(pattern, model, re.IGNORECASE) for pattern in listed.names):
            said = listed.model_dump(exclude={"names"})
            return Price(**said | {"batch": listed.batch or service.batch})
    return None


def tables() -> Iterator[Table]:
    """The file that `added` names, if any, then ours."""
    yield from _own.known()
    yield _ours()


@cache
def _ours() -> Table:
    text = (resources.files("sterling.models.money") / "prices.yaml").read_text(encoding="utf-8")
    return Table.model_validate(yaml.safe_load(text))


_own = OwnFile("STERLING_PRICES", Table, "docs/models.md shows one")


def added(path: str | Path | None) -> AbstractContextManager[None]:
    """Ask one more file first while this lasts. InputError names what is wrong with it."""
    return _own.added(path)
