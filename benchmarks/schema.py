"""Documents a core-second: the check `json_schema`, its parts, and the pure-Python `jsonschema` beside them.

    python benchmarks/schema.py [documents]

Needs `pip install 'sterling[schema]' jsonschema`. CPU time of one process; each figure is the best of three.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import jsonschema

from sterling.records import Record, batch_of
from sterling.verify.forms.schemas import schema_from
from sterling.verify.forms.strict_json import parse
from sterling.verify.json_schema import JsonSchema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "mail": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+$"},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}},
        "place": {"$ref": "#/$defs/place"},
    },
    "required": ["name", "age", "place"],
    "additionalProperties": False,
    "$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}


def documents(count: int) -> list[str]:
    """Documents of about 100 characters, a tenth of them invalid."""
    chance = random.Random(0)
    made = []
    for n in range(count):
        value = {"name": f"n{n}", "age": chance.randrange(150), "mail": f"n{n}@example.org", "place": {"city": "x"}}
        value["tags"] = chance.choices("abc", k=3)
        if n % 10 == 0:
            value["age"] = "old"
        made.append(json.dumps(value))
    return made


def best(work: Callable[[], Any]) -> float:
    """CPU seconds."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    texts = documents(count)
    values = [json.loads(text) for text in texts]
    ours, theirs = schema_from(SCHEMA), jsonschema.Draft202012Validator(SCHEMA)
    assert [ours.accepts(v, 100) for v in values] == [theirs.is_valid(v) for v in values]
    records = [
        Record.real({"prompt": "q", "completion": t}, source="s", row=str(n), origin="unknown",
                    reference={"json_schema": SCHEMA})
        for n, t in enumerate(texts)
    ]  # fmt: skip
    batch = batch_of(records)
    work: dict[str, Callable[[], Any]] = {
        "validate, jsonschema-rs": lambda: [ours.accepts(v, 100) for v in values],
        "validate, jsonschema": lambda: [theirs.is_valid(v) for v in values],
        "parse, json.loads": lambda: [json.loads(t) for t in texts],
        "parse, strict": lambda: [parse(t) for t in texts],
        "the check `json_schema`, batch to rulings": lambda: JsonSchema().judge(batch, None),
        "json.loads + jsonschema": lambda: [theirs.is_valid(json.loads(t)) for t in texts],
    }
    print(f"{count:,} documents of {sum(map(len, texts)) / count:.0f} characters, a tenth invalid")
    for name, one in work.items():
        spent = best(one)
        print(f"{name:44} {count / spent:>12,.0f} a core-second, {spent / count * 1e6:6.2f} µs each")


if __name__ == "__main__":
    main()
