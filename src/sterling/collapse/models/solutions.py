"""When two right answers are one solution: their form, without what only looks different.

Answers that are never twice the same text would look varied for ever, so the form depends on what is asked for.
"""

import ast
import json
import re
from typing import Literal

from sterling.text import plain_words
from sterling.text.programs import last_block

Form = Literal["program", "calculation", "json", "text"]
"""`program`: the syntax tree. `calculation`: the numbers on the way. `json`: the value. `text`: the words."""

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_RESULT = re.compile(rf"=\s*[$€£]?\s*({_NUMBER.pattern})(?!\s*[-+*/×÷=]|[.,]?\d)")  # noqa: RUF001
"""What an equation comes to, and not a number in the middle of one."""


def solution_form(form: Form, answer: str, question: str = "") -> str:
    """A text that is equal for two answers which count as one solution.

    `program`: the syntax tree of the last code block (or of the whole answer), without comments, layout and docstrings;
    names count. `calculation`: the set of numbers that its equations come to (without equations, of all its numbers)
    and that the question does not hold, so that one calculation in other words is one solution; in words where it has
    none. `json`: the value, keys sorted. Whatever
    cannot be read in its form is taken as `text`: its words, without case, punctuation and white space.

    Not guaranteed: that two forms are two ideas. A renamed variable or another unit of money is another form.
    """
    found = _read(form, answer, question)
    return f"text {' '.join(plain_words(answer))}" if found is None else f"{form} {found}"


def _read(form: Form, answer: str, question: str) -> str | None:
    match form:
        case "program":
            return _program(answer)
        case "calculation":
            return _calculation(answer, question)
        case "json":
            return _json(answer)
        case "text":
            return None


def _program(answer: str) -> str | None:
    try:
        tree = ast.parse(last_block(answer))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1 and _is_text(body[0]):
            del body[0]
    return ast.dump(tree, annotate_fields=False)


def _is_text(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _calculation(answer: str, question: str) -> str | None:
    results = {_plain(found) for found in _RESULT.findall(answer)}
    found = (results or _numbers(answer)) - _numbers(question)
    return " ".join(sorted(found)) if found else None


def _numbers(text: str) -> set[str]:
    return {_plain(found) for found in _NUMBER.findall(text)}


def _plain(number: str) -> str:
    bare = number.replace(",", "")
    return bare.rstrip("0").rstrip(".") if "." in bare else bare


def _json(answer: str) -> str | None:
    try:
        return json.dumps(json.loads(last_block(answer)), sort_keys=True)
    except (ValueError, RecursionError):
        return None
