"""What `filters.py` judges: the texts of `../shared/data` by who wrote them, documents of 1 KB, and translations."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
from benchmarks.translation import catalogues

from sterling.records import Maker, Record
from sterling.text.languages import LANGUAGES
from sterling.verify.translating.tongue import code_of

Row = Mapping[str, Any]
SPEECHES = 12
"""Of Shakespeare's, in one text."""
_MESSAGES = 1_500
"""Of a language, that are read."""


class Given(NamedTuple):
    """What the command line says."""

    data: Path
    """Folder with third-party data."""
    catalogues: Path
    """Folder with a folder of gettext catalogues for each language."""
    trials: int
    """Texts that are planted of a kind."""


class Corpus(NamedTuple):
    """Texts of one kind."""

    name: str
    records: Sequence[Record]


def humans(rows: Sequence[Row], references: Sequence[Row | None] | None = None) -> list[Record]:
    """As records of people, in order."""
    told = references or [None] * len(rows)
    pairs = enumerate(zip(rows, told, strict=True))
    return [Record.real(row, source="human", row=str(n), origin="human", reference=said) for n, (row, said) in pairs]


def made(rows: Sequence[Row], source: str = "made", parents: Sequence[Record] = ()) -> list[Record]:
    """As records of a model, in order, all of the same parents."""
    maker = Maker("bench")
    return [
        Record.synthetic(row, source=source, row=str(n), maker=maker, parents=parents) for n, row in enumerate(rows)
    ]


def texts(said: Sequence[str]) -> list[Row]:
    """Payloads of one column."""
    return [{"text": text} for text in said]


def gsm8k(data: Path, part: str) -> list[dict[str, str]]:
    """Problems (`question`) with their solutions (`answer`): `train` or `test`."""
    return _lines(data / "gsm8k" / f"{part}.jsonl")


def problems(data: Path) -> list[str]:
    """Of GSM8K's training set."""
    return [row["question"] for row in gsm8k(data, "train")]


def solved(rows: Sequence[Row]) -> list[Row]:
    """Each problem and its solution as one text."""
    return texts([f"{row['question']}\n{row['answer']}" for row in rows])


def attempts(data: Path) -> list[dict[str, Any]]:
    """Four models at 660 test questions of GSM8K, with a person's `reference`, each without its last line."""
    rows = _lines(data / "gsm8k" / "completions.jsonl")
    return [
        row | {key: row[key].split("\nA:")[0].split("\n####")[0] for key in ("reference", "completion")} for row in rows
    ]


def chats(data: Path) -> list[dict[str, Any]]:
    """HaluEval: queries, ChatGPT's replies, and whether people found a hallucination."""
    return _lines(data / "grounding" / "halueval_general.jsonl")


def speeches(data: Path, of: int = SPEECHES) -> list[str]:
    """So many of Shakespeare's speeches a text."""
    said = (data / "text" / "tinyshakespeare.txt").read_text("utf-8").split("\n\n")
    return ["\n\n".join(said[at : at + of]) for at in range(0, len(said), of)]


def prompted(data: Path) -> list[str]:
    """T0's prompts with answers, without the mark at their end."""
    rows = pq.read_table(data / "curation" / "t0_12k.parquet", columns=["text"])["text"].to_pylist()
    return [text.replace("<|endoftext|>", "") for text in rows]


def whole(data: Path) -> list[Corpus]:
    """Texts of people, whole. T0 puts rows of data sets into templates; part of the queries was written by models."""
    return [
        Corpus("GSM8K train, problem and solution", humans(solved(gsm8k(data, "train")))),
        Corpus("HumanEval programs", humans(texts([one["prompt"] + one["canonical_solution"] for one in tasks(data)]))),
        Corpus("Shakespeare, 12 speeches each", humans(texts(speeches(data)))),
        Corpus("T0 prompts with answers", humans(texts(prompted(data)))),
        Corpus("LLMBar instructions", humans([{"prompt": row["input"]} for row in _bar(data)])),
        Corpus("HaluEval queries", humans([{"prompt": row["user_query"]} for row in chats(data)])),
    ]


def parts(data: Path) -> list[Corpus]:
    """Prompts and completions of people."""
    train, programs = gsm8k(data, "train"), tasks(data)
    answers = [{"prompt": row["question"], "completion": row["answer"]} for row in train]
    solutions = [{"prompt": row["prompt"], "completion": row["canonical_solution"]} for row in programs]
    proofs = [{"entry_point": row["entry_point"], "tests": row["test"]} for row in programs]
    return [
        Corpus("GSM8K train, problems", humans([{"prompt": row["question"]} for row in train])),
        Corpus("GSM8K train, solutions", humans(answers)),
        Corpus("HumanEval prompts", humans([{"prompt": row["prompt"]} for row in programs])),
        Corpus("HumanEval solutions with tests", humans(solutions, proofs)),
        Corpus("HumanEval solutions without", humans(solutions)),
    ]


def census(data: Path) -> Corpus:
    """Rows of a table about people, without their names."""
    rows = (data / "privacy" / "adult.csv").read_text("utf-8").splitlines()
    return Corpus("census rows (Adult)", humans(texts(rows)))


def replies(data: Path) -> Corpus:
    """No texts of people, for comparison."""
    rows = [{"prompt": row["user_query"], "completion": row["chatgpt_response"]} for row in chats(data)]
    return Corpus("(ChatGPT's replies in HaluEval)", made(rows))


def kilobytes(data: Path, count: int = 4_000) -> list[str]:
    """Documents of about 1 KB: T0's of 500 to 1,750 characters, whole."""
    return [text for text in prompted(data) if 500 <= len(text) <= 1_750][:count]


def mean_bytes(documents: Sequence[str]) -> float:
    """Of a document in UTF-8."""
    return sum(len(text.encode()) for text in documents) / len(documents)


def messages(folder: Path) -> dict[str, list[str]]:
    """By language, what the gettext catalogues in the folders of a folder say, each message once, in order."""
    found: dict[str, dict[str, None]] = {}
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        language = code_of(place.name)
        if language in LANGUAGES and place.is_dir():
            said = (str(record.payload["text"]) for record in islice(catalogues(place), _MESSAGES))
            found.setdefault(language, {}).update(dict.fromkeys(said))
    return {language: list(said) for language, said in sorted(found.items()) if said}


def tasks(data: Path) -> list[dict[str, str]]:
    """HumanEval: `prompt`, `canonical_solution`, `test`, `entry_point`."""
    return _lines(data / "humaneval" / "tasks.jsonl")


def _bar(data: Path) -> list[dict[str, Any]]:
    return _lines(data / "judge" / "llmbar.jsonl")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def halves(corpus: Sequence[str]) -> Iterator[list[str]]:
    """Every second text, and the others."""
    yield from (list(corpus[::2]), list(corpus[1::2]))
