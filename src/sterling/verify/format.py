"""`format`: the answer follows instructions that a program can check, in the manner of IFEval (arXiv 2311.07911)."""

import json
from functools import lru_cache
from typing import Any, ClassVar

import pyarrow as pa

from sterling.records import Family, Fault, Record
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.verify.completions import answer_of, answering, answers
from sterling.verify.forms import constraints_counts, constraints_layout, constraints_markdown, constraints_words
from sterling.verify.forms.constraints import BadConstraint, Constraint, constraint_from

_MAX_ASKED = 100
_MAX_CHARS = 4_000_000
_TAKES = 300
KINDS_ARE_IN = (constraints_counts, constraints_layout, constraints_markdown, constraints_words)
"""Modules that define the kinds; importing them names them."""

Asked = tuple[Constraint, ...]


@register("check", "format")
class Format(RecordCheck):
    """Keeps an answer that meets every constraint of `reference.format`, a list of `{"kind": ..., ...}`.

    The answer is the completion, else the last assistant message, else the text. How things are counted is in
    `verify.forms.counting`; each kind's rules and traps are in its own docstring, in the modules of `KINDS_ARE_IN`:

    - so many of: `words` `sentences` `paragraphs` `lines` `characters` `bullets` `numbered_items` `headings`
      `sections` `highlights` `placeholders` `table_rows` `code_blocks` `capital_words` `keyword_count` `letter_count`
      (each with `at_least` and `at_most`), `sentence_words`, `distinct_words`
    - words: `keywords` `forbidden_words` `starts_with` `ends_with` `first_word` `postscript` `one_of` `pattern`
      `forbidden_pattern` `language` `repeats_prompt`
    - the whole: `lowercase` `uppercase` `no_commas` `title` `json` `quoted` `responses`

    Keeps `met`. Drops `unmet` (evidence: every constraint that is not met, with what was wanted and found) and
    `too_large`. Flags `undecided` (none is missed, but one cannot be told, such as the language of three words),
    `no_completion`, `no_reference`. Score: the share that is met. Faults: `bad_reference` (no list, an empty one, an
    unknown kind or field, bounds that no text can miss).

    Traps: IFEval's own checker counts by other rules (nltk's words and sentences), so an answer at the very limit may
    pass there and fail here. Reasoning inside the answer is part of the answer. An answer may follow every
    instruction and be nonsense: a keep verifies the form, for records whose task is the form.
    """

    family: ClassVar[Family] = "symbolic"
    needs: ClassVar[frozenset[str]] = frozenset({"format"})
    version: ClassVar[int] = 2

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference asks for what nobody can check."""
        columns = (batch.column("id").to_pylist(), batch.column("reference").to_pylist(), answers(batch))
        return [_judge(*row) for row in zip(*columns, strict=True)]

    def spoil(self, record: Record, seed: int) -> list[NearMiss]:
        """The answer with one constraint missed on purpose; the kind says which."""
        asked, said = _asked(json.dumps(record.reference)), answer_of(record)
        if said is None or not isinstance(asked, tuple):
            return []
        made = [(constraint.kind, constraint.spoil(said)) for constraint in asked]
        return [NearMiss(answering(record, text), kind) for kind, text in made if text is not None and text != said]


def _judge(record: str, reference: str | None, answer: str | None) -> Ruling | Fault:
    asked = _asked(reference)
    if asked is None:
        return Ruling("flag", "no_reference")
    if isinstance(asked, str):
        return Fault(record, "user_code", "bad_reference", asked[:_TAKES], record=record)
    if answer is None:
        return Ruling("flag", "no_completion")
    if len(answer) > _MAX_CHARS:
        return Ruling("drop", "too_large", 0.0, {"characters": len(answer), "read": _MAX_CHARS})
    return _ruling(asked, answer)


def _ruling(asked: Asked, answer: str) -> Ruling:
    said = [(constraint.kind, constraint.check(answer)) for constraint in asked]
    missed = [
        {"kind": kind, "wanted": failure.wanted, "found": failure.found, "undecided": failure.undecided}
        for kind, failure in said
        if failure is not None
    ]
    score = 1 - len(missed) / len(asked)
    evidence = {"asked": [constraint.kind for constraint in asked], **({"unmet": missed} if missed else {})}
    if not missed:
        return Ruling("keep", "met", score, evidence)
    if all(miss["undecided"] for miss in missed):
        return Ruling("flag", "undecided", score, evidence)
    return Ruling("drop", "unmet", score, evidence)


@lru_cache(maxsize=4096)
def _asked(reference: str | None) -> Asked | str | None:
    """The constraints of a reference; what is wrong with them; None where there are none."""
    held = None if reference is None else json.loads(reference)
    if not isinstance(held, dict) or "format" not in held:
        return None
    specs = held["format"]
    if not isinstance(specs, list) or not 0 < len(specs) <= _MAX_ASKED:
        return f"`format` must be a list of 1 to {_MAX_ASKED} constraints"
    try:
        return tuple(constraint_from(spec) for spec in specs)
    except BadConstraint as error:
        return str(error)
