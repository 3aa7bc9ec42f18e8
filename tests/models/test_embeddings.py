"""Embeddings are asked for once, paid once, and fail one by one."""

import base64

import numpy as np
import pytest
from tests.models.conftest import endpoint

from sterling.models import Failure, embed, mock, mock_stats
from sterling.models.embeddings import embedding_said
from sterling.models.http.wire import Garbled


def test_each_text_is_asked_once_however_texts_are_batched() -> None:
    rules = [{"match": "poison", "status": 400}, {"match": "fixed", "scores": [1, -0.5, 0.25]}, {}]
    with mock({"rules": rules}) as url:
        server = endpoint(url, attempts=1)
        first = embed(server, ["fixed", "amber river", "poison", "amber river"])
        assert mock_stats(url)["requests"] == 3
        again = embed(server, ["stone", "amber river"])
        assert mock_stats(url)["requests"] == 4
    [given, river, failed, same] = first
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.owed) == ("bad_request", False)
    np.testing.assert_array_equal(given, np.array([1, -0.5, 0.25], np.float32))
    np.testing.assert_array_equal(river, same)
    np.testing.assert_array_equal(river, again[1])
    assert np.linalg.norm(np.asarray(river)) == pytest.approx(1)


def test_vectors_are_read_as_lists_and_as_base64() -> None:
    vector = np.array([0.5, -1.25], "<f4")
    coded = base64.b64encode(vector.tobytes()).decode()
    said = [embedding_said({"data": [{"embedding": form}], "model": "m"}) for form in ([0.5, -1.25], coded)]
    assert said[0] == said[1] == {"vector": coded, "usage": None, "model": "m"}


@pytest.mark.parametrize("answer", [
    None, {}, {"data": []}, {"data": [{}]}, {"data": [{"embedding": []}]}, {"data": [{"embedding": ["a"]}]},
    {"data": [{"embedding": "a"}]}, {"data": [{"embedding": [float("nan")]}]}, {"data": [{"embedding": [1e60]}]},
])  # fmt: skip
def test_what_is_no_vector_is_garbled(answer: object) -> None:
    with pytest.raises(Garbled):
        embedding_said(answer)
