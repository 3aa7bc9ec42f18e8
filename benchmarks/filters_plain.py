"""What `filters.py` asks of checks that need nothing to compare with: `quality`, `personal_data`, `toxicity`."""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import filters_planted as planted
from benchmarks.filters_bench import Fitted, share, tell_corpora, tell_planted, tell_table
from benchmarks.filters_texts import (
    Given,
    Row,
    census,
    chats,
    gsm8k,
    humans,
    kilobytes,
    parts,
    problems,
    replies,
    tasks,
    texts,
    whole,
)

from sterling.curate import PersonalData, Quality, Toxicity

_HOST_WORDS = 40
_HOSTS = 500


def quality(given: Given) -> None:
    """Of prompts, completions and whole texts; and fifteen defects in ChatGPT's replies and GSM8K's solutions."""
    fitted = Fitted.of(Quality())
    tell_corpora(fitted, [*parts(given.data), *whole(given.data), replies(given.data)])
    problems = gsm8k(given.data, "train")[:_HOSTS]
    longer = [row["answer"] for row in problems if len(row["answer"].split()) >= _HOST_WORDS]
    kinds = {f"{kind}, replies": rows for kind, rows in planted.defective(_sound(fitted, given.data))}
    kinds |= {f"{kind}, solutions": rows for kind, rows in planted.defective(longer)}
    kinds |= planted.structured(problems, tasks(given.data))
    tell_planted(fitted, {kind: planted.answered(said) for kind, said in kinds.items()})
    fitted.tell_speed(kilobytes(given.data))


def _sound(fitted: Fitted, data: Path) -> list[str]:
    """Replies of ChatGPT of 40 words or more that `quality` keeps."""
    kept = zip(chats(data), fitted.said(replies(data).records), strict=True)
    said = [row["chatgpt_response"] for row, one in kept if one.outcome == "keep"]
    return [text for text in said if len(text.split()) >= _HOST_WORDS][:_HOSTS]


def personal_data(given: Given) -> None:
    """Of whole texts and a table; and data of each kind between two problems of GSM8K."""
    fitted = Fitted.of(PersonalData())
    tell_corpora(fitted, [*whole(given.data), census(given.data), replies(given.data)])
    try:
        cases = planted.personal(problems(given.data), given.trials)
    except ImportError:
        print("\nNothing was planted: that needs Faker (pip install 'sterling[template]').")
    else:
        tell_table("planted", ("n", "told as what it is"), _recalled(fitted, cases))
        print(
            "\nSome of Faker's British numbers are reserved for fiction; some of its cards have prefixes of no issuer."
        )
    fitted.tell_speed(kilobytes(given.data))


def _recalled(fitted: Fitted, cases: Mapping[tuple[str, str], Sequence[Row]]) -> Iterator[tuple[str, list[str]]]:
    for (kind, how), rows in cases.items():
        hits = sum(kind in one.why for one in fitted.said(humans(rows)))
        yield f"{kind}, {how}", [f"{len(rows):,}", share(hits, len(rows))]


def toxicity(given: Given) -> None:
    """Of whole texts; and each entry of the list in a problem of GSM8K, written as it is and otherwise."""
    check = Toxicity()
    fitted = Fitted.of(check)
    tell_corpora(fitted, [*whole(given.data), replies(given.data)])
    phrases = [" ".join(words) for words in sorted(fitted.state.phrases)]
    long = [phrase for phrase in phrases if min(map(len, phrase.split())) > 2]
    hosts = problems(given.data)
    rows = {}
    for how, deed in planted.EVASIONS.items():
        draw = random.Random(how)
        rows[f"an entry {how}"] = texts([planted.inserted(draw, draw.choice(hosts), deed(draw, one)) for one in long])
    tell_planted(fitted, rows)
    fitted.tell_speed(kilobytes(given.data))
