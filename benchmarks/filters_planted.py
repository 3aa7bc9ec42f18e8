"""The defects that `filters.py` plants into texts. Everything follows from the seed."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.filters_texts import Row, texts

Deed = Callable[[random.Random, str], str]

_COURTESIES = (
    " I hope this helps!", " Let me know if you have any other questions.",
    " Feel free to ask if you have more questions!",
)  # fmt: skip
_OPENINGS = ("Certainly! Here is what you need:\n", "Sure, here's a list:\n", "Of course! Here are the answers:\n")
_REFUSALS = (
    "I'm sorry, but I can't help with that.", "I cannot assist with this request.",
    "I\u2019m sorry, I am unable to provide that information.",
    "I apologize, but I cannot fulfil this request as it is unsafe.",
)  # fmt: skip
_SLOTS = (" Dear {customer_name},", " [INSERT NAME HERE]", " {{topic}} is it.", " ${user.name}!")
_MARKERS = ("<|im_end|>", "<|endoftext|>", "[/INST]", "<end_of_turn>", "</s>")


def _cut(draw: random.Random, text: str) -> str:
    words = text.split(" ")
    return " ".join(words[: draw.randint(len(words) // 2, len(words) - 2)])


def _looped(draw: random.Random, text: str) -> str:
    words = text.split()
    first = draw.randint(0, max(0, len(words) - 12))
    phrase = " ".join(words[first : first + draw.randint(2, 12)])
    return f"{text} {' '.join([phrase] * draw.randint(4, 20))}"


def _misread(draw: random.Random, text: str) -> str:
    words = text.split(" ")
    for _ in range(3):
        words[draw.randrange(len(words))] = "caf\u00e9\u2019s na\u00efve".encode().decode("cp1252")
    return " ".join(words)


DEFECTS: Mapping[str, Deed] = {
    "nothing": lambda _, text: text,
    "cut between words": _cut,
    "cut within a word": lambda draw, text: text[: draw.randint(len(text) // 2, len(text) - 10)],
    "loop at the end": _looped,
    "the whole three times": lambda _, text: "\n".join([text] * 3),
    "disclosure in front": lambda _, text: f"As an AI language model, I cannot browse. {text}",
    "courtesy at the end": lambda draw, text: text + draw.choice(_COURTESIES),
    "opening in front": lambda draw, text: draw.choice(_OPENINGS) + text,
    "refusal alone": lambda draw, _: draw.choice(_REFUSALS),
    "template marker": lambda draw, text: text + draw.choice(_SLOTS),
    "chat marker": lambda draw, text: text + draw.choice(_MARKERS),
    "broken encoding": _misread,
    "control character": lambda draw, text: text[:20] + draw.choice("\x00\x07\x1b\x7f\x92") + text[20:],
    "three replacement characters": lambda _, text: text.replace("e", "\ufffd", 3),
    "lorem ipsum": lambda _, text: f"{text} Lorem ipsum dolor sit amet.",
    "hash before every second word": lambda draw, text: " ".join(
        "#" * (draw.random() < 0.5) + word for word in text.split()
    ),
}
"""What is wrong with an answer, for `quality`. Hosts have 40 words or more."""


def defective(hosts: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """By kind, each host with it."""
    for kind, deed in DEFECTS.items():
        draw = random.Random(kind)
        yield kind, [deed(draw, host) for host in hosts]


def structured(problems: Sequence[Row], programs: Sequence[Row]) -> dict[str, list[str]]:
    """JSON and fenced code, whole and cut."""
    draw = random.Random("structured")
    rows = [{"question": one["question"], "steps": one["answer"].split("\n")} for one in problems]
    plain = [json.dumps(row, ensure_ascii=False) for row in rows]
    code = [f"Here is it:\n```python\n{one['prompt']}{one['canonical_solution']}```\nIt works." for one in programs]
    return {
        "nothing, JSON": plain,
        "cut JSON": [text[: draw.randint(10, len(text) - 1)] for text in plain],
        "nothing, fenced code": code,
        "fenced code cut in the block": [text[: draw.randint(40, text.rindex("```") - 1)] for text in code],
    }


def answered(said: Sequence[str]) -> list[Row]:
    """As completions of a short prompt."""
    return [{"prompt": "q", "completion": text} for text in said]


_PHONES = ("en_US", "de_DE", "fr_FR", "en_GB", "es_ES", "it_IT", "pt_BR", "pl_PL")
_IBANS = ("de_DE", "fr_FR", "en_GB", "nl_NL")


def personal(hosts: Sequence[str], trials: int) -> dict[tuple[str, str], list[Row]]:
    """By (kind, how): each datum between two hosts. Data are Faker's, keys drawn here. ImportError without Faker."""
    draw = random.Random("personal")
    return {
        (kind, how): texts([f"{draw.choice(hosts)} {said}. {draw.choice(hosts)}" for said in data])
        for kind, how, data in (*_faked(trials), *_keys(draw, trials))
    }


def _faked(trials: int) -> Iterator[tuple[str, str, list[str]]]:
    yield from (("email", place, _fake(place, "ascii_company_email", trials)) for place in ("en_US", "de_DE"))
    for place in _PHONES:
        numbers = _fake(place, "phone_number", trials)
        yield "phone", f"{place}, `tel:` before it", [f"tel: {number}" for number in numbers]
        yield "phone", f"{place}, nothing before it", numbers
    yield from (("iban", place, _fake(place, "iban", trials)) for place in _IBANS)
    for kind, method in (("credit_card", "credit_card_number"), ("us_ssn", "ssn"), ("ipv4", "ipv4_public")):
        yield kind, "en_US", _fake("en_US", method, trials)
    yield "ipv6", "en_US", ["2a00:" + said.partition(":")[2] for said in _fake("en_US", "ipv6", trials)]
    yield "mac", "en_US", _fake("en_US", "mac_address", trials)
    ends = zip(_fake("en_US", "latitude", trials), _fake("en_US", "longitude", trials), strict=True)
    yield "gps", "en_US", [f"{north}, {east}" for north, east in ends]


def _fake(place: str, method: str, trials: int) -> list[str]:
    from faker import Faker  # noqa: PLC0415 - only this needs it

    fake: Any = Faker(place)
    fake.seed_instance(1)
    return [str(getattr(fake, method)()) for _ in range(trials)]


def _keys(draw: random.Random, trials: int) -> Iterator[tuple[str, str, list[str]]]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for head, size, alphabet in (
        ("AKIA", 16, letters[:26] + "234567"),
        ("ghp_", 36, letters + "0123456789"),
        ("hf_", 34, letters),
    ):
        keys = [head + "".join(draw.choices(alphabet, k=size)) for _ in range(trials)]
        yield "secret", f"`{head}` and {size} characters", keys
    words = ["".join(draw.choices(letters, k=9)) for _ in range(3 * trials)]
    urls = [f"https://{a}:{b}@{c.lower()}.org/" for a, b, c in zip(*[iter(words)] * 3, strict=True)]
    yield "url_credentials", "https", urls


EVASIONS: Mapping[str, Deed] = {
    "as it is": lambda _, phrase: phrase,
    "in capitals": lambda _, phrase: phrase.upper(),
    "in quotes, with a stop": lambda _, phrase: f'"{phrase}."',
    "with a letter doubled": lambda draw, phrase: _at_letter(draw, phrase, lambda letter: letter * 2),
    "with a sign for a letter": lambda draw, phrase: _at_letter(draw, phrase, lambda _: draw.choice("*1$@")),
    "spelt out with spaces": lambda _, phrase: " ".join(phrase.replace(" ", "")),
}
"""How an entry of a list of words is written, for `toxicity`."""


def _at_letter(draw: random.Random, phrase: str, deed: Callable[[str], str]) -> str:
    """Something done to a letter within."""
    at = draw.randrange(1, len(phrase) - 1)
    return phrase[:at] + deed(phrase[at]) + phrase[at + 1 :]


def inserted(draw: random.Random, host: str, said: str) -> str:
    """Words between two words of a host."""
    words = host.split(" ")
    at = draw.randint(0, len(words))
    return " ".join([*words[:at], said, *words[at:]])


UNSEEN: Mapping[str, str] = {
    "zero_width": "\u200b", "joiner": "\u200d", "tag": "\U000e0041", "variation_selector": "\U000e0121",
    "bidi_control": "\u202e", "soft_hyphen": "\u00ad", "filler": "\u3164", "format_control": "\u206a",
}  # fmt: skip
"""A character of each kind that import takes out."""
STRANGE: Mapping[str, tuple[str, str]] = {
    "homoglyph": ("e", "\u0435"),
    "unusual_space": (" ", "\u2003"),
    "private_use": ("e", "\ue123"),
}
"""(what stood there, what stands there now) of each kind that import tells and leaves."""


def unseen(draw: random.Random, text: str, sign: str) -> str:
    """With three of a character within words."""
    places = [found.start() for found in re.finditer(r"(?<=\w)(?=\w)", text)]
    for at in sorted(draw.sample(places, 3), reverse=True):
        text = text[:at] + sign + text[at:]
    return text


_WHO = (
    "dragon", "wizard", "baker", "sailor", "robot", "knight", "teacher", "ghost", "painter", "fox", "queen", "farmer",
    "thief", "nurse", "clock",
)  # fmt: skip
_NAMES, _FRUIT = ("Alice", "Bob", "Carol", "Dan", "Eve"), ("apples", "pears", "plums", "nuts")


def templated(words: Sequence[str], count: int) -> list[str]:
    """Texts of three templates in turn; slots of one to six words, drawn from `words`."""
    draw = random.Random("templated")
    return [_filled(draw, at % 3, words) for at in range(count)]


def _filled(draw: random.Random, kind: int, words: Sequence[str]) -> str:
    slot = " ".join(draw.choices(words, k=draw.randint(1, 6)))
    if kind == 0:
        return f"Write a short story about a {draw.choice(_WHO)} who {slot}."
    if kind == 1:
        return (
            f"{draw.choice(_NAMES)} buys {draw.randint(2, 99)} {draw.choice(_FRUIT)} for {draw.randint(1, 9)} dollars "
            f"each. {draw.choice(('Tom', 'Ann', 'Joe'))} gives back {draw.randint(1, 5)} of them. How many dollars are "
            f"left if there were {draw.randint(100, 999)} at first?"
        )
    return (
        f"Explain to a {draw.choice(_WHO)} in simple words how {slot} works, and give an example of "
        f"{draw.choice(words)}."
    )


def shuffled(draw: random.Random, text: str) -> str:
    """Its words in another order."""
    words = text.split()
    draw.shuffle(words)
    return " ".join(words)


def swapped(said: Sequence[str]) -> list[str]:
    """The first half of each text's sentences, and the second half of another's."""
    order = [*range(len(said))]
    random.Random("swapped").shuffle(order)
    cut = [re.split(r"(?<=[.!?])\s+|\n+", text) for text in said]
    pairs = ((cut[at], cut[other]) for at, other in enumerate(order))
    return [" ".join([*one[: max(1, len(one) // 2)], *other[len(other) // 2 :]]) for one, other in pairs]
