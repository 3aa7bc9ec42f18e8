"""How long the rare words of an anchor last, and tail reproduction: on any files of text."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as altered
from typing import Any, NamedTuple

import numpy as np

from sterling.collapse.branching import Policy, freeze, presets, rotate
from sterling.collapse.calibrating import Numbered, calibration
from sterling.collapse.forecast import BANDS, Kappa, Kappas, Spectrum, forecast, until
from sterling.collapse.reproduction import Read, copying, tail_reproduction
from sterling.collapse.samples import CHUNK_TOKENS, CHUNKS, Sample, chunks, halves, sampled
from sterling.errors import InputError
from sterling.pipeline.corpora import corpus_texts
from sterling.recipes import Recipe
from sterling.records import Role
from sterling.stats import Evidence
from sterling.text import Hashes, count_tokens, piece_hashes, token_hashes

KAPPA = "forecast.kappa."
"""How the names of measured tail reproduction begin."""
LEAST_TOKENS = 1_000
"""An anchor with fewer has no rare words to speak of."""
SEED = "forecast"
"""Of every sample that a forecast looks at."""
_CHECKED = 6
"""Generations that the trigram loop is run for."""
_LEAST_CHUNK = 250
"""Tokens of a stretch below which tail reproduction is not measured."""
_CALIBRATED = 150_000
"""Tokens of the anchor that a forecast is calibrated on."""
_LIKE = (0.8, 1.25)
"""Between these lies the tail reproduction of frequent words in the output of a model of this very text."""


class Reproduction(NamedTuple):
    """Tail reproduction as it was measured."""

    evidence: Sequence[Evidence]
    """`forecast.kappa.<band>`; empty where there was no output to measure."""
    said: str
    """Where it comes from, or what is assumed."""

    @classmethod
    def of(cls, found: Iterable[Evidence], source: Role, said: str) -> "Reproduction":
        """Named as a forecast's. `source`: the role of the real text that an output was compared with."""
        return cls([altered(one, name=f"{KAPPA}{one.inputs['band']}", inputs={**one.inputs, "source": source})
                    for one in found], said)  # fmt: skip

    @property
    def kappas(self) -> Kappas:
        """Those that have an interval."""
        found = {str(one.inputs["band"]): Kappa.of(one) for one in self.evidence}
        return {band: kappa for band, kappa in found.items() if kappa is not None}

    @property
    def unlike(self) -> float | None:
        """Of the most frequent words, where it is far from 1: then the output is another kind of text."""
        common = [one.value for one in self.evidence if one.inputs["band"] == BANDS[-1].name and one.value is not None]
        return next((value for value in common if not _LIKE[0] <= value <= _LIKE[1]), None)


ASSUMED = Reproduction((), "assumed to be 1: no output of a model was given")
"""What a model that samples without preference does."""


class Forecast(NamedTuple):
    """What is said of one anchor."""

    tokens: int
    """Of the sample that was looked at: 400,000 or all."""
    types: int
    kappa: Reproduction
    survival: Sequence[Evidence]
    """By policy, band and generation."""
    until: Sequence[Evidence]
    """By policy: generations until 10 and 50 % of the tail are gone."""
    calibration: Sequence[Evidence]
    """By policy: how far a trigram loop on this very text was from the forecast."""
    assumed: str | None = None
    """What is taken for granted of a recipe's own mix."""


def forecast_file(path: str, generations: int, policies: Sequence[str] = (), output: str | None = None) -> Forecast:
    """Forecast for a file, folder or pattern of text. InputError for a policy that is none, or text without tokens.

    `output`: text that a model wrote after it was trained on this anchor. Its tail reproduction is then measured and
    used; unsaid it is 1.
    """
    chosen = named_policies(policies)
    sample = sampled(corpus_texts(path), SEED)
    require_tokens(sample, path)
    kappa = ASSUMED if output is None else reproduction(sample, corpus_texts(output), output)
    return foretold(sample, chosen, generations, kappa)


def foretold(sample: Sample, policies: Sequence[Policy], generations: int, kappa: Reproduction) -> Forecast:
    """Every number of a forecast, for each policy."""
    tokens = [*map(piece_hashes, sample.texts)]
    spectrum, text = Spectrum.of_texts(tokens), Numbered.of(list(few(tokens, _CALIBRATED)))
    return Forecast(
        sample.tokens,
        spectrum.size,
        kappa,
        [one for policy in policies for one in forecast(policy, spectrum, generations, kappa.kappas)],
        [until(policy, spectrum, lost, kappa.kappas) for policy in policies for lost in (0.1, 0.5)],
        [calibration(policy, text, min(generations, _CHECKED)) for policy in policies],
    )


def named_policies(names: Sequence[str]) -> list[Policy]:
    """The policies of these names, or the usual ones. InputError for a name of none."""
    return [_policy(name) for name in names] or [*presets()[:4], rotate(0.1), rotate(0.7)]


def _policy(name: str) -> Policy:
    kind, colon, said = name.partition(":")
    plain = {policy.name: policy for policy in presets()}
    if colon and kind in _SHARED:
        return _SHARED[kind][1](_share(name, said, _SHARED[kind][0]))
    if name not in plain:
        valid = ", ".join([*plain, *(f"{kind}:{share}" for kind, share in _EXAMPLES.items())])
        raise InputError(f"there is no policy `{name}`", mend=f"take one of {valid}")
    return plain[name]


def _capped(share: float) -> Policy:
    """A synthetic cap of so much, filled by the last output, beside real data that is drawn anew."""
    return rotate(round(1 - share, 9))


_SHARED: Mapping[str, tuple[str, Callable[[float], Policy]]] = {
    "rotate": ("real", rotate), "frozen": ("real", freeze), "cap": ("highest synthetic", _capped),
}  # fmt: skip
"""Policies with a number: what it is a share of, and who makes them."""
_EXAMPLES = {"rotate": "0.7", "frozen": "0.7", "cap": "0.3"}


def _share(name: str, said: str, what: str) -> float:
    try:
        share = float(said)
    except ValueError:
        share = math.nan
    if not (0 < share < 1 or (share == 1 and what == "real")):
        kind = name.partition(":")[0]
        mend = f"write for example `{kind}:{_EXAMPLES[kind]}`"
        raise InputError(f"policy `{name}`: its number is the {what} share, between 0 and 1", mend=mend)
    return share


def require_tokens(sample: Sample, where: str) -> None:
    """InputError for an anchor that is too small."""
    if not sample.seen:
        what = "nothing in it is text: it is binary, or its columns have other names"
        raise InputError(what, where=where, mend="name rows with `text`, `messages`, or `prompt` and `completion`")
    if sample.tokens < LEAST_TOKENS:
        what = f"{sample.tokens:,} tokens in {sample.seen:,} documents are too few to speak of rare words"
        raise InputError(what, where=where, mend="name a corpus of some 100,000 tokens")


def reproduction(anchor: Sample, output: Iterable[str], where: str) -> Reproduction:
    """Tail reproduction of what a model wrote that was trained on this anchor. InputError where that is too little."""
    written = sampled(output, SEED)
    kappa = copied(anchor, written, f"measured on {where} ({written.tokens:,} tokens)")
    if kappa is None:
        least = _LEAST_CHUNK * CHUNKS
        what = f"{written.tokens:,} tokens are too few to measure tail reproduction"
        mend = f"name an output of {least:,} tokens or more, and an anchor of {2 * least:,}"
        raise InputError(what, where=where, mend=mend)
    return kappa


def copied(anchor: Sample, output: Sample, said: str) -> Reproduction | None:
    """Tail reproduction of a model that has read the anchor; None where there is too little of it, or of its output."""
    size = min(CHUNK_TOKENS, min(anchor.tokens, output.tokens) // CHUNKS)
    if size < _LEAST_CHUNK:
        return None
    if len(anchor.texts) == anchor.seen:
        read = Read.whole(np.concatenate([*map(piece_hashes, anchor.texts)]))
    else:
        one, other = (np.concatenate([*map(piece_hashes, half)]) for half in halves(anchor.texts))
        read = Read.sampled(one, other, anchor.tokens * anchor.seen / len(anchor.texts))
    generated = [token_hashes(chunk.tokens) for chunk in chunks(output.texts, size)]
    return Reproduction.of(copying("output", read, generated), "train", said)


def measured(anchor: Sample, output: Sample, said: str) -> Reproduction | None:
    """Tail reproduction of an output whose model has not read the anchor; None where there is too little of either.

    One half of the anchor says what is rare, the other is what the output is compared with.
    """
    size = min(CHUNK_TOKENS, min(anchor.tokens // 2, output.tokens) // CHUNKS)
    if size < _LEAST_CHUNK:
        return None
    rare, real = halves(anchor.texts)
    choosing = token_hashes([token for chunk in chunks(rare, size) for token in chunk.tokens])
    sides = [[token_hashes(chunk.tokens) for chunk in chunks(texts, size)] for texts in (real, output.texts)]
    return Reproduction.of(tail_reproduction("output", choosing, *sides), "train", said)


def few(texts: Iterable[Hashes], most: int) -> Iterator[Hashes]:
    """The first ones, about as many tokens as are wanted."""
    tokens = 0
    for text in texts:
        if tokens >= most:
            return
        tokens += len(text)
        yield text


class AnchorSize:
    """How large the whole anchor is in the unit of the mix, while it streams by. Counted where a budget asks for it."""

    def __init__(self, recipe: Recipe) -> None:
        self._mix = recipe.mix
        self.total = 0

    def counted(self, texts: Iterable[str]) -> Iterable[str]:
        """The same texts."""
        return self._counting(texts) if isinstance(self._mix.budget, int) else texts

    def _counting(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            self.total += 1 if self._mix.unit == "records" else count_tokens(text)
            yield text


def as_json(found: Forecast) -> dict[str, Any]:
    """The whole of it, for programs."""
    lists: Mapping[str, Sequence[Evidence]] = {
        "kappa": found.kappa.evidence, "survival": found.survival, "until": found.until,
        "calibration": found.calibration,
    }  # fmt: skip
    parts = {name: [one.to_json() for one in evidence] for name, evidence in lists.items()}
    return {
        "tokens": found.tokens, "types": found.types, **parts, "kappa_from": found.kappa.said,
        "assumed": found.assumed,
    }  # fmt: skip
