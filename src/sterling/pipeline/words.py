"""How a run ended, in sentences that claim no more than was measured."""

from collections import Counter

from sterling.pipeline.accounts import Author
from sterling.pipeline.job import Job
from sterling.pipeline.mixing import Mixed
from sterling.report import Conclusion


def outcome_of(job: Job, mixed: Mixed, makers: Counter[tuple[Author, str, str]], *, refused: bool) -> Conclusion:
    """Status and headline; further sentences where the numbers alone could mislead."""
    parts = Counter[str]()
    for part in mixed.summary["composition"]:
        parts[part["origin"]] += part["records"]
    sentences = tuple(_synthetic_sentences(parts, makers))
    if job.preview is not None:
        return Conclusion("preview", f"A preview of {parts.total():,} records. Nothing was released.", sentences)
    if refused:
        return Conclusion(
            "refused", "The policy refuses this release: a critical or required rule is unmet.", sentences
        )
    if not parts.total():
        return Conclusion("unreleased", "There is nothing to release: no record came through.", sentences)
    return Conclusion("released", _headline(parts, mixed), sentences)


def _headline(parts: Counter[str], mixed: Mixed) -> str:
    shares = {e["name"]: e for e in mixed.summary["evidence"]}
    made = parts["synthetic"] + parts["mixed"]
    said = ", ".join(f"{n:,} {origin}" for origin, n in sorted(parts.items()))
    headline = f"{parts.total():,} records released: {said}"
    if not made:
        return f"No synthetic part to release. {headline}."
    bare = shares["mix.unverified_synthetic"]["value"]
    verified = "each synthetic one verified" if not bare else f"{bare:,} synthetic ones unverified"
    return f"{headline}; {verified}."


def _synthetic_sentences(parts: Counter[str], makers: Counter[tuple[Author, str, str]]) -> list[str]:
    drops: Counter[str] = Counter()
    for (_, check, outcome), n in makers.items():
        if outcome == "drop":
            drops[check] += n
    said = ", ".join(f"{n:,} by {check}" for check, n in drops.most_common())
    candidates = sum(drops.values()) + parts["synthetic"]
    if not candidates:
        return []
    kept = "none is released" if not parts["synthetic"] else "the rest is released"
    return [f"{candidates:,} synthetic candidates, {sum(drops.values()):,} dropped ({said}); {kept}."]
