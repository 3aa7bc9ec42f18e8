"""The check `math`: does the final answer of a solution equal the reference answer?"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from sterling.records import Family, Fault, Outcome, Record, batch_of
from sterling.registry import FitContext, NearMiss, RecordCheck, Ruling, register
from sterling.stats import Evidence, proportion
from sterling.verify.completions import answer_of, answering, answers
from sterling.verify.numbers.answers import Found, find_answer
from sterling.verify.numbers.arithmetic import wrong_equations
from sterling.verify.numbers.comparison import compare
from sterling.verify.numbers.equality import value_of
from sterling.verify.numbers.number_misses import wrong_variants
from sterling.verify.numbers.symbolic import Symbolic, site_of_math_verify

_SHOWN = 80
"""Characters of an answer that go into evidence."""
_EQUATIONS = 5
"""Wrong equations that go into evidence."""


class Expected(NamedTuple):
    """What a record's reference says the answer is."""

    answer: str | None
    problem: str | None = None
    """`no_reference` or `bad_reference` when there is no answer to compare with."""


@register("check", "math")
class Math(RecordCheck):
    """Compares the final answer of a completion with `reference.answer`: as text, as exact rationals, as expressions.

    Where the answer stands is in `verify.numbers.answers`, what counts as equal in `equality` and `comparison`, what
    the symbolic tier may be asked in `symbolic`. The completion is read, else the last assistant message, else the
    text. `reference.answer` may be a number, the answer as text, or a whole solution that states it by the same
    markers (GSM8K's `... #### 18`).

    Keeps `equal`. Drops `different` (known to differ: another number, unit, kind, or member), `no_answer`,
    `ambiguous_answer` (several answers that differ, or one taken back) and `too_expensive` (a tower of powers, a huge
    factorial, more than two CPU seconds in the sandbox: nobody gives such an answer in earnest). Flags, which
    verifies nothing: `not_comparable`, `wrong_step` (see `steps`), `no_reference`, `bad_reference` (empty, no text or
    number, or a solution that states no answer or several), `no_completion`.

    `not_comparable` is a flag, because the answer may be right in a form that no tier reads: words, `5` for `5 km`, an
    expression while `symbolic` is off. To drop it would punish rare forms, to keep it would verify what was not
    checked. Evidence `math.not_comparable` says how many there are.

    Of an unpaired preference with `label: false` a wrong answer is what the label says: `different`, `no_answer` and
    `ambiguous_answer` are kept as `wrong_as_labelled`, and an equal answer is flagged `right_despite_label`, since the
    label may be about something else.

    Traps it is built against: `5 or 7` for 5; `5%` for 5 or for 0.05; `5 oranges` for 5 apples; `{1,2}` for (1,2);
    `1 2 ... 10` for 10; an integral for its value; towers of powers; a hedge over several lines.

    Not guaranteed: that the steps are right (an answer can be right by luck); that a converted unit is recognised
    (`5000 m` for `5 km` is flagged); that a rounded answer is forgiven (`0.33` for 1/3 is dropped).
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "symbolic"
    needs: ClassVar[frozenset[str]] = frozenset({"answer"})

    last_number: bool = False
    """Take the last number of a completion that marks no final answer. Accepts by luck more often."""
    symbolic: bool = False
    """Ask Math-Verify, in the sandbox, about expressions (`sqrt(8)` for `2*sqrt(2)`); needs `sterling[math]`.

    Off by default, so that the same recipe rules the same wherever it runs, and needs no sandbox for plain numbers.
    """
    steps: bool = False
    """Flag a right answer one of whose equations, `<<48/2=25>>` or `3 * 4 = 13`, is wrong."""

    def fit(self, context: FitContext) -> Any:
        """Nothing to learn. MissingExtra when `symbolic` is wanted and Math-Verify is not installed."""
        if self.symbolic:
            site_of_math_verify()

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row; a fault where the sandbox fails. MissingExtra and SandboxUnavailable with `symbolic`."""
        columns = [batch.column(name).to_pylist() for name in ("id", "reference", "label")]
        tier = Symbolic() if self.symbolic else None
        return [self._row(tier, *row) for row in zip(*columns, answers(batch), strict=True)]

    def measure(self, state: Any) -> Sequence[Evidence]:
        """Which sandbox held the symbolic tier, and which Math-Verify it was."""
        return () if not self.symbolic else [Symbolic().evidence()]

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """How many answers could not be compared."""
        reasons = [reason for _, table in judged for reason in table.column("reason").to_pylist()]
        asked = [reason for reason in reasons if reason not in _NOT_ASKED]
        method = "answers that no tier could compare, among all that were compared"
        return [proportion("math.not_comparable", asked.count("not_comparable"), len(asked), method)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """The solution with another final answer in the same place; of kinds see `verify.numbers.number_misses`."""
        batch = batch_of([record])
        (ruling,) = self.judge(batch, None)
        solution = answer_of(record)
        if not isinstance(ruling, Ruling) or ruling.reason != "equal" or solution is None:
            return ()
        found = find_answer(solution, last_number=self.last_number)
        if found is None:
            return ()
        start = solution.rfind(found.answer, 0, found.end)
        before, after = solution[:start], solution[start + len(found.answer) :]
        return [
            NearMiss(answering(record, before + wrong.answer + after), wrong.kind)
            for wrong in wrong_variants(found.answer, seed)
        ]

    def _row(
        self, tier: Symbolic | None, record: str, reference: str | None, label: bool | None, solution: str | None
    ) -> Ruling | Fault:
        try:
            ruling = self._ruling(tier, expected_of(reference), solution)
        except OSError as error:
            return Fault(record, "sandbox", "sandbox_failed", str(error)[:500], record=record)
        return ruling if label is not False else _as_labelled(ruling)

    def _ruling(self, tier: Symbolic | None, expected: Expected, solution: str | None) -> Ruling:
        if expected.answer is None:
            return Ruling("flag", expected.problem or "no_reference")
        if solution is None:
            return Ruling("flag", "no_completion")
        found = find_answer(solution, last_number=self.last_number)
        if found is None:
            return Ruling("drop", "no_answer", 0.0, {"expected": expected.answer[:_SHOWN]})
        ruling = _compared(found, expected.answer, tier)
        return _with_steps(ruling, solution) if self.steps and ruling.outcome == "keep" else ruling


def _compared(found: Found, expected: str, tier: Symbolic | None) -> Ruling:
    evidence = {"answer": found.answer[:_SHOWN], "expected": expected[:_SHOWN], "marker": found.marker}
    if found.ambiguous:
        return Ruling("drop", "ambiguous_answer", 0.0, evidence)
    said, used, why = compare(found.answer, expected, tier)
    if used or why:
        evidence[_KEYS[said]] = used or why
    return Ruling(_OUTCOMES[said], said, _SCORES.get(said), evidence)


_OUTCOMES: Mapping[str, Outcome] = {
    "equal": "keep", "different": "drop", "too_expensive": "drop", "not_comparable": "flag",
}  # fmt: skip
_SCORES = {"equal": 1.0, "different": 0.0, "too_expensive": 0.0}


_KEYS = {"equal": "tier", "different": "differs", "too_expensive": "limit", "not_comparable": "because"}
"""What the evidence calls the reason behind a ruling."""


def _with_steps(ruling: Ruling, solution: str) -> Ruling:
    wrong = wrong_equations(solution)
    if not wrong:
        return ruling
    shown = [equation.text[:_SHOWN] for equation in wrong[:_EQUATIONS]]
    return Ruling("flag", "wrong_step", None, {**ruling.evidence, "wrong": shown, "wrong_equations": len(wrong)})


_WRONG = frozenset({"different", "no_answer", "ambiguous_answer"})


def _as_labelled(ruling: Ruling) -> Ruling:
    """What an answer that is labelled as the worse one is worth."""
    if ruling.reason in _WRONG:
        return Ruling("keep", "wrong_as_labelled", 1.0, {**ruling.evidence, "found": ruling.reason})
    if ruling.outcome == "keep":
        return Ruling("flag", "right_despite_label", None, ruling.evidence)
    return ruling


_NOT_ASKED = frozenset({"no_reference", "bad_reference", "no_completion", "no_answer", "ambiguous_answer"})


@lru_cache(maxsize=4096)
def expected_of(reference: str | None) -> Expected:
    """What the reference, as JSON, says. Cached because several completions of one problem share it."""
    answer = json.loads(reference).get("answer", _MISSING) if reference is not None else _MISSING
    if answer is _MISSING:
        return Expected(None, "no_reference")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return Expected(str(answer))
    if not isinstance(answer, str) or not answer.strip():
        return Expected(None, "bad_reference")
    return _stated_in(answer.strip())


_MISSING = object()


def _stated_in(reference: str) -> Expected:
    """The answer itself, or the final answer of a whole solution."""
    if value_of(reference) is not None:
        return Expected(reference)
    found = find_answer(reference)
    if found is None:
        return Expected(None, "bad_reference") if "\n" in reference else Expected(reference)
    return Expected(None, "bad_reference") if found.ambiguous else Expected(found.answer)
