"""The check `agreement`: of several answers to one question, which do most of them give?"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import pyarrow as pa
from pydantic import Field

from sterling.records import Family, Record, canonical_json, digest, records_of
from sterling.registry import Resolution, Ruling, SetCheck, register
from sterling.verify.grounding.assertions import answer_text
from sterling.verify.numbers.answers import find_answer
from sterling.verify.numbers.equality import same

_LISTED = 10
"""Answers and makers that evidence names."""
_SHOWN = 80
"""Characters of an answer in evidence."""
_KINDS = 200
"""Different answers to one question that are compared by value; what comes after them is compared as text."""


class Ballot(NamedTuple):
    """One record's answer to its question."""

    record: str
    answer: str | None
    """None where it states none, or several that differ."""
    maker: str
    """The model, or the record's origin where no model wrote it."""


class Count(NamedTuple):
    """The answers to one question, counted."""

    ballots: Sequence[Ballot]
    kinds: Sequence[int | None]
    """For each ballot which answer it gives, numbered from 0; None for an abstention."""
    names: Sequence[str]
    """How each answer is spelled first."""

    @property
    def votes(self) -> Counter[int]:
        """How many give each answer."""
        return Counter(kind for kind in self.kinds if kind is not None)

    def leader(self) -> int | None:
        """The answer that more give than any other."""
        first = self.votes.most_common(2)
        return first[0][0] if first and (len(first) == 1 or first[0][1] > first[1][1]) else None

    def evidence(self) -> dict[str, Any]:
        """The votes, and who cast them; for the reader who wants to count again."""
        by_maker = Counter((ballot.maker, kind) for ballot, kind in zip(self.ballots, self.kinds, strict=True))
        makers = sorted({maker for maker, _ in by_maker})[:_LISTED]
        shown = {
            maker: {self._name(kind): n for (who, kind), n in by_maker.items() if who == maker} for maker in makers
        }
        return {
            "samples": len(self.ballots), "abstained": sum(kind is None for kind in self.kinds),
            "votes": {self._name(kind): n for kind, n in self.votes.most_common(_LISTED)}, "by_model": shown,
        }  # fmt: skip

    def _name(self, kind: int | None) -> str:
        return "" if kind is None else self.names[kind][:_SHOWN]


@register("check", "agreement")
class Agreement(SetCheck):
    """Compares the final answers of all records with one prompt, whoever made them: samples, models, people.

    The prompt is compared as it is, messages before the last answer included. Where an answer stands is in
    `verify.numbers.answers`, what counts as equal in `verify.numbers.equality`. An answer leads when more records
    give it than any other; it is a majority when at least `at_least` give it, and more than `share` of them all.

    Keeps `majority`. Drops `minority` and, beside a majority, `no_answer`. Flags everyone in a group of which nobody
    leads far enough (`no_majority`), records whose question has fewer than `at_least` answers (`alone`), and those
    without a prompt (`no_prompt`) or answer text (`no_completion`). The score is the share of the record's own answer.
    Evidence has the votes by answer, and by model; `""` counts who stated no answer, or several that differ.

    **Agreement is no verification**, so the family is `statistics`: models that learned from the same texts make the
    same mistakes. Measured on 660 questions of GSM8K with one answer each of four models (`benchmarks/agreement.py`;
    the leading answer, right by its label, Clopper-Pearson 95 %):

        votes      questions   right
        4 of 4            91   96.7 % [90.7, 99.3]
        3 of 4           111   85.6 % [77.6, 91.5]
        2 of 4           192   50.5 % [43.2, 57.8]
        nobody leads     266

    Traps: copies of one completion agree with themselves, so `exact_duplicates` belongs before this check; four
    samples of one model agree more than four models and are worth less (see `by_model`); a wrong answer that is the
    tempting one wins; one more space makes another prompt; text without a marked final answer abstains. Records of
    earlier rounds vote, and keep the verdict that they had.

    Not guaranteed: anything about a share measured on other models or questions. The cost grows with the square of the
    different answers to one prompt, up to 200 of them.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    at_least: int = Field(default=2, ge=2)
    """Equal answers without which nothing is a majority."""
    share: float = Field(default=0.5, ge=0, lt=1)
    """More than this share of the answers must be equal. Two of four are not more than half."""
    abstentions: Literal["count", "leave_out"] = "count"
    """Whether records that state no answer are among those of which the share is taken."""
    last_number: bool = False
    """Take the last number of a completion that marks no final answer."""

    def emit(self, batch: pa.RecordBatch, state: Any) -> pa.Table:
        """One row a record: the 128 bits of its prompt's digest as `partition` and `low`, its answer, its maker."""
        rows = [self._row(n, record) for n, record in enumerate(records_of(batch))]
        return pa.Table.from_pylist(rows, schema=_ROWS)

    def resolve(self, partition: pa.Table) -> Resolution:
        """A ruling for each record: every ballot on one question is in one partition."""
        asked: dict[tuple[int, int], list[Ballot]] = {}
        rulings: list[tuple[str, Ruling]] = []
        for row in sorted(partition.to_pylist(), key=lambda row: row["record"]):
            if row["problem"]:
                rulings.append((row["record"], Ruling("flag", row["problem"])))
            else:
                ballot = Ballot(row["record"], row["answer"], row["maker"])
                asked.setdefault((row["high"], row["low"]), []).append(ballot)
        for ballots in asked.values():
            rulings += self._counted(count(ballots))
        return Resolution(rulings)

    def _row(self, n: int, record: Record) -> dict[str, Any]:
        prompt, text = _prompt(record), answer_text(record)
        problem = "no_prompt" if prompt is None else "no_completion" if text is None else ""
        name = digest("sterling: question", record.id if prompt is None else prompt)
        high, low = int(name[:16], 16), int(name[16:], 16)
        maker = record.maker.model if record.maker and record.maker.model else record.origin
        answer = None if text is None else self._answer(text)
        return {"row": n, "partition": high, "high": high, "low": low, "answer": answer, "maker": maker,
                "problem": problem}  # fmt: skip

    def _answer(self, text: str) -> str | None:
        found = find_answer(text, last_number=self.last_number)
        return None if found is None or found.ambiguous else found.answer

    def _counted(self, counted: Count) -> Iterator[tuple[str, Ruling]]:
        votes, evidence = counted.votes, counted.evidence()
        voters = len(counted.ballots) if self.abstentions == "count" else votes.total()
        leader = counted.leader()
        wins = leader is not None and votes[leader] >= self.at_least and votes[leader] > self.share * voters
        for ballot, kind in zip(counted.ballots, counted.kinds, strict=True):
            score = votes[kind] / voters if kind is not None else None
            if len(counted.ballots) < self.at_least:
                yield ballot.record, Ruling("flag", "alone", None, evidence)
            elif not wins:
                yield ballot.record, Ruling("flag", "no_majority", score, evidence)
            elif kind == leader:
                yield ballot.record, Ruling("keep", "majority", score, evidence)
            else:
                yield ballot.record, Ruling("drop", "no_answer" if kind is None else "minority", score, evidence)


_ROWS = pa.schema(
    {
        "row": pa.int32(), "partition": pa.uint64(), "high": pa.uint64(), "low": pa.uint64(), "answer": pa.string(),
        "maker": pa.string(), "problem": pa.string(),
    }
)  # fmt: skip


def count(ballots: Sequence[Ballot]) -> Count:
    """Which ballots give the same answer: equal by value with the first of their kind, in the order given."""
    names: list[str] = []
    known: dict[str, int] = {}
    for answer in sorted({ballot.answer for ballot in ballots if ballot.answer is not None}):
        alike = (kind for kind, name in enumerate(names[:_KINDS]) if same(answer, name))
        known[answer] = next(alike, len(names))
        names += [answer] if known[answer] == len(names) else []
    kinds = [None if ballot.answer is None else known[ballot.answer] for ballot in ballots]
    return Count(ballots, kinds, names)


def _prompt(record: Record) -> str | None:
    """What the record's answer answers, as one text; None where nothing was asked."""
    payload: Mapping[str, Any] = record.payload
    if record.format not in {"prompt_completion", "unpaired_preference", "messages"}:
        return None
    asked = payload.get("prompt", payload.get("messages"))
    if isinstance(asked, list) and "messages" in payload:
        places = [n for n, said in enumerate(asked) if isinstance(said, Mapping) and said.get("role") == "assistant"]
        asked = asked[: places[-1]] if places else asked
    return (asked if isinstance(asked, str) else canonical_json(asked)) or None
