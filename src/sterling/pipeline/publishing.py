"""The end of the way: measure, hold against the policy, write the release and the report."""

import json
import platform
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from sterling.collapse import diversity
from sterling.errors import PolicyRefused
from sterling.pipeline import streams
from sterling.pipeline.calibrating import calibration
from sterling.pipeline.evidence import accounts, authors, targeting, tried
from sterling.pipeline.evidence.cells import cells
from sterling.pipeline.evidence.costs import costs
from sterling.pipeline.evidence.covering import coverage
from sterling.pipeline.evidence.estimating import estimates
from sterling.pipeline.evidence.fates import Fates, fates, flagged
from sterling.pipeline.evidence.samples import samples, without_rejected_text
from sterling.pipeline.evidence.tails import tails
from sterling.pipeline.evidence.words import Told, conclusion_of
from sterling.pipeline.forecast.runs import forecast_run
from sterling.pipeline.generating import Walked, concluded
from sterling.pipeline.generations.account import generation_of, generations
from sterling.pipeline.generations.continuing import FIRST, Inherited
from sterling.pipeline.generations.handing_on import lineage
from sterling.pipeline.job import Assignment, Job, perform
from sterling.pipeline.mixing import Mixed, mixture
from sterling.pipeline.monitor.runs import accepted_so_far, watched
from sterling.policy import Finding, gate, lint, refuses, settled, to_json
from sterling.recipes import Loaded, plain, recipe_digest
from sterling.records.files import write_json, write_text
from sterling.release import CardFacts, Contents, Lineage, Options, write_release
from sterling.report import Report, render
from sterling.sandbox import self_test
from sterling.stats import Evidence
from sterling.version import VERSION


class Handed(NamedTuple):
    """What came from earlier generations, and what goes to later ones."""

    inherited: Inherited
    lineage: Lineage


class _Measured(NamedTuple):
    """What is known once everything has been measured."""

    evidence: tuple[Evidence, ...]
    makers: accounts.Counts
    fates: Fates
    findings: tuple[Finding, ...]


def publish(
    job: Job, loaded: Loaded, walked: Walked, mixed: Mixed, release: Path, inherited: Inherited = FIRST
) -> None:
    """Write `release` if the policy lets it go, and the report in any case. PolicyRefused when it does not."""
    terms = authors.fingerprint(job.recipe)
    question = {
        "recipe": recipe_digest(job.recipe),
        "preview": job.preview,
        "terms": terms,
        **targeting.asks(job),
        **tried.asks(job.recipe),
    }
    given = Assignment("release", "release", "release", question, [mixed.address])
    _, summary = perform(
        job, given, lambda step: _publish(job, loaded, walked, mixed, inherited, release, step.address),
        stands=lambda step: (step.sealed() or {})["status"] != "released" or _stands(release, step.address),
    )  # fmt: skip
    _close(job, summary["report"], release)


def _publish(
    job: Job, loaded: Loaded, walked: Walked, mixed: Mixed, inherited: Inherited, release: Path, address: str
) -> dict[str, Any]:
    known = _measure(job, loaded, walked, mixed, inherited)
    report = _report(job, loaded, mixed, known)
    write_json(job.trail.run / "report.json", report.to_json())
    write_text(job.trail.run / "report.html", render(report))
    if report.outcome.status == "released":
        handed = Handed(inherited, lineage(job.recipe.name, mixed, inherited))
        write_release(release, _contents(job, mixed, known, _leaving(job, report), address, handed))
    return {"status": report.outcome.status, "report": report.to_json()}


def _close(job: Job, report: dict[str, Any], release: Path) -> None:
    status = report["outcome"]["status"]
    left = str(release) if status == "released" else None
    job.trail.save({"status": status, "report": report, "release": left})
    if status == "refused":
        told = "".join(f"\n  {sentence}" for sentence in report["outcome"]["sentences"])
        place = job.trail.run / "report.html"
        raise PolicyRefused(f"{report['outcome']['headline']}\n{_unmet(report)}{told}\n  report: {place}")


def _unmet(report: Mapping[str, Any]) -> str:
    """Every finding that refuses, with its mend."""
    refusing = (f for f in report["findings"] if f["status"] == "unmet" and f["severity"] in {"critical", "required"})
    return "\n".join(f"  {f['severity']} {f['rule']}: {f['what']}\n    mend: {f['mend']}" for f in refusing)


def _stands(release: Path, address: str) -> bool:
    try:
        found = json.loads((release / "provenance" / "run.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return bool(found.get("address") == address)


def _measure(job: Job, loaded: Loaded, walked: Walked, mixed: Mixed, inherited: Inherited) -> _Measured:
    makers = accounts.by_maker(job, mixed.made)
    every = makers + accounts.by_maker(job, mixed.inherited)
    became = fates(job, mixed)
    panel = watched(job.recipe.name, walked.anchors, mixed.made, inherited)
    evidence = (
        *accounts.roles(job),
        *accounts.unseen(job),
        *accounts.measured(job),
        *accounts.oracles(job),
        *accounts.acceptance(makers),
        *flagged(job, became),
        *authors.written(job.recipe, every),
        *generations(job.recipe, mixed, inherited),
        *calibration(job, makers),
        *tails(job, walked.made),
        *tails(job, walked.anchors, "anchor"),
        *cells(job, walked.made),
        *concluded(job, walked),
        *coverage(job, walked),
        *diversity(streams.corpora(walked.anchors, mixed.shards), job.recipe.seed),
        *panel,
        *accepted_so_far(job.recipe.name, accounts.acceptance(makers), inherited, job.recipe.continues_folder),
        *forecast_run(job, walked.anchors, mixed.made, panel),
        *targeting.drift(job, mixed),
        *tried.tried(job.recipe),
        *costs(job, mixed),
        *estimates(job, walked),
    )
    findings = settled(lint(job.recipe, loaded.where), gate(job.recipe, evidence, loaded.where))
    return _Measured(evidence, makers, became, tuple(findings))


def _report(job: Job, loaded: Loaded, mixed: Mixed, known: _Measured) -> Report:
    told = Told(known.makers, known.fates, known.evidence)
    outcome = conclusion_of(job, mixed, told, refused=refuses(known.findings, "release"))
    lines = accounts.step_lines(job.trail.stages)
    if outcome.status == "released":
        lines = (*lines, accounts.release_line(mixed))
    return Report(
        name=job.recipe.name,
        purpose=job.recipe.purpose,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        recipe_digest=recipe_digest(job.recipe),
        outcome=outcome,
        findings=tuple(to_json(known.findings, loaded.where)),
        anchors=accounts.anchor_lines(job),
        steps=lines,
        composition=accounts.composition(mixed),
        samples=samples(mixed.shards, job.preview),
        evidence=known.evidence,
    )


def _leaving(job: Job, report: Report) -> Report:
    """The report as it may leave the house. The run's own keeps the text of dropped samples."""
    if job.recipe.release.rejected == "full":
        return report
    return replace(report, samples=without_rejected_text(report.samples))


def _contents(job: Job, mixed: Mixed, known: _Measured, report: Report, address: str, handed: "Handed") -> Contents:
    options = job.recipe.release
    provenance = _provenance(job, report, address) | generation_of(mixed, handed.inherited)
    return Contents(
        configurations=streams.configurations(
            mixed.shards, mixed.summary["formats"], ends=job.recipe.mix.ends_on_real > 0
        ),
        rejected=streams.Rejected(tuple(job.trail.stages), job.trail.run, mixed.shards),
        provenance=provenance | {"models": authors.described(job.recipe, known.evidence)},
        evidence=known.evidence,
        report_json=report.to_json(),
        report_html=render(report),
        card=CardFacts(
            job.recipe.name, _use(job), options.licence, models=authors.in_words(job.recipe, known.evidence)
        ),
        options=Options(options.reference, options.rejected),
        mixture=mixture(job.recipe.name, known.evidence),
        lineage=handed.lineage,
    )


def _use(job: Job) -> str | None:
    """The intended use in words, with its kind where one is said."""
    text, kind = job.recipe.use_text, job.recipe.use_kind
    return text if kind is None else f"{text} ({kind})"


def _tier(job: Job) -> str | None:
    """What kept code in, where a check of this recipe ran any."""
    return self_test() if any(entry.part.family == "execution" for entry in job.recipe.checks) else None


def _provenance(job: Job, report: Report, address: str) -> dict[str, Any]:
    packages = ("click", "jinja2", "numpy", "pyarrow", "pydantic", "pyyaml", "rich")
    return {
        "address": address,
        "name": job.recipe.name,
        "created": report.created,
        "sterling": VERSION,
        "recipe": plain(job.recipe),
        "recipe_digest": report.recipe_digest,
        "seed": job.recipe.seed,
        "environment": {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "system": f"{platform.system()} {platform.machine()}",
            "packages": {name: version(name) for name in packages},
            "sandbox": _tier(job),
        },
        "anchors": report.to_json()["anchors"],
        "steps": report.to_json()["steps"],
        "stages": [
            {"name": s.name, "kind": s.kind, "walk": s.walk, "address": s.address, "asks": dict(s.asks)}
            for s in job.trail.stages
        ],
    }
