from collections import Counter

import numpy as np

from sterling.text.clusters import Clusters, vectors
from sterling.text.rarity import DocumentFrequencies

TOPICS = {
    "garden": "roses tulips soil water shovel seeds bloom",
    "harbour": "ship anchor rope captain tide sail dock",
    "kitchen": "flour butter oven sugar bread knife dough",
}


def corpus() -> tuple[list[str], list[str]]:
    chance = np.random.default_rng(0)
    labels = [name for name in TOPICS for _ in range(40)]
    texts = [" ".join(chance.permutation([*TOPICS[name].split()] * 2)[:9]) + " the and of" for name in labels]
    return texts, labels


def test_topics_come_apart() -> None:
    texts, labels = corpus()
    rows = vectors(texts)
    homes = Clusters.of(rows, 3, seed=0).assign(rows)
    majority = sum(
        Counter(home for home, label in zip(homes, labels, strict=True) if label == t).most_common(1)[0][1]
        for t in TOPICS
    )
    assert len(set(homes)) == 3
    assert majority == len(texts)


def test_the_same_texts_have_the_same_home_in_any_batch() -> None:
    texts, _ = corpus()
    clusters = Clusters.of(vectors(texts), 5, seed=1)
    whole = clusters.assign(vectors(texts)).tolist()
    assert whole == [home for text in texts for home in clusters.assign(vectors([text])).tolist()]


def test_nothing_and_wordless_texts_have_a_home() -> None:
    assert Clusters.of(vectors([]), 5, seed=0).assign(vectors(["a", ""])).tolist() == [0, 0]
    texts, _ = corpus()
    assert len(Clusters.of(vectors([*texts, "", "!!"]), 3, seed=0).assign(vectors(["", "!?"]))) == 2


def test_rarity_is_the_mean_surprisal_of_the_words() -> None:
    frequencies = DocumentFrequencies()
    frequencies.add(["the cat", "the dog"])
    frequencies.add(["the bird", "the fish"])
    assert frequencies.rarity("the") == 0
    assert frequencies.rarity("the cat") == 1  # bits: (0 + 2) / 2
    assert frequencies.rarity("cat cat the") == 1
    assert frequencies.rarity("") == 0
    assert frequencies.rarity("unheard") == 2  # as rare as what was seen once
