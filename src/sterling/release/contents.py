"""What `write_release` is handed: streams of records, and the documents that go with them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from sterling.release.lineage import Lineage
from sterling.stats import Evidence


class Configuration(NamedTuple):
    """Records of one shape: one format, and either plain or conversational throughout."""

    name: str
    """Letters, digits, `_`, `-` and `.`: it becomes a folder and a Hugging Face configuration."""
    batches: Callable[[], Iterator[pa.RecordBatch]]
    """Batches of `records.SCHEMA` with a float64 column `weight` appended, and an int32 column `phase` where the mix
    has phases. Called twice: to look, then to write."""


class Options(NamedTuple):
    """What leaves the house beyond trainer and provenance columns."""

    reference: bool = False
    """Whether verifiers' references are released as a column of JSON text: reinforcement learning needs them."""
    rejected: Literal["redacted", "full"] = "redacted"
    """Whether the payload of dropped records leaves the house, and the evidence that quotes it."""


_DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the dataset card says that `report.json` does not hold."""

    pretty_name: str
    intended_use: str | None = None
    """What the owner says it is for."""
    licence: str | None = None
    """SPDX identifier or `proprietary`, as the owner states it; None takes the anchors' licences and says so."""
    licence_link: str | None = None
    """Where a licence that the Hub does not know can be read."""
    models: Sequence[str] | None = None
    """Models that wrote records, each with its terms in words; empty means none did, None that it is not known."""
    languages: Sequence[str] = ()
    """BCP 47 codes, where somebody knows them."""
    tags: Sequence[str] = ()
    source_datasets: Sequence[str] = ()
    """Hub ids (`openai/gsm8k`) that anchors came from."""
    not_assessed: Sequence[str] = ()
    """Further limits, one sentence each. What no evidence speaks of is listed without being told."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All of a release. Everything that can be large is a callable that streams."""

    configurations: Sequence[Configuration]
    rejected: Callable[[], Iterator[pa.Table]]
    """Tables of `REJECTED_INPUT`: every dropped record and every fault, payload included where there is one."""
    provenance: Mapping[str, Any]
    """Becomes `provenance/run.json`."""
    evidence: Sequence[Evidence]
    """One file in `evidence/` for each first part of the names."""
    report_json: Mapping[str, Any]
    """The report as JSON; the card takes its numbers from here, so that they cannot differ."""
    report_html: str
    card: CardFacts
    options: Options = _DEFAULT
    mixture: str | None = None
    """Becomes `mix.csv`: the share of each source, as tools for mixtures read it."""
    lineage: Lineage | None = None
    """What a next generation needs; without it nothing can continue this release."""
