"""When a request is sent again, and how long to wait before."""

import random

from sterling.models.endpoint import Endpoint
from sterling.models.http.transport import Reply

AGAIN = frozenset({"timeout", "rate_limited", "server_error", "connection", "garbage"})
"""Reasons that may pass when the same request is sent again."""
_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 30.0


def pause(
    endpoint: Endpoint, reply: Reply, attempts: int, waited: float, *, patient: bool = False, doubtful: bool = False
) -> float | None:
    """Seconds until the next request, or None when there is none, because of success as well.

    `patient`: the server answers others, so a 429 does not count before `patience_s` is over. `doubtful`: it answers
    nobody, so each gets one request only.
    """
    if reply.reason not in AGAIN:
        return None
    waits = patient and reply.reason == "rate_limited" and waited < endpoint.patience_s
    if (attempts >= endpoint.attempts or doubtful) and not waits:
        return None
    if reply.retry_after is not None and reply.retry_after > max(endpoint.patience_s, 1.0):
        return None
    backoff = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(attempts - 1, 10))
    jittered = backoff * random.uniform(0.5, 1.0)  # noqa: S311 - spreads requests, keeps no secret
    return max(jittered, reply.retry_after or 0.0)
