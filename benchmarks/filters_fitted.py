"""What `filters.py` asks of checks that learn first: `perplexity`, `voice`, `classifier`, `coherence`."""

import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import filters_planted as planted
from benchmarks.filters_bench import Fitted, Said, share, tell, tell_table
from benchmarks.filters_texts import (
    Given,
    Row,
    attempts,
    chats,
    gsm8k,
    halves,
    humans,
    kilobytes,
    made,
    problems,
    prompted,
    solved,
    speeches,
    texts,
)

from sterling.curate import Classifier, Coherence, Perplexity, Voice
from sterling.records import Record
from sterling.stats import Evidence

_LONG = 50
"""Words of texts in which a change of subject is looked for."""
_LOOP, _TIMES = 8, 10
_WRITER = "gsm8k-175b-verification"
_SURE = 0.95
"""`flag_above` of `voice`, which flags nothing by itself."""


def perplexity(given: Given) -> None:
    """Held against GSM8K's training set, and against one half of other texts of people."""
    rows = solved(gsm8k(given.data, "train"))
    anchor = humans(rows)
    fitted = Fitted.of(Perplexity(), anchor)
    models = [{"text": f"{row['question']}\n{row['completion']}"} for row in attempts(given.data)]
    cases = {
        "GSM8K train, each by a model that has not seen it": anchor,
        "GSM8K test": humans(solved(gsm8k(given.data, "test"))),
        "HaluEval queries, another subject": humans([{"prompt": row["user_query"]} for row in chats(given.data)]),
        "(four models' answers to GSM8K test)": made(models),
        **_disturbed([row["text"] for row in rows[:1_000]]),
        "planted: ChatGPT's replies, another subject": made(texts(_replies(given.data))),
    }
    tell("anchor: GSM8K train; judged", ((name, fitted.said(records)) for name, records in cases.items()))
    for name, one in (("T0", prompted(given.data)), ("Shakespeare", speeches(given.data, 2))):
        seen, unseen = halves(one)
        half = Fitted.of(Perplexity(), humans(texts(seen)))
        cases = {"the other half": humans(texts(unseen)), **_disturbed(unseen[:1_000])}
        tell(f"anchor: half of {name}; judged", ((what, half.said(records)) for what, records in cases.items()))
    documents = kilobytes(given.data)
    Fitted.of(Perplexity(), humans(texts(documents[::2]))).tell_speed(documents[1::2])


def _disturbed(said: Sequence[str]) -> dict[str, list[Record]]:
    draw = random.Random("disturbed")
    loops = [" ".join(text.split()[:_LOOP] * _TIMES) for text in said]
    return {
        "planted: words shuffled": made(texts([planted.shuffled(draw, text) for text in said])),
        f"planted: its first {_LOOP} words {_TIMES} times": made(texts(loops)),
    }


def coherence(given: Given) -> None:
    """Held against one half of texts of people: the other half, and that with the ends of its texts changed round."""
    long = {
        "T0": prompted(given.data),
        "Shakespeare": speeches(given.data),
        "(ChatGPT's replies)": _replies(given.data),
    }
    sources = {
        "GSM8K train, problems": problems(given.data),
        **{f"{name}, {_LONG} words or more": _longer(said) for name, said in long.items()},
        f"GSM8K train, problems, {_LONG} words or more": _longer(problems(given.data)),
    }
    for name, said in sources.items():
        seen, unseen = halves(said)
        fitted = Fitted.of(Coherence(), humans(texts(seen)))
        judged = (("the other half", unseen), ("planted: ends of texts changed round", planted.swapped(unseen)))
        heads = ("n", "too short", "no limit at their length", "of all but the too short found to drift")
        rows = ((what, _drifted(fitted.said(humans(texts(some))))) for what, some in judged)
        tell_table(f"anchor: half of {name}; judged", heads, rows)
        print(f"\nLimits, by length: {', '.join(_limits(fitted))}")
    documents = kilobytes(given.data)
    Fitted.of(Coherence(), humans(texts(documents[::2]))).tell_speed(documents[1::2])


def _limits(fitted: Fitted) -> list[str]:
    """0 where so many texts of people have two parts without a common word that nothing can lie below."""
    return [
        f"{one.value:.4f}"
        for one in fitted.evidence()
        if one.name.startswith("coherence.low") and one.value is not None
    ]


def _longer(said: Sequence[str]) -> list[str]:
    return [text for text in said if len(text.split()) >= _LONG]


def _drifted(said: Sequence[Said]) -> list[str]:
    judged = [one for one in said if "too_short" not in one.why]
    hits, blind = (sum(reason in one.why for one in judged) for reason in ("topic_drift", "no_band"))
    short = share(len(said) - len(judged), len(said))
    return [f"{len(said):,}", short, share(blind, len(judged)), share(hits, len(judged))]


def voice(given: Given) -> None:
    """How well it tells models from people, and people from people; and what it would flag above 0.95."""
    rows = attempts(given.data)
    answers = [row["answer"].split("\n####")[0] for row in gsm8k(given.data, "train")]
    one, other = halves(answers)
    first = {row["question_id"]: row for row in reversed(rows)}
    people = dict(zip(first, humans(texts([row["reference"] for row in first.values()])), strict=True))
    cases = {
        "nobody: one half of GSM8K's solutions against the other": (humans(texts(one)), made(texts(other))),
        "(four models' answers to GSM8K test)": ([*people.values()], _children(rows, people)),
        "(ChatGPT's replies)": (humans(texts(answers)), made(texts(_replies(given.data)))),
    }
    heads = ("AUC", "AUC at the same length", "AUC of length alone", "n", f"flagged above {_SURE}", "phrases")
    tell_table("told from people", heads, ((name, _heard(*case)) for name, case in cases.items()))
    print("\nA human record is never flagged, and by default nothing is.")
    documents = kilobytes(given.data)
    fitted = Fitted.of(Voice(), humans(texts(answers[:2_000])), made(texts(documents)))
    fitted.tell_speed(documents)


def _heard(people: Sequence[Record], others: Sequence[Record]) -> list[str]:
    fitted = Fitted.of(Voice(flag_above=_SURE), people, others)
    found = {one.name: one for one in fitted.evidence()}
    areas = [_area(found[f"voice.{name}"]) for name in ("auc", "auc_same_length", "length_auc")]
    said = fitted.said(others)
    flagged = sum(one.outcome == "flag" for one in said)
    phrases = [
        *found["voice.phrases.synthetic"].inputs["phrases"][:4],
        *found["voice.phrases.human"].inputs["phrases"][:2],
    ]
    return [*areas, f"{len(said):,}", share(flagged, len(said)), ", ".join(f"`{one['phrase']}`" for one in phrases)]


def _area(found: Evidence) -> str:
    ends = "" if found.interval is None else f" [{found.interval.low:.3f}, {found.interval.high:.3f}]"
    return "not measured" if found.value is None else f"{found.value:.3f}{ends}"


def _children(rows: Sequence[Row], people: Mapping[int, Record]) -> list[Record]:
    """Answers of models; each goes back to the problem that a person answered, too."""
    return [
        made([{"text": row["completion"]}], f"{row['model']} {row['question_id']}", [people[row["question_id"]]])[0]
        for row in rows
    ]


def _replies(data: Path) -> list[str]:
    return [row["chatgpt_response"] for row in chats(data)]


def classifier(given: Given) -> None:
    """Learnt from one half of labels, by prompt, and put to the other half."""
    heads = ("AUC, held out", "good", "good flagged", "bad", "bad flagged")
    cases = {
        "hallucinations in ChatGPT's replies, labelled by people": _hallucinated(given.data),
        "wrong answers of four models to GSM8K": _wrong(given.data),
        "answers of one of them among people's": _written(given.data),
    }
    tell_table("labels", heads, ((name, _learnt(rows)) for name, rows in cases.items()))
    documents = kilobytes(given.data)
    labels = [({"text": text}, at % 2 == 0) for at, text in enumerate(dict.fromkeys(documents[:2_000]))]
    with tempfile.TemporaryDirectory(prefix="sterling-filters-") as folder:
        _trained(labels, Path(folder)).tell_speed(documents)


Labelled = tuple[Row, bool]


def _learnt(rows: Sequence[Labelled]) -> list[str]:
    asked = sorted({str(row.get("prompt")) for row, _ in rows})
    some = {*random.Random("labels").sample(asked, len(asked) // 2)}
    labels, fresh = ([one for one in rows if (str(one[0].get("prompt")) in some) == mine] for mine in (True, False))
    with tempfile.TemporaryDirectory(prefix="sterling-filters-") as folder:
        fitted = _trained(labels, Path(folder))
    cells = [_area(fitted.evidence()[0])]
    for kind in (True, False):
        said = fitted.said(made([row for row, good in fresh if good == kind]))
        cells += [f"{len(said):,}", share(sum(one.outcome != "keep" for one in said), len(said))]
    return cells


def _trained(labels: Sequence[Labelled], folder: Path) -> Fitted:
    lines = {json.dumps({**row, "gold": "good" if good else "bad"}) for row, good in labels}
    path = folder / "labels.jsonl"
    path.write_text("\n".join(sorted(lines)), encoding="utf-8")
    return Fitted.of(Classifier(labels=str(path)))


def _hallucinated(data: Path) -> list[Labelled]:
    return [
        ({"prompt": row["user_query"], "completion": row["chatgpt_response"]}, row["hallucination"] == "no")
        for row in chats(data)
    ]


def _wrong(data: Path) -> list[Labelled]:
    rows = {(row["question"], row["completion"]): bool(row["is_correct"]) for row in attempts(data)}
    return [({"prompt": asked, "completion": said}, good) for (asked, said), good in rows.items()]


def _written(data: Path) -> list[Labelled]:
    """As many of a model as of people, for the chance that is told follows the share of good labels."""
    rows = [row for row in attempts(data) if row["model"] == _WRITER]
    good = dict.fromkeys((row["question"], row["reference"]) for row in rows)
    bad = dict.fromkeys((row["question"], row["completion"]) for row in rows)
    both = [(one, True) for one in good] + [(one, False) for one in bad if one not in good]
    return [({"prompt": asked, "completion": said}, mine) for (asked, said), mine in both]
