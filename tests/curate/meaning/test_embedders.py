"""A real static model, built here; one that is not on this machine; an endpoint that changes its mind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.models.conftest import endpoint

from sterling.curate import SemanticDuplicates
from sterling.curate.meaning.embedders import ServedEmbedder, Static, embedder_for
from sterling.errors import InputError
from sterling.models import mock, store

WORDS = ["[PAD]", "[UNK]", "car", "automobile", "fast", "quick", "bread"]
MEANING = np.array([[0, 0], [0, 0], [1, 0], [0.98, 0.05], [0.2, 0.5], [0.2, 0.5], [-1, 1]], np.float32)


@pytest.fixture(autouse=True)
def _own_journal(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path / ".sterling")
    yield
    store.close()
    store.use(None)


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A folder with a model2vec model of five words."""
    model2vec = pytest.importorskip("model2vec")
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    folder = tmp_path / "small"
    model2vec.StaticModel(MEANING, tokenizer).save_pretrained(folder)
    return str(folder)


def test_a_static_model_hears_what_words_mean(model: str) -> None:
    embedder = embedder_for(Static(model2vec=model), (), 256, lambda path: path)
    found = embedder.embed(pa.array(["fast car", "quick automobile", "bread", ""]))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 1, 1, 0], atol=1e-6)
    assert float(found[0] @ found[1]) > 0.99
    assert float(found[0] @ found[2]) < 0.5
    assert embedder.embed([]).shape == (0, 2)


def test_the_recipe_names_its_folder(model: str) -> None:
    SemanticDuplicates.model_validate({"embedding": {"model2vec": model}}).require()


@pytest.mark.parametrize("name", ["nobody/has-this", "no such folder"])
def test_a_model_that_is_not_here_ends_in_the_command_to_type(name: str) -> None:
    pytest.importorskip("model2vec")
    check = SemanticDuplicates.model_validate({"embedding": {"model2vec": name}})
    with pytest.raises(InputError, match=f"hf download {name}"):
        check.require()


def test_an_endpoint_whose_vectors_differ_in_length_is_refused() -> None:
    rules: list[dict[str, Any]] = [{"match": "odd", "scores": [1, 2, 3]}, {"scores": [1, 2]}]
    with mock({"rules": rules}) as url, pytest.raises(InputError, match="2 and 3 dimensions"):
        ServedEmbedder(endpoint(url)).embed(["even", "odd"])


def test_an_endpoint_says_what_it_refused_and_is_not_asked_about_blanks() -> None:
    with mock({"rules": [{"match": "bad", "status": 400}, {"scores": [3, 4]}]}) as url:
        rows, failed = ServedEmbedder(endpoint(url, attempts=1)).ask(["good", " ", "bad"])
    np.testing.assert_allclose(rows, np.array([[0.6, 0.8], [0.0, 0.0], [0.0, 0.0]]), rtol=1e-6)
    assert {at: failure.reason for at, failure in failed.items()} == {2: "bad_request"}
