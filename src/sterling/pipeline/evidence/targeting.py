"""Synthetic prompts against `target:`, real inputs from deployment: what is compared, and what is left out of it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from sterling.collapse.target import LEAST, Prompts, Target, distances, said_of
from sterling.curate.learning.phrases import Phrase, telling_phrases
from sterling.curate.learning.separation import out_of_fold_auc, separation
from sterling.engine.fingerprint import fingerprint
from sterling.engine.shards import Shard, read_batch, standing
from sterling.errors import InputError
from sterling.pipeline.job import Job
from sterling.pipeline.mixing import Mixed
from sterling.recipes import Recipe
from sterling.records import Record, content_text, digest, records_of
from sterling.sources import anchor_records
from sterling.stats import Evidence, Interval
from sterling.text import plain_words
from sterling.text.kernels import kernels

MOST = 4_000
"""Different prompts of a side that are compared: those whose keys are smallest."""
_READ = 4_000
"""Characters of a prompt that are read."""
_FAMILIES = 25
_TELLING = 0.25
"""How far above a half the area under the ROC curve may be: at 0.75 three of four pairs are told apart."""
_HEARD = "area under the ROC curve, prompts against real inputs, logistic regression on word 1-2-grams, out of fold"


class _Prompt(NamedTuple):
    text: str
    family: int
    parents: tuple[str, ...] = ()


def asks(job: Job) -> dict[str, Any]:
    """What the comparison depends on beside the recipe: the content of the target's files."""
    files = [path for source in job.recipe.target for path in source.reads()]
    return {"target": fingerprint(files)} if files else {}


def require_inputs(recipe: Recipe) -> None:
    """Every target holds real inputs, before anything is paid for. SourceError or InputError names the one without."""
    for source in recipe.target:
        found = anchor_records(source, {"train": 1.0})
        if not any(isinstance(one, Record) and _prompt(one)[1] for one in found):
            mend = "give its rows `prompt`, or `messages` with what a user says; or map them with `columns`"
            raise InputError("no row of it asks anything", where=f"target `{source.name}`", mend=mend)


def drift(job: Job, mixed: Mixed) -> Iterator[Evidence]:
    """`target.<measure>` of the prompts that strategies wrote, `target.seeds.<measure>` of the anchor's own.

    `target.sample` first: how many there were, and what was left out. Nothing without `target:` or in a preview.
    """
    if not job.recipe.target or job.preview is not None:
        return
    real, bare = _read_target(job)
    made = _Smallest.of(_written(mixed.written))
    seeds, shared, ids, copied = _Smallest(), set[int](), set[str](), set[int]()
    for record in _records(mixed.anchors):
        key, prompt = _prompt(record)
        if prompt is None:
            continue
        if key in real.kept:
            shared.add(key)
            ids.add(record.id)
        copied |= {key} & made.kept.keys()
        if record.role == "train" and record.is_real:
            seeds.add(key, prompt)
    written = made.without(copied)
    kin = {key for key, one in written.items() if ids.intersection(one.parents)}
    sides = {
        "target": {key: one for key, one in written.items() if key not in kin},
        "target.seeds": seeds.without(shared),
    }
    known = real.without(shared)
    yield _sample(known, sides, bare, shared=len(shared), of_them=len(kin), copied=len(copied))
    if len(known) >= 2 * LEAST:
        target = Target.of([one.text for one in known.values()], job.recipe.seed)
        for subject, prompts in sides.items():
            if _enough(prompts):
                yield from _compared(subject, target, known, prompts, job.recipe.seed)


class _Smallest:
    """Different prompts, each once: at most `MOST`, those with the smallest keys, whatever came before whom."""

    def __init__(self) -> None:
        self.kept: dict[int, _Prompt] = {}
        self._limit = 1 << 64

    @classmethod
    def of(cls, found: "Iterator[tuple[int, _Prompt | None]]") -> "_Smallest":
        sample = cls()
        for key, prompt in found:
            sample.add(key, prompt)
        return sample

    def add(self, key: int, prompt: _Prompt | None) -> None:
        if prompt is None or key >= self._limit:
            return
        self.kept.setdefault(key, prompt)
        if len(self.kept) > 2 * MOST:
            self.kept = {one: self.kept[one] for one in sorted(self.kept)[:MOST]}
            self._limit = max(self.kept) + 1

    def without(self, keys: set[int]) -> dict[int, _Prompt]:
        """Those that remain, by key, in its order."""
        return {key: self.kept[key] for key in sorted(self.kept.keys() - keys)[:MOST]}


def _read_target(job: Job) -> tuple[_Smallest, int]:
    """Real inputs, and how many records hold none."""
    sample, bare = _Smallest(), 0
    for source in job.recipe.target:
        for found in anchor_records(source, {"train": 1.0}):
            if isinstance(found, Record):
                key, prompt = _prompt(found)
                sample.add(key, prompt)
                bare += prompt is None
    return sample, bare


def _written(shards: Sequence[Shard]) -> Iterator[tuple[int, _Prompt | None]]:
    """Prompts of the synthetic records that are in the mix."""
    return (_prompt(one) for shard in shards for one in records_of(standing(shard).batch) if not one.is_real)


def _records(shards: Sequence[Shard]) -> Iterator[Record]:
    return chain.from_iterable(records_of(read_batch(shard.records)) for shard in shards)


def _prompt(record: Record) -> tuple[int, _Prompt | None]:
    """A key of its words, and the prompt; None where there is none."""
    text = prompt_text(record.payload)[:_READ]
    said = plain_words(text)
    if not said:
        return 0, None
    key = int(digest(" ".join(said))[:16], 16)
    family = int(digest(record.parents[0])[:16], 16) if record.parents else key
    return key, _Prompt(text, family, record.parents)


def prompt_text(payload: Mapping[str, Any]) -> str:
    """What somebody asks: the `prompt`, or what the user says in a chat before the first answer; else nothing."""
    prompt = payload.get("prompt")
    if isinstance(prompt, str):
        return prompt
    said: list[str] = []
    for turn in prompt or payload.get("messages") or ():
        if turn.get("role") == "assistant" and said:
            break
        if turn.get("role") == "user":
            said.append(content_text(turn.get("content")))
    return "\n".join(said)


def _enough(prompts: Mapping[int, _Prompt]) -> bool:
    return len(prompts) >= LEAST and len({one.family for one in prompts.values()}) >= _FAMILIES


def _sample(
    known: Mapping[int, _Prompt], sides: Mapping[str, Mapping[int, _Prompt]], bare: int, **left: int
) -> Evidence:
    """How much there is to compare, and what was left out; `said` is where it is too little."""
    told = {
        "inputs": len(known), "synthetic": len(sides["target"]), "seeds": len(sides["target.seeds"]),
        "without_prompt": bare, **left,
    }  # fmt: skip
    few = len(known) < 2 * LEAST or not _enough(sides["target"])
    need = f"{2 * LEAST} inputs and {LEAST} prompts from {_FAMILIES} seeds would do"
    method = (
        "different real inputs that the anchor does not hold; `shared` ones are left out, `of_them` counts prompts of "
        f"the mix written from shared ones, `copied` those that the anchor holds; at most {MOST:,} a side; {need}"
    )
    said = {"said": "insufficient sample", "needs": need} if few else {}
    return Evidence("target.sample", float(len(known)), len(known), None, method, {**told, **said})


def _compared(
    subject: str, target: Target, known: Mapping[int, _Prompt], side: Mapping[int, _Prompt], seed: int
) -> Iterator[Evidence]:
    texts, families = [one.text for one in side.values()], [one.family for one in side.values()]
    prompts = Prompts(texts, np.array(families, np.uint64))
    yield from distances(subject, target, prompts, seed)
    yield _heard(subject, target, known, prompts)


def _heard(subject: str, target: Target, known: Mapping[int, _Prompt], prompts: Prompts) -> Evidence:
    """How well a classifier tells the prompts from real inputs, the same between the halves, and by which phrases."""
    real = Prompts([one.text for one in known.values()], np.array([*known], np.uint64))
    texts = [*prompts.texts, *real.texts]
    words = kernels().word_hashes(pa.array(texts, pa.large_string()))
    positive = np.repeat([True, False], [len(prompts.texts), len(real.texts)])
    families = np.concatenate([prompts.families, real.families])
    found = out_of_fold_auc(f"{subject}.separability", separation(words, positive, families), _HEARD)
    phrases = telling_phrases(texts, words, positive, families)
    null = _between_halves(target)
    within = found.interval or Interval(0.0, 1.0)
    told = {
        "measure": "separability", "margin": _TELLING,
        "said": said_of(Interval(within.low - 0.5, within.high - 0.5), _TELLING),
        "theirs": [_plain(one) for one in phrases.positive], "real": [_plain(one) for one in phrases.negative],
        "texts": {"theirs": phrases.positives, "real": phrases.negatives},
        "null": {"value": null.value, "interval": None if null.interval is None else list(null.interval)},
    }  # fmt: skip
    return replace(found, inputs={**found.inputs, **told})


def _between_halves(target: Target) -> Evidence:
    texts = [*target.reference, *target.control.texts]
    words = kernels().word_hashes(pa.array(texts, pa.large_string()))
    positive = np.arange(len(texts)) < len(target.reference)
    keys = np.array([int(digest(text)[:16], 16) for text in texts], np.uint64)
    return out_of_fold_auc("null", separation(words, positive, keys), _HEARD)


def _plain(phrase: Phrase) -> dict[str, Any]:
    return {"phrase": phrase.words, "have_it": phrase.ours, "others": phrase.theirs, "p": _short(phrase.p)}


def _short(p: float) -> float:
    return p if p == 0 else round(p, 2 - math.floor(math.log10(p)))
