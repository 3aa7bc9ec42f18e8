"""What `filters.py` asks of checks of records against each other: `template_collapse`, `semantic_duplicates`."""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import filters_planted as planted
from benchmarks.contamination_edits import edited, rephrased
from benchmarks.curation_corpus import corpus
from benchmarks.filters_bench import HEADS, Whole, share, struck, tell_table, together
from benchmarks.filters_texts import (
    Corpus,
    Given,
    chats,
    gsm8k,
    humans,
    made,
    mean_bytes,
    problems,
    prompted,
    speeches,
    texts,
)

from sterling.curate import SemanticDuplicates, TemplateCollapse
from sterling.records import Record
from sterling.registry import SetCheck

_SHARES = (0.5, 0.6, 0.7)
_HOSTS = 2_700
_AMONG = 300
_COPIES = 160
_SPEED = 20_000


def template_collapse(given: Given) -> None:
    """Of texts of people, and planted texts of three templates, alone and among problems of GSM8K."""
    own = TemplateCollapse(human="drop")
    tell_table("texts of people, and others", HEADS, _alone(own, _collections(given.data)))
    words = " ".join(problems(given.data)[:2_000]).split()
    alone = [Corpus("3,000 of three templates", made(texts(planted.templated(words, 3_000))))]
    hosts, others = humans(texts(problems(given.data)[:_HOSTS])), made(texts(planted.templated(words, _AMONG)))
    whole = together(own, [*hosts, *others])
    tell_table("planted", HEADS, [*_alone(own, alone), *_among(whole, hosts, others)])
    first = f"{own.most} of a skeleton stay by default"
    tell_table(
        f"records in skeletons of five or more ({first})", [f"share {one}" for one in _SHARES], _shares(given, alone)
    )
    _tell_speed(own)


def _among(whole: Whole, hosts: Sequence[Record], others: Sequence[Record]) -> Iterator[tuple[str, list[str]]]:
    yield f"{_AMONG} of them among {_HOSTS:,} problems", struck([whole.said[one.id] for one in others])
    yield "these problems", struck([whole.said[one.id] for one in hosts])


def _shares(given: Given, planted_: Sequence[Corpus]) -> Iterator[tuple[str, list[str]]]:
    for one in [*_collections(given.data), *planted_]:
        found = (together(TemplateCollapse(share=at, human="drop"), one.records).said.values() for at in _SHARES)
        mine = [sum(said.why[0] in {"first_of_template", "template_collapse"} for said in every) for every in found]
        yield one.name, [share(hits, len(one.records)) for hits in mine]


def semantic_duplicates(given: Given) -> None:
    """Of texts of people; and GSM8K test questions beside copies of them that were changed."""
    own = SemanticDuplicates(human="drop")
    tell_table("texts of people, and others", HEADS, _alone(own, _collections(given.data)))
    rows = [row["question"] for row in gsm8k(given.data, "test")]
    train = problems(given.data)[:_HOSTS]
    copies = dict(_copies(rows, train))
    everyone = humans(texts([*rows, *train]))
    others = {kind: made(texts(said), kind) for kind, said in copies.items()}
    whole = together(own, everyone + [one for some in others.values() for one in some])
    lines = [(kind, struck([whole.said[one.id] for one in some])) for kind, some in others.items()]
    lines.append(("the questions themselves, and 2,700 others", struck([whole.said[one.id] for one in everyone])))
    tell_table("planted copies, each of another question", HEADS, lines)
    _tell_speed(own)


def _copies(rows: Sequence[str], others: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """By kind, copies of questions that no other kind has."""
    words = [word for text in others for word in text.split()]
    draw = random.Random("copies")
    parts = iter(rows[at : at + _COPIES] for at in range(0, len(rows), _COPIES))
    yield "in lower case, without punctuation", [re.sub(r"[^\w\s]", "", one.lower()) for one in next(parts)]
    for part in (0.05, 0.1, 0.2, 0.3):
        yield (
            f"{part:.0%} of the words edited",
            [" ".join(edited(draw, one.split(), part, words)) for one in next(parts)],
        )
    yield "other numbers", [re.sub(r"\d+", lambda _: str(draw.randint(2, 99)), one) for one in next(parts)]
    yield "said otherwise by rule", [rephrased(draw, one) for one in next(parts)]
    yield "words shuffled", [planted.shuffled(draw, one) for one in next(parts)]


def _alone(check: SetCheck, collections: Sequence[Corpus]) -> Iterator[tuple[str, list[str]]]:
    for one in collections:
        yield one.name, struck([*together(check, one.records).said.values()])


def _collections(data: Path) -> list[Corpus]:
    rows = gsm8k(data, "train")
    single = [text for text in speeches(data, 1) if text.strip()]
    return [
        Corpus("GSM8K train, problems", humans(texts([row["question"] for row in rows]))),
        Corpus("GSM8K train, solutions", humans(texts([row["answer"] for row in rows]))),
        Corpus("Shakespeare, single speeches", humans(texts(single))),
        Corpus("HaluEval queries", humans([{"prompt": row["user_query"]} for row in chats(data)])),
        Corpus("(ChatGPT's replies)", made(texts([row["chatgpt_response"] for row in chats(data)]))),
        Corpus("(T0, made by template of data of people)", humans(texts(prompted(data)))),
    ]


def _tell_speed(check: SetCheck) -> None:
    said = corpus(_SPEED).texts
    spent = together(check, made(texts(said))).cpu_s
    cost = f"{_SPEED:,} of 300 templates in {spent:.1f} CPU-s, fitting, reading and writing included"
    print(f"\n{_SPEED / spent:,.0f} documents of {mean_bytes(said):,.0f} bytes per CPU-second ({cost})\n", flush=True)
