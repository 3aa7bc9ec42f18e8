"""One check on any file, without a recipe: `sterling check` and `sterling.check`."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, cast, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pydantic import ValidationError

from sterling.curate.pairs.settle import settle_places
from sterling.engine.apply import Pool, Resources, apply
from sterling.engine.judge import NOT_CONCERNED
from sterling.engine.local import LocalCrew, default_workers
from sterling.engine.produce import chunks
from sterling.engine.shards import Shard
from sterling.engine.step import Step
from sterling.engine.watch import Silent, Watch
from sterling.errors import InputError
from sterling.pipeline.answers import Answer
from sterling.pipeline.calibrating import lacking, ruled_on
from sterling.pipeline.compared_with import against_files, compared_with
from sterling.recipes import nearest
from sterling.records import Fault, Record, batch_of
from sterling.records.files import write_parquet
from sterling.registry import Check, FitContext, Item, RecordCheck, Seed, lookup
from sterling.sources import Files, gold_seeds
from sterling.stats import Evidence, count
from sterling.verify.calibration import error_rates, precision

SHARD_ROWS = 1_000


class _Rows(NamedTuple):
    """Which rows of the input one shard holds, and which of them never became records."""

    shard: Shard
    first: int
    named: Mapping[str, str]
    """Records of the shard that the user gave an id, and which."""
    bad: Mapping[int, Fault]
    """By index."""


def configured(name: str, options: Mapping[str, Any]) -> Check:
    """The registered check with these options. InputError names the nearest check or option.

    A single text where an option takes several is a list of that one.
    """
    part = lookup("check", name)
    try:
        return cast("Check", part.model_validate(_listed(part, options), context={"base": Path.cwd()}))
    except ValidationError as error:
        valid = [field for field in part.model_fields if field != "human"]
        wrong = [(".".join(map(str, e["loc"])), e["msg"].lower()) for e in error.errors()]
        said = "; ".join(f"`{option}`: {why}" if option else why for option, why in wrong)
        own = error.errors()[0].get("ctx", {}).get("mend")
        raise InputError(f"check `{name}`: {said}", mend=own or _mend(*wrong[0], valid)) from None


def _mend(option: str, why: str, valid: Sequence[str]) -> str:
    """What to do about one refusal; one of the options together names none of them."""
    if not valid:
        return "it has no options"
    if not option:
        return f"say which with --option NAME=VALUE; it has {', '.join(valid)}"
    if option.partition(".")[0] not in valid:
        return nearest(option, valid)
    return f"say --option {option}=..." if "required" in why else "give it another value"


def _listed(part: type[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with a text made a list where the option is a list and cannot be a text as well."""
    plain = {name: value for name, value in options.items() if isinstance(value, str) and name in part.model_fields}
    lists = {name for name in plain if _only_lists(part.model_fields[name].annotation)}
    return {name: [value] if name in lists else value for name, value in options.items()}


def _only_lists(annotation: Any) -> bool:
    members = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    said = [one for one in members if one is not NoneType]
    return bool(said) and all(get_origin(one) is list or get_args(one)[-1:] == (...,) for one in said)


def parse_options(pairs: Sequence[str]) -> dict[str, Any]:
    """`["threshold=0.7"]` as a mapping, values read as YAML; a name said twice has a list. InputError without `=`."""
    split = [(pair, *pair.partition("=")) for pair in pairs]
    wrong = [pair for pair, _, equals, _ in split if not equals]
    if wrong:
        raise InputError(f"--option {wrong[0]}: not of the form name=value", mend="write for example threshold=0.7")
    said: dict[str, list[Any]] = {}
    for _, name, _, value in split:
        said.setdefault(name, []).append(yaml.safe_load(value))
    return {name: values[0] if len(values) == 1 else values for name, values in said.items()}


def parse_columns(pairs: Sequence[str]) -> dict[str, str]:
    """`["prompt=question"]` as a mapping of our names to a file's columns. InputError without `=`."""
    wrong = [pair for pair in pairs if not all(pair.partition("="))]
    if wrong:
        raise InputError(f"--column {wrong[0]}: not of the form ours=yours", mend="write for example prompt=question")
    return {ours: yours for ours, _, yours in (pair.partition("=") for pair in pairs)}


Note = Callable[[Sequence[Evidence]], object]
"""Takes what was found out about the check itself; `tuple` does, and forgets it."""


def check_file(
    check: Check,
    path: str,
    watch: Watch | None = None,
    note: Note = tuple,
    *,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Answer]:
    """One answer for each row of a file, in its order, none missing. SourceError when the file cannot be read.

    Where the check has `gold`, that is mixed in blind; `note` gets what it says, before the first answer. `columns` are
    our names and the file's columns, as a recipe's source has them; InputError for a name that is none.
    """
    _require_measurable(check)
    try:
        source = Files(name="input", path=str(Path(path).absolute()), max_bad_share=1, columns=columns or {})
    except ValidationError as error:
        raise InputError(f"--column: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    source.reads()  # Says at once, before any output is begun, that the file is not there.
    against_files(check)
    return _answers(check, _with_ids(source), watch or Silent(), note)


def check_rows(check: Check, rows: Iterable[Mapping[str, Any]]) -> list[Answer]:
    """The same for rows in memory. InputError when they are not a list of mappings."""
    if isinstance(rows, Mapping):
        raise InputError("one mapping is no list of rows", where="rows", mend="write [{...}]")
    with tempfile.TemporaryDirectory(prefix="sterling-") as folder:
        path = Path(folder) / "rows.jsonl"
        lines = [_as_line(row) for row in rows]
        path.write_bytes(b"".join(lines))
        return list(check_file(check, str(path))) if lines else []


def _as_line(row: Any) -> bytes:
    """A row as a line of JSON: times and numbers of other libraries as text, what is no row as a text that says so."""
    try:
        return json.dumps(dict(row), ensure_ascii=False, default=_plain).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps(f"no row: {type(error).__name__}: {error}"[:200]).encode() + b"\n"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def _require_measurable(check: Check) -> None:
    if not isinstance(check, RecordCheck):
        return
    if check.near_misses:
        what = "near misses are made of a recipe's holdout role, and there is none here"
        raise InputError(what, mend="name a file of labelled rows: --gold FILE")
    lack = lacking(check)
    if lack is not None:
        raise InputError(f"{lack.option}: {lack.what}", mend="add rows to the gold (--gold FILE), or raise the limit")


def beyond_limits(check: Check, found: Iterable[Evidence]) -> list[str]:
    """A sentence for each error rate whose upper bound is above the limit that the check's options set."""
    if not isinstance(check, RecordCheck):
        return []
    name = check.name_in_recipe
    limits = {
        f"verifiers.{name}.false_accepts": check.max_false_accept_rate,
        f"verifiers.{name}.false_rejects": check.max_false_reject_rate,
    }
    rates = {one.name: one for one in found}
    return [
        _beyond(place, limit, rates.get(place)) for place, limit in limits.items()
        if limit is not None and not _within(rates.get(place), limit)
    ]  # fmt: skip


def _within(rate: Evidence | None, limit: float) -> bool:
    return rate is not None and rate.interval is not None and rate.interval.high <= limit


def _beyond(name: str, limit: float, rate: Evidence | None) -> str:
    if rate is None or rate.interval is None:
        return f"{name} was not measured: no seed was judged; allowed is {limit:g}"
    return f"{name} may be up to {rate.interval.high:.4g} ({rate.inputs['hits']} of {rate.n:,}); allowed is {limit:g}"


def _answers(
    check: Check, items: Iterator[tuple[str | None, Item | Fault]], watch: Watch, note: Note
) -> Iterator[Answer]:
    with tempfile.TemporaryDirectory(prefix="sterling-") as folder:
        read = list(_read(Path(folder) / "rows", items))
        step = Step.at(Path(folder), 0, check.name_in_recipe, {}, [])
        with LocalCrew(default_workers()) as crew:
            use = Resources(crew, None, watch, settle_places)
            pool = Pool([rows.shard for rows in read], (), _gold(check), compared_with(check, Path(folder)))
            summary = apply(check.name_in_recipe, check, step, pool, FitContext(_no_roles, _no_roles), use)
        note(_found(check.name_in_recipe, summary))
        given = {record: name for rows in read for record, name in rows.named.items()}
        for rows in read:
            yield from _merged(check, step, rows, given)


def _gold(check: Check) -> Sequence[Seed]:
    return gold_seeds(check.locate(check.gold), check.needs) if isinstance(check, RecordCheck) and check.gold else ()


def _found(name: str, summary: Mapping[str, Any]) -> list[Evidence]:
    """What the check says of itself, what gold says of it, and what follows for the rows that it kept."""
    own = [Evidence.from_json(one) for one in summary["evidence"]]
    unjudged = sum(one["n"] for one in summary["gold"] if one["outcome"] == "fault")
    failed = [count(f"verifiers.{name}.faults", unjudged, "gold seeds whose judgement failed")] if unjudged else []
    rates = [*error_rates(name, summary["gold"]), *precision(name, summary["gold"], *ruled_on([summary]))]
    return [*own, *failed, *rates]


def _read(folder: Path, items: Iterator[tuple[str | None, Item | Fault]]) -> Iterator[_Rows]:
    for number, chunk in chunks(items, SHARD_ROWS):
        first = number * SHARD_ROWS
        found = [(given, _record(item)) for given, item in chunk]
        records = [(given, record) for given, record in found if isinstance(record, Record)]
        path = folder / f"shard-{number:05d}.parquet"
        write_parquet(path, pa.Table.from_batches([batch_of(record for _, record in records)]))
        bad = {first + n: fault for n, (_, fault) in enumerate(found) if isinstance(fault, Fault)}
        named = {record.id: given for given, record in records if given is not None}
        yield _Rows(Shard(number, path), first, named, bad)


def _record(item: Item | Fault) -> Record | Fault:
    if isinstance(item, Fault):
        return item
    try:
        return Record.real(item.payload, source="input", row=item.row, origin="unknown", reference=item.reference)
    except ValueError as error:
        return Fault(item.row, "source", "bad_row", str(error)[:500])


def _with_ids(source: Files) -> Iterator[tuple[str | None, Item | Fault]]:
    for item in source.read():
        yield (item.given_id if isinstance(item, Item) else None), item


def _no_roles() -> Iterator[pa.RecordBatch]:
    """Roles are cut by a recipe, and there is none here."""
    raise InputError("there are no roles without a recipe", mend="name what to compare with: --option against=FILE")


def _merged(check: Check, step: Step, rows: _Rows, given: Mapping[str, str]) -> Iterator[Answer]:
    verdicts = pq.read_table(step.part("verdicts", rows.shard.number)).to_pylist()
    faulty = _faulty(step, rows.shard.number) if isinstance(check, RecordCheck) else frozenset()
    judged = iter(verdicts)
    for index in range(rows.first, rows.first + len(verdicts) + len(rows.bad)):
        fault = rows.bad.get(index)
        if fault is not None:
            yield Answer(None, index, "fault", fault.reason, None, {"where": fault.where, "message": fault.message})
        else:
            verdict = next(judged)
            yield _answer(given, index, verdict, verdict["record"] in faulty)


def _answer(given: Mapping[str, str], index: int, verdict: Mapping[str, Any], faulty: bool) -> Answer:
    outcome, reason = "fault" if faulty else verdict["outcome"], verdict["reason"]
    if reason == NOT_CONCERNED:  # In a run another check may concern it; here nobody else is asked.
        outcome, reason = "flag", "no_reference"
    evidence = json.loads(verdict["evidence"])
    if "kept" in evidence:
        evidence["kept"] = given.get(evidence["kept"], evidence["kept"])
    record = verdict["record"]
    return Answer(given.get(record, record), index, outcome, reason, verdict["score"], evidence)


def _faulty(step: Step, shard: int) -> frozenset[str]:
    path = step.part("faults", shard)
    return frozenset(pq.read_table(path)["record"].to_pylist()) if path.exists() else frozenset()
