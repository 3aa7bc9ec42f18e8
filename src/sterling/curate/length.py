"""`length`: what is too short or too long, in absolute terms or against the anchor."""

from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sterling.curate.parts import Part, part_column
from sterling.errors import InputError
from sterling.records import Family, Fault
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence

Unit = Literal["words", "characters", "bytes"]


class Limits(NamedTuple):
    """Both included; None where there is none."""

    low: int | None
    high: int | None
    measured: int | None
    """Records of the anchor that the band was measured on."""


@register("check", "length")
class Length(RecordCheck):
    """Drops a record that is shorter than `min` or longer than `max`, or outside of the anchor's own band.

    `between: [0.01, 0.99]` takes the quantiles of the lengths of the anchor's records in role `train`, each rounded
    outwards to a length that one of them has; with `min` or `max` beside it the narrower limit counts. Everything at a
    limit stays. A record without that part (a `text` has no prompt) is kept as `no_prompt` or `no_completion`.

    Traps: a band against the anchor cuts off what is longer than people wrote, which may be wanted; so do short
    completions that are right (`42`). A run of Chinese or Thai without spaces is one word: count characters there.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    unit: Unit = "words"
    """Words are what white space parts; characters are code points; bytes are those of UTF-8."""
    of: Part = "all"
    """The prompt (or the messages before the last answer), the completion (or the last answer), or the whole text."""
    min: int | None = Field(default=None, ge=0)
    """Least length, in units."""
    max: int | None = Field(default=None, ge=1)
    """Greatest length, in units."""
    between: tuple[float, float] | None = None
    """Quantiles of the anchor's lengths, such as `[0.01, 0.99]`. Needs a recipe."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        low, high = self.between or (0.0, 1.0)
        if self.min is None and self.max is None and self.between is None:
            raise _refused("no limit is given", "add `min`, `max`, or `between: [0.01, 0.99]`")
        if not 0 <= low < high <= 1:
            raise _refused(f"{low:g} to {high:g} is no band of quantiles", "write for example [0.01, 0.99]")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise _refused(f"nothing is at least {self.min} and at most {self.max} long", "the lower limit is `min`")
        return self

    def fit(self, context: FitContext) -> Limits:
        """The limits. InputError when the anchor has nothing to measure."""
        if self.between is None:
            return Limits(self.min, self.max, None)
        lengths = np.concatenate([np.empty(0, np.int64), *map(self._known, context.anchor())])
        if not len(lengths):
            raise InputError(
                f"no record of the anchor in role train has a {self.of}",
                where="length: between", mend="give `min` and `max` instead",
            )  # fmt: skip
        low = int(np.quantile(lengths, self.between[0], method="lower"))
        high = int(np.quantile(lengths, self.between[1], method="higher"))
        lowest, highest = low if self.min is None else max(low, self.min), high
        return Limits(lowest, highest if self.max is None else min(highest, self.max), len(lengths))

    def measure(self, state: Limits) -> list[Evidence]:
        """Each limit, and how many records of the anchor it was measured on."""
        asked = {"unit": self.unit, "of": self.of, "between": self.between and list(self.between)}
        method = "limit as given" if self.between is None else "quantile of the anchor's lengths, rounded outwards"
        sides = (("min", state.low), ("max", state.high))
        n = state.measured or 0
        return [Evidence(f"length.{side}", limit, n, None, method, asked) for side, limit in sides if limit is not None]

    def judge(self, batch: pa.RecordBatch, state: Limits) -> list[Ruling | Fault]:
        """`too_short` or `too_long` with the length and its limits, else `within_limits`; the score is the length."""
        lengths = self._lengths(batch)
        limits = {"unit": self.unit, "of": self.of, "min": state.low, "max": state.high}
        return [self._ruling(length, state, limits) for length in lengths.to_pylist()]

    def _ruling(self, length: int | None, state: Limits, limits: dict[str, Any]) -> Ruling:
        if length is None:
            return Ruling("keep", f"no_{self.of}")
        if state.low is not None and length < state.low:
            return Ruling("drop", "too_short", length, {"length": length, **limits})
        if state.high is not None and length > state.high:
            return Ruling("drop", "too_long", length, {"length": length, **limits})
        return Ruling("keep", "within_limits", length)

    def _known(self, batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
        known: npt.NDArray[np.int64] = self._lengths(batch).drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
        return known

    def _lengths(self, batch: pa.RecordBatch) -> pa.Array:
        column = part_column(batch, self.of)
        if self.unit == "words":
            return pc.count_substring_regex(column, r"[^\s\v]+")
        return pc.utf8_length(column) if self.unit == "characters" else pc.binary_length(column)


def _refused(what: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError("recipe", "{what}", {"what": what, "mend": mend})
