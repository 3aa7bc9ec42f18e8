"""What to change when a request failed: a sentence for each way to fail, with what the endpoint's entry says."""

from collections.abc import Sequence
from typing import NamedTuple, NoReturn, TypeVar

from sterling.errors import InputError
from sterling.models.conversation import Failure
from sterling.models.endpoint import Endpoint
from sterling.models.http.wire import NO_CHAT

T = TypeVar("T")
HOPELESS = frozenset({"unauthorised", "unpaid", "not_found", "redirected", "tls"})
"""Reasons that every request will meet, unless some have been answered."""
NOT_ASKED = "not asked, since others failed: "


class _Mend(NamedTuple):
    reason: str
    when: str
    """Found in what was said, in lower case; the first that applies counts."""
    text: str
    """`{model}`, `{endpoint}` and the others are the endpoint's fields."""


_MENDS = (
    _Mend("unauthorised", "", "{key}"),
    _Mend("unpaid", "", "look at the credit of the account that the key belongs to"),
    _Mend("forbidden", "", "look at what this key may ask for"),
    _Mend("not_found", "model", "`model: {model}` is not served there; {endpoint}/models lists what is"),
    _Mend("not_found", "", "look at `endpoint: {endpoint}`; most servers want it to end in /v1"),
    _Mend("redirected", "", "write the address that it redirects to as `endpoint`"),
    _Mend("tls", "mismatch", "write the host name that its certificate is for"),
    _Mend("tls", "expired", "have its certificate renewed"),
    _Mend("tls", "verify failed", "name the file of its certificate authority in SSL_CERT_FILE"),
    _Mend("tls", "", "look at `endpoint`: a server without a certificate is asked by http://"),
    _Mend("connection", "cannot connect", "start the server, or look at host and port of `endpoint: {endpoint}`"),
    _Mend("connection", "", "look at the server's own log; a server with a certificate is asked by https://"),
    _Mend("timeout", "", "raise `timeout_s` ({timeout_s:g}), or lower `concurrency` ({concurrency}) or `max_tokens`"),
    _Mend("rate_limited", "", "lower `concurrency` ({concurrency}), or set `requests_per_minute`"),
    _Mend("server_error", "", "look at the server's own log; the next run asks again"),
    _Mend("garbage", "", NO_CHAT),
    _Mend("bad_request", "", "look at `sampling`, and whether the prompt fits the model's context"),
    _Mend("too_large", "", "set `max_tokens`, or shorten the prompt"),
    _Mend("content_filter", "", "reword the prompt, or ask a model without this filter"),
)


def mended(reason: str, said: str, endpoint: Endpoint) -> str:
    """What the server or the connection said, and what to change: `…; mend: …`. Unchanged where nothing would help."""
    lowered = said.lower()
    text = next((mend.text for mend in _MENDS if mend.reason == reason and mend.when in lowered), None)
    if text is None:
        return said
    fields = {name: getattr(endpoint, name) for name in ("model", "endpoint", "timeout_s", "concurrency")}
    return f"{said}; mend: {text.format(**fields, key=_key(endpoint))}"


def refuse(endpoint: Endpoint, failure: Failure) -> NoReturn:
    """InputError with what is wrong with the endpoint and how to mend it."""
    told, _, mend = failure.message.removeprefix(NOT_ASKED).partition("; mend: ")
    raise InputError(f"`{endpoint.model}` cannot be asked: {told}", mend=mend or None)


def insist(endpoint: Endpoint, said: Sequence[T]) -> Sequence[T]:
    """What an endpoint said, unless it answers nobody: a wrong key ends the run, and not each of its records."""
    failures = [one for one in said if isinstance(one, Failure)]
    if failures and len(failures) == len(said) and all(one.reason in HOPELESS for one in failures):
        refuse(endpoint, failures[0])
    return said


def _key(endpoint: Endpoint) -> str:
    if endpoint.key_env is None:
        return "set `key_env` to the environment variable that holds the key"
    return f"look at the key in {endpoint.key_env}, and whether it belongs to {endpoint.endpoint}"
