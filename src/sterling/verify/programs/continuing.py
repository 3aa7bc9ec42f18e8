"""A chat model's answer to a prompt that is the beginning of a program."""

import ast

from sterling.records import Record
from sterling.verify.programs.program import last_block, prelude_of, prompt_of


def continuing(record: Record, answer: str) -> str:
    """The completion that makes a program of prompt + completion, where the reference says `program: continue`.

    Chat models repeat what they were given: of a code block that defines `entry_point` anew, the definition counts, and
    the prompt before it is closed so that it parses. Any other block is taken as what follows the prompt. An answer to
    a record whose reference says nothing of the kind is returned as it is.
    """
    reference = record.reference or {}
    if reference.get("program") != "continue":
        return answer
    block, closed = last_block(answer), prelude_of(record)
    head = prompt_of(record).rstrip()
    if closed.startswith(head) and _defines(block, str(reference.get("entry_point") or "")):
        return f"{closed.removeprefix(head)}\n\n{block}"
    return block


def _defines(block: str, name: str) -> bool:
    try:
        body = ast.parse(block).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return any(isinstance(statement, kinds) and statement.name == name for statement in body)
