"""The check `grounded`: do the passages support every claim of an answer?"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
from pydantic import Field

from sterling.models import ModelRef, lineage
from sterling.records import Fault, Record, records_of, text_of
from sterling.registry import FitContext, ModelCheck, NearMiss, Ruling, register
from sterling.stats import Evidence, count, mean
from sterling.verify.grounding.assertions import MAX_ANSWER, MAX_CLAIMS, answer_text, claims_of, plain
from sterling.verify.grounding.containment import Finding, Passage, find, nearest
from sterling.verify.grounding.entailment import Heard, Put, entailed
from sterling.verify.grounding.entity_misses import near_misses
from sterling.verify.grounding.passages import Corpus, corpus_of, own_passages
from sterling.verify.judging.hearing import Unheard

_LISTED = 10
"""Claims that evidence names."""
_SHOWN = 300
"""Characters of each."""


class Case(NamedTuple):
    """One answer with its passages, and what containment says of its claims."""

    answer: str
    passages: tuple[Passage, ...]
    findings: tuple[Finding, ...]

    @property
    def refuted(self) -> list[Finding]:
        """Claims of which some part stands in no passage."""
        return [finding for finding in self.findings if finding.missing]

    def evidence(self) -> dict[str, Any]:
        """How many claims there are, and of how many containment could look something up."""
        return {"claims": len(self.findings), "checkable": sum(finding.items > 0 for finding in self.findings)}


@register("check", "grounded")
class Grounded(ModelCheck):
    """Holds every claim of an answer against passages: by containment, and by an entailment model where one is named.

    The completion is read, else `chosen`, the last assistant message, or the text; its sentences and list items are
    the claims. Passages are `reference.passages` (texts, or mappings with `text` and `id`), else the nearest of
    `corpus`. Containment looks for every quotation, number, date and name of a claim in some passage
    (`verify.grounding.containment`). What is missing is unsupported, and nobody is asked. With `model`, every claim
    that containment does not refute is put before it, whether something could be looked up or not.

    Keeps `supported`: the model says so of every claim. Keeps `contained`, without a model: every claim holds something
    that can be looked up, and nothing is missing. Drops `unsupported`. Flags `unjudged_claims` (nothing in them could
    be looked up, or the model calls them unclear), `no_claims`, `too_many_claims` (over 200, or 100,000 characters),
    `no_passages`, `bad_passages`, `passages_too_long` (over a million characters: use `corpus`) and `no_completion`.
    A model's judgement that fails is a fault of the boundary `provider`.

    **Containment verifies nothing.** It shows that nothing that can be looked up is absent; a `not`, two names that
    changed places and any wrong sentence without a number pass. So without a model the verdict is signed with the
    family `model` and no model's name, which never verifies; with one, its keep verifies what another family made.

    Evidence of a drop: each claim (10 of them), what is missing by kind and spelling, and the nearest passage's id.

    Measured without a model by `benchmarks/grounding.py`, on sentences of ChatGPT replies held against the reply itself
    (false accepts or rejects, Clopper-Pearson 95 %):

        own sentences as they are      0.0 % of 7,376 rejected   [0, 0.05]
        ... in other spellings         0.0 % of 1,896 rejected   [0, 0.19]
        another number                 0.1 % of 1,923 accepted   [0.00, 0.29]
        another word in a quotation    0.0 % of 1,181 accepted   [0, 0.31]
        a name from elsewhere          6.9 % of 4,386 accepted   [6.2, 7.7]   most begin their sentence
        another name of the passage   92.7 % of   916 accepted   [90.8, 94.3]
        `not` put in                  97.9 % of 3,932 accepted   [97.4, 98.4]

    No set of real claims with passages and labels is among these: how many right paraphrases are rejected, and how many
    of a model's real errors are found, is not known. Bring `gold`.

    Traps: a number that follows from others (a sum, an age), a conversion (`1 km` for 1,000 m), a rounded number
    without `about`, a nickname or a demonym (`French` for France) are dropped although they may be right; a name that
    begins a sentence as a single word is not seen; quotation marks around other words than the passage's are taken at
    their word; with `corpus`, a claim is unsupported by what was found, not by all that there is. The label of an
    unpaired preference and the `rejected` answer are not looked at.
    """

    version: ClassVar[int] = 1

    model: ModelRef | None = None
    """Says whether passages support a claim. Without it containment decides alone, and nothing is verified."""
    corpus: str | None = None
    """File (`.jsonl`, `.txt`, `.md`) or folder of passages for records that have none."""
    top: int = Field(default=5, ge=1, le=100)
    """Passages of `corpus` that are looked up for each claim, and for the whole record."""

    def families(self) -> frozenset[str]:
        """Of the model, with those that it was distilled from. Empty without a model, or when nobody knows them."""
        return lineage(self.model) if self.model else frozenset()

    def reads(self) -> Sequence[str]:
        """The corpus."""
        return [self.locate(self.corpus)] if self.corpus else []

    def fit(self, context: FitContext) -> Corpus | None:
        """The index of `corpus`. InputError when it can't be read."""
        return corpus_of(self.locate(self.corpus)) if self.corpus else None

    def measure(self, state: Corpus | None) -> Sequence[Evidence]:
        """How many passages the corpus has, and how many of its rows have no text."""
        if state is None:
            return ()
        rows = count("grounded.corpus.unread", state.unread, "rows of the corpus without a text, left out")
        return [count("grounded.corpus.passages", len(state.bm25), "passages of the corpus"), rows]

    def judge(self, batch: pa.RecordBatch, state: Corpus | None) -> list[Ruling | Fault]:
        """One ruling or fault a row; what is odd in one costs that row only."""
        records = list(records_of(batch))
        cases = [self._case(record, state) for record in records]
        heard = self._heard([case for case in cases if isinstance(case, Case)])
        return [
            self._ruling(record.id, case, next(heard)) if isinstance(case, Case) else case
            for record, case in zip(records, cases, strict=True)
        ]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """Another number, date, name or quotation than the passages have, a `not`: of one claim each."""
        return near_misses(record, seed)

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """How much of the answers containment could look at."""
        method = "mean over answers of the share of claims with a quotation, number, date or name to look up"
        shares = [share for _, verdicts in judged for share in _shares(verdicts)]
        return [mean("grounded.checkable_claims", shares, method)] if shares else []

    def _case(self, record: Record, state: Corpus | None) -> Case | Ruling:
        said = answer_text(record)
        if said is None:
            return Ruling("flag", "no_completion")
        answer = plain(said[: MAX_ANSWER + 1])
        claims = claims_of(answer)
        if len(said) > MAX_ANSWER or len(claims) > MAX_CLAIMS:
            return Ruling("flag", "too_many_claims")
        if not claims:
            return Ruling("flag", "no_claims")
        passages = _passages(record, claims, state, self.top)
        if isinstance(passages, str):
            return Ruling("flag", passages)
        return Case(answer, passages, tuple(find(claims, passages)))

    def _heard(self, cases: Sequence[Case]) -> Iterator[Sequence[Heard | Unheard]]:
        """What the model says of each case's claims; nobody is asked about a case that containment refutes."""
        asked = [() if self.model is None or case.refuted else _puts(case) for case in cases]
        said = iter(entailed(self.model, [put for puts in asked for put in puts]) if self.model else ())
        return iter([[next(said) for _ in puts] for puts in asked])

    def _ruling(self, record: str, case: Case, heard: Sequence[Heard | Unheard]) -> Ruling | Fault:
        if case.refuted:
            listed = [_refutation(finding, case.passages) for finding in case.refuted[:_LISTED]]
            return _unsupported(case, len(case.refuted), listed)
        if self.model is None:
            return _contained(case)
        unheard = [one for one in heard if isinstance(one, Unheard)]
        if unheard:
            return max(unheard, key=lambda one: one.owed).fault(record)
        return _entailed(case, [one for one in heard if isinstance(one, Heard)])


def _passages(record: Record, claims: Sequence[str], state: Corpus | None, top: int) -> tuple[Passage, ...] | str:
    own = own_passages(record.reference)
    if state is None or own != "no_passages":
        return own
    return state.near([text_of(record)[:10_000], *claims], top) or "no_passages"


def _puts(case: Case) -> Sequence[Put]:
    return [Put(finding.claim, case.answer, case.passages) for finding in case.findings]


def _contained(case: Case) -> Ruling:
    unjudged = [_claim(finding) | {"why": "nothing_to_look_up"} for finding in case.findings if not finding.items]
    if unjudged:
        return _unjudged(case, unjudged)
    return Ruling("keep", "contained", 1.0, case.evidence())


def _entailed(case: Case, heard: Sequence[Heard]) -> Ruling:
    said = [
        (one.support, _claim(finding) | {"why": one.reason})
        for finding, one in zip(case.findings, heard, strict=True)
    ]  # fmt: skip
    refuted = [
        shown | {"missing": [], "nearest": nearest(shown["claim"], case.passages).id}
        for support, shown in said if support == "unsupported"
    ]  # fmt: skip
    unclear = [shown for support, shown in said if support == "unclear"]
    if refuted:
        return _unsupported(case, len(refuted), refuted)
    if unclear:
        return _unjudged(case, unclear)
    if all(support == "no_claim" for support, _ in said):
        return Ruling("flag", "no_claims", None, case.evidence())
    return Ruling("keep", "supported", 1.0, case.evidence())


def _unsupported(case: Case, refuted: int, listed: Sequence[Mapping[str, Any]]) -> Ruling:
    score = 1 - refuted / len(case.findings)
    return Ruling("drop", "unsupported", score, case.evidence() | {"unsupported": list(listed[:_LISTED])})


def _unjudged(case: Case, listed: Sequence[Mapping[str, Any]]) -> Ruling:
    return Ruling("flag", "unjudged_claims", None, case.evidence() | {"unjudged": list(listed[:_LISTED])})


def _refutation(finding: Finding, passages: Sequence[Passage]) -> dict[str, Any]:
    missing = [{"kind": item.kind, "text": item.text[:_SHOWN]} for item in finding.missing[:_LISTED]]
    return _claim(finding) | {"missing": missing, "nearest": nearest(finding.claim, passages).id}


def _claim(finding: Finding) -> dict[str, Any]:
    return {"claim": finding.claim[:_SHOWN]}


def _shares(verdicts: pa.Table) -> Iterator[float]:
    for cell in verdicts["evidence"].to_pylist():
        evidence = json.loads(cell)
        if evidence.get("claims"):
            yield evidence["checkable"] / evidence["claims"]
