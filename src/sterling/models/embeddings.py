"""`embed`: texts to vectors by an embeddings endpoint, each text asked once and paid once.

OpenAI's `/embeddings`, as vLLM, TEI, Ollama and llama.cpp speak it too. One request holds one text, so that what was
paid for is found again however texts are batched. The journal keeps a vector in base64, single precision.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from sterling.models.asking import Outcome, guarded, outcomes
from sterling.models.conversation import Failure
from sterling.models.endpoint import Endpoint
from sterling.models.http.wire import Call, Garbled, call_for

Vector = npt.NDArray[np.float32]


def embed(endpoint: Endpoint, texts: Sequence[str]) -> list[Vector | Failure]:
    """Each text's vector as the server gave it, or its failure, in order; vectors in the journal are not asked for.

    `endpoint.sampling` goes with each request: `dimensions` where a model can do with fewer. InputError for a key that
    is not set; StorageError when an answer cannot be written down.
    """
    calls = [guarded(partial(embedding_call, endpoint, text)) for text in texts]
    return [_vector(outcome) for outcome in outcomes(endpoint, calls, embedding_said)]


def embedding_call(endpoint: Endpoint, text: str) -> Call:
    """The request for one text."""
    return call_for(endpoint, "embeddings", {**endpoint.sampling, "input": text})


def embedding_said(answer: Any) -> dict[str, Any]:
    """What the journal keeps: the vector, usage, and the model's name. Garbled without finite numbers."""
    data = answer.get("data") if isinstance(answer, Mapping) else None
    entry = data[0] if isinstance(data, list) and data else None
    vector = _numbers(entry.get("embedding") if isinstance(entry, Mapping) else None)
    if not len(vector) or not np.isfinite(vector).all():
        raise Garbled("no vector of finite numbers in its `data`; mend: look whether this model makes embeddings")
    kept = base64.b64encode(vector.tobytes()).decode()
    return {"vector": kept, "usage": answer.get("usage"), "model": answer.get("model")}


def _numbers(said: Any) -> Vector:
    """A list of numbers, or the base64 of single precision that `encoding_format: base64` asks for. Or none."""
    try:
        if isinstance(said, str):
            return np.frombuffer(base64.b64decode(said, validate=True), "<f4").astype(np.float32)
        listed = said if isinstance(said, list) else []
        with np.errstate(over="ignore"):
            return np.array(listed, np.float32) if all(isinstance(one, int | float) for one in listed) else _NOTHING
    except (ValueError, OverflowError, binascii.Error):
        return _NOTHING


_NOTHING: Vector = np.empty(0, np.float32)


def _vector(outcome: Outcome) -> Vector | Failure:
    return outcome if isinstance(outcome, Failure) else _numbers(outcome.said["vector"])
