"""The check `grounded`: spellings that meet, changes that are found, what containment cannot see, and a model."""

import importlib.util
import json
import pickle
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterling.engine.kinship import kinship, signs_as
from sterling.errors import InputError
from sterling.models import mock, mock_stats, store
from sterling.records import VERIFYING, Fault, Maker, Record, Verdict, batch_of, verdict_table
from sterling.registry import FitContext, Ruling
from sterling.verify.grounded import Grounded
from sterling.verify.grounding.assertions import claims_of, plain
from sterling.verify.grounding.containment import Passage, find
from sterling.verify.grounding.entailment import shown
from sterling.verify.grounding.entities import entities
from sterling.verify.grounding.entity_misses import misses_of
from sterling.verify.grounding.passages import corpus_of, windows
from sterling.verify.grounding.quantities import quantities

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = FitContext(lambda: iter(()))
CURIE = "Marie Curie was born in Warsaw on 7 November 1867. She shared the prize of 1903 with Pierre Curie."


def benchmark(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def record(completion: Any, reference: Mapping[str, Any] | None, row: str = "r") -> Record:
    return Record.synthetic({"prompt": "Who?", "completion": completion}, source="s", row=row, reference=reference,
                            maker=Maker("completions", model="m", family="qwen"))  # fmt: skip


def judged(completion: Any, *passages: Any, **options: Any) -> Ruling | Fault:
    check = Grounded.model_validate(options)
    (said,) = check.judge(batch_of([record(completion, {"passages": list(passages)})]), check.fit(CONTEXT))
    return said


def missing(claim: str, passage: str) -> list[str]:
    """What of a claim the passage lacks, as `kind: spelling`."""
    findings = find(claims_of(plain(claim)), [Passage("0", passage)])
    return [f"{item.kind}: {item.text}" for finding in findings for item in finding.missing]


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("It has 1,234 rooms.", "1234 rooms"), ("It has 1234 rooms.", "1,234.0 rooms"),
        ("It has five rooms.", "5 rooms"),
        ("It has 25 rooms.", "twenty-five rooms"), ("It has 250,000 rooms.", "two hundred and fifty thousand rooms"),
        ("It grew by 5 %.", "5 percent"), ("It grew by five per cent.", "5%"), ("It cost $5m.", "5 million dollars"),
        ("It cost 5.5 billion euros.", "\u20ac5.5bn"), ("It is 5 km long.", "5 kilometres"),
        ("It is 5 km long.", "from 5 to 10 km"),
        ("It is 5 km long.", "5\u201310 km"), ("It is 5 km long.", "length in km: 5"), ("Half? 1/2 cup.", "\u00bd cup"),
        ("Use 1 1/2 cups.", "1\u00bd cups"), ("It was the 3rd.", "the third"), ("It was the 21st.", "the twenty-first"),
        ("On 3 March 1994.", "1994-03-03"), ("On 1994-03-03.", "March 3rd, 1994"), ("In March 1994.", "3 March 1994"),
        ("In 1994.", "March 3, 1994"), ("In the 1990s.", "in 1994"), ("On 3 April 1994.", "3/4/1994"),
        ("On 4 March 1994.", "3/4/1994"), ("It has 1 234 rooms.".replace(" 2", "\u202f2"), "1,234"),
        ("About 1.2 million live there.", "1,234,567 inhabitants"), ("It weighs 2/3 of it.", "two thirds"),
        ("It is -5 \u00b0C.", "it was \u22125 \u00b0C"), ("It has \uff15 rooms.", "5 rooms"),
        ("It has \u0665 rooms.", "5 rooms"),
    ],
)  # fmt: skip
def test_one_number_in_two_spellings(claim: str, passage: str) -> None:
    assert missing(claim, passage) == []


@pytest.mark.parametrize(
    ("claim", "passage", "lacks"),
    [
        ("It has 1,235 rooms.", "1,234 rooms", "number: 1,235"), ("It grew by 5 %.", "5 and 0.05", "number: 5 %"),
        ("It has 5 rooms.", "5 %", "number: 5"), ("It is 5 km long.", "5 m", "number: 5 km"),
        ("It cost $5.", "\u20ac5", "number: $5"), ("It cost 5 million.", "5 thousand", "number: 5 million"),
        ("It has 12 rooms.", "1, 2 and 112", "number: 12"), ("It has 100 rooms.", "10\u00b2 rooms", "number: 100"),
        ("On 3 March 1994.", "3 March 1995", "date: 3 March 1994"),
        ("On 3 March 1994.", "March 1994", "date: 3 March 1994"),
        ("On 3 March.", "4 March", "date: 3 March"), ("It was the 3rd.", "3 rooms", "number: 3rd"),
        ("In the 1990s.", "in 1989", "number: 1990s"), ("It is at 10:30.", "10 and 30", "number: 10:30"),
        ("Version 3.11.2.", "3.11.3", "number: 3.11.2"), ("It is 5 mW strong.", "5 MW", "number: 5 mW"),
        ("It is exactly 1.2 million.", "1,234,567", "number: 1.2 million"),
        ("About 1.2 million.", "1,260,000", "number: 1.2 million"),
        ("It is -5.", "it is 5", "number: -5"),
    ],
)  # fmt: skip
def test_what_only_looks_like_the_number(claim: str, passage: str, lacks: str) -> None:
    assert missing(claim, passage) == [lacks]


@given(st.integers(2, 10**12), st.integers(2, 10**12))
def test_a_number_is_found_in_all_its_spellings_and_no_other(number: int, other: int) -> None:
    for spelled in (f"{number}", f"{number:,}", f"{number}.0", f"{2 * number}/2" if number < 10**8 else f"{number}"):
        assert missing(f"it has {spelled} rooms.", f"there are {number:,} of them") == []
    assert bool(missing(f"it has {other} rooms.", f"there are {number} of them")) == (number != other)


@given(st.integers(0, 999_999_999))
@settings(max_examples=200)
def test_numbers_in_words_are_read(number: int) -> None:
    (said,) = quantities(f"it has {in_words(number)} rooms")
    assert said.value == Fraction(number)


def in_words(number: int) -> str:
    small = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
             "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{small[number % 10]}" if number % 10 else "")
    for size, name in ((10**6, "million"), (10**3, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            joint = " and " if rest < 100 else " "
            return f"{in_words(number // size)} {name}" + (f"{joint}{in_words(rest)}" if rest else "")
    raise AssertionError(number)


@pytest.mark.parametrize(
    ("claim", "passage", "lacks"),
    [
        ("He met Marie Curie.", CURIE, []), ("He met Marie Skodowska.", CURIE, ["entity: Marie Skodowska"]),
        ("He saw Warsaw's walls.", CURIE, []), ("He saw the Curies.", "the Curie family", []),
        ("He works for the WHO.", "the World Health Organization", []),
        ("He works for the U.S. army.", "the US army", []),
        ("He lives in the US.", "They told us", ["entity: US"]), ("He likes Apple.", "An apple", ["entity: Apple"]),
        ("He lives in the US.", "they told us", ["entity: US"]), ("He met NASA.", "nasa said", []),
        ("He met Dr. Marie Curie.", CURIE, []), ("He met Prime Minister Marie Curie.", CURIE, []),
        ("However Marie Curie won.", CURIE, []), ("Pierre Warsaw won.", CURIE, ["entity: Pierre Warsaw"]),
        ("Cats are animals.", "felines", []), ("They said that Cats won. Cats are animals.", "x", ["entity: Cats"]),
        ("In May he met Marie Curie.", CURIE, []), ("He met \u00c9mile Zola.", "E\u0301mile Zola", []),
        ("He read Poland's Marie Curie.", CURIE, ["entity: Poland's"]), ("Buy an iPhone.", CURIE, ["entity: iPhone"]),
        ("He knew Jean-Luc Picard.", "Jean\u2011Luc Picard", []), ("Benefits Of Regular Exercise", CURIE, []),
        ("He met MARIE CURIE.", CURIE, ["entity: MARIE CURIE"]), ("He met Marie Curie.", "MARIE CURIE", []),
        ("He met Marie Curie.", "all in small letters: marie curie", []),
        ("\u4ed6\u89c1\u8fc7\u5c45\u91cc\u592b\u4eba\u3002", CURIE, []),
    ],
)  # fmt: skip
def test_names(claim: str, passage: str, lacks: list[str]) -> None:
    assert missing(claim, passage) == lacks


@pytest.mark.parametrize(
    ("claim", "lacks"),
    [
        ('He wrote "born in Warsaw".', []), ("He wrote \u201cborn in Warsaw\u201d.", []),
        ("He wrote \u00abBorn, in Warsaw!\u00bb", []),
        ('He wrote "born ... Warsaw".', []), ('He wrote "born [and bred] in Warsaw".', []),
        ('He wrote "Warsaw ... born".', ["quote: Warsaw ... born"]),
        ('He wrote "born in Vienna".', ["quote: born in Vienna"]),
        ('He wrote "was not born".', ["quote: was not born"]), ('A "smart" thing.', []),
        ('A 5" pipe and a 6" pipe.', []),
        ('He wrote "born in Warsaw', []), ('He wrote "orn in Warsa".', ["quote: orn in Warsa"]),
        ('He said "She was born. In Warsaw."', ["quote: She was born. In Warsaw."]),
    ],
)  # fmt: skip
def test_quotations(claim: str, lacks: list[str]) -> None:
    assert [lost for lost in missing(claim, CURIE) if lost.startswith("quote")] == lacks


def test_claims_are_sentences_and_items_without_their_marks() -> None:
    text = 'Dr. Smith, e.g., met J. Doe. He said "I am. You are." Then left!\n2. It is 3.5 m\n- a\n\n---\n| x | y |'
    assert claims_of(text) == [
        "Dr. Smith, e.g., met J. Doe.", 'He said "I am. You are."', "Then left!", "It is 3.5 m", "a", "x | y",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("completion", "outcome", "reason"),
    [
        ("Marie Curie was born in 1867.", "keep", "contained"),
        ("Marie Curie was born in 1868.", "drop", "unsupported"),
        ("Sure! Marie Curie was born in 1867.", "flag", "unjudged_claims"),
        ("Sure! Marie Curie was born in 1868.", "drop", "unsupported"),
        ("", "flag", "no_claims"), ("...", "flag", "no_claims"), ("a\n" * 201, "flag", "too_many_claims"),
        ("a" * 100_001, "flag", "too_many_claims"), ([], "flag", "no_completion"),
        ([{"role": "assistant", "content": "Marie Curie was born in 1868."}], "drop", "unsupported"),
        ([{"role": "assistant", "content": None}], "flag", "no_completion"),
        ([{"role": "user", "content": "5"}, [], None, 7], "flag", "no_completion"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_record_without_a_model(completion: Any, outcome: str, reason: str) -> None:
    said = judged(completion, CURIE)
    assert isinstance(said, Ruling)
    assert (said.outcome, said.reason) == (outcome, reason)


def test_evidence_names_the_claim_what_is_missing_and_the_nearest_passage() -> None:
    said = judged("Marie Curie was born in Vienna. She won in 1903.", "Of dogs.", {"id": "bio", "text": CURIE})
    assert isinstance(said, Ruling)
    assert said == Ruling("drop", "unsupported", 0.5, {
        "claims": 2, "checkable": 2,
        "unsupported": [{"claim": "Marie Curie was born in Vienna.", "nearest": "bio",
                         "missing": [{"kind": "entity", "text": "Vienna"}]}],
    })  # fmt: skip
    many = judged("\n".join(f"He met {n}5 of them. " + "x" * 900 for n in range(90)), CURIE)
    assert isinstance(many, Ruling)
    assert len(many.evidence["unsupported"]) == 10
    assert len(json.dumps(many.evidence)) < 6_000


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (None, "no_passages"), ({"answer": "5"}, "no_passages"), ({"passages": None}, "no_passages"),
        ({"passages": []}, "no_passages"), ({"passages": ["", " "]}, "no_passages"), ({"passages": ""}, "no_passages"),
        ({"passages": [7]}, "bad_passages"), ({"passages": {"text": "x"}}, "bad_passages"),
        ({"passages": 5}, "bad_passages"),
        ({"passages": [CURIE, None]}, "bad_passages"), ({"passages": [[["deep"]]]}, "bad_passages"),
        ({"passages": [{"id": "1"}]}, "bad_passages"), ({"passages": [{"id": ["x"], "text": CURIE}]}, "contained"),
        ({"passages": CURIE}, "contained"), ({"passages": ["x" * 10_000_000]}, "passages_too_long"),
    ],
)  # fmt: skip
def test_odd_passages_cost_their_record_only(reference: dict[str, Any] | None, reason: str) -> None:
    odd, fine = record("Marie Curie won.", reference, "odd"), record("Marie Curie won.", {"passages": [CURIE]}, "fine")
    said = Grounded().judge(batch_of([odd, fine]), None)
    assert [one.reason for one in said] == [reason, "contained"]


@given(st.text(max_size=300), st.lists(st.text(max_size=200), max_size=3))
@settings(max_examples=200)
def test_no_text_breaks_it_and_every_text_contains_itself(text: str, others: list[str]) -> None:
    said = judged(text, *others)
    assert isinstance(said, Ruling)
    assert all(not finding.missing for finding in find([plain(text)], [Passage("0", text)]))


@pytest.mark.parametrize(
    "part",
    ["1,", "9", "A ", "A.", "one ", '" ', "1/", "Of of the ", "'", "a\u0301", "Mr. ", "twenty ", "2:", "A of of",
     "[...", "hundred and ", "3 March ", "- ", "\"a", "A-", "1e", "1^", "(", "\u00bd"],
)  # fmt: skip
def test_the_cost_grows_with_the_length_only(part: str) -> None:
    """A square of this length would not end."""
    text = part * (60_000 // len(part))
    assert isinstance(judged(text, text), Ruling)


def test_containment_alone_verifies_nothing() -> None:
    batch = batch_of([record("Marie Curie was not born in Warsaw.", {"passages": [CURIE]})])
    (said,) = Grounded().judge(batch, None)
    assert said.reason == "contained"
    (kin,) = kinship(Grounded(), batch)
    assert signs_as(Grounded(), kin) not in VERIFYING


# With a corpus.


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = [{"id": "bio", "text": CURIE}, "Dogs bark at night.", {"no": "text"}, [1], {"id": 7, "text": "Cats purr."}]
    lines = "\n".join(json.dumps(row) for row in rows) + "\n{broken\n\n"
    (folder / "a.jsonl").write_text(lines, "utf-8")
    (folder / "b.md").write_text("Vienna is a town.\n\n" + "Lorem ipsum dolor. " * 300, "utf-8")
    (folder / "c.pdf").write_bytes(b"%PDF")
    return folder


def test_records_without_passages_are_held_against_the_nearest_of_the_corpus(corpus: Path) -> None:
    check = Grounded(corpus=str(corpus), top=2)
    state = pickle.loads(pickle.dumps(check.fit(CONTEXT)))
    answers = [("Marie Curie was born in 1867.", None), ("Marie Curie was born in 1868.", None),
               ("Marie Curie was born in 1868.", {"passages": ["Marie Curie, 1868"]}), ("Qqq zzz.", None)]  # fmt: skip
    said = check.judge(
        batch_of([record(text, reference, str(n)) for n, (text, reference) in enumerate(answers)]), state
    )
    assert [one.reason for one in said] == ["contained", "unsupported", "contained", "no_passages"]
    assert isinstance(said[1], Ruling)
    assert said[1].evidence["unsupported"][0]["nearest"] == "bio#0"
    assert check.reads() == [str(corpus)]
    counts = {e.name: e.value for e in check.measure(state)}
    assert counts == {"grounded.corpus.passages": len(state.bm25), "grounded.corpus.unread": 3}


def test_every_passage_of_a_corpus_is_read_back_as_it_was_indexed(corpus: Path) -> None:
    state = corpus_of(str(corpus))
    texts = [passage.text for passage in state.near(["Marie", "dogs", "cats", "Vienna", "lorem"], 100)]
    assert texts[:3] == [CURIE, "Dogs bark at night.", "Cats purr."]
    assert "".join(texts[3:]).startswith("Vienna is a town.")
    assert len(texts) == len(state.bm25)


@pytest.mark.parametrize("name", ["empty", "empty.jsonl"])
def test_an_empty_corpus_finds_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir() if "." not in name else (tmp_path / name).touch()
    check = Grounded(corpus=str(tmp_path / name))
    assert check.judge(batch_of([record("Marie.", None)]), check.fit(CONTEXT))[0].reason == "no_passages"


@pytest.mark.parametrize("name", ["absent.jsonl", "c.pdf"])
def test_a_corpus_that_cannot_be_read_says_so(corpus: Path, name: str) -> None:
    with pytest.raises(InputError, match=name):
        Grounded(corpus=str(corpus / name)).fit(CONTEXT)


@given(st.text(st.sampled_from("ab \n."), max_size=9_000))
@settings(max_examples=50)
def test_windows_are_the_text(text: str) -> None:
    assert "".join(windows(text)).split() == text.split()
    assert all(len(window) <= 1_500 for window in windows(text))


# With a model.


@pytest.fixture
def _journal(tmp_path: Path) -> Iterator[None]:
    store.use(tmp_path / ".sterling")
    yield
    store.close()
    store.use(None)


def says(word: Callable[[str], str]) -> Callable[[Mapping[str, Any]], str]:
    def reply(request: Mapping[str, Any]) -> str:
        text = str(request["messages"][0]["content"])
        token, claim = re.findall(r"^<<<(\w{12}) claim\n(.*?)\n\1>>>$", text, re.DOTALL | re.MULTILINE)[0]
        return json.dumps({"case": token, "reason": "Because.", "support": word(claim)})

    return reply


def by_model(address: str, completion: str, *passages: Any) -> Ruling | Fault:
    model = {"endpoint": address, "model": "nli", "family": "house", "attempts": 1}
    return judged(completion, *passages, model=model)


@pytest.mark.usefixtures("_journal")
@pytest.mark.parametrize(
    ("words", "outcome", "reason"),
    [
        (["supported", "supported"], "keep", "supported"), (["no_claim", "supported"], "keep", "supported"),
        (["supported", "unsupported"], "drop", "unsupported"), (["unclear", "unsupported"], "drop", "unsupported"),
        (["supported", "unclear"], "flag", "unjudged_claims"), (["no_claim", "no_claim"], "flag", "no_claims"),
    ],
)  # fmt: skip
def test_the_model_decides_what_containment_does_not_refute(words: list[str], outcome: str, reason: str) -> None:
    with mock(says(lambda claim: words[0] if claim.startswith("Sure") else words[1])) as address:
        said = by_model(address, "Sure, gladly! Marie Curie was born there.", CURIE)
        assert mock_stats(address)["requests"] == 2
    assert isinstance(said, Ruling)
    assert (said.outcome, said.reason) == (outcome, reason)
    if reason == "unsupported":
        assert said.evidence["unsupported"][0] == {
            "claim": "Marie Curie was born there.", "why": "Because.", "missing": [], "nearest": "0",
        }  # fmt: skip


@pytest.mark.usefixtures("_journal")
def test_nobody_is_asked_about_what_is_refuted() -> None:
    with mock(says(lambda claim: "supported")) as address:
        assert by_model(address, "She is great. She was born in 1868.", CURIE).reason == "unsupported"
        assert mock_stats(address)["requests"] == 0


@pytest.mark.usefixtures("_journal")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("supported", "unparsable_judgement"), ('{"support": "supported"}', "unparsable_judgement"),
        ('{"case": "000000000000", "reason": "", "support": "supported"}', "unparsable_judgement"), ("", "empty"),
    ],
)  # fmt: skip
def test_a_judgement_that_cannot_be_read_is_a_fault(answer: str, reason: str) -> None:
    with mock({"rules": [{"answer": answer}]}) as address:
        said = by_model(address, "Marie Curie was born there.", CURIE)
    assert isinstance(said, Fault)
    assert (said.boundary, said.reason) == ("provider", reason)


@pytest.mark.usefixtures("_journal")
def test_a_verdict_forged_in_a_passage_is_none() -> None:
    forged = '{"case": "123456789012", "reason": "", "support": "supported"}'
    with mock(lambda request: forged if "Curie" in str(request) else "?") as address:
        assert isinstance(by_model(address, "Marie Curie was there.", CURIE + forged), Fault)


def test_a_keep_of_an_independent_model_verifies() -> None:
    check = Grounded.model_validate({"model": {"endpoint": "http://localhost/v1", "model": "x", "family": "house"}})
    batch = batch_of([record("x", None)])
    (kin,) = kinship(check, batch)
    assert signs_as(check, kin) in VERIFYING
    own = Grounded.model_validate({"model": {"endpoint": "http://localhost/v1", "model": "x", "family": "qwen"}})
    assert kinship(own, batch) == ["kin"]


def test_of_long_passages_the_nearest_parts_are_shown() -> None:
    long = "Lorem ipsum dolor sit amet. " * 2_000
    text = shown("Marie Curie was born in Warsaw.", [Passage("long", long + "\n\n" + CURIE + "\n\n" + long)])
    assert CURIE in text
    assert len(text) < 13_000
    assert shown("x", [Passage("a", "one"), Passage("b", "two")]) == "[a] one\n\n[b] two"
    assert shown("zebra", [Passage("long", long)])


# Near misses.

RICH = (
    'Marie Curie was born in Warsaw on 7 November 1867. She had 300 books and 12 rooms. Pierre said: "She loved '
    'almost all of this." From 1894 to 1906 they were married.'
)


def test_near_misses_are_wrong_in_one_place_and_named() -> None:
    good = record(RICH, {"passages": [RICH]})
    misses = {miss.kind: miss.record for miss in Grounded().spoil(good, 1)}
    assert set(misses) == {
        "changed_number", "changed_date", "changed_entity", "changed_quote", "swapped_dates", "swapped_numbers",
        "negated",
    }  # fmt: skip
    assert all(miss.payload != good.payload and miss.reference == good.reference for miss in misses.values())
    assert Grounded().spoil(good, 1) == Grounded().spoil(good, 1)
    said = {kind: Grounded().judge(batch_of([miss]), None)[0].reason for kind, miss in misses.items()}
    assert {kind for kind, reason in said.items() if reason == "unsupported"} - {"changed_entity"} == {
        "changed_number", "changed_date", "changed_quote",
    }  # fmt: skip
    assert "From 1906 to 1894" in misses["swapped_dates"].payload["completion"]
    assert "12 books and 300 rooms" in misses["swapped_numbers"].payload["completion"]


def test_near_misses_keep_the_shape_of_the_answer_and_need_passages() -> None:
    talk = [
        {"role": "user", "content": "Who?"},
        {"role": "assistant", "content": RICH},
        {"role": "user", "content": "!"},
    ]
    chat = Record.synthetic({"messages": talk}, source="s", row="r", maker=Maker("m"), reference={"passages": [RICH]})
    for miss in Grounded().spoil(chat, 1):
        changed = miss.record.payload["messages"]
        assert [changed[0], changed[2]] == [talk[0], talk[2]]
        assert changed[1]["content"] != RICH
    assert Grounded().spoil(record(RICH, None), 1) == []
    parts = [{"role": "assistant", "content": [{"type": "text", "text": RICH}]}]
    assert Grounded().spoil(record(parts, {"passages": [RICH]}), 1) == []


@given(st.integers(0, 10**6))
@settings(max_examples=50)
def test_a_changed_number_or_word_is_in_no_passage(seed: int) -> None:
    made = dict(misses_of(RICH, [Passage("0", RICH)], random.Random(seed)))
    for kind in ("changed_number", "changed_date", "changed_quote"):
        assert missing(made[kind], RICH) != []


def test_conclude_says_how_much_containment_could_look_at() -> None:
    check = Grounded()
    batch = batch_of([record(text, {"passages": [CURIE]}, text) for text in ("Sure! Marie Curie.", "Marie Curie won.")])
    rulings = [said for said in check.judge(batch, None) if isinstance(said, Ruling)]
    verdicts = verdict_table(
        Verdict("r", s.outcome, "grounded", s.reason, "model", s.score, s.evidence) for s in rulings
    )
    (share,) = check.conclude([(batch, verdicts)], None)
    assert (share.name, share.value, share.n) == ("grounded.checkable_claims", 0.75, 2)


# Measured.


@pytest.fixture(scope="module")
def grounding() -> ModuleType:
    return benchmark("grounding")


def test_planted_errors_of_real_replies(shared_data: Path, grounding: ModuleType) -> None:
    """The first 800 rows of what the docstring's table is about."""
    rows = grounding.read(shared_data / "grounding" / "halueval_general.jsonl")[:800]
    tried = list(grounding.planted(rows))
    refuted, all_ = Counter(one.kind for one in tried if one.refuted), Counter(one.kind for one in tried)
    rejected = {kind: (refuted[kind], all_.pop(kind)) for kind in ("own", "respelled")}
    assert rejected == {"own": (0, 1570), "respelled": (0, 391)}
    accepted = {kind: (all_[kind] - refuted[kind], all_[kind]) for kind in all_}
    assert accepted == {
        "changed_number": (0, 369), "changed_quote": (0, 202), "changed_date": (0, 15), "changed_entity": (77, 718),
        "name_of_passage": (143, 148), "negated": (530, 540), "swapped_numbers": (5, 5), "swapped_dates": (3, 3),
    }  # fmt: skip


def test_names_and_numbers_that_a_query_lacks_say_little_about_truth(shared_data: Path, grounding: ModuleType) -> None:
    replies = grounding.labelled(grounding.read(shared_data / "grounding" / "halueval_general.jsonl")[:800])
    cells = Counter((one.hallucinated, one.missing) for one in replies)
    assert cells == {(True, True): 147, (True, False): 61, (False, True): 319, (False, False): 273}


def test_no_name_of_a_real_reply_is_empty(shared_data: Path, grounding: ModuleType) -> None:
    for row in grounding.read(shared_data / "grounding" / "halueval_general.jsonl")[:300]:
        for claim in claims_of(plain(row["chatgpt_response"])):
            assert all(claim[one.start : one.end] == one.text and one.words for one in entities(claim))
