"""`Endpoint`: a model behind a chat endpoint, as a recipe describes it, and how parts refer to one by name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

_LOOPBACK = {"localhost", "ip6-localhost", "0.0.0.0", "::", "::1"}  # noqa: S104 - compared with, not bound to
_SECRET_PARAMETERS = re.compile(r"(?i)[?&][\w-]*(?:key|token|secret|password|sig)[\w-]*=")


def _without_secret(address: str) -> str:
    """A secret in an address would be written into the recipe's lock file and every message about a connection."""
    if urlsplit(address).username is not None or _SECRET_PARAMETERS.search(address):
        what, mend = "this address holds a credential", "put it into an environment variable and name that in `key_env`"
        raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
    return address


def _with_scheme(address: str) -> str:
    if not address.startswith(("http://", "https://")):
        mend = "write for instance http://localhost:8000/v1"
        raise PydanticCustomError(
            "recipe", "{what}", {"what": "an address begins with http:// or https://", "mend": mend}
        )
    return address


def _host(address: str) -> str:
    host = (urlsplit(address).hostname or "").lower()
    return "local" if host in _LOOPBACK or host.startswith("127.") or host.endswith(".localhost") else host


class Price(BaseModel):
    """What a model costs, in USD per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    """Reasoning included, which servers count among the tokens of an answer."""
    cached_input: float | None = Field(default=None, ge=0)
    """Of input that the server says it had in its cache; unsaid, that counts in full."""
    batch: float | None = Field(default=None, gt=0, le=1)
    """What a batch costs, as a share: 0.5 for half. Unsaid: what the service publishes, else all of it."""


class Endpoint(BaseModel):
    """An entry of the recipe's `models:`. Nothing secret is in it: `key_env` names the variable that holds the key."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    endpoint: Annotated[str, AfterValidator(_without_secret), AfterValidator(_with_scheme)] = Field(
        json_schema_extra={"pattern": "^https?://"}
    )
    """Base address of a server that speaks chat completions: `http://localhost:8000/v1`."""
    model: str = Field(min_length=1)
    """As the server names it."""
    revision: str | None = None
    """Of the weights, where the name alone does not say it."""
    family: str | None = None
    """Who made it (`qwen`); unsaid, the registry of families is asked by the model's name."""
    distilled_from: tuple[str, ...] = ()
    """Families of the teachers it was distilled from, beside those that the registry knows."""
    trained_on: str | None = None
    """Folder of a release that it was trained on: the greatest depth of that release adds to what it writes."""
    service: str | None = None
    """What stays the same when the server moves; the journal is keyed by it. Unsaid: the host, or `local`."""
    key_env: str | None = None
    """Environment variable with the API key."""
    terms: str | None = None
    """Entry of the registry of terms."""
    sampling: Mapping[str, Any] = {}
    """Sent with every request: `temperature`, `max_tokens`, `top_p`."""
    concurrency: int = Field(default=32, ge=1, le=4096)
    """Requests in flight at most."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    timeout_s: float = Field(default=120.0, gt=0)
    """Wall seconds for one request."""
    attempts: int = Field(default=5, ge=1, le=20)
    """Requests for one answer before its failure is recorded."""
    patience_s: float = Field(default=60.0, ge=0)
    """Seconds that a row waits out an endpoint which answers others but tells it to come back later (429): only then
    do its attempts count. Also the longest Retry-After that is waited for."""
    price: Price | None = None
    """USD per million tokens. Unsaid, the table of prices is asked."""
    batch: bool = False
    """Ask through the server's Batch API (`/files` and `/batches`): cheaper, and answered within a day."""
    poll_s: float = Field(default=30.0, gt=0)
    """Seconds between two looks at a batch."""

    @property
    def host(self) -> str:
        """Of the address, without its port; every loopback host is `local`."""
        return _host(self.endpoint)

    @property
    def identity(self) -> str:
        """`service`, or the host without its port; every loopback host is `local`, so a port may change."""
        return self.service or self.host


def _named(value: Any, info: ValidationInfo) -> Any:
    """A name is looked up among the recipe's `models:`, which the loader hands over as context."""
    if not isinstance(value, str):
        return value
    known: Mapping[str, Endpoint] = (info.context or {}).get("models") or {}
    if value not in known:
        what = f"there is no model `{value}` in `models:`"
        listed = ", ".join(sorted(known)) or "none is described"
        mend = f"one of: {listed}; or describe it here: {{endpoint: http://localhost:8000/v1, model: NAME}}"
        raise PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
    return known[value]


ModelRef = Annotated[Endpoint, BeforeValidator(_named, json_schema_input_type=str | Endpoint)]
"""A field that holds the name of an entry in `models:`, or describes an endpoint in place."""


def endpoints_of(part: BaseModel) -> tuple[Endpoint, ...]:
    """Every model that the options of a part ask, in their order, those of options within options too.

    A part's `only_named` lists options whose models it names and does not ask.
    """
    silent: frozenset[str] = getattr(part, "only_named", frozenset())
    return tuple(_endpoints(getattr(part, name) for name in type(part).model_fields if name not in silent))


def _endpoints(values: Iterable[Any]) -> Iterator[Endpoint]:
    for value in values:
        if isinstance(value, Endpoint):
            yield value
        elif isinstance(value, BaseModel):
            yield from endpoints_of(value)
        elif isinstance(value, Mapping):
            yield from _endpoints(value.values())
        elif isinstance(value, list | tuple):
            yield from _endpoints(value)
