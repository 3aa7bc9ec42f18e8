"""Which embedding a check compares by: the offline one, a model2vec model of this machine, or an endpoint."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from sterling.errors import InputError, MissingExtra
from sterling.models import Endpoint, Failure, ModelRef, embed
from sterling.text.clusters import directions
from sterling.text.embedding import Embedder, Vectors, fitted


class Static(BaseModel):
    """A static embedding model, which needs no accelerator: some thousand texts a second."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model2vec: str
    """Folder of the model, or its name on the hub (`minishlab/potion-base-8M`), downloaded before."""


class Served(BaseModel):
    """An embedding model behind an OpenAI-compatible `/embeddings`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    endpoint: ModelRef
    """Entry of the recipe's `models:`, or an endpoint described in place."""


Embedding = Literal["offline"] | Static | Served


def embedder_for(
    embedding: Embedding, sample: Sequence[str], dimensions: int, locate: Callable[[str], str]
) -> Embedder:
    """The embedder that an option names. `sample` and `dimensions` are for the offline one.

    MissingExtra without model2vec; InputError for a model that is not on this machine.
    """
    if isinstance(embedding, Static):
        return StaticEmbedder(embedding.model2vec, found(embedding.model2vec, locate))
    if isinstance(embedding, Served):
        return ServedEmbedder(embedding.endpoint)
    return fitted(sample, dimensions)


@dataclass(frozen=True, slots=True)
class StaticEmbedder:
    """A model2vec model, loaded by each process that uses it."""

    called: str
    folder: str

    @property
    def name(self) -> str:
        """As the recipe calls it."""
        return f"model2vec: {self.called}"

    def embed(self, texts: Sequence[str] | pa.StringArray) -> Vectors:
        """Texts x dimensions, whole texts."""
        model = _loaded(self.folder)
        if not len(texts):
            return np.zeros((0, model.dim), np.float32)
        return directions(model.encode(_strings(texts), max_length=None, use_multiprocessing=False))


@dataclass(frozen=True, slots=True)
class ServedEmbedder:
    """An endpoint, asked for what the journal has not."""

    endpoint: Endpoint

    @property
    def name(self) -> str:
        """The model and who serves it."""
        return f"endpoint: {self.endpoint.model} at {self.endpoint.identity}"

    def embed(self, texts: Sequence[str] | pa.StringArray) -> Vectors:
        """Texts x dimensions; 0 for a text that got no vector."""
        return self.ask(_strings(texts))[0]

    def ask(self, texts: Sequence[str]) -> tuple[Vectors, Mapping[int, Failure]]:
        """The same, and why which texts got none. Blank texts are not asked about."""
        said = [at for at, text in enumerate(texts) if text.strip()]
        found = dict(zip(said, embed(self.endpoint, [texts[at] for at in said]), strict=True))
        got = {at: vector for at, vector in found.items() if not isinstance(vector, Failure)}
        sizes = {len(vector) for vector in got.values()}
        if len(sizes) > 1:
            what = f"`{self.endpoint.model}` made vectors of {' and '.join(map(str, sorted(sizes)))} dimensions"
            raise InputError(what, mend="say `service` or `revision` of the endpoint, so that it is one model")
        rows = np.zeros((len(texts), max(sizes, default=1)), np.float32)
        for at, vector in got.items():
            rows[at] = vector
        return directions(rows), {at: failed for at, failed in found.items() if isinstance(failed, Failure)}


def found(model: str, locate: Callable[[str], str]) -> str:
    """The folder of a model2vec model. Asks no network."""
    _need_model2vec()
    folder = Path(locate(model))
    if folder.is_dir():
        return str(folder)
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - model2vec brings it
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    try:
        return str(snapshot_download(model, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        mend = f"hf download {model}, or name the folder of a model"
        raise InputError(f"there is no model2vec model `{model}` on this machine", mend=mend) from None


def _need_model2vec() -> None:
    try:
        import model2vec  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtra("an embedding by model2vec", "semantic") from error


@cache
def _loaded(folder: str) -> Any:
    from model2vec import StaticModel  # noqa: PLC0415 - only who embeds with it pays for it

    try:
        return StaticModel.from_pretrained(folder, force_download=False)
    except (OSError, ValueError, KeyError) as error:
        said = f"no model2vec model can be read here: {type(error).__name__}: {error}"[:300]
        raise InputError(said, where=folder, mend="hf download minishlab/potion-base-8M") from None


def _strings(texts: Sequence[str] | pa.StringArray) -> list[str]:
    return texts.to_pylist() if isinstance(texts, pa.Array) else [*texts]
