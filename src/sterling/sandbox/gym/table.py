"""What was found out about each dataset: whether its answers are the only ones, and how another one is judged."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).with_name("datasets.yaml")
REVIEWED = "0.1.25"
"""The release of reasoning-gym that the table was made with."""

Answers = Literal["exact", "verified", "open", "faulty"]
"""`exact`: one answer by construction. `verified`: any valid answer is accepted. `open`: several answers or readings,
and one gold, so that other right answers are turned away. `faulty`: its own answers are wrong, or not as it asks."""


class Known(BaseModel):
    """A row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    answers: Answers
    because: str
    """The evidence."""
    by: Literal["gold", "scorer", "numbers", "expression", "value"] = "gold"
    """`gold`: the same lines. `scorer`: the dataset's own, reviewed. `numbers`: the same numbers in the same rows.
    `expression`: calculates to the target from the given numbers. `value`: the value of the question's expression."""
    like: str | None = None
    """What an answer must match as a whole before it is judged: it keeps code away from scorers that evaluate."""
    within: float = Field(default=0.0, ge=0)
    """Of `numbers`: how far off, as a share of the number that is wanted."""
    answer_in: str | None = None
    """Name in the metadata that holds an answer where the entry itself has none."""


@cache
def known_datasets() -> Mapping[str, Known]:
    """Every row by the name of its dataset."""
    return {name: Known(**row) for name, row in yaml.safe_load(_FILE.read_text("utf-8")).items()}


UNKNOWN = Known(answers="open", because="it was not reviewed")
"""Its scorer was not read, so it is not asked."""
