"""The inside of reasoning-gym: items are built and answers are scored here, where `sterling` does not exist.

Several of its scorers hand the answer to `eval`, or to a parser of sympy that evaluates it. An answer gets to them only
if it fits the pattern that the table gives for it, and no scorer that was not reviewed is asked at all.
"""

import ast
import dataclasses
import json
import re
from fractions import Fraction
from typing import Any

from reasoning_gym.factory import CURRICULA, DATASETS, create_curriculum  # type: ignore[import-untyped,unused-ignore]

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,3}|/[0-9]{1,40})?")
_MOST = 2_000
"""Characters of an expression that is calculated."""


def steps(name: str) -> int:
    """How many levels the curriculum of a dataset has; 0 without one."""
    if name not in CURRICULA:
        return 0
    return max((len(attribute.levels) for attribute in create_curriculum(name).attributes.values()), default=0)


def objection(item: dict[str, Any]) -> str | None:
    """What is wrong with the options of an item; None when its dataset takes them."""
    known = {field.name for field in dataclasses.fields(DATASETS[item["dataset"]][1])} - {"seed", "size"}
    strange = sorted(set(item["config"]) - known)
    if strange:
        return f"it has no option `{strange[0]}`; it has: {', '.join(sorted(known))}"
    try:
        _dataset(item)
    except Exception as error:  # noqa: BLE001 - a stranger's configuration may raise anything
        return f"{type(error).__name__}: {error}"[:500]
    return None


def build(item: dict[str, Any], way: dict[str, Any]) -> dict[str, Any]:
    """Question, answer (None where the library has none), metadata as JSON, and what its own answer scores."""
    dataset, entry, answer = _built(item, way)
    own = None if answer is None else _score(dataset, entry, answer, answer, way)
    return {"question": str(entry["question"]), "answer": answer, "metadata": _told(entry["metadata"]), "score": own}


def judge(item: dict[str, Any], way: dict[str, Any], answers: list[str]) -> dict[str, Any]:
    """The same with the best score of several readings of one answer."""
    dataset, entry, answer = _built(item, way)
    best = max(_score(dataset, entry, answer, given, way) for given in answers)
    return {"question": str(entry["question"]), "answer": answer, "score": best}


def _dataset(item: dict[str, Any]) -> Any:
    made, config_type = DATASETS[item["dataset"]]
    given = {**item["config"], "seed": item["seed"], "size": 1}
    if item["level"] is None:
        config = config_type(**given)
    else:
        curriculum = create_curriculum(item["dataset"])
        curriculum.set_global_level(item["level"])
        config = dataclasses.replace(curriculum.generate_configuration(), **given)
    if hasattr(config, "validate"):
        config.validate()
    return made(config=config)


def _built(item: dict[str, Any], way: dict[str, Any]) -> tuple[Any, dict[str, Any], str | None]:
    dataset = _dataset(item)
    entry = dataset[0]
    answer = entry["answer"]
    if answer is None and way["answer_in"]:
        kept = entry["metadata"][way["answer_in"]]
        answer = kept if isinstance(kept, str) else json.dumps(kept)
    return dataset, entry, None if answer is None else str(answer)


def _told(metadata: dict[str, Any]) -> str:
    """What JSON can say of it, name by name: some hold fractions or sets."""
    said = {}
    for name, value in metadata.items():
        try:
            said[str(name)] = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError, RecursionError):
            continue
    return json.dumps(said, ensure_ascii=False)


# Scores ---------------------------------------------------------------------------------------------------------------
def _score(dataset: Any, entry: dict[str, Any], answer: str | None, given: str, way: dict[str, Any]) -> float:
    """From 0 to 1; what a scorer says beyond that, or instead of a number, is 0."""
    if way["like"] and not re.fullmatch(way["like"], given):
        return 0.0
    if way["by"] == "scorer":
        score = float(dataset.score_answer(given, entry))
        return score if 0 <= score <= 1 else 0.0
    return float(answer is not None and _agrees(entry["metadata"], answer, given, way))


def _agrees(metadata: dict[str, Any], answer: str, given: str, way: dict[str, Any]) -> bool:
    match way["by"]:
        case "numbers":
            return _same_numbers(given, answer, way["within"])
        case "value":
            return _numbers(given) == [[_calculated(metadata["expression"])]]
        case "expression":
            return _reaches(given, metadata["numbers"], metadata.get("target", 24))
    return _lines(given) == _lines(answer)


def _lines(text: str) -> list[str]:
    """Lines without the spaces around and beside one another, and without empty lines at both ends."""
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def _same_numbers(given: str, wanted: str, within: float) -> bool:
    """Both as rows of numbers of one shape, each within a share of what is wanted. Lists in brackets are one row."""
    mine, theirs = _numbers(given), _numbers(wanted)
    if mine is None or theirs is None or [len(row) for row in mine] != [len(row) for row in theirs]:
        return False
    pairs = [pair for one, other in zip(mine, theirs) for pair in zip(one, other)]  # noqa: B905 - of equal length
    return all(abs(one - other) <= Fraction(within) * abs(other) for one, other in pairs)


def _numbers(text: str) -> list[list[Fraction]] | None:
    """None when anything is not a number, or there is none. Commas inside numbers (1,234) are not read as such."""
    brackets = "[" in text
    bare = re.sub(r"[\[\]'\"]", " ", text)
    rows = [re.findall(r"[^\s,]+", line) for line in ([bare.replace("\n", " ")] if brackets else bare.splitlines())]
    rows = [row for row in rows if row]
    if not rows or not all(_NUMBER.fullmatch(token) for row in rows for token in row):
        return None
    try:
        return [[Fraction(token) for token in row] for row in rows]
    except ZeroDivisionError:
        return None


# Arithmetic -----------------------------------------------------------------------------------------------------------
def _reaches(expression: str, numbers: list[int], target: int) -> bool:
    """Whether an expression comes to the target and uses each number as often as it is given."""
    try:
        value = _calculated(expression)
    except (ValueError, SyntaxError, ZeroDivisionError, RecursionError):
        return False
    used = [int(found) for found in re.findall(r"[0-9]+", expression)]
    return sorted(used) == sorted(numbers) and value == target


def _calculated(expression: str) -> Fraction:
    """The exact value of integers with + - * / and parentheses. ValueError for anything else."""
    if len(expression) > _MOST:
        raise ValueError("too long")
    return _value(ast.parse(expression.strip(), mode="eval").body)


def _value(node: ast.AST) -> Fraction:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return Fraction(number)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left) + _value(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left) - _value(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left) / _value(right)
    raise ValueError(f"no arithmetic: {type(node).__name__}")


# So that the first job does not pay for what the library loads late.
build(
    {"dataset": "products", "level": 0, "config": {}, "seed": 0},
    {"by": "scorer", "like": None, "within": 0, "answer_in": None},
)
