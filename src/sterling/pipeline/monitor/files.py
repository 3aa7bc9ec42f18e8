"""`sterling monitor`: what generations of a corpus have become, on any files of text and on releases."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import Any, Literal, NamedTuple

from sterling.collapse.comparing import Comparison
from sterling.collapse.monitor import LEAST_TOKENS, NEEDED, Corpus, Watch, Watched, watch
from sterling.collapse.samples import Sample, sampled_documents
from sterling.collapse.telling import told
from sterling.collapse.vanishing import Place, Vanishing
from sterling.errors import InputError, SourceError
from sterling.pipeline.corpora import Cuts, Document, LeftOut, corpus
from sterling.pipeline.monitor.releases import SEED, Judged, Known, accepted, anchor_shards, in_role, is_release, rows
from sterling.stats import Evidence

Compared = Literal["synthetic", "mix"]
"""Of a release: the rows that were generated for it, or all that a next model learns from."""
_SEEDED = "the generator was seeded with these, so copying looks like health; name other real text: --real FILE"


class Taken(NamedTuple):
    """A corpus, and what of it was looked at."""

    name: str
    path: str
    what: str
    sample: Sample
    notes: tuple[str, ...] = ()


class Monitored(NamedTuple):
    """Generations against real text."""

    real: Taken
    generations: Sequence[Taken]
    watch: Watch
    accepted: Sequence[Evidence]
    """Of releases: `collapse.<name>.accepted.<check>` and, of three and more, `collapse.trend.accepted.<check>`."""


def monitor_files(paths: Sequence[str], real: str | None = None, part: Compared = "synthetic") -> Monitored:
    """Generations in their order, each a release, or a file, folder or pattern that `sterling check` could read.

    Real text is `real`; else the first path where that is no release; else what stands beside the first release. Each
    corpus is read once and sampled down to 400,000 tokens. InputError where there is nothing to compare, or no real
    text.
    """
    given = list(paths)
    for path in [*given, *([] if real is None else [real])]:
        _refuse(path)
    if real is None and given and not is_release(given[0]):
        real = given.pop(0)
    if not given:
        raise InputError("there is nothing to compare with the real text", where=real, mend=_USAGE)
    against = _beside(Path(given[0]), part) if real is None else _plain(real, "real")
    if against.sample.tokens < LEAST_TOKENS or len(against.sample.texts) < 2:
        what = f"{_size(against.sample)} are too little real text to compare with"
        raise InputError(what, where=against.path, mend=f"name real text of {2 * NEEDED:,} tokens or more: --real FILE")
    taken = _taken(given, part)
    found = watch(against.sample, [Corpus(one.name, one.sample) for one in taken])
    return Monitored(against, taken, found, [*_accepted(taken)])


_USAGE = "sterling monitor REAL GENERATION..., or sterling monitor --real REAL GENERATION..., or releases alone"


def _refuse(path: str) -> None:
    """Folders that are near what is meant."""
    folder = Path(path)
    if not folder.is_dir() or is_release(folder):
        return
    if (folder / "run.json").is_file():
        mend = f"name its release: {folder.parent.parent / 'releases' / folder.name}"
        raise InputError("this is the folder of a run, with all that it dropped", where=path, mend=mend)
    if inside := sorted(str(one) for one in folder.iterdir() if is_release(one)):
        what = f"this folder holds {len(inside)} releases, and their order is yours to say"
        raise InputError(what, where=path, mend=f"name them, oldest first: sterling monitor {' '.join(inside)}")


def _plain(path: str, name: str) -> Taken:
    if is_release(path):
        return Taken(name, path, "rows that people wrote", _sampled(rows(Path(path), "human")))
    left_out, cuts = LeftOut(), Cuts()
    sample = _sampled(_readable(path, left_out, cuts))
    notes = (f"{left_out.rows:,} rows are left out; the first is {left_out.first}",) if left_out.rows else ()
    return Taken(name, path, "all of it", sample, (*notes, *cuts.notes()))


def _sampled(documents: Iterable[Document]) -> Sample:
    return sampled_documents(documents, SEED)


def _readable(path: str, left_out: LeftOut, cuts: Cuts) -> Iterator[Document]:
    """SourceError also for a file of which no row is text."""
    number = 0
    for number, document in enumerate(corpus(path, left_out, cuts), 1):  # noqa: B007 - counted
        yield document
    if not number:
        what = f"no row of it is text that can be read; the first is {left_out.first}"
        command = f"sterling check exact_duplicates --input {quote(path)} --output verdicts.jsonl"
        raise SourceError(what, where=path, mend=f"`{command}` writes what is wrong with each row")


def _beside(release: Path, part: Compared) -> Taken:
    """Real text of the first release: what its run has set aside for this, else the human rows that it holds."""
    shards = anchor_shards(release)
    if shards:
        sample = _sampled(in_role(shards, "monitor"))
        if sample.tokens >= LEAST_TOKENS:
            what = "records of the role monitor of its anchor"
            return Taken("real", str(release), what, sample)
    if part == "mix":
        what = "the mix holds the very rows that it would be compared with"
        raise InputError(what, where=release, mend="name real text that is not in it: --real FILE")
    sample = _sampled(rows(release, "human"))
    if sample.tokens < LEAST_TOKENS:
        what = f"beside this release there is no real text to compare with ({_size(sample)} of human rows)"
        raise InputError(what, where=release, mend="name some: --real FILE")
    return Taken("real", str(release), "rows that people wrote", sample, (_SEEDED,))


def _taken(paths: Sequence[str], part: Compared) -> list[Taken]:
    known, found = Known(), []
    for path, name in zip(paths, _names(paths), strict=True):
        if not is_release(path):
            found.append(_plain(path, name))
            continue
        sample = _sampled(rows(Path(path), part, known if part == "synthetic" else None))
        known.close()
        what = "rows that are not human and in no release before it" if part == "synthetic" else "all rows of the mix"
        found.append(Taken(name, path, what, sample))
    return found


def _names(paths: Sequence[str]) -> list[str]:
    """For each path a short name that no other has."""
    short = [Path(path).name if is_release(path) else Path(path).name.partition(".")[0] or path for path in paths]
    apart = [name if short.count(name) == 1 else path for path, name in zip(paths, short, strict=True)]
    return [name if apart.count(name) == 1 else f"{name}-{number}" for number, name in enumerate(apart, 1)]


def _accepted(taken: Sequence[Taken]) -> Iterator[Evidence]:
    """Of those that are releases."""
    numbered = enumerate(taken, 1)
    return accepted([Judged.of(number, one.name, Path(one.path)) for number, one in numbered if is_release(one.path)])


def _size(sample: Sample) -> str:
    return f"{sample.tokens:,} tokens in {sample.seen:,} documents"


def in_words(found: Monitored) -> Iterator[str]:
    """Line by line, for a terminal."""
    yield f"real text: {found.real.path}, {found.real.what}: {_size(found.real.sample)}"
    yield from (f"  note: {note}" for note in found.real.notes)
    for one in found.generations:
        yield f"generation {one.name}: {one.path}, {one.what}: {_size(one.sample)}"
        yield from (f"  note: {note}" for note in one.notes)
    yield from told(found.watch)
    yield from _rates(found.accepted)


def _rates(found: Sequence[Evidence]) -> Iterator[str]:
    if found:
        yield "\naccepted by each check, of the records that it judged"
    for one in found:
        low, high = one.interval or (float("nan"), float("nan"))
        if "generation" in one.inputs:
            rate = f"{one.value:.1%} [{low:.1%}, {high:.1%}] of {one.n:,}"
            yield f"  {one.inputs['check']:<20} {one.inputs['corpus']}: {rate}"
        else:
            moved = "" if one.inputs["p"] <= 0.01 else ": chance explains it"
            yield f"  {one.inputs['check']:<20} a generation: {one.value:+.2%} [{low:+.2%}, {high:+.2%}]{moved}"


def as_json(found: Monitored) -> dict[str, Any]:
    """The whole of it, for programs."""
    seen = found.watch
    return {
        "real_text": _source(found.real),
        "compared": [_source(one) for one in found.generations],
        "tokens_per_stretch": seen.tokens,
        "real": dict(seen.control),
        "generations": [_generation(one) for one in seen.generations],
        "alarms": [alarm._asdict() for alarm in seen.alarms],
        "trends": [one.to_json() for one in seen.trends],
        "accepted": [one.to_json() for one in found.accepted],
        "evidence": [one.to_json() for one in [*seen.evidence(), *found.accepted]],
    }


def _source(one: Taken) -> dict[str, Any]:
    sample = one.sample
    return {
        "name": one.name, "path": one.path, "what": one.what, "tokens": sample.tokens, "documents": sample.seen,
        "notes": list(one.notes),
    }  # fmt: skip


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
        "vanishing": None if one.vanishing is None else _vanishing(one.vanishing),
    }


def _findings(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "measure": f.measure.name, "family": f.measure.family, "difference": f.contrast.difference,
            "interval": list(f.contrast.interval), "relative": f.relative, "p": f.p, "said": f.said,
            "n": comparison.n, "stretches": comparison.sides._asdict(), "enough": f.enough._asdict(),
        }
        for f in comparison.findings
    ]  # fmt: skip


def _vanishing(lost: Vanishing) -> dict[str, Any]:
    place: Callable[[Place], dict[str, str]] = lambda one: one._asdict()  # noqa: E731
    return {
        "topics": [
            {"words": list(one.words), "kept": one.kept.to_json(), "gone": [place(p) for p in one.gone]}
            for one in lost.topics
        ],
        "records": lost.records.to_json(),
        "bigrams": lost.bigrams.to_json(),
        "examples": [
            {"words": one.words, "copies": one.copies, "where": place(one.where)} for one in lost.examples
        ],
    }  # fmt: skip
