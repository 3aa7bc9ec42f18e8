"""`sterling monitor`: what generations of a corpus have become, on any files of text."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sterling.collapse.comparing import Comparison
from sterling.collapse.diversity import sampled
from sterling.collapse.monitor import Corpus, Watch, Watched, watch
from sterling.errors import InputError
from sterling.pipeline.corpora import corpus_texts

_SEED = "monitor"
"""The same for every corpus, so that equal corpora are sampled alike."""


def monitor_files(real: str, generations: Sequence[str]) -> Watch:
    """Generations in their order against real text; each a file, folder or pattern that `sterling check` could read.

    Each is read once and sampled down to 400,000 tokens. InputError for a corpus without text, or without generations.
    """
    if not generations:
        raise InputError("there is nothing to compare with the real text", mend="name a file for each generation")
    corpora = [Corpus(name, sampled(corpus_texts(path), _SEED)) for name, path in _named([real, *generations])]
    for path, corpus in zip([real, *generations], corpora, strict=True):
        if corpus.sample.tokens < 1000:
            what = f"{corpus.sample.tokens} tokens in {corpus.sample.seen} documents are too little to look at"
            raise InputError(what, where=path, mend="name a corpus of 80,000 tokens or more")
    return watch(corpora[0].sample, corpora[1:])


def _named(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each path with a short name that no other has."""
    short = [Path(path).name.partition(".")[0] or path for path in paths]
    for path, name in zip(paths, short, strict=True):
        yield (name if short.count(name) == 1 else path), path


def as_json(found: Watch) -> dict[str, Any]:
    """The whole of it, for programs."""
    return {
        "tokens_per_stretch": found.tokens,
        "real": dict(found.control),
        "generations": [_generation(one) for one in found.generations],
        "alarms": [alarm._asdict() for alarm in found.alarms],
    }


def _generation(one: Watched) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": one.gap.colour,
        "why": one.gap.why,
        "stage": one.stage,
        "notes": list(one.notes),
        "gap": _findings(one.gap),
        "drift": None if one.drift is None else {"verdict": one.drift.colour, "findings": _findings(one.drift)},
        "kappa": [evidence.to_json() for evidence in one.kappa],
        "means": dict(one.means),
    }


def _findings(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "measure": f.measure.name, "family": f.measure.family, "difference": f.contrast.difference,
            "interval": list(f.contrast.interval), "relative": f.relative, "p": f.p, "said": f.said,
            "n": comparison.stretches,
        }
        for f in comparison.findings
    ]  # fmt: skip
