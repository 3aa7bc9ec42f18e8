"""The panel: which measures there are, what harm looks like in each, and their values on one stretch."""

from typing import Literal, NamedTuple

import numpy as np

from sterling.collapse.diversity import measures
from sterling.collapse.panel.reference import Reference, bigrams_of
from sterling.collapse.panel.stretches import Stretch
from sterling.text import token_hashes
from sterling.text.embedding import Vectors
from sterling.text.language_model import LanguageModel
from sterling.text.language_model.closed import closed_scores

Family = Literal["words", "topics", "student", "shown"]
"""`words`: the surface. `topics`: what texts are about. `student`: what a small model learns. `shown`: without a vote,
since it changes for good reasons, too, or not at all while a corpus collapses."""


class Measure(NamedTuple):
    """One number of a stretch."""

    name: str
    family: Family
    harm: Literal["falls", "rises"]
    margin: float
    """Relative to the value of real text: what is smaller than this is no matter."""
    formula: str


PANEL = (
    Measure("distinct_2", "words", "falls", 0.02, "distinct bigrams / bigrams (Li et al. 2016)"),
    Measure("hapax_share", "words", "falls", 0.02, "tokens that occur once / distinct tokens"),
    Measure("zstd_ratio", "words", "rises", 0.02, "bytes / bytes after zstd level 3"),
    Measure("rare_bigram_recall", "words", "falls", 0.05, "bigrams that held-out real text holds once, found again"),
    Measure("coverage", "topics", "falls", 0.05, "held-out real documents with a neighbour (PRDC, k = 5)"),
    Measure("tail_coverage", "topics", "falls", 0.05, "the same for the quarter with the rarest words"),
    Measure("vendi", "topics", "falls", 0.05, "exp of the entropy of the similarity matrix (Friedman and Dieng 2022)"),
    Measure("student", "student", "rises", 0.005, "bits per token of held-out real text under a trigram model of it"),
    Measure("student_tail", "student", "rises", 0.005, "the same for the quarter with the rarest words"),
    Measure("worst_topic", "shown", "falls", 0.2, "documents of the topic that lost most / expected ones"),
    Measure("vocabulary", "shown", "falls", 0.02, "distinct tokens"),
    Measure("document_tokens", "shown", "falls", 0.05, "mean tokens of a document"),
    Measure("document_tokens_sd", "shown", "falls", 0.1, "their standard deviation"),
    Measure("sentence_tokens", "shown", "falls", 0.05, "mean tokens of a sentence; a document ends one, too"),
    Measure("sentence_tokens_sd", "shown", "falls", 0.1, "their standard deviation"),
)
_ENDS = frozenset(".!?…\u3002\uff01\uff1f\u0964\u061f")
"""Tokens that end a sentence, in Latin, Chinese, Indic and Arabic writing."""


def measured(reference: Reference, stretch: Stretch) -> dict[str, float]:
    """Each measure of the panel for one stretch; those that need documents are left out where none begins in it."""
    words = measures(stretch.chunk)
    known: dict[str, float] = {
        name: words[name] for name in ("distinct_2", "hapax_share", "zstd_ratio") if name in words
    }
    known["vocabulary"] = float(len(set(stretch.chunk.tokens)))
    known |= _sentences(stretch)
    known["rare_bigram_recall"] = _recall(reference, stretch)
    known |= _student(reference, stretch)
    if stretch.texts:
        known |= _documents(reference, stretch)
    return known


def _recall(reference: Reference, stretch: Stretch) -> float:
    found = np.isin(reference.rare_bigrams, bigrams_of(stretch.chunk), assume_unique=True)
    return float(found.mean()) if len(found) else float("nan")


def _sentences(stretch: Stretch) -> dict[str, float]:
    """Rough: an abbreviation ends one, too, and each of three dots is a sentence of its own."""
    chunk = stretch.chunk
    ends = np.array([token in _ENDS for token in chunk.tokens])
    ends[np.flatnonzero(np.diff(chunk.document))] = True
    ends[-1:] = True
    lengths = np.diff(np.flatnonzero(ends), prepend=-1)
    return {"sentence_tokens": float(lengths.mean()), "sentence_tokens_sd": float(lengths.std())}


def _student(reference: Reference, stretch: Stretch) -> dict[str, float]:
    """A model trained on the stretch reads the reference."""
    borders = np.flatnonzero(np.diff(stretch.chunk.document)) + 1
    model = LanguageModel.trained([np.split(token_hashes(stretch.chunk.tokens), borders)])
    documents = reference.documents
    scores, tail = closed_scores(model, documents.tokens, documents.vocabulary), documents.tail
    return {
        "student": float(scores.bits.sum() / scores.tokens.sum()),
        "student_tail": float(scores.bits[tail].sum() / scores.tokens[tail].sum()),
    }


def _documents(reference: Reference, stretch: Stretch) -> dict[str, float]:
    rows = reference.embedder.embed(stretch.texts)
    covered = reference.covered(rows)
    lengths = np.bincount(stretch.chunk.document - stretch.chunk.document[0])
    return {
        "coverage": float(covered.mean()),
        "tail_coverage": float(covered[reference.documents.tail].mean()),
        "vendi": vendi(rows),
        "worst_topic": _worst_topic(reference, rows),
        "document_tokens": float(lengths.mean()),
        "document_tokens_sd": float(lengths.std()),
    }


def vendi(rows: Vectors) -> float:
    """Effective number of different documents, 1 to their number: through the dimensions, so linear in documents."""
    square = rows.astype(np.float64).T @ rows / len(rows)
    values = np.linalg.eigvalsh(square)
    shares = values[values > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _worst_topic(reference: Reference, rows: Vectors) -> float:
    expected = reference.topic_shares * len(rows)
    seen = np.bincount(reference.topics.assign(rows), minlength=len(expected))
    return float(np.min((seen + 1) / (expected + 1)))
