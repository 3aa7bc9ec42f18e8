"""The program that a record says, and what its tests may use of the prompt."""

import ast

from sterling.records import Record
from sterling.text.programs import completion_of, last_block, program_of, prompt_of

__all__ = ["completion_of", "last_block", "prelude_of", "program_of", "prompt_of"]


def prelude_of(record: Record) -> str:
    """What the tests may use of a prompt that the completion continues: helpers and imports that stand before it.

    A prompt usually ends in the middle of a function. If it is no program with a body of `pass` in that place either,
    the tests get nothing of it.
    """
    prompt = prompt_of(record)
    last = next((line for line in reversed(prompt.splitlines()) if line.strip()), "")
    deeper = " " * (len(last) - len(last.lstrip()) + (4 if last.rstrip().endswith(":") else 0))
    for candidate in (prompt, f"{prompt.rstrip()}\n{deeper}pass\n"):
        try:
            ast.parse(candidate)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return candidate
    return ""
