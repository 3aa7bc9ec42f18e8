"""`coherence`: a text that changes its subject halfway, by the words that its parts have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from sterling.curate.learning.against import TRAIN, Reference
from sterling.curate.learning.bands import Bands, Floats
from sterling.records import Family, Fault, text_column, texts
from sterling.registry import FitContext, RecordCheck, Ruling, register
from sterling.stats import Evidence, count, proportion
from sterling.text.cohesion import Joint, rarity, weakest_joints

_EXCERPT = 120
"""Characters on either side of a joint that evidence shows."""
_MOST = 50_000
"""Texts of the anchor that the limit is computed from, its first ones."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is usual in real texts."""

    weights: npt.NDArray[np.float64]
    """How rare words are in them."""
    bands: Bands | None
    """None where there are too few to say what is usual."""
    scores: Floats
    """Of the real texts that are long enough."""
    lengths: npt.NDArray[np.int64]
    """In words."""
    too_short: int
    unread: tuple[str, ...]


@register("check", "coherence")
class Coherence(RecordCheck):
    """Flags a text whose parts have fewer words in common than those of nearly all real texts.

    The score is the cosine of the words before and after the weakest joint between sentences, weighed by rarity
    (`sterling.text.cohesion`): 0 when no word that tells anything is on both sides. Joints in the first or the last
    quarter of a text are not looked at. The limit is a quantile of the scores of real texts, in up to four groups of
    like length. Kept unread: `too_short`, which has fewer than two stretches of 12 words. The flag
    `no_band` says nothing of the text, but that nobody can judge it: fewer than 200 real texts say what is usual, or so
    many of its length score 0 that the limit is 0 and nothing lies below it. To call what scores 0 a drift would flag
    more of the real texts than `quantile` says.

    Not guaranteed: that a flagged text is incoherent, since one that says everything once scores as low; that a jump is
    found where the other subject has the same words. Of GSM8K's problems whose second halves were swapped 32 % are
    found while 1 % of the real ones are flagged, 59 % of those of 50 words or more; of T0's prompts 19 %, of speeches
    of Shakespeare 22 %, and next to none of chats, whose real ones often have no word in common; so it flags. Whether a
    text follows from itself a model can say: the check `judge` with a rubric.
    """

    version: ClassVar[int] = 2
    family: ClassVar[Family] = "statistics"

    against: str | tuple[str, ...] = (TRAIN,)
    """What is usual: files, folders or patterns with TRL's columns; `train` means the anchor's human records."""
    quantile: float = Field(default=0.01, gt=0, lt=0.5)
    """Of the real texts' scores; below it a text is flagged. So many of the real ones are, at most."""
    limit: float | None = Field(default=None, ge=0, le=1)
    """The lowest score that is kept, instead of a quantile."""
    outside: Literal["flag", "drop"] = "flag"
    """What becomes of a record below the limit."""

    def may_drop(self) -> bool:
        """Only with `outside: drop`."""
        return self.outside == "drop"

    def reads(self) -> Sequence[str]:
        """Every file of `against`."""
        return self._reference().reads()

    def fit(self, context: FitContext) -> Fitted:
        """How rare words are in real texts, and how well these hold together. SourceError for a file that cannot be
        read.
        """
        unread: list[str] = []
        weights = rarity(text_column(batch) for batch in self._reference().batches(context, unread))
        joints: list[Joint | None] = []
        lengths: list[int] = []
        for batch in self._reference().batches(context):
            said = texts(batch)
            joints += weakest_joints(said, weights)
            lengths += [len(text.split()) for text in said]
            if len(joints) >= _MOST:
                break
        mine = np.array([joint is not None for joint in joints], np.bool_)
        scores = np.array([joint.cohesion for joint in joints if joint is not None], np.float64)
        long = np.array(lengths, np.int64)[mine]
        bands = Bands.of(scores, long, (self.quantile, 1.0)) if self.limit is None else Bands.fixed(self.limit, None)
        return Fitted(weights, bands, scores, long, len(joints) - len(scores), tuple(unread))

    def measure(self, state: Fitted) -> list[Evidence]:
        """The limits, and how many real texts were too short to set one."""
        inputs: dict[str, Any] = {"against": self._reference().names()}
        found = [count("coherence.too_short", state.too_short, "real texts of fewer than two stretches", **inputs)]
        if state.bands is None:
            why = "fewer than 200 real texts that are long enough: nobody can say what is usual"
            found.append(Evidence("coherence.low", None, len(state.scores), None, why, inputs))
        elif self.limit is None:
            method = "quantile of the real texts' cohesion at their weakest joint; 95 % by order statistics"
            every = state.bands.evidence("coherence", state.scores, state.lengths, (self.quantile, 1.0), method)
            found += [one for one in every if one.name.startswith("coherence.low")]
        if self.limit is None and state.bands is not None and len(blind := _blind(state.bands, state)):
            what = "real texts that score 0, of the groups where these make the limit 0: nothing is flagged there"
            found.append(proportion("coherence.no_band", int((blind == 0).sum()), len(blind), what, **inputs))
        if state.unread:
            first = {**inputs, "first": list(state.unread[:20])}
            found.append(count("coherence.unread_rows", len(state.unread), "rows of files without text", **first))
        return found

    def judge(self, batch: pa.RecordBatch, state: Fitted) -> list[Ruling | Fault]:
        """`coherent`, `too_short`, `no_band`, or `topic_drift` with both sides of the weakest joint."""
        if state.bands is None:
            return [Ruling("flag", "no_band")] * batch.num_rows
        said = texts(batch)
        low, _ = state.bands.around(np.array([len(text.split()) for text in said], np.int64))
        found = zip(said, weakest_joints(said, state.weights), low.tolist(), strict=True)
        return [self._ruling(text, joint, limit) for text, joint, limit in found]

    def _ruling(self, text: str, joint: Joint | None, limit: float) -> Ruling:
        if joint is None:
            return Ruling("keep", "too_short")
        if limit <= 0:
            return Ruling("flag", "no_band", joint.cohesion, {"low": limit})
        if joint.cohesion >= limit:
            return Ruling("keep", "coherent", joint.cohesion)
        before, after = text[: joint.at].rstrip()[-_EXCERPT:], text[joint.at :].lstrip()[:_EXCERPT]
        evidence = {"low": limit, "at": joint.at, "before": before, "after": after}
        return Ruling(self.outside, "topic_drift", joint.cohesion, evidence)

    def _reference(self) -> Reference:
        return Reference(self, self.against)


def _blind(bands: Bands, state: Fitted) -> Floats:
    """Scores of the real texts in groups whose limit is 0."""
    low, _ = bands.around(state.lengths)
    return state.scores[low <= 0]
