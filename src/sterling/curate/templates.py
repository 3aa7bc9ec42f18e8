"""`template_collapse`: many records on one skeleton, that differ only in what fills its slots."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from sterling.curate.novelty import Novelty
from sterling.records import COMPARED, Family, compared_column
from sterling.registry import FitContext, Resolution, Ruling, SetCheck, register
from sterling.registry.check import Stream
from sterling.stats import Evidence, count, proportion
from sterling.text import plain_words
from sterling.text.kernels import kernels
from sterling.text.skeletons import Skeleton, Skeletons, learnt

_SAMPLE = 2_000
"""Human records, and as many others, from which skeletons are learnt."""
_COLLAPSED = 5
"""Records of one skeleton from which it counts as a template."""
_OPENING, _OPENINGS = 4, 10
"""Words of an opening, and how many of the most common ones are counted."""
_SHOWN = 10
_KEPT, _REASON = "first_of_template", "template_collapse"
_EXCERPT = 500


class _Drawn(NamedTuple):
    """A sampled record: the smallest ids are a random sample, since ids are digests."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learnt from the sample."""

    skeletons: tuple[Skeleton, ...]
    sampled: Mapping[str, int]
    """Records in the sample, and in all, of humans (`human`) and of others (`made`)."""
    found: tuple[Evidence, ...]


@register("check", "template_collapse")
class TemplateCollapse(SetCheck):
    """Flags records beyond the first `most` that share a skeleton and differ only in its slots.

    A skeleton is what texts have in common word for word and in order: `write a short story about a _ who _`. It is
    learnt from 2,000 human records and 2,000 others, whoever has the smallest ids: every two texts of the sample whose
    longest common subsequence makes up `share` of either are of one group, and what most of a group have in the same
    place is its skeleton. Slots may hold any number of words. Then every record is held against every skeleton: it has
    80 % of the skeleton's words in order, and they are at least `share` of its own. It belongs to the one that explains
    most of it. Five such records or more are a template.

    Those that stay first are the best ranked (human before synthetic, verified before not, earlier rounds before
    later). A flag names the skeleton, how many records it has, and the first of them. `outcome: drop` removes what is
    flagged, human records only with `human: drop` as well.

    Evidence: how many skeletons have five records or more, the ten largest, the share of records in them by origin
    (the anchor's own share is what the others are to be compared with), and the share of records that begin with one of
    the ten most common openings of four words.

    Against `near_duplicates`: a word changed in every line leaves few equal n-grams, so that check sees no likeness
    where this one does; but it finds a single pair anywhere, and this one only groups large enough to be in the sample
    (`template_collapse.smallest_group`). Against `novelty`: no pairs are read, so work grows with the records and not
    with their square.

    Traps: a long input in a short frame (`Summarise: ...`) is no template, because the frame explains little of it:
    compare `of: completion` or look at the openings. Texts of fewer than `words` words are not compared, and of long
    ones the first 500 words. Forms that people fill in are templates, too. Scripts without spaces are not compared.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"
    concludes_from: ClassVar[Sequence[str] | None] = ("id", "origin")

    share: float = Field(default=0.6, ge=0.5, le=1)
    """Of a text's words, how many the skeleton must be. On human questions 0.5, 0.6 and 0.7 strike alike few."""
    most: int = Field(default=5, ge=1)
    """Records of a skeleton that stay unflagged."""
    words: int = Field(default=8, ge=3, le=500)
    """That a text must have to be compared: shorter ones are alike soon."""
    outcome: Literal["flag", "drop"] = "flag"
    """What becomes of the records beyond `most`."""
    of: Literal["prompt", "completion", "all"] = "prompt"
    """What is compared, as in `novelty`: the prompt (a `text` counts whole), the completion, or the whole text."""

    def may_drop(self) -> bool:
        """Only with `outcome: drop`."""
        return self.outcome == "drop"

    def fit(self, context: FitContext) -> Fitted:
        """Skeletons of a sample of what is judged and what earlier rounds settled. One pass."""
        drawn, sizes = self._sample(context.pool)
        skeletons = learnt([one.text for part in drawn.values() for one in part], self.share, self.words)
        sampled = {f"{kind}_{what}": n for kind in drawn for what, n in (("n", len(drawn[kind])), ("of", sizes[kind]))}
        return Fitted(tuple(skeletons), sampled, tuple(_openings(drawn)))

    def measure(self, state: Fitted) -> Sequence[Evidence]:
        """How openings repeat in the sample, and how small a group is found."""
        method = (
            "share of the human or of the other records that one template must have to have three in their sample with "
            "95 % probability; 0 where everybody is in the sample"
        )
        parts = {kind: (state.sampled[f"{kind}_n"], state.sampled[f"{kind}_of"]) for kind in ("human", "made")}
        least = max(_detectable(n) if n < of else 0.0 for n, of in parts.values())
        sampled = sum(n for n, _ in parts.values())
        inputs = {**state.sampled, "learnt": len(state.skeletons)}
        return [*state.found, Evidence("template_collapse.smallest_group", least, sampled, None, method, inputs)]

    def columns_read(self) -> Sequence[str]:
        """What a text is made of."""
        return COMPARED

    def emit(self, batch: pa.RecordBatch, state: Fitted) -> pa.Table:
        """One row for each record that a skeleton explains: which, and how much of it."""
        fits = Skeletons(state.skeletons, self.share).fits(kernels().word_hashes(self._texts(batch)))
        rows = [row for row, fit in enumerate(fits) if fit.skeleton >= 0]
        index = np.array([fits[row].skeleton for row in rows], np.int32)
        names = pa.array([one.text[:_EXCERPT] for one in state.skeletons], pa.string())
        return pa.table(
            {
                "row": pa.array(rows, pa.int32()),
                "partition": pa.array(index.astype(np.uint64)),
                "number": pa.array(index),
                "skeleton": pa.DictionaryArray.from_arrays(pa.array(index), names),
                "shared": pa.array([fits[row].shared for row in rows], pa.float64()),
            }
        )

    def resolve(self, partition: pa.Table) -> Resolution:
        """Of each skeleton the first `most` stay."""
        groups: defaultdict[int, list[tuple[int, str, float, str]]] = defaultdict(list)
        names = ("number", "rank", "record", "shared", "skeleton")
        for number, *member in zip(*(partition[name].to_pylist() for name in names), strict=True):
            groups[number].append(tuple(member))
        collapsed = (sorted(members) for members in groups.values() if len(members) >= _COLLAPSED)
        return Resolution([ruling for members in collapsed for ruling in self._rulings(members)])

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """How many templates there are, and how much of the records of each origin they hold."""
        sizes: Counter[str] = Counter()
        origins: dict[str, Counter[str]] = {}
        told: dict[str, dict[str, Any]] = {}
        for batch, verdicts in judged:
            sizes.update(batch.column("origin").to_pylist())
            for origin, record, evidence in _templated(batch, verdicts):
                name = evidence["skeleton"]
                origins.setdefault(name, Counter())[origin] += 1
                told.setdefault(name, {"skeleton": name, "records": evidence["records"], "example": record})
        return _concluded(sizes, origins, told)

    def _rulings(self, members: Sequence[tuple[int, str, float, str]]) -> Iterator[tuple[str, Ruling]]:
        kept = members[0][1]
        for place, (_, record, shared, skeleton) in enumerate(members):
            told = {"skeleton": skeleton, "records": len(members), "kept": kept}
            stays = place < self.most
            yield record, Ruling("keep" if stays else self.outcome, _KEPT if stays else _REASON, shared, told)

    def _texts(self, batch: pa.RecordBatch) -> pa.StringArray:
        if self.of == "all":
            return compared_column(batch)
        plain = _plain(batch, self.of)
        return pa.array(Novelty(of=self.of).view(batch), pa.string()) if plain is None else plain

    def _sample(self, stream: Stream) -> tuple[dict[str, list[_Drawn]], Counter[str]]:
        """Of humans and of others the records with the smallest ids, in their order, and how many there are."""
        drawn: dict[str, list[_Drawn]] = {"human": [], "made": []}
        sizes: Counter[str] = Counter()
        for batch in stream():
            human = pc.equal(batch.column("origin"), "human")
            for kind, mask in (("human", human), ("made", pc.invert(human))):
                mine = batch.filter(mask)
                sizes[kind] += mine.num_rows
                drawn[kind] = self._smallest(drawn[kind], mine)
        return drawn, sizes

    def _smallest(self, drawn: list[_Drawn], batch: pa.RecordBatch) -> list[_Drawn]:
        if len(drawn) == _SAMPLE:
            batch = batch.filter(pc.less(batch.column("id"), drawn[-1].id))
        if not batch.num_rows:
            return drawn
        order = pc.array_sort_indices(batch.column("id"))[:_SAMPLE]
        some = batch.take(order)
        new = map(_Drawn, some.column("id").to_pylist(), self._texts(some).to_pylist())
        return sorted([*drawn, *new])[:_SAMPLE]


def _plain(batch: pa.RecordBatch, of: str) -> pa.StringArray | None:
    """The prompts or completions of a batch in which all are plain strings, without a Python object for each."""
    columns = ("prompt", "text") if of == "prompt" else ("completion", "chosen", "text")
    structured = batch.column("messages").null_count < batch.num_rows or batch.column("conversational").true_count
    return None if structured else pc.coalesce(*(batch.column(name) for name in columns), "")


def _detectable(sampled: int) -> float:
    """The share of a whole of which a sample holds three with probability 0.95: 6.296 of them in the mean (Poisson)."""
    return min(1.0, 6.296 / sampled) if sampled else 0.0


def _openings(drawn: Mapping[str, Sequence[_Drawn]]) -> Iterator[Evidence]:
    """By origin: how many sampled records begin with one of the ten most common openings of these."""
    method = (
        f"sampled records whose first {_OPENING} words are one of the {_OPENINGS} most common openings; chosen on the "
        "same sample, so compare equal n"
    )
    for kind, part in drawn.items():
        heads = [" ".join(plain_words(one.text[:200])[:_OPENING]) for one in part]
        common = Counter(head for head in heads if head.count(" ") == _OPENING - 1).most_common()
        top = sorted(common, key=lambda one: (-one[1], one[0]))[:_OPENINGS]
        shown = [{"opening": head, "records": n} for head, n in top]
        hits = sum(n for _, n in top)
        yield proportion(f"template_collapse.openings.{kind}", hits, len(part), method, examples=shown)


def _templated(batch: pa.RecordBatch, verdicts: pa.Table) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(origin, record, evidence) of the records in a template."""
    mine = pc.is_in(verdicts["reason"], value_set=pa.array([_KEPT, _REASON])).combine_chunks()
    some, said = batch.filter(mine), verdicts.filter(mine)["evidence"].to_pylist()
    rows = zip(some.column("origin").to_pylist(), some.column("id").to_pylist(), map(json.loads, said), strict=True)
    yield from rows


def _concluded(
    sizes: Mapping[str, int], origins: Mapping[str, Counter[str]], told: Mapping[str, dict[str, Any]]
) -> list[Evidence]:
    largest = sorted(told.values(), key=lambda one: (-one["records"], one["skeleton"]))[:_SHOWN]
    shown = [one | {"origins": dict(sorted(origins[one["skeleton"]].items()))} for one in largest]
    method = f"skeletons of {_COLLAPSED} records or more that a record of this step has; `examples`: the largest"
    share = f"records that share a skeleton with {_COLLAPSED - 1} others or more"
    return [
        count("template_collapse.skeletons", len(told), method, examples=shown),
        *(
            proportion(f"template_collapse.share.{origin}", sum(o[origin] for o in origins.values()), n, share)
            for origin, n in sorted(sizes.items())
        ),
    ]
