"""`sterling forecast`: how long the rare words of an anchor last, on any files of text."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sterling.collapse.branching import Policy, accumulate, freeze, presets, replace, rotate
from sterling.collapse.diversity import CHUNK_TOKENS, CHUNKS, Sample, chunks, sampled
from sterling.collapse.forecast import BANDS, Spectrum, forecast, until
from sterling.collapse.loops.trigrams import surviving
from sterling.collapse.reproduction import tail_reproduction
from sterling.errors import InputError
from sterling.pipeline.corpora import corpus_texts
from sterling.stats import Evidence
from sterling.text import Hashes, pieces, token_hashes

_SEED = "forecast"
_CHECKED = 6
"""Generations that the trigram loop is run for."""


class Forecast(NamedTuple):
    """What is said of one anchor."""

    tokens: int
    types: int
    kappa: Sequence[Evidence]
    """By band; empty where no output was given."""
    survival: Sequence[Evidence]
    """By policy, band and generation."""
    until: Sequence[Evidence]
    """By policy: generations until 10 and 50 % of the tail are gone."""
    calibration: Sequence[Evidence]
    """By policy: how far a trigram loop on this very text was from the forecast."""


def forecast_file(path: str, generations: int, policies: Sequence[str] = (), output: str | None = None) -> Forecast:
    """Forecast for a file, folder or pattern of text. InputError for a policy that is none, or text without tokens.

    `output`: text that a model wrote after it was trained on this anchor. Its tail reproduction is then measured and
    used; unsaid it is 1.
    """
    chosen = [_policy(name) for name in policies] or [*presets()[:4], rotate(0.1), rotate(0.7)]
    sample = sampled(corpus_texts(path), _SEED)
    tokens = [token_hashes(pieces(text)) for text in sample.texts]
    if sample.tokens < 1000:
        what = f"{sample.tokens} tokens are too few to speak of rare words"
        raise InputError(what, where=path, mend="name a corpus of some 100,000 tokens")
    spectrum = Spectrum.of_texts(tokens)
    kappa = [] if output is None else _kappa(sample, sampled(corpus_texts(output), _SEED))
    by_band = {str(one.inputs["band"]): one.value for one in kappa if one.value is not None}
    tail = min((by_band[band] for band in ("once", "twice", "3-4") if band in by_band), default=1.0)
    return Forecast(
        sample.tokens,
        spectrum.size,
        kappa,
        [one for policy in chosen for one in forecast(policy, spectrum, generations, by_band)],
        [until(policy, spectrum, lost, tail) for policy in chosen for lost in (0.1, 0.5)],
        [_calibrated(policy, tokens, min(generations, _CHECKED)) for policy in chosen],
    )


def _policy(name: str) -> Policy:
    kind, _, share = name.partition(":")
    plain = {policy.name: policy for policy in (*presets(), replace(), accumulate())}
    if kind in {"rotate", "frozen"} and share.replace(".", "", 1).isdigit() and 0 < float(share) <= 1:
        return (rotate if kind == "rotate" else freeze)(float(share))
    if name not in plain:
        valid = ", ".join([*plain, "rotate:0.1", "frozen:0.1"])
        raise InputError(f"there is no policy `{name}`", mend=f"take one of {valid}")
    return plain[name]


def _kappa(anchor: Sample, output: Sample) -> list[Evidence]:
    halves = anchor.texts[::2], anchor.texts[1::2]
    size = min(CHUNK_TOKENS, min(anchor.tokens // 2, output.tokens) // CHUNKS)
    if size < CHUNKS:
        raise InputError("the output has too few tokens to measure tail reproduction", mend="name a longer one")
    choosing = token_hashes([token for chunk in chunks(halves[0], size) for token in chunk.tokens])
    sides = [[token_hashes(chunk.tokens) for chunk in chunks(texts, size)] for texts in (halves[1], output.texts)]
    return list(tail_reproduction("output", choosing, *sides))


def _calibrated(policy: Policy, tokens: Sequence[Hashes], generations: int) -> Evidence:
    """The largest difference, over generations, of the forecast for types seen once and what a trigram loop keeps."""
    numbers = np.unique(np.concatenate(tokens), return_inverse=True)[1]
    seen = surviving(policy, numbers, 1, generations, seed=1)
    spectrum = Spectrum.of(np.bincount(numbers))
    told = [one for one in forecast(policy, spectrum.within(BANDS[0]), generations) if one.value is not None]
    error = max((abs(one.value - value) for one, value in zip(told, seen, strict=True) if one.value), default=0.0)
    method = "largest difference of forecast and a trigram loop on this text, types seen once, one run of the loop"
    n = told[0].n if told else 0
    return Evidence(f"forecast.{policy.name}.calibration", error, n, None, method, {"generations": generations})


def as_json(found: Forecast) -> dict[str, Any]:
    """The whole of it, for programs."""
    parts = {name: [one.to_json() for one in getattr(found, name)] for name in ("kappa", "survival", "until")}
    calibration = [one.to_json() for one in found.calibration]
    return {"tokens": found.tokens, "types": found.types, **parts, "calibration": calibration}
