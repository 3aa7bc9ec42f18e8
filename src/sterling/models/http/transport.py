"""One request over HTTP: everything that can happen to it becomes a `Reply`, never an exception.

Exceptions of HTTP libraries carry request headers, and with them the key; so none leaves this file.
"""

import asyncio
import email.utils
import json
import math
import ssl
import time
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from sterling.errors import MissingExtra
from sterling.models.endpoint import Endpoint
from sterling.models.http.mends import mended
from sterling.models.http.secrets import Secrets
from sterling.models.http.wire import Call
from sterling.models.mocking import stand_in
from sterling.version import VERSION

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_LARGEST = 64 << 20
_QUOTED = 1 << 16
"""Bytes of a body that may be quoted in a message."""
_SHOWN = 240
"""Characters of one that are: a message has room for what to change, too."""
_JSON = {"Content-Type": "application/json"}


class Reply(NamedTuple):
    """What came of one request."""

    status: int | None
    """None when no answer arrived."""
    body: Any = None
    """Parsed JSON of a status 200."""
    reason: str | None = None
    """None for a body; otherwise why there is none, as a `Failure` says it."""
    message: str = ""
    retry_after: float | None = None
    """Seconds, if the server named a time."""
    sent: bool = True
    """False where the request surely never reached the server, and so cost nothing."""
    size: int = 0
    """Bytes of a body with status 200 that could not be read."""


class Parcel(NamedTuple):
    """What is sent."""

    method: str
    path: str
    """Below the endpoint's address."""
    data: Any = None
    """As aiohttp takes it."""
    headers: Mapping[str, str] = {}
    into: IO[bytes] | None = None
    """Takes a body with status 200 as it comes, however large; the reply then has none."""
    timeout_s: float | None = None
    """Unsaid, the endpoint's."""


def need_aiohttp(feature: str) -> None:
    """MissingExtra when aiohttp is not installed."""
    try:
        import aiohttp  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtra(feature, "models") from error


def open_session() -> "ClientSession":
    """Connections to one endpoint, kept open between requests. The gate limits them, so the pool does not."""
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector  # noqa: PLC0415 - only who asks pays for it

    connector = TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=300)
    return ClientSession(connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=True)


def _address(endpoint: Endpoint, path: str) -> str:
    base, other = endpoint.endpoint.rstrip("/"), stand_in.address()
    return f"{base if other is None else other + urlsplit(base).path}/{path}"


async def post(session: "ClientSession", endpoint: Endpoint, secrets: Secrets, call: Call) -> Reply:
    """Send one question and read its whole answer, within `timeout_s`. A message ends with what to change."""
    return await send(session, endpoint, secrets, Parcel("POST", call.path, call.body, _JSON))


async def send(session: "ClientSession", endpoint: Endpoint, secrets: Secrets, parcel: Parcel) -> Reply:
    """The same for anything else that an endpoint takes: files, batches."""
    reply = await _replied(session, endpoint, secrets, parcel)
    if reply.reason is None:
        return reply
    status = "" if reply.status in {None, 200} else f"status {reply.status}: "
    return reply._replace(message=status + mended(reply.reason, reply.message, endpoint))


async def _replied(session: "ClientSession", endpoint: Endpoint, secrets: Secrets, parcel: Parcel) -> Reply:
    from aiohttp import ClientConnectorError, ClientError  # noqa: PLC0415

    address, seconds = _address(endpoint, parcel.path), parcel.timeout_s or endpoint.timeout_s
    headers = {**parcel.headers, "User-Agent": f"sterling/{VERSION}", **secrets.headers()}
    given = {"data": parcel.data, "headers": headers, "allow_redirects": False}
    try:
        async with asyncio.timeout(seconds):
            async with session.request(parcel.method, address, **given) as response:
                if parcel.into is not None and response.status == 200:
                    return await _saved(response, parcel.into)
                return _reply(response, await _read(response), secrets)
    except TimeoutError:
        return Reply(None, reason="timeout", message=f"no whole answer within {seconds:g} s")
    except ssl.SSLError as error:
        return Reply(None, reason="tls", message=secrets.quote(str(error), _SHOWN), sent=False)
    except (ClientError, OSError, ValueError) as error:
        said = f"{type(error).__name__}: {secrets.quote(str(error), _SHOWN)}"
        return Reply(None, reason=_broken(error), message=said, sent=not isinstance(error, ClientConnectorError))


async def _saved(response: "ClientResponse", file: IO[bytes]) -> Reply:
    async for part in response.content.iter_any():
        file.write(part)
    return Reply(response.status)


def _broken(error: BaseException) -> str:
    return "tls" if isinstance(error, ssl.SSLError) or "ssl" in type(error).__name__.lower() else "connection"


async def _read(response: "ClientResponse") -> bytes | None:
    """The body, or None when it is larger than any answer."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > _LARGEST:
            response.close()
            return None
    return b"".join(parts)


def _reply(response: "ClientResponse", raw: bytes | None, secrets: Secrets) -> Reply:
    status = response.status
    if raw is None:
        return Reply(
            status, reason="too_large", message=f"the answer is larger than {_LARGEST >> 20} MiB", size=_LARGEST
        )
    if status == 200:
        return _parsed(raw, secrets)
    text = raw[:_QUOTED].decode("utf-8", "replace")
    elsewhere = response.headers.get("Location")
    said = secrets.quote(text if elsewhere is None else f"to {elsewhere} {text}", _SHOWN)
    return Reply(status, reason=reason_of(status, text), message=said, retry_after=_retry_after(response))


def _parsed(raw: bytes, secrets: Secrets) -> Reply:
    try:
        return Reply(200, json.loads(secrets.mask(raw.decode("utf-8"))))
    except (ValueError, RecursionError):
        said = secrets.quote(raw[:_QUOTED].decode("utf-8", "replace"), 120)
        return Reply(200, reason="garbage", message=f"no JSON: {said}", size=len(raw))


_REASONS = {
    401: "unauthorised",
    402: "unpaid",
    403: "forbidden",
    404: "not_found",
    405: "not_found",
    408: "timeout",
    413: "too_large",
    429: "rate_limited",
    501: "bad_request",
    529: "rate_limited",
}


def reason_of(status: int, said: str) -> str:
    """Why a status is no answer, as a `Failure` says it; `said` is the body that came with it."""
    """Some servers (llama-cpp-python) answer 500 where others say 422: what they do not take, they never will."""
    if status == 429 and "insufficient_quota" in said:
        return "unpaid"
    if status in _REASONS:
        return _REASONS[status]
    if 300 <= status < 400:
        return "redirected"
    lowered = said.lower()
    if status >= 500:
        return "bad_request" if "validation error" in lowered and "'body'" in lowered else "server_error"
    filtered = "content_filter" in lowered or "content management policy" in lowered or "content_policy" in lowered
    return "content_filter" if filtered else "bad_request"


def _retry_after(response: "ClientResponse") -> float | None:
    """`Retry-After` in seconds or as a date; None when it is absent or no time."""
    given = response.headers.get("Retry-After", "").strip()
    if not given:
        return None
    try:
        seconds = float(given) if given[0].isdigit() else _until(given)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()
