"""`mutations`: break a human function in one place; the task is to repair it, and the human original is the answer."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from pydantic import Field

from sterling.generate.programs.templates import fenced, template
from sterling.records import Fault, Maker, Record, digest
from sterling.registry import Past, Strategy, Task, register
from sterling.sandbox import Limits, Outcome, Program, shared_sandbox
from sterling.text import operators
from sterling.text.doctests import as_typed, holds, is_skipped, steady
from sterling.text.mutation import Break, Code, breaks_of, change_of

__all__ = ["Mutations", "operators", "row_of", "source_of"]  # importing the operators is what registers them

_TAKES = 500
"""Characters of an expected or actual output that a prompt shows."""
_ENDLESS = frozenset({"timeout", "stalled", "memory", "output", "crashed"})
"""Endings between which chance decides when a broken loop runs for ever: a record must not depend on it."""


_NOT_A_WORD = re.compile(r"\W+")
"""The name of a function is one word of its mutants' views, so that what tells them apart weighs most."""


class _Failure(NamedTuple):
    """The first example that a broken function fails."""

    example: Mapping[str, Any]
    got: str


@register("strategy", "mutations")
class Mutations(Strategy):
    """Repair tasks, made without a model from functions whose own examples pass.

    Only seeds that earlier checks have verified are broken: an example that the original fails proves nothing about a
    mutant. Prompt: the broken function and the first example it fails. Completion: the original, in a code block.
    Reference: the examples, and the broken text, which must fail one of them (the check `tests` says so). A mutant that
    passes them all is proposed like the others, without an example in its prompt, for the check to drop.
    """

    cpu_s: int = Field(default=2, ge=1, le=60)
    """CPU seconds after which a broken function counts as one that does not end."""

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """One task per seed, operator and site, the rarest operators of each seed first, seeds in turn."""
        usable = [record for record in seeds if record.id in past.verified and _is_breakable(record)]
        wanted = None if self.count is None else max(0, self.count - past.kept)
        untried = (pair for pair in _in_turn(usable, seed) if row_of(*pair) not in past.tried)
        for record, broken in islice(untried, wanted):
            spec = {"operator": broken.operator, "site": broken.site, "seed": seed}
            yield Task(row_of(record, broken), (record,), spec)

    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        """The one mutant. SandboxUnavailable passes through; other trouble of the sandbox is a fault."""
        seed, spec = task.seeds[0], task.spec
        original = source_of(seed)
        broken = next(b for b in breaks_of(original) if (b.operator, b.site) == (spec["operator"], spec["site"]))
        mutant = Code(original).apply(broken.edit)
        try:
            outcome = self._run(mutant, seed.reference or {})
        except OSError as error:
            return [Fault(task.row, "sandbox", "sandbox_failed", str(error)[:_TAKES], record=seed.id)]
        if outcome.status == "refused":
            return [Fault(task.row, "sandbox", "refused", outcome.detail[:_TAKES], record=seed.id)]
        return [self._record(task, source, broken, mutant, self._failure(outcome, seed.reference or {}))]

    def _run(self, mutant: str, reference: Mapping[str, Any]) -> Outcome:
        paths = tuple(self.locate(path) for path in reference.get("paths", ()))
        program = Program(mutant, reference.get("module"), reference.get("replaces"), paths)
        examples = [example["source"] for example in _asked(reference)]
        return shared_sandbox(Limits(cpu_s=self.cpu_s), 0).run_examples(program, examples)

    def _failure(self, outcome: Outcome, reference: Mapping[str, Any]) -> _Failure | None:
        asked = _asked(reference)
        for example, shown in zip(asked, outcome.shown, strict=False):
            if not holds(example, shown.output, shown.exception):
                return _Failure(example, shown.output if shown.exception is None else f"raises {shown.exception}")
        if outcome.status == "ok" or len(outcome.shown) >= len(asked):
            return None
        never = "nothing: it does not come to an end"
        got = never if outcome.status in _ENDLESS else f"raises {outcome.detail}"
        return _Failure(asked[len(outcome.shown)], got)

    def _record(self, task: Task, source: str, broken: Break, mutant: str, failure: _Failure | None) -> Record:
        seed, spec = task.seeds[0], task.spec
        reference = dict(seed.reference or {})
        original, module = source_of(seed), str(reference.get("module") or "")
        whole, part = template("mutations"), template("mutations_failure")
        name = reference.get("replaces") or seed.row
        prompt = whole.fill(name=name, module=module, broken=fenced(mutant), failure=_told(failure))
        change = change_of(original, broken.edit)
        return Record.synthetic(
            {"prompt": prompt, "completion": fenced(original)},
            source=source,
            row=task.row,
            maker=Maker(
                "mutations",
                template=digest(whole.text, part.text),
                sampling={"operator": broken.operator, "site": broken.site},
                seed=spec["seed"],
            ),
            parents=(seed,),
            reference=reference | {"program": "replace", "broken": mutant},
            tags=("task:repair", f"operator:{broken.operator}", *(t for t in seed.tags if t.startswith("module:"))),
            view=f"{_NOT_A_WORD.sub('_', seed.row)}_{broken.edit.start}: {change.told()}",
        )


def source_of(record: Record) -> str:
    """The whole text of a function that an anchor record holds in two pieces."""
    return f"{record.payload['prompt']}{record.payload['completion']}"


def row_of(record: Record, broken: Break) -> str:
    """The name of a task: the same in every round."""
    return f"{record.source}/{record.row}/{broken.operator}/{broken.site}"


def _is_breakable(record: Record) -> bool:
    reference = record.reference or {}
    is_plain = all(isinstance(record.payload.get(key), str) for key in ("prompt", "completion"))
    if not (is_plain and reference.get("program") == "continue" and reference.get("examples") and _asked(reference)):
        return False
    try:
        return bool(breaks_of(source_of(record)))
    except (SyntaxError, ValueError, RecursionError):
        return False


def _asked(reference: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [example for example in reference["examples"] if not is_skipped(example)]


def _in_turn(records: Sequence[Record], seed: int) -> Iterator[tuple[Record, Break]]:
    """Every break of every record: a record at a time, each giving the operator that has been used least so far."""
    waiting = {
        record.id: (record, _by_operator(record, seed)) for record in sorted(records, key=lambda r: _draw(seed, r.id))
    }
    used: Counter[str] = Counter()
    while waiting:
        for key, (record, left) in list(waiting.items()):
            name = min(left, key=lambda operator: (used[operator], _draw(seed, record.id, operator)))
            used[name] += 1
            yield record, left[name].pop()
            if not left[name]:
                del left[name]
            if not left:
                del waiting[key]


def _by_operator(record: Record, seed: int) -> dict[str, list[Break]]:
    grouped: dict[str, list[Break]] = {}
    for broken in sorted(breaks_of(source_of(record)), key=lambda b: _draw(seed, record.id, b.operator, b.site)):
        grouped.setdefault(broken.operator, []).append(broken)
    return grouped


def _draw(seed: int, *parts: object) -> str:
    return digest(str(seed), *map(str, parts))


def _told(failure: _Failure | None) -> str:
    if failure is None:
        return ""
    want, got = map(_shortened, (failure.example["want"], failure.got))
    blocks = {"example": as_typed(failure.example["source"]), "want": want, "got": got}
    return template("mutations_failure").fill(**{k: fenced(text, "text") for k, text in blocks.items()})


def _shortened(text: str) -> str:
    whole = steady(text).strip("\n") or "(nothing)"
    return whole if len(whole) <= _TAKES else f"{whole[:_TAKES]} [...]"
