"""Made-up records, and the contents of a release around them: examples, nobody's data."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from sterling.records import Maker, Record, batch_of, canonical_json
from sterling.release import REJECTED_INPUT, CardFacts, Configuration, Contents
from sterling.stats import Evidence, proportion

MAKER = Maker("mutations", sampling={"operator": "swap_comparison"}, seed=7, time="2026-01-02T03:04:05Z")


def pair(number: int) -> Record:
    """An anchor record and, at odd numbers, its made-up synthetic child."""
    seed = Record.real(
        {"prompt": f"def f{number}(x):", "completion": f" return x + {number}"},
        source="examples", row=f"m.f{number}", origin="human", reference={"answer": str(number)}, tags=["module:m"],
    )  # fmt: skip
    if number % 2 == 0:
        return seed
    payload = {"prompt": f"Repair f{number}", "completion": f"return x + {number}"}
    return Record.synthetic(payload, source="repair", row=f"task {number}", maker=MAKER, parents=[seed])


def talk(number: int, **extra: Any) -> Record:
    question = [{"role": "user", "content": f"What is {number} + 1?"}]
    answer = [{"role": "assistant", "content": f"It is {number + 1}.", **extra}]
    return Record.real({"prompt": question, "completion": answer}, source="chats", row=str(number), origin="unknown")


def row(number: int, fields: dict[str, Any]) -> Record:
    return Record.real({"fields": fields}, source="table", row=str(number), origin="unknown")


def weighed(records: Sequence[Record], weight: float = 0.5) -> pa.RecordBatch:
    batch = batch_of(records)
    return batch.append_column("weight", pa.array([weight] * batch.num_rows, pa.float64()))


def configuration(name: str, *batches: Sequence[Record]) -> Configuration:
    def stream() -> Iterator[pa.RecordBatch]:
        for records in batches:
            yield weighed(records)

    return Configuration(name, stream)


def rejected() -> Iterator[pa.Table]:
    secret = "Ada Example lives at 12 Imaginary Road and her number is 555-0100"
    rows = [
        {
            "id": "a" * 32, "where": "x.jsonl:3", "step": "near_duplicates", "check": "near_duplicates",
            "reason": "near_duplicate", "score": 0.91,
            "evidence": canonical_json({"kept": "b" * 32, "similarity": 0.91, "quote": secret[:30]}),
            "payload": canonical_json({"text": secret}),
        },
        {"id": None, "where": "x.jsonl:9", "step": "anchor", "check": None, "reason": "bad_json", "score": None,
         "evidence": None, "payload": None},
    ]  # fmt: skip
    yield pa.Table.from_pylist(rows, schema=REJECTED_INPUT)


EVIDENCE: tuple[Evidence, ...] = (
    proportion("check.examples.accepted", 90, 100, "share that passes", model=None, strategy="mutations"),
    Evidence("mix.tokens", 1000.0, 1000, None, "count"),
)
REPORT: dict[str, Any] = {
    "name": "example", "purpose": "fine-tuning", "created": "2026-01-02T03:04:05Z", "recipe_digest": "0" * 32,
    "outcome": {"status": "released", "headline": "Twenty example records were released.", "sentences": ["Made up."]},
    "findings": [
        {"rule": "real-floor", "severity": "critical", "status": "met", "what": "Real data is in.", "why": "w",
         "source": "s", "mend": "m", "waived_by": None, "waived_because": None},
        {"rule": "terms", "severity": "required", "status": "waived", "what": "Terms unread", "why": "w",
         "source": "s", "mend": "m", "waived_by": "J. Example", "waived_because": "own model"},
    ],
    "anchors": [
        {"name": "examples", "origin": "human", "attested_by": "J. Example", "attested_because": "wrote <them>",
         "licence": "PSF-2.0", "facts": {}, "records": 20, "bad_rows": 1, "roles": {"train": 20}},
    ],
    "steps": [{"name": "examples", "in": 22, "kept": 20, "dropped": 2, "flagged": 0, "reasons": {"failed": 2}}],
    "composition": [
        {"origin": "human", "strategy": None, "depth": 0, "records": 10, "tokens": 600},
        {"origin": "synthetic", "strategy": "mutations", "depth": 1, "records": 10, "tokens": 400},
    ],
    "samples": [],
    "evidence": [e.to_json() for e in EVIDENCE],
}  # fmt: skip


def contents(**changes: Any) -> Contents:
    whole = Contents(
        configurations=[configuration("code", [pair(n) for n in range(12)], [pair(n) for n in range(12, 20)])],
        rejected=rejected,
        provenance={"address": "0123456789abcdef", "recipe": "0" * 32},
        evidence=EVIDENCE,
        report_json=REPORT,
        report_html="<!doctype html><title>Example</title>",
        card=CardFacts("Example", models=()),
    )
    return replace(whole, **changes)
