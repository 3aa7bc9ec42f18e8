"""How much of what is planted `contamination` finds, by how it is hidden; what it finds by chance; what guessing knows.

    python -m benchmarks.contamination [--data FOLDER] [--trials 300]

Nothing is asked. Parts of GSM8K test questions and HumanEval prompts (15 words, 30, all of them) with 0 to 30 % of
their words replaced, dropped or followed by another one, are planted into human queries with ChatGPT's replies
(HaluEval), in the query or in the reply alone. Recall is the share of planted texts that share an n-gram with an item,
or, with the embedding pass, are flagged as one in other words. Beside it: the same texts with nothing planted; GSM8K
test questions said otherwise by rule, beside its training questions, which are other problems of the same kind; what
those training problems are that share 10 words with the test set; and how many test questions `benchmark_knowledge`
would take for known of somebody who knows the training questions alone, and goes on as the one that begins most alike.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.contamination_edits import Planted, carried, edited, rephrased, span

from sterling.curate import Contamination
from sterling.curate.contamination import Fitted
from sterling.curate.evaluation_sets.benchmark import Item
from sterling.curate.evaluation_sets.items import EvaluationSets
from sterling.curate.evaluation_sets.recital import texts_of, weighed
from sterling.records import Maker, Record, batch_of
from sterling.registry import FitContext, Ruling
from sterling.stats import Interval, clopper_pearson
from sterling.text import plain_words
from sterling.text.embedding import fitted
from sterling.text.lcs import rouge_l

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
LENGTHS = (8, 10, 13)
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3)
SPANS = (15, 30, None)
LIMIT = 0.6
"""Cosine of the embedding pass beside the n-grams."""
LIMITS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
COPIED = 20
"""Words of a common run from which a training problem counts as copied in part."""


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    n: int

    @property
    def interval(self) -> Interval:
        """95 %, Clopper and Pearson."""
        return clopper_pearson(self.hits, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.hits / self.n:6.1%} [{low:.1%}, {high:.1%}]"


def main() -> None:
    """Print every table."""
    options = _options()
    for name, column in (("gsm8k/test.jsonl", "question"), ("humaneval/tasks.jsonl", "prompt")):
        print(f"\n## {name}\n")
        planted(options.data, name, column, options.trials)
    print("\n## GSM8K test questions in other words, beside its training questions\n")
    in_other_words(options.data, options.trials)
    print("\n## What the embedding pass costs\n")
    price(options.data)
    print("\n## GSM8K training problems that share 10 words with the test set\n")
    by_chance(options.data)
    print("\n## GSM8K test questions that are guessed from its training questions\n")
    guessed(options.data)


def planted(data: Path, name: str, column: str, trials: int) -> None:
    """Recall by n, for each place, length of the part, and share of edited words; and hits with nothing planted."""
    hosts = _hosts(data)
    check = Contamination(against=str(data / name), columns=(column,), ngram=LENGTHS, rephrased=LIMIT)
    state = check.fit(FitContext(pool=partial(iter, [batch_of(map(_record, hosts))])))
    items = [row[column] for row in _rows(data / name)]
    heads = [*(f"n = {n}" for n in LENGTHS), f"n = {LENGTHS[1]} or cosine {LIMIT}"]
    print("| in the | words | edited | " + " | ".join(heads) + " |\n" + "|---" * 7 + "|")
    print("| | none | | " + " | ".join(map(str, found_by(check, state, hosts))) + " |")
    for place in ("prompt", "completion"):
        for length in SPANS:
            for share in SHARES:
                draw = random.Random(f"{name} {place} {length} {share}")
                found = found_by(check, state, list(plant(draw, items, hosts, place, length, share, trials)))
                print(f"| {place} | {length or 'all'} | {share:.0%} | {' | '.join(map(str, found))} |")


def plant(
    draw: random.Random, items: Sequence[str], hosts: Sequence[Planted], place: str, length: int | None, share: float,
    trials: int,
) -> Iterator[Planted]:  # fmt: skip
    """So many hosts, each with an edited part of an item; items with fewer words are passed over."""
    others = [word for item in items for word in plain_words(item)]
    spans = (span(draw, draw.choice(items), length) for _ in iter(int, 1))
    for _ in range(trials):
        words = next(one for one in spans if one is not None)
        yield carried(draw, draw.choice(hosts), edited(draw, words, share, others), place)


def found_by(check: Contamination, state: Fitted, texts: Sequence[Planted]) -> list[Share]:
    """For each n the share of texts that have an n-gram of an item; then with the embedding pass beside 10-grams."""
    rulings = _judged(check, state, texts)
    hits = [{n for n in LENGTHS if ruling.evidence.get("overlaps", {}).get(str(n))} for ruling in rulings]
    # What shares 8 words only is not embedded, so the last column is a little too low.
    alike = [ruling.reason == "rephrased_item" for ruling in rulings]
    by_n = [sum(n in hit for hit in hits) for n in LENGTHS]
    both = sum(LENGTHS[1] in hit or like for hit, like in zip(hits, alike, strict=True))
    return [Share(n, len(texts)) for n in (*by_n, both)]


def in_other_words(data: Path, trials: int) -> None:
    """Of each limit: rephrased test questions that are flagged, and training questions that are."""
    test, train = ([row["question"] for row in _rows(data / "gsm8k" / f"{name}.jsonl")] for name in ("test", "train"))
    draw = random.Random(0)
    others = [Planted(rephrased(draw, question), "") for question in draw.sample(test, trials)]
    plain = Contamination(against=str(data / "gsm8k" / "test.jsonl"), columns=("question",))
    rulings = _judged(plain, plain.fit(FitContext()), others)
    missed = [text for text, ruling in zip(others, rulings, strict=True) if ruling.outcome == "keep"]
    print(
        f"{len(missed)} of {trials} rephrased questions share no 10 words with the test set. Of these, and of others:\n"
    )
    fresh, hosts = [Planted(question, "") for question in train], _hosts(data)
    print("| limit | rephrased | training questions | HaluEval |\n|---|---|---|---|")
    pool = partial(iter, [batch_of(map(_record, hosts))])
    for limit in LIMITS:
        check = plain.model_copy(update={"rephrased": limit})
        fitted = check.fit(FitContext(pool=pool))
        cells = [_share(_judged(check, fitted, texts), "rephrased_item") for texts in (missed, fresh, hosts)]
        print(f"| {limit:g} | {' | '.join(map(str, cells))} |")


def price(data: Path) -> None:
    """CPU of judging the same texts by shared words alone, and with the embedding pass."""
    batch = batch_of(map(_record, _hosts(data) * 10))
    plain = Contamination(against=str(data / "gsm8k" / "test.jsonl"), columns=("question",))
    taken = []
    for check in (plain, plain.model_copy(update={"rephrased": LIMIT})):
        state = check.fit(FitContext(pool=partial(iter, [batch])))
        check.judge(batch, state)
        begun = time.process_time()
        check.judge(batch, state)
        taken.append(time.process_time() - begun)
    print(
        f"{batch.num_rows:,} texts: {taken[0]:.2f} s, with it {taken[1]:.2f} s, {taken[1] / taken[0]:.0f} times as much"
    )


class Chance(NamedTuple):
    """A training problem that shares 10 words with the test set."""

    kind: str
    run: int
    matched: str
    rouge: float
    """ROUGE-L of its question and that of the test problem."""


def by_chance(data: Path) -> None:
    """What they are: by kind, the most frequent phrases, and the longest."""
    found = list(chances(data))
    total = len(_rows(data / "gsm8k" / "train.jsonl"))
    print(f"{len(found)} of {total:,}: {Share(len(found), total)}\n")
    for kind, n in Counter(one.kind for one in found).most_common():
        print(f"- {kind}: {n} ({n / len(found):.0%})")
    print(
        f"- with a question whose ROUGE-L with the test question is 0.7 or more: {sum(o.rouge >= 0.7 for o in found)}"
    )
    print("\nThe most frequent:")
    phrases = Counter(" ".join(plain_words(one.matched)[:10]) for one in found)
    for phrase, n in phrases.most_common(8):
        print(f"  {n:3} x {phrase}")
    print("\nThe longest:")
    for one in sorted(found, key=lambda one: -one.run)[:6]:
        print(f"  {one.run} words, ROUGE-L of the questions {one.rouge:.2f}: {' '.join(one.matched.split())[:140]}")


def chances(data: Path) -> Iterator[Chance]:
    """Every one of them."""
    train, test = (_rows(data / "gsm8k" / f"{name}.jsonl") for name in ("train", "test"))
    check = Contamination(against=str(data / "gsm8k" / "test.jsonl"))
    texts = [Planted(row["question"], row["answer"]) for row in train]
    for text, ruling in zip(texts, _judged(check, check.fit(FitContext()), texts), strict=True):
        if ruling.reason == "contaminated":
            said = ruling.evidence
            twin = test[int(said["benchmark"].rpartition(":")[2]) - 1]["question"]
            alike = rouge_l(plain_words(text.prompt), plain_words(twin))
            yield Chance(_kind(text, said), said["longest_run_words"], said["matched"], alike)


def _kind(text: Planted, said: Mapping[str, Any]) -> str:
    if said["longest_run_words"] >= COPIED:
        return f"a run of {COPIED} words or more"
    if said["matched"] in text.prompt.lower():
        return "a phrase of a question"
    return "arithmetic of a solution" if "<<" in said["matched"] else "a phrase of a solution"


def guessed(data: Path) -> None:
    """For each length of a run."""
    path = str(data / "gsm8k" / "test.jsonl")
    items = list(EvaluationSets((path,), str, ("question",)).items(FitContext(), []))
    train = [Item("", (row["question"],), (row["question"],), "") for row in _rows(data / "gsm8k" / "train.jsonl")]
    for run in (5, 8, 10):
        texts, known = texts_of(items, run), texts_of(train, run)
        embedder = fitted([one.shown for one in known])
        nearest = embedder.embed([one.shown for one in texts]) @ embedder.embed([one.shown for one in known]).T
        said = [known[at].rest for at in nearest.argmax(axis=1).tolist()]
        recited = weighed(texts, said, [text for item in items for text in item.texts], run)
        print(f"- run {run}: {Share(sum(one.own for one in recited), len(recited))} of {len(recited):,}")


def _judged(check: Contamination, state: Fitted, texts: Sequence[Planted]) -> list[Ruling]:
    answers = check.judge(batch_of(map(_record, texts)), state)
    return [answer for answer in answers if isinstance(answer, Ruling)]


def _share(rulings: Sequence[Ruling], *reasons: str) -> Share:
    return Share(sum(ruling.reason in reasons for ruling in rulings), len(rulings))


def _record(text: Planted) -> Record:
    return Record.synthetic(text._asdict(), source="bench", row="1", maker=Maker("bench"))


def _hosts(data: Path) -> list[Planted]:
    rows = _rows(data / "grounding" / "halueval_general.jsonl")
    return [Planted(row["user_query"], row["chatgpt_response"]) for row in rows]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder with third-party data")
    parser.add_argument("--trials", type=int, default=300, help="texts for each line")
    return parser.parse_args()


if __name__ == "__main__":
    main()
