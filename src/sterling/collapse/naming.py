"""The beginning of the names of a corpus's evidence."""

_TAKEN = "trend"
"""`collapse.trend.<measure>` is of the whole series."""


def head(corpus: str) -> str:
    """`collapse.<corpus>`, the corpus as one part: without dots, and never `trend`.

    What a row of evidence is stands under `kind` in its inputs, and which corpus it is of under `corpus`, as it was
    named; a reader goes by these. Two corpora that differ by a dot alone share a head.
    """
    part = corpus.replace(".", "_")
    return f"collapse.{part}_" if part == _TAKEN else f"collapse.{part}"
