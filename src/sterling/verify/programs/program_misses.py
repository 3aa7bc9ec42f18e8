"""Near misses of a right program: mutants that are known to answer otherwise, whatever the record's own tests say."""

import ast
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sterling.records import Record, digest
from sterling.registry import NearMiss
from sterling.sandbox import Outcome, Program, Sandbox
from sterling.text import operators
from sterling.text.mutation import Break, Code, breaks_of
from sterling.verify.completions import answering
from sterling.verify.programs.plain import difference
from sterling.verify.programs.program import completion_of, program_of, prompt_of
from sterling.verify.programs.references import ProgramReference

assert operators.__name__  # noqa: S101 - importing the operators is what registers them

_KEPT, _TRIED = 4, 16
_PROBES = 24
_SAME = 1e-6
"""Numbers that are as close as this are the same answer."""


class _Probes(NamedTuple):
    """What a program is asked, and how to run it."""

    ask: Callable[[Sandbox, Program], Outcome]
    answers: Callable[[Outcome], Sequence[object]]
    """Comparable answers in the order of the questions, as many as got finished; None where it raised."""


def near_misses(
    record: Record, reference: ProgramReference, seed: int, sandbox: Sandbox, program: Callable[[str], Program]
) -> list[NearMiss]:
    """At most four mutants, each of another operator as far as there are such, that differ from the right program.

    Asked are the inputs of the record's own tests, examples or cases, and mixtures of them: items, lengths and
    characters as they occur there, in other places. Only where the right program gives a value, another value, an
    exception or no end makes a miss. Nobody says that a mixture is an input the task allows: a miss that differs there
    alone may be right by the letter of the task. The record's own tests are never asked about the mutant.
    """
    source = program_of(record)
    probes = _probes(reference, random.Random(digest(str(seed), record.id)))  # noqa: S311 - no secret
    if probes is None:
        return []
    right = probes.answers(probes.ask(sandbox, program(source)))
    if not any(answer is not None for answer in right):
        return []
    found: dict[str, NearMiss] = {}
    for broken, text in _mutants(record, source, reference, seed):
        if len(found) == _KEPT:
            break
        if broken.operator not in found and _differs(right, probes.answers(probes.ask(sandbox, program(text)))):
            other = _with_program(record, source, text, reference)
            if other is not None:
                found[broken.operator] = NearMiss(other, broken.operator)
    return list(found.values())


def _differs(right: Sequence[object], other: Sequence[object]) -> bool:
    padded = [*other, *[None] * len(right)]
    return any(
        one is not None and (it is None or difference(one, it, _SAME) is not None)
        for one, it in zip(right, padded, strict=False)
    )


# Mutants --------------------------------------------------------------------------------------------------------------
def _mutants(record: Record, source: str, reference: ProgramReference, seed: int) -> Iterator[tuple[Break, str]]:
    """Texts with one break in what the record answers, in an order that the seed draws."""
    first = len(prompt_of(record).encode()) if reference.program == "continue" else 0
    try:
        breaks, code = breaks_of(source, whole=True), Code(source, whole=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    usable = [it for it in breaks if it.edit.start >= first]
    drawn = sorted(usable, key=lambda it: digest(str(seed), record.id, it.operator, str(it.site)))
    yield from ((it, code.apply(it.edit)) for it in drawn[:_TRIED])


def _with_program(record: Record, source: str, text: str, reference: ProgramReference) -> Record | None:
    try:
        if reference.program == "continue":
            return answering(record, text[len(prompt_of(record)) :])
        before, found, after = completion_of(record).rpartition(source)
        return answering(record, before + text + after) if found else None
    except KeyError:
        return None


# Probes ---------------------------------------------------------------------------------------------------------------
def _probes(reference: ProgramReference, chance: random.Random) -> _Probes | None:
    if reference.examples:
        sources = _nearby_sources([it.source for it in reference.examples], chance)
        return _Probes(
            lambda sandbox, program: sandbox.run_examples(program, sources),
            lambda outcome: [None if it.exception else it.output for it in outcome.shown],
        )
    calls = _calls(reference)
    if not (calls and reference.entry_point):
        return None
    entry_point, asked = reference.entry_point, [*calls, *_mixtures(calls, chance)]
    return _Probes(
        lambda sandbox, program: sandbox.run_calls(program, entry_point, asked),
        lambda outcome: [(it.value,) if it.kind == "value" else None for it in outcome.answers],
    )


def _calls(reference: ProgramReference) -> list[tuple[list[Any], dict[str, Any]]]:
    """The calls whose arguments are literals, of the cases or anywhere in the tests."""
    if reference.cases:
        return [(case.arguments(), case.kwargs) for case in reference.cases]
    found = []
    for node in ast.walk(ast.parse(reference.tests or "")):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if is_call and node.func.id in {"candidate", reference.entry_point}:  # type: ignore[attr-defined]
            arguments = _literals(node)  # type: ignore[arg-type]
            if arguments is not None:
                found.append(arguments)
    return found


def _literals(node: ast.Call) -> tuple[list[Any], dict[str, Any]] | None:
    try:
        words = {it.arg: ast.literal_eval(it.value) for it in node.keywords if it.arg is not None}
        return [ast.literal_eval(it) for it in node.args], words
    except (ValueError, TypeError, RecursionError):
        return None


def _mixtures(
    calls: Sequence[tuple[list[Any], dict[str, Any]]], chance: random.Random
) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    for _ in range(_PROBES):
        arguments, words = chance.choice(calls)
        pools = [[call[0][at] for call in calls if len(call[0]) > at] for at in range(len(arguments))]
        yield [_mixed(it, pool, chance) for it, pool in zip(arguments, pools, strict=True)], words


def _mixed(value: Any, pool: Sequence[Any], chance: random.Random) -> Any:
    """A value like those of the pool, and of the type of the first."""
    alike = [it for it in pool if type(it) is type(value)]
    other = chance.choice(alike)
    match value:
        case bool():
            return other
        case int():
            return min(max(alike), max(min(alike), other + chance.choice((-1, 0, 1))))
        case float():
            return chance.choice((other, (value + other) / 2))
        case str() | list() | tuple():
            return _spliced(value, other, chance)
    return other


def _spliced(one: Any, other: Any, chance: random.Random) -> Any:
    """The beginning of one sequence and the end of another."""
    return one[: chance.randint(0, len(one))] + other[chance.randint(0, len(other)) :]


def _nearby_sources(sources: Sequence[str], chance: random.Random) -> list[str]:
    """The examples, then copies of them in which one number or text is that of another place."""
    constants = [node.value for source in sources for node in _constants(source)]
    near = []
    for source in [*sources, *sources]:
        nodes = _constants(source)
        if nodes:
            node = chance.choice(nodes)
            alike = [it for it in constants if type(it) is type(node.value)]
            near.append(_replaced(source, node, _mixed(node.value, alike, chance)))
    return [*sources, *near[:_PROBES]]


def _constants(source: str) -> list[ast.Constant]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [it for it in ast.walk(tree) if isinstance(it, ast.Constant) and type(it.value) in (int, float, str)]


def _replaced(source: str, node: ast.Constant, value: object) -> str:
    lines = source.encode().split(b"\n")
    if node.end_lineno != node.lineno:
        return source
    line = lines[node.lineno - 1]
    lines[node.lineno - 1] = line[: node.col_offset] + repr(value).encode() + line[node.end_col_offset :]
    return b"\n".join(lines).decode()
