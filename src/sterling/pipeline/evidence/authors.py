"""Which models wrote and which judged, and under which terms: for the gate, the card and the release's provenance."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sterling.models import Endpoint, endpoints_of, lineage
from sterling.models.terms import Registry, Served, Terms, doubts, registry, today
from sterling.pipeline.evidence.accounts import Counts
from sterling.policy.terms import WRITTEN, judges, leaving, served_by, writers
from sterling.recipes import Recipe
from sterling.records import canonical_json, digest, families_of
from sterling.stats import Evidence, count


def written(recipe: Recipe, makers: Counts) -> Iterator[Evidence]:
    """How many records of the mix models wrote, and which; nothing when no model was to write anything."""
    all_of, mixed = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    beside: dict[tuple[Any, ...], set[str]] = {}
    for (maker, check, outcome), n in makers.items():
        key = (maker.strategy, maker.model, maker.revision, maker.family, maker.service, maker.terms)
        ended = outcome == "drop" or check == "mix"
        if maker.model is not None and ended:
            all_of[key] += n
            mixed[key] += n if outcome != "drop" else 0
            beside.setdefault(key, set()).update(maker.beside if outcome != "drop" else ())
    names = ("strategy", "model", "revision", "family", "service", "terms")
    rows = [
        dict(zip(names, key, strict=True)) | {"written": n, "mixed": mixed[key], "beside": sorted(beside[key])}
        for key, n in sorted(all_of.items(), key=str)
    ]
    if rows or writers(recipe):
        yield count(WRITTEN, mixed.total(), "records of the mix whose maker is a model", makers=rows)


def fingerprint(recipe: Recipe) -> list[list[str]]:
    """The terms that the recipe's models name, each with its content and the state of its review today.

    Part of what a release stands on: after a signature, or when a review has become stale, the gate decides anew.
    """
    named = {one.served.terms for one in (*writers(recipe), *judges(recipe)) if one.served.terms is not None}
    known, day = registry(recipe.terms_folder) if named else {}, today()
    entries = [known[one] for one in sorted(named & known.keys())]
    return [[one.id, digest(canonical_json(one.model_dump(mode="json"))), one.state(day)] for one in entries]


def sentences(recipe: Recipe, evidence: Sequence[Evidence]) -> Iterator[str]:
    """One for each model whose words leave: how much it wrote, and under which terms."""
    makers = leaving(recipe, _makers(evidence))
    known = registry(recipe.terms_folder) if makers else {}
    for maker in makers:
        yield f"{_who(maker)} wrote {maker['mixed']:,} records of the mix: {_under(known, maker['terms'])}."


def in_words(recipe: Recipe, evidence: Sequence[Evidence]) -> list[str]:
    """For the card: every model that wrote, its terms, and what they ask of whoever trains on its words."""
    makers = _makers(evidence)
    known = registry(recipe.terms_folder) if makers else {}
    beside = (
        f"{one.model} ({one.identity}) had a part in them: {_under(known, one.terms)}."
        for one in _beside(recipe, makers)
    )
    return [*(_line(recipe, known, maker) for maker in makers), *beside]


def described(recipe: Recipe, evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """For `provenance/run.json`: models with families, service, revision and terms. Nothing of it is secret."""
    makers = _makers(evidence)
    asked = [one for entry in recipe.checks for one in endpoints_of(entry.part)]
    known = registry(recipe.terms_folder) if makers or asked else {}
    wrote = [_written(recipe, known, maker) for maker in makers]
    judges_once = {(one.model, one.revision, one.identity, one.terms): one for one in asked}
    beside = [_asked("had a part", recipe, known, one) for one in _beside(recipe, makers)]
    return [*wrote, *beside, *(_asked("judged", recipe, known, one) for one in judges_once.values())]


def _makers(evidence: Sequence[Evidence]) -> list[Mapping[str, Any]]:
    return [maker for one in evidence if one.name == WRITTEN for maker in one.inputs["makers"]]


def _who(maker: Mapping[str, Any]) -> str:
    return f"{maker['model']} ({maker['service'] or 'nobody says where'})"


def _under(known: Registry, named: str | None) -> str:
    if named is None:
        return "terms not stated"
    if named not in known:
        return f"under {named}, which the registry of terms does not know"
    entry = known[named]
    read = f"reviewed by {entry.reviewer} on {entry.reviewed}" if entry.reviewer else "reviewed by nobody"
    return f"under {entry.document.title} ({entry.document.version}; {entry.id}), {read}"


def _line(recipe: Recipe, known: Registry, maker: Mapping[str, Any]) -> str:
    said = f"{_who(maker)}, {maker['mixed']:,} released records: {_under(known, maker['terms'])}."
    entry = known.get(maker["terms"] or "")
    return said if entry is None else " ".join([said, *_conditions(recipe, entry), *entry.duties])


def _conditions(recipe: Recipe, entry: Terms) -> Iterator[str]:
    use = entry.uses.get(recipe.use_kind) if recipe.use_kind else None
    if use is not None and use.conditions:
        held = f"{entry.reviewer} says that it does: {use.held}." if use.held else "Nobody says that it does."
        yield f"It permits {recipe.use_kind} if this holds: {'; '.join(use.conditions)}. {held}"


def _written(recipe: Recipe, known: Registry, maker: Mapping[str, Any]) -> dict[str, Any]:
    families = sorted(families_of(maker["family"])) if maker["family"] else []
    said = {name: maker[name] for name in ("model", "revision", "service", "strategy", "written", "mixed")}
    return {"role": "wrote", **said, "families": families, "terms": _terms(recipe, known, served_by(recipe, maker))}


def _beside(recipe: Recipe, makers: Sequence[Mapping[str, Any]]) -> list[Endpoint]:
    """Models that had a part in what is in the mix beside those that lead it: who played the user, or put it back."""
    named = {(maker["strategy"], model) for maker in makers for model in maker.get("beside", ())}
    found = [
        one
        for entry in recipe.generate
        for one in endpoints_of(entry.part)
        if (entry.part.name_in_recipe, one.model) in named
    ]
    return list({(one.model, one.revision, one.identity, one.terms): one for one in found}.values())


def _asked(role: str, recipe: Recipe, known: Registry, one: Endpoint) -> dict[str, Any]:
    said = {"model": one.model, "revision": one.revision, "service": one.identity, "families": sorted(lineage(one))}
    return {"role": role, **said, "terms": _terms(recipe, known, Served.by(one))}


def _terms(recipe: Recipe, known: Registry, served: Served) -> dict[str, Any] | None:
    """The entry as it was on the day of the release, and what stood against it."""
    if served.terms is None:
        return None
    against = [doubt.reason for doubt in doubts(served, recipe.use_kind, known, today())]
    entry = known.get(served.terms)
    if entry is None:
        return {"id": served.terms, "doubts": against}
    signed = entry.model_dump(mode="json", include={"reviewer", "reviewed", "valid_days"})
    return {"id": entry.id, "document": entry.document.model_dump(mode="json"), **signed, "doubts": against}
