"""The dataset card: metadata that the Hugging Face Hub accepts, and a text that claims no more than the evidence.

Every number comes from `report.json`, so card and report cannot differ.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from sterling.release.contents import CardFacts, Options
from sterling.release.licences import Licence, hub_licences

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
          (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"))  # fmt: skip
_TOPICS = (
    ("privacy", "Privacy: not assessed. Nothing was measured about what this data gives away about a person."),
    ("contamination", "Contamination: not assessed. Records were not compared with any evaluation set."),
    ("near_duplicates", "Near duplicates: not assessed."),
    ("diversity", "Diversity: not assessed."),
    ("collapse", "Collapse over generations of training: not assessed."),
    ("experiment", "Benefit: not assessed. No model was trained with and without this data."),
    ("verifiers", "Verifiers: not measured. Nobody knows how often the checks that verified records are wrong."),
    ("review", "Human review: no person is on record as having judged a sample of the synthetic records."),
)
"""What a reader may take for granted, and the room of evidence (the first part of its name) that shows it was looked
at. Steps show nothing: their names are the recipe's."""
_UNSAID = frozenset({"insufficient sample", "not comparable"})

_SAME = 1e-9
"""Between two shares below which they are one, computed in two ways."""


class Written(NamedTuple):
    """One configuration as it stands in the folder."""

    name: str
    format: str | None
    """None when it has no records."""
    columns: tuple[str, ...]
    records: int
    pattern: str | None
    """Of its files, from the release's folder."""


def render_card(facts: CardFacts, report: Mapping[str, Any], written: Sequence[Written], options: Options) -> str:
    """`README.md` of a release. `report` is the content of its `report.json`."""
    import jinja2  # noqa: PLC0415 - only who renders a card pays for it

    licences = _licences(facts, report)
    verifiers = [one for one in report["evidence"] if _is_overall(one)]
    front = yaml.safe_dump(metadata(facts, report, written), sort_keys=False, allow_unicode=True, width=120)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sterling.release", "templates"),
        autoescape=False,  # noqa: S701 - Markdown: every value passes `plain`, which escapes what HTML and tables read
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=plain,
    )
    environment.filters |= {
        "code": lambda name: _listing([name]),
        "listing": _listing,
        "reasons": _reasons,
        "percent": _percent,
        "value": _value,
        "money": _money,
    }
    return f"---\n{front}---\n\n" + environment.get_template("card.md").render(
        facts=facts, report=report, written=written, options=options, licences=licences,
        limits=_limits(facts, report), totals=_totals(report), foreign=_foreign(report),
        measured=[one for one in report["evidence"] if _is_rate(one["name"])],
        verifiers=verifiers, synthetic=_is_synthetic(report),
        precise=any(one["name"].endswith(".precision") for one in verifiers),
        benefit=_benefit(report),
        cost=next((one for one in report["evidence"] if one["name"] == "cost.total.usd"), None),
        findings={status: _findings(report, status) for status in ("unmet", "waived", "met")},
    )  # fmt: skip


def _is_rate(name: str) -> bool:
    """What a check accepted of one maker."""
    return name.startswith("check.") and name.endswith(".accepted")


def _benefit(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The word of an experiment on this recipe, and its rows for synthetic data on top of all real data."""
    verdict = next((one for one in report["evidence"] if one["name"] == "experiment.verdict"), None)
    if verdict is None:
        return None
    share = next((one for one in report["evidence"] if one["name"] == "experiment.share"), None)
    rows = [one for one in report["evidence"] if one["inputs"].get("arm") == "added" and "slice" in one["inputs"]]
    short = share is not None and share["inputs"].get("short")
    return {"verdict": verdict, "rows": rows, "short": f"{share['method']}." if share and short else ""}


def _is_overall(one: Mapping[str, Any]) -> bool:
    """What was measured of a verifier, but for single kinds of near misses: those are in `evidence/`."""
    head = f"verifiers.{one['inputs'].get('check')}."
    return one["name"].startswith(head) and "." not in one["name"].removeprefix(head)


def metadata(facts: CardFacts, report: Mapping[str, Any], written: Sequence[Written]) -> dict[str, Any]:
    """The front matter of the card."""
    held = [one for one in written if one.records]
    tags = dict.fromkeys(["synthetic"] if _is_synthetic(report) else [])
    known = {
        "pretty_name": facts.pretty_name,
        "language": list(facts.languages),
        **_licence_fields(_licences(facts, report)),
        "size_categories": [size_category(sum(one.records for one in held))],
        "task_categories": ["text-generation"] if any(one.format != "table" for one in held) else [],
        "tags": [*tags, "sterling", *(tag for tag in facts.tags if tag not in {"synthetic", "sterling"})],
        "source_datasets": list(facts.source_datasets),
        "configs": [_config(one, default=one is held[0] and len(held) > 1) for one in held],
    }
    return {key: value for key, value in known.items() if value}


def size_category(records: int) -> str:
    """The Hub's category for a number of records. It has no word for none, so an empty release is `n<1K`."""
    return next((name for limit, name in _SIZES if records < limit), "n>1T" if records > 10**12 else "10B<n<100B")


def plain(value: object) -> str:
    """A value inside Markdown as text: no tag, table cell, link or heading comes out of it."""
    if isinstance(value, _Markdown):
        return value
    text = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for special in ("\\", "`", "|", "[", "]", "*"):
        text = text.replace(special, f"\\{special}")
    return text


class _Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def _config(one: Written, default: bool) -> dict[str, Any]:
    files = [{"split": "train", "path": one.pattern}]
    return {"config_name": one.name, "data_files": files} | ({"default": True} if default else {})


def _licences(facts: CardFacts, report: Mapping[str, Any]) -> list[Licence]:
    stated = [facts.licence] if facts.licence else [a["licence"] for a in report["anchors"] if a["licence"]]
    return hub_licences(stated, facts.licence_link) or [Licence("unknown")]


def _licence_fields(licences: Sequence[Licence]) -> dict[str, Any]:
    names = [licence.identifier for licence in licences]
    other = next((licence for licence in licences if licence.identifier == "other"), Licence("other"))
    return {
        "license": names[0] if len(names) == 1 else names,
        "license_name": other.name,
        "license_link": other.link,
    }


def _is_synthetic(report: Mapping[str, Any]) -> bool:
    return any(part["origin"] in {"synthetic", "mixed"} for part in report["composition"])


def _totals(report: Mapping[str, Any]) -> dict[str, Any]:
    parts = report["composition"]
    tokens = sum(part["tokens"] for part in parts)
    human = sum(part["tokens"] for part in parts if part["origin"] == "human")
    bare = human / tokens if tokens else None
    share = next((one["value"] for one in report["evidence"] if one["name"] == "mix.share.real.tokens"), None)
    return {
        "records": sum(part["records"] for part in parts), "tokens": tokens, "weighted": _is_weighted(report),
        "human_share": bare if share is None else share,
        "unweighted": bare if share is not None and bare is not None and abs(share - bare) > _SAME else None,
    }  # fmt: skip


def _is_weighted(report: Mapping[str, Any]) -> bool:
    """Whether some record of the mix is to be seen more or less often than once."""
    weights = [one for one in report["evidence"] if one["name"].startswith("mix.weight.") and one["n"]]
    return any(one["inputs"].get(end, one["value"]) != 1 for one in weights for end in ("least", "most"))


def _foreign(report: Mapping[str, Any]) -> str:
    """Records that no strategy of the run made and no person is said to have: how many of which origin."""
    records = Counter[str]()
    for part in report["composition"]:
        if part["strategy"] is None and part["origin"] != "human":
            records[part["origin"]] += part["records"]
    said = ", ".join(f"{n:,} of origin {origin}" for origin, n in sorted(records.items()))
    return f"records that no person is said to have written ({said})" if said else ""


def _findings(report: Mapping[str, Any], status: str) -> list[Mapping[str, Any]]:
    return [finding for finding in report["findings"] if finding["status"] == status]


def _limits(facts: CardFacts, report: Mapping[str, Any]) -> list[str]:
    spoken = {str(one["name"]).partition(".")[0] for one in report["evidence"] if _tells(one)}
    return [*(sentence for room, sentence in _TOPICS if room not in spoken), *facts.not_assessed]


def _tells(one: Mapping[str, Any]) -> bool:
    """Whether it was measured. Of a corpus over generations only a verdict tells, and only one with a colour."""
    if one["name"].startswith("collapse."):
        inputs: Mapping[str, Any] = one["inputs"]
        return inputs.get("kind") == "verdict" and inputs.get("colour") not in _UNSAID
    return one["value"] is not None and bool(one["n"])


def _listing(values: Sequence[object]) -> str:
    """Names as code, which nothing in them can end: no backtick and no line break is left."""
    return _Markdown(", ".join(f"`{' '.join(str(value).replace('`', '').split())}`" for value in values))


def _reasons(reasons: Mapping[str, int]) -> str:
    ranked = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {number:,}" for name, number in ranked) or "-"


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{share:.1%}"


def _value(evidence: Mapping[str, Any]) -> str:
    if evidence["value"] is None:
        return "not measured"
    interval = evidence["interval"]
    spread = "" if interval is None else f" ({interval[0]:.4g} to {interval[1]:.4g})"
    return f"{evidence['value']:.4g}{spread}"


def _money(evidence: Mapping[str, Any]) -> str:
    if evidence["value"] is None:
        return f"at least {evidence['inputs']['known_usd']:.4g} (some prices are unknown)"
    return f"{evidence['value']:.4g}"
