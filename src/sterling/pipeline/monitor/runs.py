"""The monitor in a run: what this generation, and those before it, have become against real text that was set aside."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sterling.collapse.monitor import NEEDED, Corpus, watch
from sterling.collapse.naming import head
from sterling.collapse.samples import Sample, sampled_documents
from sterling.engine.shards import Shard, standing
from sterling.pipeline.corpora import Document
from sterling.pipeline.generations.continuing import Inherited, as_inherited
from sterling.pipeline.monitor.releases import SEED, Judged, accepted, in_role, is_release
from sterling.records import texts
from sterling.stats import Evidence

_UNCURATED = "the monitor role is real text as it was read: what curation changes shows as a difference"


def watched(name: str, anchors: Sequence[Shard], made: Sequence[Shard], inherited: Inherited) -> list[Evidence]:
    """The panel of every generation of a chain as `collapse.*`, against the monitor role of the anchor.

    `made`: what this run wrote, with the verdicts of the mix; what stands of it is this generation, called `name`.
    `inherited`: earlier synthetic records; each generation is what it wrote itself, erased records left out. Below
    80,000 tokens of this generation or 160,000 of human monitor text there is only the verdict `insufficient sample`,
    with what would do, and nothing is computed. Empty where the mix chose nothing that this run wrote.
    """
    mine = Corpus(name, _sampled(made))
    if not mine.sample.texts:
        return []
    real = sampled_documents(in_role((shard.records for shard in anchors), "monitor"), SEED)
    if lacking := list(_lacking(real, mine)):
        return [_insufficient(mine, inherited.past.generation, "; ".join(lacking))]
    before = list(_before(name, inherited))
    return [_with_note(one) for one in watch(real, [*before, mine]).evidence()]


def _sampled(shards: Sequence[Shard]) -> Sample:
    return sampled_documents(_standing(shards), SEED)


def _standing(shards: Sequence[Shard]) -> Iterator[Document]:
    for shard in shards:
        batch = standing(shard).batch
        yield from map(Document, batch.column("id").to_pylist(), texts(batch))


def _before(name: str, inherited: Inherited) -> Iterator[Corpus]:
    """Each earlier generation as it went on, the oldest first, whatever this run's checks and mix did with it."""
    for number, told in _names(name, inherited).items():
        age = inherited.past.generation - number
        shards = [shard for shard in inherited.shards if inherited.past.ages[shard.number] == age]
        as_it_was = [as_inherited(shard) for shard in shards]
        yield Corpus(told, _sampled(as_it_was))


def _names(name: str, inherited: Inherited) -> dict[int, str]:
    """Of each earlier generation, by its number; none is called as another one or as this run."""
    said = {one["generation"]: str(one["name"]) for one in inherited.chain}
    found: dict[int, str] = {}
    for number in range(1, inherited.past.generation):
        told = said.get(number, "generation")
        taken = told == name or list(said.values()).count(told) != 1
        found[number] = f"{told}-{number}" if taken else told
    return found


def accepted_so_far(
    name: str, own: Iterable[Evidence], inherited: Inherited, continued: Path | None
) -> Iterator[Evidence]:
    """What the checks accepted of each generation of a chain, and where it goes; nothing in a first generation.

    `own`: `check.<check>.accepted` of this run. `continued`: the release that it continues, and beside which the
    earlier ones lie; those that are not there any more are left out.
    """
    if continued is None:
        return
    at = {one["generation"]: continued.absolute().parent / str(one["name"]) for one in inherited.chain}
    at[inherited.past.generation - 1] = continued
    told = _names(name, inherited)
    before = [Judged.of(n, told[n], at[n]) for n in sorted(told) if n in at and is_release(at[n])]
    yield from accepted([*before, Judged(inherited.past.generation, name, [one.to_json() for one in own])])


def _lacking(real: Sample, mine: Corpus) -> Iterator[str]:
    if mine.sample.tokens < NEEDED:
        yield f"{mine.name} has {mine.sample.tokens:,} synthetic tokens, {NEEDED:,} would do"
    if real.tokens < 2 * NEEDED:
        yield f"the monitor role has {real.tokens:,} human tokens, {2 * NEEDED:,} would do"


def _insufficient(mine: Corpus, generation: int, why: str) -> Evidence:
    inputs = {
        "kind": "verdict", "generation": generation, "corpus": mine.name, "colour": "insufficient sample",
        "stage": "none", "notes": [],
    }  # fmt: skip
    return Evidence(f"{head(mine.name)}.verdict", None, 0, None, why, inputs)


def _with_note(one: Evidence) -> Evidence:
    if one.inputs.get("kind") != "verdict":
        return one
    return replace(one, inputs={**one.inputs, "notes": [*one.inputs["notes"], _UNCURATED]})
