"""`traces`: call a real function; the task is to predict the value or the exception."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any

from pydantic import Field

from sterling.generate.programs.calls import Call, calls_in_tests, calls_of
from sterling.generate.programs.templates import fenced, template
from sterling.records import Boundary, Fault, Maker, Record, digest
from sterling.registry import Past, Strategy, Task, register
from sterling.sandbox import Limits, Outcome, Program, shared_sandbox
from sterling.sources.python_functions import parse
from sterling.text.doctests import answer_of, as_typed, display
from sterling.text.programs import program_of

_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LONGEST = 2_000
"""Characters of an answer; nobody learns from predicting more."""


@register("strategy", "traces")
class Traces(Strategy):
    """Prediction tasks, made without a model by calling functions on the inputs of their own examples and near them.

    Functions come from the anchor, or, where `seeds` names a strategy, from code that a model wrote and a check has
    verified; then the calls are also those of its tests. The docstring is not shown, for it often holds the answer.
    The program that is shown is the one that runs, in the namespace of its module. Completion: the `repr` of the value
    (sets with their elements sorted), or `raises ValueError: message`. Only plain builtin data can be an answer; None
    is not asked for. Whether an answer is the same in another process is for the check `replay` to say.
    """

    cpu_s: int = Field(default=2, ge=1, le=60)
    """CPU seconds per call."""

    def tasks(self, seeds: Iterable[Record], past: Past, seed: int) -> Iterator[Task]:
        """One task per call: functions in turn, those with verified examples first, each call before its edge cases."""
        by_draw = sorted(seeds, key=lambda record: (record.id not in past.verified, digest(str(seed), record.id)))
        wanted = None if self.count is None else max(0, self.count - past.kept)
        untried = (pair for pair in _in_turn(by_draw) if row_of(*pair) not in past.tried)
        for record, call in islice(untried, wanted):
            spec = {"expression": call.expression, "setup": list(call.setup), "input": call.input, "seed": seed}
            yield Task(row_of(record, call), (record,), spec)

    def propose(self, task: Task, source: str) -> Sequence[Record | Fault]:
        """The trace, or the fault that the call ended in. SandboxUnavailable passes through."""
        seed, spec = task.seeds[0], task.spec
        shown = without_docstring(program_of(seed))
        try:
            outcome = self._run(shown, spec, seed.reference or {})
            result = _result(outcome)
        except (OSError, RecursionError) as error:
            return [Fault(task.row, "sandbox", "sandbox_failed", str(error)[:500], record=seed.id)]
        if result is None:
            boundary: Boundary = "sandbox" if outcome.status == "refused" else "user_code"
            reason = "no_value" if outcome.status == "ok" else outcome.status
            return [
                Fault(
                    task.row,
                    boundary,
                    reason,
                    (outcome.detail or "the call returns None, which is no task")[:500],
                    record=seed.id,
                )
            ]
        if len(answer_of(result)) > _LONGEST or not _is_text(answer_of(result)):
            return [
                Fault(
                    task.row,
                    "user_code",
                    "too_long",
                    f"an answer of {len(answer_of(result))} characters",
                    record=seed.id,
                )
            ]
        return [_record(task, source, shown, result)]

    def _run(self, shown: str, spec: Mapping[str, Any], reference: Mapping[str, Any]) -> Outcome:
        paths = tuple(self.locate(path) for path in reference.get("paths", ()))
        program = Program(shown, reference.get("module"), reference.get("replaces"), paths)
        return shared_sandbox(Limits(cpu_s=self.cpu_s), 1).evaluate(program, spec["expression"], spec["setup"])


def row_of(record: Record, call: Call) -> str:
    """The name of a task: the same in every round."""
    return f"{record.source}/{record.row}/{digest(call.expression, *call.setup)[:12]}"


def without_docstring(source: str) -> str:
    """A program less the docstrings of its functions and classes, as far as these are not all there is of a body."""
    outermost = [node for node in parse(source).body if isinstance(node, _DOCUMENTED)]
    for node in reversed(outermost):
        if ast.get_docstring(node) is not None:
            source = _without(source, node.body[0], alone=len(node.body) == 1)
    return source


def _without(source: str, docstring: ast.stmt, *, alone: bool) -> str:
    lines = source.split("\n")
    first, last = docstring.lineno - 1, docstring.end_lineno or docstring.lineno
    rest = lines[last:]
    while rest and not rest[0].strip():
        rest = rest[1:]
    before = lines[first].encode()[: docstring.col_offset].decode()
    signature = f"{before}pass" if alone else before.rstrip()
    return "\n".join([*lines[:first], *([signature] if signature else []), *rest])


def _in_turn(records: Iterable[Record]) -> Iterator[tuple[Record, Call]]:
    askable = ((record, _calls(record)) for record in records)
    rows = zip_longest(*([(record, call) for call in calls] for record, calls in askable if calls))
    for row in rows:
        yield from (pair for pair in row if pair is not None)


def _calls(record: Record) -> list[Call]:
    """Of a human function whose examples are in its docstring, or of a program that a check has verified."""
    reference = record.reference or {}
    if record.origin == "human" and reference.get("program") != "continue":
        return []
    examples = calls_of(reference.get("examples", ()), str(reference.get("replaces") or ""))
    return [*examples, *calls_in_tests(str(reference.get("tests") or ""), str(reference.get("entry_point") or ""))]


def _result(outcome: Outcome) -> dict[str, str] | None:
    if outcome.status == "raised":
        return {"raises": outcome.detail}
    return {"value": display(outcome.value)} if outcome.status == "ok" and outcome.value is not None else None


def _is_text(answer: str) -> bool:
    """Whether a file of UTF-8 can hold it: messages may quote lone surrogates."""
    return answer == answer.encode("utf-8", "replace").decode()


def _record(task: Task, source: str, shown: str, result: Mapping[str, str]) -> Record:
    seed, spec = task.seeds[0], task.spec
    reference = seed.reference or {}
    name = str(reference.get("replaces") or reference.get("entry_point") or seed.row)
    call = {key: reference[key] for key in ("module", "replaces", "paths") if key in reference}
    call |= {"source": shown, "setup": spec["setup"], "expression": spec["expression"], "outcome": dict(result)}
    whole, part = template("traces"), template("traces_setup")
    setup = part.fill(statements=fenced("\n".join(spec["setup"]))) if spec["setup"] else ""
    prompt = whole.fill(
        name=name,
        place=f" of the Python module `{reference['module']}`" if reference.get("module") else "",
        source=fenced(shown),
        setup=setup,
        call=fenced(as_typed(spec["expression"])),
    )
    kind = "exception" if "raises" in result else "value"
    return Record.synthetic(
        {"prompt": prompt, "completion": answer_of(result)},
        source=source,
        row=task.row,
        maker=Maker(
            "traces", template=digest(whole.text, part.text), sampling={"input": spec["input"]}, seed=spec["seed"]
        ),
        parents=(seed,),
        reference={"call": call},
        tags=(
            "task:trace",
            f"input:{spec['input']}",
            f"outcome:{kind}",
            *(t for t in seed.tags if t.startswith("module:")),
        ),
        view=f"{seed.row}\n{spec['expression']}\n{answer_of(result)}",
    )
