"""The check `answer_leaks`: does an evaluation item give its answer away by its wording?"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import fsum
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from sterling.records import Family, Fault, Record, content_text, records_of
from sterling.registry import NearMiss, RecordCheck, Ruling, register
from sterling.stats import Evidence, proportion
from sterling.verify.completions import answer_of
from sterling.verify.grounding.passages import own_passages
from sterling.verify.items.leaking import leaking
from sterling.verify.items.occurrences import Occurrence, Wanted, occurrences, wanted
from sterling.verify.items.options import Options, options_of
from sterling.verify.numbers.answers import find_answer

_LISTED = 3
"""Occurrences that evidence shows."""
_SHOWN = 120
"""Characters of an answer in evidence."""


class Item(NamedTuple):
    """One evaluation item."""

    question: str
    """The prompt as one text, without passages."""
    answer: Wanted
    options: Options | None = None
    unsure: bool = False
    """It comes with passages that are not in the prompt as they are, so nobody knows whether the prompt has them."""


@register("check", "answer_leaks")
class AnswerLeaks(RecordCheck):
    """Looks for the answer of an item in its question, and for options that can be told without the question.

    The answer is `reference.answer` (of a whole solution the final answer that it marks), else the completion (that,
    or the final answer that it marks). Numbers are found by value, in digits or English words, anything else as a
    sequence of whole words, case and punctuation apart.

    Drops `answer_in_prompt`. Flags `short_answer_in_prompt`: a number of fewer than three significant digits, a word of
    up to three letters, `yes` and its like, `x+1`, which a question has by chance. Keeps `no_leak`; an answer that the
    question offers to choose from (`red or green?`) is none. Passages (`reference.passages`) are taken out of the
    prompt first, since an extractive answer must stand in them; where they are not in it word for word, a hit is
    flagged `answer_near_passages`. Flags `no_prompt` and `no_answer`.

    In multiple choice (`reference.choices`, or options under letters in the prompt) the key is an option by nature.
    There flags `only_option_like_stem` (of all options the key alone repeats a content word of the question) and
    `longest_option` (the key is half as long again as any other, and twelve characters longer).

    One item proves nothing there: with four options one item in four has its flaw at the key by chance.
    So `conclude` says of the set how often the only option like the stem, and the longest one, is the key, beside
    what chance would give.

    **False alarms**, by `benchmarks/answer_leaks.py` on human items, whose answers have to be worked out:

        GSM8K, 8,792 problems, of which      dropped                        flagged
        ... 3 or more significant digits     1 of 1,256  (0.08 %)           0
        ... fewer                            0 of 7,536                     537 (7.1 %)
        HumanEval, 164, reference solution   0 of 164    (0 to 2.2 %)       0

    The one dropped problem states a distance of 448 miles, and 448 miles per hour is its answer.

    Not guaranteed: that an answer in other words is found (a synonym, another inflection, another unit, a number in
    the words of another language); that a hit is a leak, where the task is to copy, correct or sort what it shows; that
    a code task whose examples are its tests is none. It verifies nothing.
    """

    version: ClassVar[int] = 1
    family: ClassVar[Family] = "statistics"

    def judge(self, batch: pa.RecordBatch, state: Any) -> list[Ruling | Fault]:
        """One ruling a row."""
        return [_ruling(record) for record in records_of(batch)]

    def spoil(self, record: Record, seed: int) -> Sequence[NearMiss]:
        """The same item with a hint that says the answer; for multiple choice, where it names an option, none."""
        item = _item(record)
        if isinstance(item, str) or item.options is not None or occurrences(item.answer, item.question):
            return ()
        leaked = leaking(record, item.answer.text)
        return [] if leaked is None else [NearMiss(leaked, "answer_in_prompt")]

    def conclude(self, judged: Iterable[tuple[pa.RecordBatch, pa.Table]], state: Any) -> Sequence[Evidence]:
        """Of multiple choice: how often a flaw points at the key, beside chance."""
        told = [one for _, verdicts in judged for one in _told(verdicts)]
        like = [(one["like_stem"][0], one) for one in told if len(one["like_stem"]) == 1]
        longest = [(one["longest"], one) for one in told if one["longest"] is not None]
        return [
            _pointed("answer_leaks.only_option_like_stem_is_key", like, "the only option with a word of the question"),
            _pointed("answer_leaks.longest_option_is_key", longest, "the longest option"),
        ] if told else []  # fmt: skip


def _ruling(record: Record) -> Ruling:
    item = _item(record)
    if isinstance(item, str):
        return Ruling("flag", item)
    return _of_question(item) if item.options is None else _of_options(item.options)


def _of_question(item: Item) -> Ruling:
    found = [one for one in occurrences(item.answer, item.question) if not one.is_alternative]
    if not found:
        return Ruling("keep", "no_leak")
    evidence = {"answer": item.answer.text[:_SHOWN], "found": _shown(found), "occurrences": len(found)}
    if item.unsure:
        return Ruling("flag", "answer_near_passages", None, evidence)
    if item.answer.is_short:
        return Ruling("flag", "short_answer_in_prompt", None, evidence)
    return Ruling("drop", "answer_in_prompt", 0.0, evidence)


def _of_options(options: Options) -> Ruling:
    evidence = options.evidence()
    if options.like_stem() == (options.key,):
        return Ruling("flag", "only_option_like_stem", None, evidence)
    if options.key_stands_out():
        return Ruling("flag", "longest_option", None, evidence)
    return Ruling("keep", "no_leak", None, evidence)


def _shown(found: Sequence[Occurrence]) -> list[str]:
    return [one.shown for one in found[:_LISTED]]


def _item(record: Record) -> Item | str:
    """The item, or why there is none."""
    question = _question(record.payload)
    if not question.strip():
        return "no_prompt"
    reference = record.reference or {}
    answer = _answer(record)
    if answer is None:
        return "no_answer"
    options = options_of(question, answer, reference.get("choices"))
    looked_for = wanted(answer if options is None else options.texts[options.key])
    if looked_for is None:
        return "no_answer"
    passages = own_passages(reference)
    texts = () if isinstance(passages, str) else tuple(passage.text for passage in passages)
    rest = question
    for text in texts:
        rest = rest.replace(text, "\n") if text else rest
    return Item(rest, looked_for, options, bool(texts) and rest == question)


def _question(payload: Mapping[str, Any]) -> str:
    asked = payload.get("prompt", payload.get("messages"))
    if isinstance(asked, str):
        return asked
    turns = [turn for turn in asked if isinstance(turn, Mapping)] if isinstance(asked, list) else []
    if "prompt" not in payload:
        places = [at for at, turn in enumerate(turns) if turn.get("role") == "assistant"]
        turns = turns[: places[-1]] if places else turns
    return "\n".join(content_text(turn.get("content")) for turn in turns)


def _answer(record: Record) -> str | None:
    """What the reference says, else the record's own answer; of a solution its final answer."""
    given = (record.reference or {}).get("answer")
    if isinstance(given, int | float) and not isinstance(given, bool):
        return str(given)
    text = given if isinstance(given, str) else answer_of(record) if "text" not in record.payload else None
    if text is None or not text.strip():
        return None
    found = find_answer(text)
    return text.strip() if found is None or found.ambiguous else found.answer


def _told(verdicts: pa.Table) -> Iterator[Mapping[str, Any]]:
    """Evidence of the items of multiple choice."""
    for cell in verdicts["evidence"].to_pylist():
        evidence = json.loads(cell)
        if "like_stem" in evidence:
            yield evidence


def _pointed(name: str, items: Sequence[tuple[int, Mapping[str, Any]]], what: str) -> Evidence:
    hits = sum(at == one["key"] for at, one in items)
    chance = fsum(1 / one["options"] for _, one in items) / len(items) if items else None
    method = (
        f"share of multiple-choice items that have {what} at the key, among those that have one; chance is 1 / options"
    )
    return proportion(name, hits, len(items), method, by_chance=chance)
