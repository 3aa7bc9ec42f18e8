"""`sterling monitor --endpoint`: options, and what is printed."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sterling.pipeline.examination.answering import Examinee
    from sterling.pipeline.examination.examining import Examination
    from sterling.stats import Evidence

_NAMED = re.compile(r"([A-Za-z0-9][\w.-]*)=(.*)", re.DOTALL)
_FORM = "write NAME=URL#MODEL, for instance gen1=http://localhost:8000/v1#model-name"
_BESIDE = 3
"""Generations that stand beside each other on a line."""
_WORDS = {"pass": "verified pass rate", "distinct": "distinct right solutions"}
_OPTIONS = (
    click.option(
        "--endpoint", "endpoints", multiple=True, metavar="NAME=URL#MODEL",
        help="A generation's model, which answers the tail; once for each, in their order. In place of URL#MODEL also "
        "'{endpoint: URL, model: MODEL, key_env: VAR, ...}', as in a recipe.",
    ),
    click.option(
        "--tail", metavar="FILE", help="With --endpoint: frozen real items, prompts with `reference` (and `band`)."
    ),
    click.option("--check", metavar="NAME", help="With --endpoint: the check that judges an answer: math, tests, sql."),
    click.option("--option", "options", multiple=True, metavar="K=V", help="An option of the check; may be repeated."),
    click.option(
        "--samples", type=click.IntRange(1, 1000), help="With --endpoint: answers to each item.  [default: 8]"
    ),
    click.option(
        "--sampling", multiple=True, metavar="K=V", help="With --endpoint: temperature=1, max_tokens=1024; for all."
    ),
    click.option("--key-env", metavar="VAR", help="With --endpoint: the environment variable that holds the key."),
    click.option("--budget", type=click.FloatRange(min=0, min_open=True), metavar="USD", help="The most to be paid."),
)  # fmt: skip


def examinable(watch: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of an examination of models, which takes over when an endpoint is named."""

    @wraps(watch)
    def either(**said: Any) -> None:
        own = {name: said.pop(name) for name in _NAMES}
        if own["endpoints"]:
            _examine(said, own)
            return
        if stray := next((name for name, value in own.items() if value), None):
            raise click.UsageError(
                f"--{'option' if stray == 'options' else stray.replace('_', '-')} goes with --endpoint"
            )
        if not said.get("paths"):
            raise click.UsageError("name real text and then the generations, or releases; or --endpoint, for models")
        watch(**said)

    for option in reversed(_OPTIONS):
        either = option(either)
    return either


_NAMES = ("endpoints", "tail", "check", "options", "samples", "sampling", "key_env", "budget")


def _examine(said: dict[str, Any], own: dict[str, Any]) -> None:
    from sterling.pipeline.checking import configured, parse_options  # noqa: PLC0415 - keeps --help fast
    from sterling.pipeline.examination.examining import Exam, as_json, examine  # noqa: PLC0415
    from sterling.pipeline.monitor.picturing import picture_models, require_page  # noqa: PLC0415

    real, *more = [*filter(None, [said.get("real")]), *said.get("paths", ())] or [None]
    if more:
        raise click.UsageError("with --endpoint only REAL may be named: text in which rare words are counted")
    for name in ("tail", "check"):
        if not own[name]:
            raise click.UsageError(f"--endpoint needs --{name}: {_NEEDED[name]}")
    require_page(said.get("html"))
    sampling = parse_options(own["sampling"])
    examinees = [examinee(text, sampling, own["key_env"]) for text in own["endpoints"]]
    check = configured(own["check"], parse_options(own["options"]))
    found = examine(examinees, Exam(own["tail"], check, own["samples"] or 8, real, own["budget"]), _progress)
    picture_models(found, said.get("html"))
    click.echo(json.dumps(as_json(found), ensure_ascii=False) if said.get("as_json_") else "\n".join(_lines(found)))
    if found.verdicts and found.verdicts[-1].stage == "late":
        raise click.exceptions.Exit(3)


_NEEDED = {
    "tail": "a file of frozen real items, prompts with `reference`",
    "check": "the check that judges an answer, for instance math",
}


def examinee(text: str, sampling: dict[str, Any], key_env: str | None) -> "Examinee":
    """What `--endpoint` says. InputError with the form that is wanted."""
    import yaml  # noqa: PLC0415 - keeps --help fast

    from sterling.errors import InputError  # noqa: PLC0415
    from sterling.pipeline.examination.answering import Examinee  # noqa: PLC0415

    named = _NAMED.fullmatch(text)
    name, rest = (named[1], named[2]) if named else ("", text)
    if rest.lstrip().startswith("{"):
        try:
            entry = yaml.safe_load(rest)
        except yaml.YAMLError as error:
            raise InputError(f"this is no mapping: {str(error).splitlines()[0]}", where=text, mend=_FORM) from None
    else:
        address, _, model = rest.partition("#")
        if not model:
            raise InputError("no model is named", where=f"--endpoint {text}", mend=_FORM)
        entry = {"endpoint": address, "model": model}
    if key_env is not None:
        entry = {"key_env": key_env, **entry}
    endpoint = _endpoint({**entry, "sampling": {**sampling, **(entry.get("sampling") or {})}}, text)
    return Examinee(name or endpoint.model, endpoint)


def _endpoint(entry: dict[str, Any], text: str) -> Any:
    from pydantic import ValidationError  # noqa: PLC0415 - keeps --help fast

    from sterling.errors import InputError  # noqa: PLC0415
    from sterling.models import Endpoint  # noqa: PLC0415

    try:
        return Endpoint.model_validate(entry)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        what = ".".join(map(str, first["loc"])) or "the entry"
        mend = first.get("ctx", {}).get("mend") or _FORM
        raise InputError(
            f"`{what}`: {first['msg'].lower()}", where=f"--endpoint {text.partition('=')[0]}", mend=mend
        ) from None


def _progress(name: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{name}: {done:,} of {of:,} items", err=True, nl=done == of)


def _lines(found: "Examination") -> Iterator[str]:
    tail, names = found.paper.tail, [one.generation.name for one in found.sat]
    yield f"{len(found.paper.items):,} items; bands: {found.paper.banded}"
    if found.paper.faults:
        first = found.paper.faults[0]
        yield f"  {len(found.paper.faults):,} rows are left out; the first: {first.where}: {first.message}"
    for note in found.notes:
        yield f"  note: {note}"
    yield from _table(found, tail.names, names)
    for number, (name, said) in enumerate(zip(names[1:], found.verdicts, strict=True), 2):
        yield f"\n{name} against {names[0]}: {said.stage if said.stage != 'none' else 'no fall found'}\n  {said.why}"
        yield from (f"    {_changed(one)}" for one in found.evidence if _is_change(one, number))
        for item in found.lost[name]:
            yield f"  lost: {item.id} ({tail.bands[item.id]}): {_short(item.question)}"


def _table(found: "Examination", bands: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """Every measure by band, a column for each generation, or a line where they are many."""
    known = {one.name: one for one in found.evidence}
    at = next((one.inputs["k"] for one in found.evidence if "k" in one.inputs), None)
    for measure in ("pass", *([] if at is None else [f"pass@{at}", "distinct"])):
        yield f"\n{_title(measure, at)}"
        for band in bands:
            told = [_told(known[f"models.{name}.{measure}.{band}"], share=measure != "distinct") for name in names]
            draws = known[f"models.{names[0]}.{measure}.{band}"].inputs.get("draws") if measure == "distinct" else None
            yield _row(band, told, names, f"in {draws} right ones" if draws else "")
    yield "\nbits a token (mean negative log-probability of what was written)"
    entropies = [known[f"models.{name}.token_entropy"] for name in names]
    some = any(one.n for one in entropies)
    yield _row("all", [_told(one) for one in entropies], names) if some else "  no server gave log-probabilities"


def _title(measure: str, at: int | None) -> str:
    if measure == f"pass@{at}":
        return f"at least one of {at} answers right"
    return _WORDS[measure]


def _row(band: str, told: Sequence[str], names: Sequence[str], more: str = "") -> str:
    cells = [f"{name} {one}" for name, one in zip(names, told, strict=True)]
    between = "   " if len(cells) <= _BESIDE else "\n" + " " * 13
    return f"  {band:<10} {between.join(cells)}  {more}".rstrip()


def _told(one: "Evidence", *, share: bool = False) -> str:
    """`61.2% [58.0%, 64.3%] (n 400)`."""
    if one.value is None or one.interval is None:
        return "-" if one.value is None else f"{one.value:.3g} (n {one.n:,})"
    form = "{:.1%}" if share else "{:.3f}"
    value, low, high = (form.format(number) for number in (one.value, *one.interval))
    return f"{value} [{low}, {high}] (n {one.n:,})"


def _is_change(one: "Evidence", generation: int) -> bool:
    return one.name.endswith(".change") and one.inputs["generation"] == generation


def _changed(one: "Evidence") -> str:
    within = "" if one.interval is None else f" [{one.interval.low:+.3f}, {one.interval.high:+.3f}]"
    value = "-" if one.value is None else f"{one.value:+.3f}"
    said = one.inputs["said"]
    need = f", {one.inputs['would_do']:,} would do" if said in {"undecided", "insufficient sample"} else ""
    return f"{one.inputs['measure']:<13} {one.inputs['band']:<10} {said:<10} {value}{within} (n {one.n:,}{need})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:89]}…"
