"""How long the rare words of an anchor last: on any files of text, and in a run's evidence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as altered
from typing import Any, NamedTuple

from sterling.collapse.branching import Policy, accumulate, freeze, presets, replace, rotate
from sterling.collapse.calibrating import Numbered, calibration
from sterling.collapse.diversity import CHUNK_TOKENS, CHUNKS, Sample, chunks, sampled
from sterling.collapse.forecast import BANDS, Kappa, Kappas, Spectrum, forecast, until
from sterling.collapse.reproduction import tail_reproduction
from sterling.engine.shards import Shard
from sterling.errors import InputError
from sterling.pipeline import streams
from sterling.pipeline.corpora import corpus_texts
from sterling.pipeline.forecast.policies import THIS_MIX, assumed, policy_of
from sterling.pipeline.job import Job
from sterling.policy.defaults import ANCHORED
from sterling.recipes import Recipe
from sterling.stats import Evidence
from sterling.text import Hashes, count_tokens, pieces, token_hashes

LEAST_TOKENS = 1_000
"""An anchor with fewer has no rare words to speak of."""
_SEED = "forecast"
_CHECKED = 6
"""Generations that the trigram loop is run for."""
_LEAST_CHUNK = 250
"""Tokens of a stretch below which tail reproduction is not measured."""
_SHOWN = 10
"""Generations in a run's evidence."""
_SMALL, _LARGE = 50_000, 150_000
"""Tokens of the anchor that a forecast is calibrated on, in a run and on request."""
_LIKE = (0.8, 1.25)
"""Between these lies the tail reproduction of frequent words in the output of a model of this very text."""


class Reproduction(NamedTuple):
    """Tail reproduction as it was measured."""

    evidence: Sequence[Evidence]
    """`forecast.kappa.<band>`; empty where there was no output to measure."""
    said: str
    """Where it comes from, or what is assumed."""

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
    sample = sampled(corpus_texts(path), _SEED)
    require_tokens(sample, path)
    kappa = ASSUMED if output is None else reproduction(sample, corpus_texts(output), output)
    return foretold(sample, chosen, generations, kappa)


def foretold(sample: Sample, policies: Sequence[Policy], generations: int, kappa: Reproduction) -> Forecast:
    """Every number of a forecast, for each policy."""
    tokens = _hashes(sample.texts)
    spectrum, text = Spectrum.of_texts(tokens), Numbered.of(list(_few(tokens, _LARGE)))
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
    kind, _, share = name.partition(":")
    plain = {policy.name: policy for policy in presets()}
    if kind in {"rotate", "frozen"} and share.replace(".", "", 1).isdigit() and 0 < float(share) <= 1:
        return (rotate if kind == "rotate" else freeze)(float(share))
    if name not in plain:
        valid = ", ".join([*plain, "rotate:0.1", "frozen:0.1"])
        raise InputError(f"there is no policy `{name}`", mend=f"take one of {valid}")
    return plain[name]


def require_tokens(sample: Sample, where: str) -> None:
    """InputError for an anchor that is too small."""
    if not sample.seen:
        what = "nothing in it is text: it is binary, or its columns have other names"
        raise InputError(what, where=where, mend="name rows with `text`, `messages`, or `prompt` and `completion`")
    if sample.tokens < LEAST_TOKENS:
        what = f"{sample.tokens:,} tokens in {sample.seen:,} documents are too few to speak of rare words"
        raise InputError(what, where=where, mend="name a corpus of some 100,000 tokens")


def reproduction(anchor: Sample, output: Iterable[str], where: str) -> Reproduction:
    """Tail reproduction of what a model wrote. InputError where that is too little."""
    written = sampled(output, _SEED)
    size = _chunk(anchor, written)
    if size < _LEAST_CHUNK:
        least = _LEAST_CHUNK * CHUNKS
        what = f"{written.tokens:,} tokens are too few to measure tail reproduction"
        mend = f"name an output of {least:,} tokens or more, and an anchor of {2 * least:,}"
        raise InputError(what, where=where, mend=mend)
    return Reproduction(_measured(anchor, written, size), f"measured on {where} ({written.tokens:,} tokens)")


def _chunk(anchor: Sample, output: Sample) -> int:
    return min(CHUNK_TOKENS, min(anchor.tokens // 2, output.tokens) // CHUNKS)


def _measured(anchor: Sample, output: Sample, size: int) -> list[Evidence]:
    """One half of the anchor says what is rare, the other is what the output is compared with."""
    halves = anchor.texts[::2], anchor.texts[1::2]
    choosing = token_hashes([token for chunk in chunks(halves[0], size) for token in chunk.tokens])
    sides = [[token_hashes(chunk.tokens) for chunk in chunks(texts, size)] for texts in (halves[1], output.texts)]
    found = tail_reproduction("output", choosing, *sides)
    return [altered(one, name=f"forecast.kappa.{one.inputs['band']}") for one in found]


def forecast_run(job: Job, anchors: Sequence[Shard], chosen: Sequence[Shard]) -> Iterator[Evidence]:
    """`forecast.this mix.…` over ten generations, and `replace` and `accumulate` beside it.

    `anchors`: the checked anchor, of which the human part that still stands is looked at; `chosen`: the shards of the
    mix, on whose synthetic part tail reproduction is measured where it is long enough. Of both 400,000 tokens at most.
    Nothing is said of a preview, nor where no model is to be trained beside real data.
    """
    recipe = job.recipe
    if job.preview is not None or recipe.purpose not in ANCHORED or not recipe.generate:
        return
    texts = streams.corpora(anchors, chosen)
    size = AnchorSize(recipe)
    sample = sampled(size.counted(texts["anchor"]), _SEED)
    if sample.tokens < LEAST_TOKENS:
        method = f"not foretold: {sample.tokens:,} tokens of human text, {LEAST_TOKENS:,} needed"
        yield Evidence(f"forecast.{THIS_MIX}.once", None, 0, None, method, {"policy": THIS_MIX, "band": "once"})
        return
    yield from _of_run(recipe, size.total, sample, sampled(texts["synthetic"], _SEED))


def _of_run(recipe: Recipe, size: int, sample: Sample, written: Sample) -> Iterator[Evidence]:
    chunk = _chunk(sample, written)
    said = f"measured on the synthetic part of this mix ({written.tokens:,} tokens)"
    kappa = Reproduction(_measured(sample, written, chunk), said) if chunk >= _LEAST_CHUNK else ASSUMED
    yield from kappa.evidence
    tokens, mine = _hashes(sample.texts), policy_of(recipe, size)
    spectrum, text = Spectrum.of_texts(tokens), Numbered.of(list(_few(tokens, _SMALL)))
    for policy in (mine, replace(), accumulate()):
        yield from forecast(policy, spectrum, _SHOWN, kappa.kappas)
        yield from (until(policy, spectrum, lost, kappa.kappas) for lost in (0.1, 0.5))
    found = calibration(mine, text, 4, runs=2)
    yield altered(found, inputs={**found.inputs, "assumed": assumed(recipe, size), "kappa": kappa.said})


def _hashes(texts: Iterable[str]) -> list[Hashes]:
    return [token_hashes(pieces(text)) for text in texts]


def _few(texts: Iterable[Hashes], most: int) -> Iterator[Hashes]:
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
