from typing import Any

ATTESTED = {
    "name": "tickets",
    "path": "a.jsonl",
    "origin": "human",
    "attested_by": "A. Person",
    "attested_because": "they were there",
    "licence": "proprietary",
    "split_by": "customer",
}
GOOD: dict[str, Any] = {
    "name": "demo",
    "purpose": "fine-tuning",
    "anchor": [ATTESTED],
    "generate": [{"strategy": "mutations", "seeds": "tickets"}],
    "checks": [
        {"check": "tests", "near_misses": 300},
        {"check": "exact_duplicates"},
        {"check": "near_duplicates"},
        {"check": "contamination", "against": ["test"]},
    ],
    "release": {"licence": "MIT"},
}
"""A recipe that meets every rule."""
