"""`regex`: the answer matches its reference's regular expression."""

import json
from functools import lru_cache
from typing import Any, ClassVar, Literal

import pyarrow as pa

from sterling.records import Family, Fault
from sterling.registry import RecordCheck, Ruling, register
from sterling.verify.completions import answers
from sterling.verify.forms.patterns import BadPattern, linear

_TAKES = 200
_MISSING = object()


@register("check", "regex")
class Regex(RecordCheck):
    r"""Keeps an answer that matches `reference.regex`, in time proportional to its length.

    The answer is the completion, else the last assistant message, else the text. The dialect, and what it lacks, is in
    `sterling.verify.forms.patterns`.

    Keeps `matches`, drops `no_match`. Flags `no_completion`, `no_reference`. Faults: `bad_reference` (no text, no
    pattern, or one with look-around or back-references, which no engine can match in linear time).

    Traps: with `match: whole` (the default) a newline at the end of the answer is part of it: write `\s*`. With
    `match: anywhere` a pattern that can match nothing (`a*`) is found in every text; `^` and `$` are the ends of the
    text, not of its lines (`(?m)`); `1\.5` is found in `11.50`. `\d` does not match `٣`, and `\w` not `é`. The
    pattern is the whole of the task: a keep says nothing of what it does not ask.

    No near misses are made: whether a changed text still matches only an engine can tell, and that is what would be
    measured.
    """

    family: ClassVar[Family] = "symbolic"
    needs: ClassVar[frozenset[str]] = frozenset({"regex"})
    version: ClassVar[int] = 1

    match: Literal["whole", "anywhere"] = "whole"
    """What of the answer the pattern must match."""

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the reference is no pattern."""
        columns = (batch.column("id").to_pylist(), batch.column("reference").to_pylist(), answers(batch))
        return [self._judge(*row) for row in zip(*columns, strict=True)]

    def _judge(self, record: str, reference: str | None, answer: str | None) -> Ruling | Fault:
        pattern = _asked(reference)
        if pattern is _MISSING:
            return Ruling("flag", "no_reference")
        try:
            if not isinstance(pattern, str):
                raise BadPattern("`regex` is no text")
            matches = linear(pattern, whole=self.match == "whole")
        except BadPattern as error:
            return Fault(record, "user_code", "bad_reference", str(error), record=record)
        if answer is None:
            return Ruling("flag", "no_completion")
        if matches(answer):
            return Ruling("keep", "matches", 1.0, {"regex": pattern[:_TAKES]})
        return Ruling("drop", "no_match", 0.0, {"regex": pattern[:_TAKES], "answer": answer[:_TAKES]})


@lru_cache(maxsize=4096)
def _asked(reference: str | None) -> Any:
    return _MISSING if reference is None else json.loads(reference).get("regex", _MISSING)
