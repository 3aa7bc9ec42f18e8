"""What containment alone sees, measured on 4,507 labelled ChatGPT replies (HaluEval general, MIT), without a model.

    python benchmarks/grounding.py [halueval_general.jsonl]

1. Planted errors. The replies labelled `no` serve as passages. Their own sentences are grounded in them by
   construction (`own`), and stay so in other spellings (`respelled`); near misses of `verify.grounding.entity_misses`
   are not. This shows whether spellings meet and whether planted changes are found. It shows nothing of paraphrases,
   of which containment rejects an unknown share, and a planted change is cruder than what a model gets wrong. A
   number is changed to one that the reader does not find in the passage, so a passage read wrongly shows in `own` and
   `respelled` only. The intervals take the sentences and near misses of one reply as independent, which they are not.
2. The people's labels. The file has no passages: a reply can only be held against its query, which is not what the
   labels are about (they ask whether the reply is true). So this bounds nothing; it shows how little the presence of
   names and numbers that the query lacks says about truth, and whether they lie in the spans that people marked.
3. Passages a second by BM25.
"""

import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sterling.stats import clopper_pearson
from sterling.text.bm25 import Bm25
from sterling.verify.grounding.assertions import claims_of, plain
from sterling.verify.grounding.containment import Passage, find, items_of
from sterling.verify.grounding.entities import entities
from sterling.verify.grounding.entity_misses import misses_of

FILE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "grounding" / "halueval_general.jsonl"
Row = Mapping[str, Any]


class Tried(NamedTuple):
    """One answer held against its passage."""

    kind: str
    answer: str
    refuted: bool
    """Something in it stands nowhere in the passage."""


def read(path: Path) -> list[Row]:
    """The replies of the file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def planted(rows: Sequence[Row]) -> Iterator[Tried]:
    """Every reply labelled `no` as a passage: its own sentences, the same respelled, and its near misses."""
    for row in rows:
        if row["hallucination"] == "no":
            drawn = random.Random(row["ID"])
            yield from _of_passage(row["chatgpt_response"], drawn)


def _of_passage(text: str, drawn: random.Random) -> Iterator[Tried]:
    passages = [Passage("0", text)]
    checkable = [claim for claim in claims_of(plain(text)) if any(True for _ in items_of(claim))]
    others = {claim: respelled(claim) for claim in checkable}
    yield from (_tried("own", claim, passages) for claim in checkable)
    yield from (_tried("respelled", other, passages) for claim, other in others.items() if other != claim)
    misses = {miss for _ in range(_DRAWS) for miss in misses_of(plain(text), passages, drawn)}
    for kind, answer in sorted(misses | set(_exchanged(checkable, drawn))):
        yield _tried(kind, answer, passages)


_DRAWS = 3
"""Near misses of each kind that are tried to make of one reply."""


def _tried(kind: str, answer: str, passages: Sequence[Passage]) -> Tried:
    spelled = plain(answer)
    return Tried(kind, answer, any(finding.missing for finding in find(claims_of(spelled), passages)))


def _exchanged(claims: Sequence[str], drawn: random.Random) -> Iterator[tuple[str, str]]:
    """A name of the passage in another one's place: wrong almost always, and out of containment's sight."""
    names = sorted({one.text for claim in claims for one in entities(claim)})
    for claim in claims:
        for one in entities(claim):
            others = [name for name in names if not set(name.split()) & set(one.text.split())]
            if others:
                yield "name_of_passage", claim[: one.start] + drawn.choice(others) + claim[one.end :]
                return


def respelled(claim: str) -> str:
    """The same claim with numbers, dates, quotation marks and apostrophes written another way.

    Within a quotation only marks are: words that are quoted must stay.
    """
    if '"' in claim:
        return _curled(claim)
    claim = _DATE.sub(lambda found: f"{found[2]} {found[1]} {found[3]}", claim)
    claim = re.sub(r"(?<![\w.,/-])([0-9]{1,3}),([0-9]{3})(?![\w,/-]|\.[0-9])", r"\1\2", claim)
    claim = re.sub(r"(?<=[0-9])%", " percent", claim)
    claim = re.sub(r"(?<![\w.,/:$-])([2-9]|1[0-2])(?= [a-z]{3})", lambda found: _WORDS[int(found[1])], claim)
    return _curled(claim)


def _curled(claim: str) -> str:
    return re.sub(r'"([^"]+)"', "\u201c\\1\u201d", claim).replace("'", "\u2019")


_WORDS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b({_MONTHS}) ([0-9]{{1,2}}), ([0-9]{{4}})")


class Labelled(NamedTuple):
    """One reply: what people say of it, and what containment in the query says."""

    hallucinated: bool
    missing: bool
    """Some number or name is not in the query."""
    checkable: bool
    inside: tuple[int, int]
    """Parts within the spans that people marked: missing, all."""
    outside: tuple[int, int]


def labelled(rows: Sequence[Row]) -> list[Labelled]:
    """Every reply against its query."""
    return [_labelled(row) for row in rows]


def _labelled(row: Row) -> Labelled:
    marked = " ".join(plain(span) for span in row["hallucination_spans"])
    findings = find(claims_of(plain(row["chatgpt_response"])), [Passage("query", row["user_query"])])
    within = {True: [0, 0], False: [0, 0]}
    for finding in findings:
        counts = within[finding.claim in marked]
        counts[0] += len(finding.missing)
        counts[1] += finding.items
    checkable, missing = any(f.items for f in findings), any(f.missing for f in findings)
    inside, outside = tuple(within[True]), tuple(within[False])
    return Labelled(row["hallucination"] == "yes", missing, checkable, inside, outside)  # type: ignore[arg-type]


def main() -> None:
    """Print the tables."""
    rows = read(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
    _print_planted(list(planted(rows)))
    _print_labelled(labelled(rows))
    _print_speed([row["chatgpt_response"] for row in rows])


def _print_planted(tried: Sequence[Tried]) -> None:
    n, refuted = Counter(one.kind for one in tried), Counter(one.kind for one in tried if one.refuted)
    print("planted               n  refuted  wrong      [95 %]")
    for kind in n:
        wrong = refuted[kind] if kind in {"own", "respelled"} else n[kind] - refuted[kind]
        what = "false reject" if kind in {"own", "respelled"} else "false accept"
        print(f"{kind:16} {n[kind]:6} {refuted[kind]:8}  {_share(wrong, n[kind])} {what}")


def _print_labelled(replies: Sequence[Labelled]) -> None:
    cells = Counter((one.hallucinated, one.missing) for one in replies)
    yes, missing = cells[True, True] + cells[True, False], cells[True, True] + cells[False, True]
    print("\nnumbers and names that the query lacks, against the people's labels")
    print(f"base rate   {_share(yes, len(replies))} of {len(replies)}")
    print(f"precision   {_share(cells[True, True], missing)} of {missing} replies with something missing")
    print(f"recall      {_share(cells[True, True], yes)} of {yes} replies labelled `yes`")
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in replies:
        for place, (lost, all_) in (("inside", one.inside), ("outside", one.outside)):
            if one.hallucinated:
                sums[place][0] += lost
                sums[place][1] += all_
    for place, (lost, all_) in sums.items():
        print(f"{place:8} the marked spans of `yes` replies: {lost} of {all_} parts missing, {lost / all_:.1%}")


def _print_speed(texts: Sequence[str]) -> None:
    started = time.process_time()
    index = Bm25(texts)
    built = time.process_time()
    for text in texts[:500]:
        index.search(text[:100], 5)
    searched = time.process_time()
    size = index.nbytes / sum(len(text.encode()) for text in texts)
    speed = f"{len(texts) / (built - started):,.0f} passages/s indexed, {500 / (searched - built):,.0f} queries/s"
    print(f"\nBM25: {speed}, {size:.2f} bytes a byte of text")


def _share(hits: int, n: int) -> str:
    low, high = clopper_pearson(hits, n)
    return f"{hits / n:6.1%} [{low:.2%}, {high:.2%}]"


if __name__ == "__main__":
    main()
