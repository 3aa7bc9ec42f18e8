"""Entailment by a model: is a claim supported by its passages? One question a claim."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from sterling.models import Endpoint
from sterling.text.bm25 import Bm25
from sterling.verify.grounding.containment import Passage
from sterling.verify.grounding.passages import windows
from sterling.verify.judging.hearing import Mark, Sheet, Unheard, consult, sheet

Support = Literal["unsupported", "unclear", "supported", "no_claim"]
"""What a model may say. `no_claim`: a greeting, a question, an offer, which needs no support."""
SHOWN = 12_000
"""Characters of passages that a model is shown; of longer ones the parts that are nearest to the claim."""
_WORDS: tuple[Support, ...] = get_args(Support)


class Entailed(NamedTuple):
    """The form of a verdict on one claim; the mark is the place of the word in `Support`."""

    def fields(self) -> Mapping[str, Any]:
        """`support`."""
        return {"support": {"type": "string", "enum": [*_WORDS]}}

    def shape(self) -> str:
        """With the words to choose from."""
        return '"support": <"supported", "unsupported", "unclear" or "no_claim">'

    def read(self, verdict: Mapping[str, Any]) -> Mark | None:
        """None for another word."""
        said = verdict.get("support")
        return Mark(float(_WORDS.index(said))) if isinstance(said, str) and said in _WORDS else None


class Put(NamedTuple):
    """A claim as it is put before a model."""

    claim: str
    answer: str
    """That the claim stands in, so that `he` and `it` mean something."""
    passages: Sequence[Passage]


class Heard(NamedTuple):
    """What a model said of one claim."""

    support: Support
    reason: str


def entailed(endpoint: Endpoint, puts: Sequence[Put]) -> list[Heard | Unheard]:
    """What the model says of each claim, in order; a judgement that cannot be read is none."""
    heard = consult(endpoint, [_sheet(put) for put in puts])
    return [one if isinstance(one, Unheard) else Heard(_WORDS[int(one.score)], one.reason) for (one,) in heard]


def _sheet(put: Put) -> Sheet:
    material = {"passages": shown(put.claim, put.passages), "answer": put.answer[:SHOWN], "claim": put.claim}
    return sheet("entailment", Entailed(), material)


def shown(claim: str, passages: Sequence[Passage]) -> str:
    """The passages under their ids, or of long ones the windows nearest to the claim, in their own order."""
    parts = [(passage.id, passage.text) for passage in passages]
    if sum(len(text) for _, text in parts) > SHOWN:
        cut = [(name, part) for name, text in parts for part in windows(text)]
        hits = Bm25(part for _, part in cut).search(claim, len(cut))
        parts = [cut[n] for n in sorted(_fitting([hit.document for hit in hits] or [0], cut))]
    return "\n\n".join(f"[{name}] {text}" for name, text in parts)


def _fitting(ranked: Sequence[int], parts: Sequence[tuple[str, str]]) -> list[int]:
    chosen, room = [], SHOWN
    for n in ranked:
        room -= len(parts[n][1])
        if room < 0:
            break
        chosen.append(n)
    return chosen
