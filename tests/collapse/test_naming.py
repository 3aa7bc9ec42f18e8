"""Names of evidence, whatever a corpus is called."""

import pytest

from sterling.collapse.naming import head


@pytest.mark.parametrize(
    ("corpus", "name"),
    [("v1", "collapse.v1"), ("a.topic.b", "collapse.a_topic_b"), ("trend", "collapse.trend_")],
)
def test_a_corpus_is_one_part_of_a_name_and_never_the_one_of_the_series(corpus: str, name: str) -> None:
    assert head(corpus) == name
