"""The wire format of classifiers, cross-encoders and reward models, as vLLM serves them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sterling.models.conversation import Scores
from sterling.models.endpoint import Endpoint
from sterling.models.http.wire import Call, Garbled, call_for, usage_of

Subject = str | tuple[str, str] | Sequence[Mapping[str, Any]]
"""A text, a pair of texts, or a chat."""


def score_call(endpoint: Endpoint, route: str, subject: Subject) -> Call:
    """The request for one subject. ValueError for a subject that the route does not take."""
    return call_for(endpoint, route, {**endpoint.sampling, **_asked(route, subject)})


def _asked(route: str, subject: Subject) -> dict[str, Any]:
    if isinstance(subject, str):
        if route != "score":
            return {"input": subject}
    elif all(isinstance(part, str) for part in subject):
        if route == "score" and len(subject) == 2:
            return {"text_1": subject[0], "text_2": subject[1]}
    elif route != "score":
        return {"messages": [dict(message) for message in subject if not isinstance(message, str)]}
    raise ValueError(f"/{route} does not take {type(subject).__name__}")


def score_said(answer: Any) -> dict[str, Any]:
    """What the journal keeps: the first entry of `data`, usage, and the model's name. Garbled without numbers."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        raise Garbled("no `data` in it")
    said = {"entry": data[0], "usage": answer.get("usage"), "model": answer.get("model")}
    if not read_scores(said).values:
        raise Garbled("no finite number in its `data`")
    return said


def read_scores(said: Mapping[str, Any], *, from_journal: bool = False) -> Scores:
    """Numbers from `probs` (classify), `score` (score) or `data` (pooling)."""
    entry = said["entry"]
    values = next((entry[name] for name in ("probs", "score", "data") if entry.get(name) is not None), ())
    label, model = entry.get("label"), said.get("model")
    return Scores(
        _numbers(values),
        label if isinstance(label, str) else None,
        usage_of(said),
        model if isinstance(model, str) else None,
        from_journal,
    )


def _numbers(values: Any) -> tuple[float, ...]:
    """Flat and finite, or empty."""
    listed = values if isinstance(values, list | tuple) else [values]
    while len(listed) == 1 and isinstance(listed[0], list):
        listed = listed[0]
    numbers = [v for v in listed if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)]
    return tuple(map(float, numbers)) if len(numbers) == len(listed) else ()
