"""What `filters.py` asks of `language`, and of the import about characters that nobody sees."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence

from benchmarks import filters_planted as planted
from benchmarks.filters_bench import Fitted, Said, share, tell_corpora, tell_table
from benchmarks.filters_texts import Given, humans, kilobytes, mean_bytes, messages, problems, replies, texts, whole

from sterling.curate import Language
from sterling.registry import Ruling
from sterling.text.invisible import Cleaned, cleaned, cleaned_payload

_RELATIVES = (frozenset({"hr", "sr"}), frozenset({"da", "no"}), frozenset({"cs", "sk"}), frozenset({"id", "ms"}))
_LENGTHS = ((20, 40), (40, 80), (80, 160))
"""Characters of single messages."""
_JOINED = ((400, 30), (1_000, 15))
"""Characters of messages put together, and texts of each language."""
_SINGLE = 40
"""Messages of each language and length."""


def invisible(given: Given) -> None:
    """What import takes out of whole texts and translations; and what it takes out of what is planted."""
    heads = ("n", "something taken out", "something told", "kinds")
    found = ((one.name, _taken([cleaned_payload(row.payload) for row in one.records])) for one in whole(given.data))
    tell_table("texts of people", heads, found)
    said = messages(given.catalogues)
    some = {code: rows for code, rows in said.items() if code in {"fr", "de", "ru", "zh", "ja", "ar", "fa", "he", "hi"}}
    if some:
        rows = ((code, _taken(list(map(cleaned, texts_)))) for code, texts_ in some.items())
        tell_table("translated messages", heads, rows)
    tell_table("three planted", ("n", "told as what it is", "text is as before"), _unseen(given))
    documents = kilobytes(given.data)
    before = time.process_time()
    for document in documents:
        cleaned(document)
    spent = time.process_time() - before
    print(f"\n{len(documents) / spent:,.0f} documents of {mean_bytes(documents):,.0f} bytes per CPU-second\n")


def _taken(found: Sequence[Cleaned]) -> list[str]:
    kinds = sorted({tag for one in found for tag in one.tags})
    shown = ", ".join(f"{kind} {sum(kind in one.tags for one in found)}" for kind in kinds)
    taken, told = (sum(bool(one[place]) for one in found) for place in (1, 2))
    return [f"{len(found):,}", share(taken, len(found)), share(told, len(found)), shown]


def _unseen(given: Given) -> Iterator[tuple[str, list[str]]]:
    draw = random.Random("unseen")
    hosts = [text for text in problems(given.data) if text.isascii()][: given.trials]
    for kind, sign in planted.UNSEEN.items():
        found = [cleaned(planted.unseen(draw, host, sign)) for host in hosts]
        whole_ = sum(one.content == host for one, host in zip(found, hosts, strict=True))
        told = sum(one.stripped.get(kind) == 3 for one in found)
        yield kind, [f"{len(hosts):,}", share(told, len(hosts)), share(whole_, len(hosts))]
    for kind, (before, now) in planted.STRANGE.items():
        found = [cleaned(host.replace(before, now, 3)) for host in hosts]
        yield kind, [f"{len(hosts):,}", share(sum(kind in one.marked for one in found), len(hosts)), "is left in it"]


def language(given: Given) -> None:
    """Of whole English texts where English is wanted; and translated messages, by length, with and without a model."""
    fitted = Fitted.of(Language(allowed=("en",)))
    corpora = [*whole(given.data), replies(given.data)]
    tell_corpora(fitted, corpora)
    heads = ("n", "undetermined")
    print("\nBy default no language is unwanted: nothing is dropped, and the flags are those for several languages.")
    tell_table("texts of people", heads, ((one.name, _untold(fitted.said(one.records))) for one in corpora))
    said = messages(given.catalogues)
    if said:
        _tell_languages(said)
    else:
        print(f"\nNo language was tried: {given.catalogues} holds no gettext catalogue (say --catalogues FOLDER).")
    fitted.tell_speed(kilobytes(given.data))


def _untold(said: Sequence[Said]) -> list[str]:
    return [f"{len(said):,}", share(sum("undetermined" in one.why for one in said), len(said))]


def _tell_languages(said: Mapping[str, Sequence[str]]) -> None:
    print(
        f"\n{sum(map(len, said.values())):,} messages in {len(said)} languages; `by allowed: [en]` is what is dropped."
    )
    heads = ("n", "right", "close relative", "wrong", "untold", "dropped by `allowed: [en]`")
    for check in (Language(allowed=("en",)), Language(allowed=("en",), model="py3langid")):
        sets = [(f"{low} to {high}", list(_singly(said, low, high))) for low, high in _LENGTHS]
        sets += [(f"about {size:,}", list(_joined(said, size, most))) for size, most in _JOINED]
        rows = ((name, _told(check, cases)) for name, cases in sets)
        tell_table(f"characters; {check.model or 'small words alone'}", heads, rows)


def _told(check: Language, cases: Sequence[tuple[str, str]]) -> list[str]:
    found = Fitted.of(check).answers(humans(texts([text for _, text in cases])))
    rulings = [one for one in found if isinstance(one, Ruling)]
    pairs = [(true, str(one.evidence.get("language", ""))) for (true, _), one in zip(cases, rulings, strict=True)]
    n = len(cases)
    right, untold = sum(true == code for true, code in pairs), sum(not code for _, code in pairs)
    near = sum(true != code and any({true, code} <= pair for pair in _RELATIVES) for true, code in pairs)
    dropped = sum(one.outcome == "drop" for one in rulings)
    return [f"{n:,}", *(share(hits, n) for hits in (right, near, n - right - near - untold, untold, dropped))]


def _singly(said: Mapping[str, Sequence[str]], low: int, high: int) -> Iterator[tuple[str, str]]:
    for code, rows in said.items():
        fit = [text for text in rows if low <= len(text) < high]
        yield from ((code, text) for text in random.Random(code).sample(fit, min(_SINGLE, len(fit))))


def _joined(said: Mapping[str, Sequence[str]], size: int, most: int) -> Iterator[tuple[str, str]]:
    for code, rows in said.items():
        order = random.Random(code).sample(rows, len(rows))
        everything = "\n".join(order)
        pieces = [everything[at : at + size] for at in range(0, len(everything) - size, size)]
        yield from ((code, piece) for piece in pieces[:most])
