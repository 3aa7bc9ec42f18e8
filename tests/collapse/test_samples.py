"""Corpora as they are measured: samples, halves, chunks."""

from sterling.collapse.samples import chunks, halves, sampled, sampled_documents

TEXTS = [f"{n} " + " ".join(f"w{(n * j) % 997}" for j in range(20 + n % 80)) for n in range(600)]


def test_a_sample_keeps_the_names_of_its_documents() -> None:
    named = sampled_documents(((f"row {n}", text) for n, text in enumerate(TEXTS)), "seed")
    assert [f"row {text.split()[0]}" for text in named.texts] == list(named.names)
    assert sampled(TEXTS, "seed").texts == named.texts
    assert sampled(TEXTS, "seed").names == ()


def test_halves_share_out_every_text_once() -> None:
    sample = sampled(TEXTS, "seed")
    one, other = halves(sample.texts)
    assert sorted([*one, *other]) == sorted(TEXTS)
    assert len(one) == len(other)
    places = sample.even_halves(0)
    assert sorted([*places[0], *places[1]]) == list(range(len(TEXTS)))
    assert places != sample.even_halves(1)


def test_even_halves_hold_as_many_tokens() -> None:
    sample = sampled([*TEXTS, "long " * 20_000], "seed")
    first, second = (sum(len(sample.texts[at].split()) for at in half) for half in sample.even_halves(0))
    assert abs(first - second) <= 100


def test_chunks_are_full_and_disjoint() -> None:
    tokens = [token for chunk in chunks(TEXTS, 700) for token in chunk.tokens]
    assert len(tokens) % 700 == 0
    assert tokens == " ".join(TEXTS).split()[: len(tokens)]
